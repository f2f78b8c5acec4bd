package io.github.zsic.sample;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Work for nobody ends, although nobody reads or writes meanwhile.
 */
@TestPropertySource(properties = "sample.request-timeout=20s")
@Timeout(120)
class ClientGoneTests extends HttpContract {

	@ParameterizedTest
	@CsvSource({ "application/json, true", "application/json, false", "application/x-ndjson, true",
			"application/x-ndjson, false" })
	void endsWorkOfFormWhoseClientIsGone(String accept, boolean reset) throws Exception {
		Form form = new Form().picture("owl.png").field("labels", "!forever");
		endsWork("POST " + CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\nAccept: " + accept + "\r\nContent-Type: "
				+ form.contentType(), form.body(), reset);
	}

	@ParameterizedTest
	@CsvSource({ "true", "false" })
	void endsWorkOfJsonWhoseClientIsGone(boolean reset) throws Exception {
		byte[] body = "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"!forever\"]}}".formatted(INPUTS)
			.getBytes(StandardCharsets.US_ASCII);
		endsWork("POST " + PIPELINE + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json", body, reset);
	}

	@Test
	void endsWorkThatTakesTooLong() throws InterruptedException {
		HttpResponse<String> response = post(new Form().picture("owl.png").field("labels", "!forever"));
		assertThat(assertProblem(response, 503)).contains("more than the 20 seconds");
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
		await((running) -> running == 0);
		assertOk(post(new Form().picture("owl.png").field("labels", "fox")));
	}

	private void endsWork(String head, byte[] body, boolean reset) throws Exception {
		long start = System.nanoTime();
		try (Socket socket = new Socket("localhost", this.port)) {
			if (reset) {
				socket.setSoLinger(true, 0);
			}
			send(socket, head, body);
			await((running) -> running == 1);
			Thread.sleep(1000);
			assertThat(this.classifier.running()).isOne();
		}
		await((running) -> running == 0);
		// Before its time is over.
		assertThat(System.nanoTime() - start).isLessThan(18_000_000_000L);
		assertOk(post(new Form().picture("owl.png").field("labels", "fox")));
	}

	private static void send(Socket socket, String head, byte[] body) throws IOException {
		socket.getOutputStream()
			.write((head + "\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
		socket.getOutputStream().write(body);
	}

	private void await(IntPredicate expected) throws InterruptedException {
		for (int i = 0; i < 600 && !expected.test(this.classifier.running()); i++) {
			Thread.sleep(50);
		}
		assertThat(this.classifier.running()).matches(expected::test);
	}

}
