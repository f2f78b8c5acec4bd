package io.github.zsic.spring.boot.autoconfigure.web;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.concurrent.CompletionException;

import io.github.zsic.CheckpointException;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.HubException;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.InvalidTemplateException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZsicException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.bind.annotation.RestControllerAdvice;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicProblemDetailsAutoConfiguration} in applications on both web
 * frameworks.
 */
class ZsicProblemDetailsAutoConfigurationTests {

	private static final String SECRET = "/srv/secret/owl.jpg";

	private static final Map<String, ZsicException> FAILURES = Map.ofEntries(
			Map.entry("unreadable", new InvalidImageException(Reason.UNREADABLE, "No file '" + SECRET + "'.", "")),
			Map.entry("format", new InvalidImageException(Reason.UNSUPPORTED_FORMAT, "No picture.", "Send a JPEG.")),
			Map.entry("damaged", new InvalidImageException(Reason.DAMAGED, "It is damaged.", "")),
			Map.entry("large", new InvalidImageException(Reason.TOO_LARGE, "It is too large.", "")),
			Map.entry("label", new InvalidLabelException("Label 2 is blank.", "Leave it out.")),
			Map.entry("template", new InvalidTemplateException("There is no {}.", "Add it.")),
			Map.entry("busy", new QueueFullException(256)),
			Map.entry("loading", new ModelNotReadyException("Loading '" + SECRET + "'.", "Wait.")),
			Map.entry("hub",
					notReady(new HubException(HubException.Reason.UNAVAILABLE, "No answer of " + SECRET + ".",
							"Wait."))),
			Map.entry("failed", notReady(new CheckpointException("No weights in " + SECRET + ".", "Get them."))),
			Map.entry("closed", new ClassifierClosedException(SECRET)),
			Map.entry("engine", new InferenceException("Out of memory in " + SECRET + ".", "Buy more.")));

	private static ModelNotReadyException notReady(ZsicException cause) {
		return new ModelNotReadyException("There is no model. " + cause.getDescription(), cause.getAction(), null,
				cause);
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void answersWithProblemDetails(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext context = start(type, Program.class)) {
			assertProblem(context, "unreadable", 400, "No file '.../owl.jpg'.", null);
			assertProblem(context, "format", 415, "No picture. Send a JPEG.", null);
			assertProblem(context, "damaged", 422, "It is damaged.", null);
			assertProblem(context, "large", 413, "It is too large.", null);
			assertProblem(context, "label", 400, "Label 2 is blank. Leave it out.", null);
			assertProblem(context, "template", 400, "There is no {}. Add it.", null);
			assertProblem(context, "busy", 503, "The classifier is busy; try again a little later.", "1");
			assertProblem(context, "loading", 503, "The model is still being loaded; try again later.", "10");
			assertProblem(context, "hub", 503, "The model cannot be got at the moment; try again later.", "30");
			assertProblem(context, "failed", 503, "The model could not be loaded; the server's log tells why.", null);
			assertProblem(context, "closed", 503, "The classifier is being shut down.", null);
			assertProblem(context, "wrapped/label", 400, "Label 2 is blank. Leave it out.", null);
			assertProblem(context, "later/label", 400, "Label 2 is blank. Leave it out.", null);
			HttpResponse<String> engine = get(context, "engine");
			assertThat(engine.statusCode()).isEqualTo(500);
			assertThat(engine.body()).doesNotContain("secret");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	void backsOff(WebApplicationType type) throws Exception {
		try (ConfigurableApplicationContext context = start(type, Program.class, "--zsic.web.problem-details=false")) {
			assertThat(get(context, "label").statusCode()).isEqualTo(500);
		}
		try (ConfigurableApplicationContext context = start(type, ProgramWithHandler.class)) {
			assertThat(get(context, "label").body()).isEqualTo("own");
			assertThat(get(context, "busy").statusCode()).isEqualTo(503);
		}
	}

	private static void assertProblem(ConfigurableApplicationContext context, String path, int status, String detail,
			String retryAfter) throws Exception {
		HttpResponse<String> response = get(context, path);
		assertThat(response.statusCode()).as(path).isEqualTo(status);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(response.headers().firstValue("Retry-After").orElse(null)).isEqualTo(retryAfter);
		assertThat(response.body()).contains("\"detail\":\"" + detail + "\"")
			.contains("\"status\":" + status)
			.contains("\"title\":")
			.doesNotContain("secret");
	}

	private static HttpResponse<String> get(ConfigurableApplicationContext context, String path) throws Exception {
		String port = context.getEnvironment().getRequiredProperty("local.server.port");
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/" + path))
			.header("Accept", "text/plain")
			.build();
		return HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
	}

	private static ConfigurableApplicationContext start(WebApplicationType type, Class<?> program,
			String... arguments) {
		return new SpringApplicationBuilder(program).web(type)
			.properties("server.port=0", "spring.main.banner-mode=off")
			.run(arguments);
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(FailingController.class)
	static class Program {

	}

	@Configuration(proxyBeanMethods = false)
	@Import({ Program.class, OwnHandler.class })
	static class ProgramWithHandler {

	}

	@RestController
	static class FailingController {

		@GetMapping(path = "/{failure}", produces = "text/plain")
		String fail(@PathVariable String failure) {
			throw FAILURES.get(failure);
		}

		@GetMapping(path = "/wrapped/{failure}", produces = "text/plain")
		String failWrapped(@PathVariable String failure) {
			throw new CompletionException(FAILURES.get(failure));
		}

		@GetMapping(path = "/later/{failure}", produces = "text/plain")
		Mono<String> failLater(@PathVariable String failure) {
			return Mono.error(() -> FAILURES.get(failure));
		}

	}

	@RestControllerAdvice
	static class OwnHandler {

		@ExceptionHandler
		String handle(InvalidLabelException ex) {
			return "own";
		}

	}

}
