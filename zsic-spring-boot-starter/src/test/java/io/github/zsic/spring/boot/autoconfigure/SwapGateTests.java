package io.github.zsic.spring.boot.autoconfigure;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.zsic.ImageInput;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * A model that is worse on pictures that were held out does not take over.
 */
@ExtendWith(OutputCaptureExtension.class)
class SwapGateTests {

	private static final Path CHECKPOINT = Path.of("../zsic-emoji-clip/src/main/resources/zsic/emoji-clip");

	private static final Path EXAMPLES = Path.of("../zsic-sample-app/src/main/resources/static/examples");

	private static final List<String> LABELS = List.of("bear", "bike", "car", "cat", "owl", "tree");

	@TempDir
	private Path folder;

	private Path pictures;

	private Path good;

	private Path worse;

	@BeforeEach
	void prepare() throws IOException {
		this.pictures = Files.createDirectory(this.folder.resolve("held-out"));
		for (String label : LABELS) {
			Path target = Files.createDirectory(this.pictures.resolve(label));
			Files.copy(EXAMPLES.resolve(label + ".png"), target.resolve("1.png"));
		}
		this.good = copy("good-clip");
		this.worse = copy("worse-clip");
		// It loads and computes right, but sees hardly anything.
		Path preprocessor = this.worse.resolve("preprocessor_config.json");
		String settings = Files.readString(preprocessor);
		Files.writeString(preprocessor, settings.replaceAll("(\"image_std\"\\s*:\\s*)\\[[^]]*]", "$1[1e4, 1e4, 1e4]"));
		assertThat(Files.readString(preprocessor)).isNotEqualTo(settings);
	}

	private Path copy(String name) throws IOException {
		Path copy = Files.createDirectory(this.folder.resolve(name));
		try (var files = Files.list(CHECKPOINT)) {
			for (Path file : files.toList()) {
				Files.copy(file, copy.resolve(file.getFileName()));
			}
		}
		return copy;
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void refusesTheWorseAndTakesTheGood(boolean unloadFirst, CapturedOutput output) throws Exception {
		try (ConfigurableApplicationContext context = run("--zsic.swap.unload-first=" + unloadFirst)) {
			HttpResponse<String> refused = swap(context, this.worse);
			assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
			assertThat(refused.body())
				.containsPattern("names the right label for 0\\.\\d{4} of 6 pictures in "
						+ "'\\.\\.\\./held-out'; at least 0\\.8 must be")
				.contains("Choose a better one, or lower 'zsic.swap.minimum-accuracy'.")
				.doesNotContain(this.folder.toString());
			assertThat(output).containsPattern(
					"Classifier 'default' keeps .*worse-clip.* which the endpoint asked for, was refused\\. "
							+ "Checkpoint '.*worse-clip' names the right label for ");
			JsonObject details = details(context);
			assertThat(details.get("checkpoint").getAsString()).isEqualTo("classpath:zsic/emoji-clip");
			if (!unloadFirst) {
				assertThat(details.get("failure").getAsString()).contains("names the right label for ");
			}
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			assertThat(classifier.classify(ImageInput.of(EXAMPLES.resolve("owl.png")), LABELS).best().label())
				.isEqualTo("owl");
			ManagedClassifier managed = context.getBean(ManagedClassifier.class);
			assertThat(managed.failedSwaps()).isEqualTo(1);
			managed.refresh(new ModelSelection(this.worse.toString(), null, "cpu", Precision.AUTO));
			await().atMost(Duration.ofMinutes(1)).until(() -> managed.failedSwaps() == 2);
			HttpResponse<String> taken = swap(context, this.good);
			assertThat(taken.statusCode()).as(taken.body()).isEqualTo(200);
			assertThat(classifier.model().checkpoint()).isEqualTo(this.good.toString());
			// They were no calls of the application.
			assertThat(details(context).getAsJsonObject("calls").get("succeeded").getAsLong()).isEqualTo(1);
		}
	}

	@Test
	void theModelOfTheStartIsNotAsked() {
		try (ConfigurableApplicationContext context = run("--zsic.checkpoint=" + this.worse)) {
			assertThat(context.getBean(ZeroShotClassifier.class).model().checkpoint()).isEqualTo(this.worse.toString());
		}
	}

	@Test
	void settingsAreCheckedAtTheStart() {
		ApplicationContextRunner runner = new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class))
			.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.startup=lazy",
					"zsic.swap.minimum-accuracy=0.5");
		runner.run((context) -> assertThat(context).getFailure()
			.hasStackTraceContaining("'zsic.swap.minimum-accuracy' is set, but 'zsic.swap.pictures' is not."));
		runner.withPropertyValues("zsic.swap.pictures=" + this.folder.resolve("gone"))
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("gone' cannot be read: it does not exist."));
		runner.withPropertyValues("zsic.swap.pictures=" + this.pictures)
			.withClassLoader(new FilteredClassLoader(Evaluation.class.getPackageName()))
			.run((context) -> assertThat(context).getFailure()
				.hasStackTraceContaining("zsic-evaluation is not on the class path"));
		runner.withPropertyValues("zsic.swap.pictures=" + this.pictures)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private ConfigurableApplicationContext run(String... arguments) {
		return new SpringApplicationBuilder(WebConfiguration.class).web(WebApplicationType.SERVLET)
			.properties("server.port=0", "spring.main.banner-mode=off",
					"management.endpoints.web.exposure.include=zsic", "management.endpoint.zsic.access=unrestricted",
					"zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu",
					"zsic.swap.pictures=" + this.pictures, "zsic.swap.minimum-accuracy=0.8",
					// Of other threshold and number, which say nothing about the model.
					"zsic.thresholds.bear=1.1", "zsic.top=1")
			.run(arguments);
	}

	private static HttpResponse<String> swap(ConfigurableApplicationContext context, Path checkpoint) throws Exception {
		return send(HttpRequest.newBuilder(address(context))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{\"checkpoint\": \"" + checkpoint + "\"}"))
			.build());
	}

	private static JsonObject details(ConfigurableApplicationContext context) throws Exception {
		return JsonParser.parseString(send(HttpRequest.newBuilder(address(context)).build()).body())
			.getAsJsonObject()
			.getAsJsonObject("classifiers")
			.getAsJsonObject("default");
	}

	private static URI address(ConfigurableApplicationContext context) {
		return URI.create("http://localhost:" + context.getEnvironment().getRequiredProperty("local.server.port")
				+ "/actuator/zsic");
	}

	private static HttpResponse<String> send(HttpRequest request) throws Exception {
		return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WebConfiguration {

	}

}
