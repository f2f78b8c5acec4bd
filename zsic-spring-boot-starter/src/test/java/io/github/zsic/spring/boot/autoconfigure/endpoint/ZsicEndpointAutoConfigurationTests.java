package io.github.zsic.spring.boot.autoconfigure.endpoint;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.endpoint.ZsicEndpoint;
import org.junit.jupiter.api.Test;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicEndpointAutoConfiguration}.
 */
class ZsicEndpointAutoConfigurationTests {

	private static final HttpClient CLIENT = HttpClient.newHttpClient();

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicEndpointAutoConfiguration.class))
		.withUserConfiguration(ClassifierConfiguration.class)
		.withPropertyValues("management.endpoints.web.exposure.include=zsic");

	@Test
	void hasEndpointWhenExposed() {
		this.contextRunner.run((context) -> assertThat(context).hasSingleBean(ZsicEndpoint.class));
	}

	@Test
	void backsOffWhenNotExposed() {
		this.contextRunner.withPropertyValues("management.endpoints.web.exposure.include=health")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZsicEndpoint.class));
	}

	@Test
	void backsOffWithoutAccess() {
		this.contextRunner.withPropertyValues("management.endpoint.zsic.access=NONE")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZsicEndpoint.class));
	}

	@Test
	void backsOffWhenProgramHasItsOwn() {
		this.contextRunner.withBean("own", ZsicEndpoint.class, () -> new ZsicEndpoint(List.of(), Duration.ofMinutes(1)))
			.run((context) -> assertThat(context).hasSingleBean(ZsicEndpoint.class).hasBean("own"));
	}

	@Test
	void backsOffWithoutClassifier() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=zsic")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZsicEndpoint.class));
	}

	@Test
	void backsOffWithoutActuator() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(ConditionalOnAvailableEndpoint.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(ZeroShotClassifier.class)
				.doesNotHaveBean(ZsicEndpoint.class));
	}

	@Test
	void readsOverHttpButWritesOnlyWhenAllowed() throws Exception {
		String body = "{\"checkpoint\": \"other\", \"revision\": \"v2\", \"precision\": \"bfloat16\"}";
		try (ConfigurableApplicationContext context = run()) {
			assertThat(checkpoint(send(context, null))).isEqualTo("model");
			assertThat(send(context, body).statusCode()).isEqualTo(405);
			assertThat(checkpoint(send(context, null))).isEqualTo("model");
		}
		try (ConfigurableApplicationContext context = run("--management.endpoint.zsic.access=unrestricted")) {
			HttpResponse<String> response = send(context, body);
			assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
			assertThat(checkpoint(send(context, null))).isEqualTo("other");
			assertThat(response.body()).contains("\"precision\":\"bfloat16\"");
			response = send(context, "{\"precision\": \"float8\"}");
			assertThat(response.statusCode()).isEqualTo(400);
			assertThat(response.body()).contains("'precision' cannot be 'float8'", "float32, bfloat16");
			assertThat(send(context, "{\"selfTest\": true}").statusCode()).isEqualTo(200);
			assertThat(send(context, "{}").statusCode()).isEqualTo(400);
		}
	}

	private static ConfigurableApplicationContext run(String... arguments) {
		return new SpringApplicationBuilder(ClassifierConfiguration.class, WebConfiguration.class)
			.web(WebApplicationType.SERVLET)
			.properties("server.port=0", "spring.main.banner-mode=off",
					"management.endpoints.web.exposure.include=zsic")
			.run(arguments);
	}

	private static HttpResponse<String> send(ConfigurableApplicationContext context, String body) throws Exception {
		URI uri = URI.create("http://localhost:" + context.getEnvironment().getRequiredProperty("local.server.port")
				+ "/actuator/zsic");
		HttpRequest.Builder request = HttpRequest.newBuilder(uri);
		if (body != null) {
			request.header("Content-Type", "application/json").POST(BodyPublishers.ofString(body));
		}
		return CLIENT.send(request.build(), BodyHandlers.ofString());
	}

	private static String checkpoint(HttpResponse<String> response) {
		JsonObject classifiers = JsonParser.parseString(response.body())
			.getAsJsonObject()
			.getAsJsonObject("classifiers");
		return classifiers.getAsJsonObject("default").get("checkpoint").getAsString();
	}

	@Configuration(proxyBeanMethods = false)
	static class ClassifierConfiguration {

		@Bean
		ManagedClassifier zsicManagedClassifier() {
			return new ManagedClassifier("", new ModelSelection("model", null, "cpu", Precision.AUTO),
					(selection, listener) -> new TestClassifier(selection, 0.5f),
					new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class WebConfiguration {

	}

}
