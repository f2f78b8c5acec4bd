package io.github.zsic.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

import com.sun.net.httpserver.HttpServer;
import io.github.zsic.spring.boot.ImageFetcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Pictures by URL, from this machine, as a program may allow with a fetcher of its own.
 * {@link HostileInputTests} asks the one that is there by default for what it must not
 * get.
 */
@Import(ImageUrlTests.FetcherConfiguration.class)
class ImageUrlTests extends HttpContract {

	private HttpServer server;

	@BeforeEach
	void startServer() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.createContext("/", (exchange) -> {
			byte[] content = exchange.getRequestURI().getPath().endsWith(".png") ? PICTURE : new byte[9];
			exchange.getResponseHeaders().set("Content-Type", "image/png");
			exchange.sendResponseHeaders(200, content.length);
			exchange.getResponseBody().write(content);
			exchange.close();
		});
		this.server.start();
	}

	@AfterEach
	void stopServer() {
		this.server.stop(0);
	}

	@Test
	void classifiesWhatIsThere() {
		JsonNode answer = assertOk(
				post(new Form().field("url", url("/owl.png")).picture("first.png").field("labels", "fox")));
		assertThat(answer.get("images").valueStream().map((image) -> image.get("name").stringValue()))
			.containsExactly("first.png", url("/owl.png"));
		assertOk(postJson(pipeline(url("/owl.png"))));
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE);
	}

	/** What it is counts, not what its server calls it. */
	@Test
	void refusesWhatIsNoPicture() {
		assertProblem(postJson(pipeline(url("/notes.txt"))), 415);
		assertProblem(post(new Form().field("url", url("/notes.txt")).field("labels", "fox")), 415);
	}

	@Test
	void goesNowhereElse() {
		for (String url : new String[] { "http://10.0.0.1/owl.png", "http://[::1]/owl.png" }) {
			assertThat(assertProblem(postJson(pipeline(url)), 400)).contains("may not be reached");
			assertThat(assertProblem(post(new Form().field("url", url).field("labels", "fox")), 400))
				.contains("may not be reached");
		}
	}

	private String url(String path) {
		return "http://127.0.0.1:" + this.server.getAddress().getPort() + path;
	}

	private static String pipeline(String url) {
		return "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\"]}}".formatted(url);
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class FetcherConfiguration {

		@Bean
		ImageFetcher fetcher() {
			return new ImageFetcher(InetAddressFilter.of("127.0.0.1"), 1000, Duration.ofSeconds(5));
		}

	}

}
