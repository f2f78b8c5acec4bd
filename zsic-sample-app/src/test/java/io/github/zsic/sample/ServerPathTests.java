package io.github.zsic.sample;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.zsic.sample.HttpContract.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Nothing that the sample answers tells where on its machine it, its checkpoint or its
 * caches are.
 */
class ServerPathTests {

	private static final List<String> CHECKPOINT = List.of("config.json", "model.safetensors",
			"preprocessor_config.json", "tokenizer.json", "tokenizer_config.json");

	private final HttpClient client = HttpClient.newHttpClient();

	@TempDir
	private Path folder;

	private int port;

	@Test
	void checkpointInFolder() throws Exception {
		Path checkpoint = Files.createDirectories(this.folder.resolve("secret place").resolve("owls"));
		for (String file : CHECKPOINT) {
			ClassPathResource resource = new ClassPathResource("zsic/emoji-clip/" + file);
			if (resource.exists()) {
				try (InputStream in = resource.getInputStream()) {
					Files.copy(in, checkpoint.resolve(file));
				}
			}
		}
		for (String name : List.of(checkpoint.toString(), checkpoint.toUri().toString())) {
			try (ConfigurableApplicationContext context = start("zsic.checkpoint=" + name, "zsic.startup=eager")) {
				List<String> answers = everything();
				assertThat(String.join("\n", answers)).contains("\"checkpoint\":\"file:.../owls\"")
					.contains("\"state\":\"READY\"");
			}
		}
	}

	@Test
	void checkpointThatIsNotThere() throws Exception {
		try (ConfigurableApplicationContext context = start(
				"zsic.checkpoint=" + this.folder.resolve("secret place").resolve("owls"), "zsic.startup=background")) {
			long deadline = System.nanoTime() + 60_000_000_000L;
			while (!get("/actuator/zsic").contains("FAILED")) {
				assertThat(System.nanoTime()).isLessThan(deadline);
				Thread.sleep(20);
			}
			assertThat(String.join("\n", everything())).contains("\"status\":\"DOWN\"").contains("'.../owls'");
		}
	}

	private ConfigurableApplicationContext start(String... properties) {
		ConfigurableApplicationContext context = new SpringApplicationBuilder(SampleApplication.class)
			.web(WebApplicationType.SERVLET)
			.properties("server.port=0", "zsic.device=cpu", "management.endpoints.access.max-permitted=unrestricted",
					"management.endpoint.zsic.access=unrestricted")
			.run(Arrays.stream(properties).map((property) -> "--" + property).toArray(String[]::new));
		this.port = Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port"));
		return context;
	}

	/** What each address answers that has one. */
	private List<String> everything() throws IOException, InterruptedException {
		List<String> answers = new ArrayList<>();
		for (String path : List.of("/", "/openapi.yaml", "/nothing", "/error", "/actuator", "/actuator/health",
				"/actuator/health/zsic", "/actuator/health/readiness", "/actuator/info", "/actuator/zsic",
				"/actuator/env", "/actuator/configprops", "/actuator/beans", "/actuator/metrics", HttpContract.PIPELINE,
				HttpContract.CLASSIFY)) {
			answers.add(get(path));
		}
		String metrics = answers.get(answers.size() - 3);
		for (JsonNode name : JsonMapper.shared()
			.readTree(metrics.substring(metrics.indexOf("{\"names\"")))
			.get("names")) {
			answers.add(get("/actuator/metrics/" + name.stringValue()));
		}
		Form form = new Form().file("image", "owl.png", new byte[9]).field("labels", "fox, owl");
		byte[] picture;
		try (InputStream in = new ClassPathResource("static/examples/coffee.jpg").getInputStream()) {
			picture = in.readAllBytes();
		}
		for (Form each : List.of(form, new Form().file("image", "owl.jpg", picture).field("labels", "fox, owl"))) {
			for (String type : List.of("application/json", "application/x-ndjson")) {
				answers.add(send(request(HttpContract.CLASSIFY).header("Content-Type", each.contentType())
					.header("Accept", type)
					.POST(BodyPublishers.ofByteArray(each.body()))));
			}
		}
		for (String change : List.of("{\"checkpoint\": \"/no/such folder/owls\"}",
				"{\"checkpoint\": \"file:/no/such\"}", "{\"selfTest\": true}", "{}", "{\"device\": \"cuda:9\"}")) {
			answers.add(send(request("/actuator/zsic").header("Content-Type", "application/json")
				.POST(BodyPublishers.ofString(change))));
		}
		List<String> secrets = new ArrayList<>(List.of("secret place", "secret%20place", "/no/such"));
		for (String property : List.of("user.dir", "user.home", "java.io.tmpdir", "java.home")) {
			secrets.add(System.getProperty(property));
		}
		assertThat(answers).allSatisfy((answer) -> assertThat(answer).doesNotContain(secrets));
		return answers;
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path));
	}

	private String get(String path) throws IOException, InterruptedException {
		return send(request(path));
	}

	private String send(HttpRequest.Builder request) throws IOException, InterruptedException {
		HttpResponse<String> response = this.client.send(request.build(), BodyHandlers.ofString());
		return response.request().uri().getPath() + " " + response.statusCode() + " " + response.headers().map() + " "
				+ response.body();
	}

}
