package io.github.zsic.example;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.example.mvc.TriageApplication;
import io.github.zsic.example.webflux.ReactiveTriageApplication;
import org.junit.jupiter.api.Test;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.AnnotationConfigUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the examples of the documentation do what it says, on the bundled
 * checkpoint, and that it shows them as they are.
 */
class ExampleTests {

	private static final Pattern SNIPPET = Pattern.compile("<!-- (example/\\S+) -->\n```java\n(.*?)```\n",
			Pattern.DOTALL);

	@Test
	void onSpringMvcAfterAheadOfTimeProcessing() throws Exception {
		System.setProperty("spring.aot.enabled", "true");
		try (ConfigurableApplicationContext context = start(TriageApplication.class, WebApplicationType.SERVLET)) {
			// Otherwise the classes of the processing are not used.
			assertThat(context.containsBean(AnnotationConfigUtils.CONFIGURATION_ANNOTATION_PROCESSOR_BEAN_NAME))
				.isFalse();
			assertTriage(context);
			assertThat(context.getBean("documents", ZeroShotClassifier.class).embedText("an owl")).isNotEmpty();
		}
		finally {
			System.clearProperty("spring.aot.enabled");
		}
	}

	@Test
	void onWebFlux() throws Exception {
		try (ConfigurableApplicationContext context = start(ReactiveTriageApplication.class,
				WebApplicationType.REACTIVE)) {
			assertTriage(context);
		}
	}

	@Test
	void documentationShowsTheFiles() throws Exception {
		int snippets = 0;
		try (Stream<Path> pages = Files.list(Path.of(".."))) {
			for (Path page : pages.filter((file) -> file.toString().endsWith(".md")).toList()) {
				Matcher matcher = SNIPPET.matcher(Files.readString(page));
				while (matcher.find()) {
					String source = Files.readString(Path.of("..", matcher.group(1)));
					assertThat(matcher.group(2)).as(matcher.group(1))
						.isEqualTo(source.substring(source.lastIndexOf(";\n\n@") + 3));
					snippets++;
				}
			}
		}
		assertThat(snippets).isEqualTo(3);
	}

	private static ConfigurableApplicationContext start(Class<?> program, WebApplicationType type) {
		SpringApplication application = new SpringApplication(program);
		application.setWebApplicationType(type);
		// Otherwise the class that runs the tests, for which nothing has been processed.
		application.setMainApplicationClass(program);
		return application.run("--server.port=0", "--zsic.device=cpu");
	}

	private static void assertTriage(ConfigurableApplicationContext context) throws Exception {
		HttpResponse<String> answer = upload(context, picture());
		assertThat(answer.statusCode()).isEqualTo(200);
		assertThat(answer.body()).isIn(List.of("fox", "bear", "seagull", "owl"));
		HttpResponse<String> problem = upload(context, "no picture".getBytes(StandardCharsets.UTF_8));
		assertThat(problem.statusCode()).isEqualTo(415);
		assertThat(problem.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(problem.body()).contains("page.png");
	}

	private static HttpResponse<String> upload(ConfigurableApplicationContext context, byte[] picture)
			throws Exception {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		body.writeBytes(("--part\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"page.png\"\r\n"
				+ "Content-Type: image/png\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		body.writeBytes(picture);
		body.writeBytes("\r\n--part--\r\n".getBytes(StandardCharsets.US_ASCII));
		String port = context.getEnvironment().getRequiredProperty("local.server.port");
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/triage"))
			.header("Content-Type", "multipart/form-data; boundary=part")
			.POST(BodyPublishers.ofByteArray(body.toByteArray()))
			.build();
		return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
	}

	private static byte[] picture() throws Exception {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", out);
		return out.toByteArray();
	}

}
