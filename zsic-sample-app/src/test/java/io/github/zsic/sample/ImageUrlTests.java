package io.github.zsic.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

import com.sun.net.httpserver.HttpServer;
import io.github.zsic.spring.boot.ImageFetcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.http.client.InetAddressFilter;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Pictures by URL, where they are allowed.
 */
@TestPropertySource(properties = "zsic.image.allow-urls=true")
class ImageUrlTests extends HttpContract {

	private static String pipeline(String url) {
		return "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\"]}}".formatted(url);
	}

	@Test
	void reachesNothingInside() {
		String here = "http://localhost:" + this.port + "/examples/owl.png";
		for (String url : new String[] { here, "http://127.0.0.1:" + this.port + "/actuator/health",
				"http://169.254.169.254/latest/meta-data/", "https://10.0.0.1/x.png", "http://[::1]/" }) {
			assertThat(assertProblem(postJson(pipeline(url)), 400)).contains("may not be reached");
			assertThat(assertProblem(post(new Form().field("url", url).field("labels", "fox")), 400))
				.contains("may not be reached");
		}
		assertThat(assertProblem(post(new Form().field("url", "file:///etc/passwd").field("labels", "fox")), 400))
			.contains("neither http nor https");
		assertThat(assertProblem(postJson(pipeline("http://user:secret@example.org/")), 400)).contains("credentials");
		assertThat(assertProblem(postJson(pipeline("file:///etc/passwd")), 400)).contains("not valid base64");
	}

	/** With a fetcher that may reach this machine, as a program may define one. */
	@Nested
	class WithServer {

		private HttpServer server;

		@BeforeEach
		void startServer() throws IOException {
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
			this.server.createContext("/", (exchange) -> {
				byte[] content = exchange.getRequestURI().getPath().endsWith(".png") ? PICTURE : "text".getBytes();
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
			String url = "http://127.0.0.1:" + this.server.getAddress().getPort();
			JsonNode answer = assertOk(
					post(new Form().field("url", url + "/owl.png").picture("first.png").field("labels", "fox")));
			assertThat(answer.get("images").valueStream().map((image) -> image.get("name").stringValue()))
				.containsExactly("first.png", url + "/owl.png");
			assertOk(postJson(pipeline(url + "/owl.png")));
			// What it is counts, not what its server calls it.
			assertProblem(postJson(pipeline(url + "/notes.txt")), 415);
		}

		@TestConfiguration(proxyBeanMethods = false)
		static class FetcherConfiguration {

			@Bean
			ImageFetcher localFetcher() {
				return new ImageFetcher(InetAddressFilter.of("127.0.0.1"), 1000, Duration.ofSeconds(5));
			}

		}

	}

}
