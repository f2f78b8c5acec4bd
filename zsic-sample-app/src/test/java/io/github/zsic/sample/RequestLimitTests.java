package io.github.zsic.sample;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What one request may cost, on the bundled checkpoint, counted in the engine and in
 * bytes.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "zsic.device=cpu", "sample.request-timeout=2s", "zsic.labels=apple,pear",
				"zsic.cache.maximum-size=500" })
@Timeout(120)
class RequestLimitTests {

	private static final HttpClient CLIENT = HttpClient.newHttpClient();

	@Autowired
	private ZeroShotClassifier classifier;

	@LocalServerPort
	private int port;

	@Test
	void refusesMorePromptsThanAllowed() throws Exception {
		long before = this.classifier.statistics().encodedTexts();
		HttpResponse<String> response = send(form("x", 1000, 100).contentType(), form("x", 1000, 100).body());
		assertThat(HttpContract.assertProblem(response, 400)).contains("100000 prompts").contains("20000");
		assertThat(this.classifier.statistics().encodedTexts()).isEqualTo(before);
	}

	/** A name may stand for a dozen templates. */
	@Test
	void countsTheTemplatesOfAnEnsemble() throws Exception {
		HttpContract.Form form = form("x", 1000, 0);
		for (int i = 0; i < 100; i++) {
			form.field("template", "photo");
		}
		assertThat(HttpContract.assertProblem(send(form.contentType(), form.body()), 400)).contains("1200000 prompts");
	}

	/** A place for the label may be repeated. */
	@Test
	void refusesPromptsThatAreTooLongTogether() throws Exception {
		HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl())
			.field("template", "{}".repeat(400));
		for (int i = 0; i < 1000; i++) {
			form.field("labels", "x".repeat(900) + i);
		}
		long before = allocated();
		assertThat(HttpContract.assertProblem(send(form.contentType(), form.body()), 400))
			.contains("characters together");
		assertThat(allocated() - before).isLessThan(200_000_000);
	}

	@Test
	void endsWorkThatTakesTooLong() throws Exception {
		long before = this.classifier.statistics().encodedTexts();
		List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			HttpContract.Form form = form("late " + i, 1000, 20);
			responses.add(CLIENT.sendAsync(request(form.contentType(), form.body()), BodyHandlers.ofString()));
		}
		for (CompletableFuture<HttpResponse<String>> response : responses) {
			assertThat(HttpContract.assertProblem(response.join(), 503)).contains("more than the 2 seconds");
			assertThat(response.join().headers().firstValue("Retry-After")).isPresent();
		}
		assertThat(awaitStandstill() - before).isLessThan(80_000);
		assertOk();
	}

	/** However many others come by. */
	@Test
	void keepsTheApplicationsOwnLabels() throws Exception {
		HttpContract.Form strangers = form("stranger", 1000, 1);
		assertThat(send(strangers.contentType(), strangers.body()).statusCode()).isEqualTo(200);
		long before = this.classifier.statistics().encodedTexts();
		HttpContract.Form own = new HttpContract.Form().file("image", "owl.png", owl()).field("labels", "apple,pear");
		assertThat(send(own.contentType(), own.body()).statusCode()).isEqualTo(200);
		assertThat(this.classifier.statistics().encodedTexts()).isEqualTo(before);
	}

	@Test
	void refusesMillionsOfThingsBeforeTheyAreThere() throws Exception {
		byte[] body = new byte[29_000_000];
		byte[] item = "{},".getBytes(StandardCharsets.US_ASCII);
		for (int i = 0; i + 3 < body.length; i += 3) {
			System.arraycopy(item, 0, body, i, 3);
		}
		body[0] = '[';
		for (String start : new String[] { "[{},", "{\"a\":[{},", "{\"inputs\":[{},", "[[],", "[\"\"," }) {
			System.arraycopy(start.getBytes(StandardCharsets.US_ASCII), 0, body, 0, start.length());
			Arrays.fill(body, start.length(), start.length() + 3, (byte) ' ');
			long before = allocated();
			HttpResponse<String> response = CLIENT.send(HttpRequest.newBuilder(uri(HttpContract.PIPELINE))
				.header("Content-Type", "application/json")
				.POST(BodyPublishers.ofByteArray(body))
				.build(), BodyHandlers.ofString());
			HttpContract.assertProblem(response, 400);
			assertThat(allocated() - before).isLessThan(300_000_000);
		}
	}

	private void assertOk() throws IOException, InterruptedException {
		HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl()).field("labels", "fox,owl");
		assertThat(send(form.contentType(), form.body()).statusCode()).isEqualTo(200);
	}

	/** What all threads have allocated since they began. */
	private static long allocated() {
		com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
		return Arrays.stream(threads.getThreadAllocatedBytes(threads.getAllThreadIds()))
			.filter((bytes) -> bytes > 0)
			.sum();
	}

	private long awaitStandstill() throws InterruptedException {
		long encoded = -1;
		int still = 0;
		while (still < 5) {
			Thread.sleep(200);
			long now = this.classifier.statistics().encodedTexts();
			still = (now == encoded) ? still + 1 : 0;
			encoded = now;
		}
		return encoded;
	}

	private HttpContract.Form form(String prefix, int labels, int templates) throws IOException {
		HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl());
		StringBuilder list = new StringBuilder();
		for (int i = 0; i < labels; i++) {
			list.append(prefix).append(' ').append(i).append(',');
		}
		form.field("labels", list.toString());
		for (int i = 0; i < templates; i++) {
			form.field("template", "template " + i + " of {}");
		}
		return form;
	}

	private static byte[] owl() throws IOException {
		return new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
	}

	private HttpResponse<String> send(String contentType, byte[] body) throws IOException, InterruptedException {
		return CLIENT.send(request(contentType, body), BodyHandlers.ofString());
	}

	private HttpRequest request(String contentType, byte[] body) {
		return HttpRequest.newBuilder(uri(HttpContract.CLASSIFY))
			.header("Content-Type", contentType)
			.POST(BodyPublishers.ofByteArray(body))
			.build();
	}

	private URI uri(String path) {
		return URI.create("http://localhost:" + this.port + path);
	}

}
