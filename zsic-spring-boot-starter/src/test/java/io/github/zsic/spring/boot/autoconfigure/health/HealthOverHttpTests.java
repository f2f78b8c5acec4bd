package io.github.zsic.spring.boot.autoconfigure.health;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;
import io.github.zsic.InferenceException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Health of a running application as a probe sees it, from the download of the model to a
 * device that fails and recovers.
 */
class HealthOverHttpTests {

	private static final HttpClient CLIENT = HttpClient.newHttpClient();

	private final ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
		.web(WebApplicationType.SERVLET)
		.properties("server.port=0", "spring.main.banner-mode=off", "management.endpoint.health.show-details=always",
				"management.endpoint.health.group.readiness.include=readinessState,zsic",
				"zsic.health.failure-threshold=2")
		.run();

	@AfterEach
	void close() {
		this.context.close();
	}

	@Test
	void downloadThenReadyThenFailureThenRecovery() {
		Model model = this.context.getBean(Model.class);
		ZeroShotClassifier classifier = this.context.getBean(ZeroShotClassifier.class);

		assertThat(state()).isIn("IDLE", "LOADING");
		model.progress(10);
		assertHealth(503, "OUT_OF_SERVICE", "DOWNLOADING");
		assertThat(details().getAsJsonObject("download").get("bytes").getAsLong()).isEqualTo(10);
		assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(503);
		assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
		assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> TestClassifier.ask(classifier))
			.withMessageContaining("10 of 100 bytes");
		model.progress(60);
		JsonElement file = details().getAsJsonObject("download").getAsJsonArray("files").get(0);
		assertThat(file.getAsJsonObject().get("percent").getAsInt()).isEqualTo(60);
		model.progress(100);
		assertHealth(503, "OUT_OF_SERVICE", "LOADING");

		model.loaded.countDown();
		await().until(() -> get("/actuator/health/readiness").statusCode() == 200);
		assertHealth(200, "UP", "READY");
		assertThat(details().get("revision").getAsString()).isEqualTo("0123abc");

		model.classifier.failure = new InferenceException("The device is lost.", "Restart.");
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> TestClassifier.ask(classifier));
		}
		assertHealth(503, "DOWN", "READY");
		assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(503);
		assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
		assertThat(details().get("problem").getAsString()).isEqualTo("The last 2 calls failed.");

		model.classifier.failure = null;
		TestClassifier.ask(classifier);
		assertHealth(200, "UP", "READY");
		assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200);
	}

	private void assertHealth(int code, String status, String state) {
		HttpResponse<String> response = get("/actuator/health/zsic");
		assertThat(response.statusCode()).as(response.body()).isEqualTo(code);
		JsonObject health = JsonParser.parseString(response.body()).getAsJsonObject();
		assertThat(health.get("status").getAsString()).isEqualTo(status);
		assertThat(health.getAsJsonObject("details").get("state").getAsString()).isEqualTo(state);
	}

	private String state() {
		return details().get("state").getAsString();
	}

	private JsonObject details() {
		return JsonParser.parseString(get("/actuator/health/zsic").body()).getAsJsonObject().getAsJsonObject("details");
	}

	private HttpResponse<String> get(String path) {
		String port = this.context.getEnvironment().getRequiredProperty("local.server.port");
		try {
			return CLIENT.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + path)).build(),
					BodyHandlers.ofString());
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

		@Bean
		Model model() {
			return new Model();
		}

		@Bean
		ManagedClassifier zsicManagedClassifier(Model model) {
			return new ManagedClassifier("", new ModelSelection("owner/model", null, "cpu", Precision.AUTO),
					model::load,
					new ManagedClassifier.Settings(Startup.BACKGROUND, Duration.ZERO, Duration.ofSeconds(5), false));
		}

	}

	/**
	 * A model that is downloaded as far as the test says.
	 */
	static class Model {

		private final CountDownLatch started = new CountDownLatch(1);

		private final CountDownLatch loaded = new CountDownLatch(1);

		private final TestClassifier classifier = new TestClassifier(
				new ModelSelection("owner/model", "0123abc", "cpu", Precision.AUTO), 0.5f);

		private volatile DownloadListener listener;

		ZeroShotClassifier load(ModelSelection selection, DownloadListener listener) {
			this.listener = listener;
			this.started.countDown();
			try {
				this.loaded.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			return this.classifier;
		}

		void progress(long bytes) {
			try {
				this.started.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			this.listener.onProgress(new DownloadProgress("owner/model", "0123abc",
					List.of(new DownloadProgress.File("model.safetensors", bytes, 100, bytes == 100))));
		}

	}

}
