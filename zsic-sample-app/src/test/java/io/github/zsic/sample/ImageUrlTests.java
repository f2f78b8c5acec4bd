package io.github.zsic.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.sun.net.httpserver.HttpServer;
import io.github.zsic.spring.boot.ImageFetcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final AtomicInteger slow = new AtomicInteger();

	private final AtomicInteger mostSlow = new AtomicInteger();

	private final CountDownLatch answer = new CountDownLatch(1);

	private HttpServer server;

	@BeforeEach
	void startServer() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.setExecutor(this.executor);
		this.server.createContext("/", (exchange) -> {
			String path = exchange.getRequestURI().getPath();
			if (path.startsWith("/slow")) {
				this.mostSlow.accumulateAndGet(this.slow.incrementAndGet(), Math::max);
				await(() -> this.answer.await(30, TimeUnit.SECONDS));
				this.slow.decrementAndGet();
			}
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
		this.answer.countDown();
		this.server.stop(0);
		this.executor.shutdownNow();
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

	/** Slow pictures of one client are no reason for others to wait. */
	@Test
	void linesOfOthersDoNotWaitForSlowPictures() throws Exception {
		List<Future<HttpResponse<String>>> slow = new ArrayList<>();
		for (int i = 0; i < 2; i++) {
			Form form = new Form().field("labels", "fox");
			for (int j = 0; j < 7; j++) {
				form.field("url", url("/slow" + j + ".png"));
			}
			slow.add(this.executor.submit(() -> lines(form)));
		}
		await(() -> {
			while (this.slow.get() < 8) {
				Thread.sleep(2);
			}
			return true;
		});
		HttpResponse<String> others = lines(
				new Form().field("labels", "fox").field("url", url("/owl.png")).picture("first.png"));
		assertThat(others.body().lines()).hasSize(2).noneMatch((line) -> line.contains("problem"));
		assertThat(slow).noneMatch(Future::isDone);
		this.answer.countDown();
		for (Future<HttpResponse<String>> response : slow) {
			assertThat(response.get().body().lines()).hasSize(7).noneMatch((line) -> line.contains("problem"));
		}
	}

	@Test
	void aFewPicturesOfAFormAreFetchedAtTheSameTime() throws Exception {
		Form form = new Form().field("labels", "fox");
		List<String> names = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			names.add(url("/slow" + i + ".png"));
			form.field("url", names.get(i));
		}
		Future<JsonNode> response = this.executor.submit(() -> assertOk(post(form)));
		await(() -> {
			while (this.slow.get() < 4) {
				Thread.sleep(2);
			}
			return true;
		});
		this.answer.countDown();
		assertThat(response.get().get("images").valueStream().map((image) -> image.get("name").stringValue()))
			.containsExactlyElementsOf(names);
		assertThat(this.mostSlow).hasValue(4);
	}

	/** Eight requests of a client are no reason for another one to wait. */
	@Test
	@EnabledOnOs(OS.LINUX)
	void picturesOfOtherClientsDoNotWait() throws Exception {
		List<Future<HttpResponse<String>>> slow = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			Form form = new Form().field("labels", "fox");
			for (int j = 0; j < 4; j++) {
				form.field("url", url("/slow" + j + ".png"));
			}
			slow.add(this.executor.submit(() -> post(form)));
		}
		await(() -> {
			while (this.slow.get() < 16) {
				Thread.sleep(2);
			}
			return true;
		});
		assertThat(postFrom("127.0.0.2", new Form().field("labels", "fox").field("url", url("/owl.png"))))
			.startsWith("HTTP/1.1 200");
		assertThat(slow).noneMatch(Future::isDone);
		this.answer.countDown();
		for (Future<HttpResponse<String>> response : slow) {
			assertOk(response.get());
		}
		assertThat(this.mostSlow).hasValue(16);
	}

	private HttpResponse<String> lines(Form form) {
		return send(request(CLASSIFY).header("Content-Type", form.contentType())
			.header("Accept", "application/x-ndjson")
			.POST(BodyPublishers.ofByteArray(form.body())));
	}

	private static void await(Callable<Boolean> condition) {
		try {
			condition.call();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
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
			return new ImageFetcher(InetAddressFilter.of("127.0.0.1"), 1000, Duration.ofSeconds(30));
		}

	}

}
