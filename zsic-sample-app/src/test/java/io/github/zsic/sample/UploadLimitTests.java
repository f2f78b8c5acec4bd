package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;

import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the bodies of all requests together may take.
 */
@TestPropertySource(properties = { "sample.maximum-uploads=4MB", "spring.servlet.multipart.max-request-size=3MB" })
class UploadLimitTests extends HttpContract {

	@Test
	void refusesWhatDoesNotFitBesideOthers() throws IOException, InterruptedException {
		assertOk(post(new Form().picture("owl.png").field("labels", "fox")));
		byte[] picture = new byte[2_200_000];
		System.arraycopy(PICTURE, 0, picture, 0, PICTURE.length);
		Form form = new Form().file("image", "owl.png", picture).field("labels", "fox");
		byte[] body = form.body();
		try (Socket other = new Socket("localhost", this.port)) {
			OutputStream out = other.getOutputStream();
			out.write(head(body.length));
			out.write(body, 0, body.length - 10);
			out.flush();
			awaitRefusalOf(body.length);
			HttpResponse<String> response = post(form);
			assertProblem(response, 503);
			assertThat(response.headers().firstValue("Retry-After")).hasValue("1");
			assertThat(response.body()).contains("too many pictures at hand");
		}
		awaitOk(form);
	}

	/** A megabyte of JSON is four of memory. */
	@Test
	void countsCopies() {
		assertProblem(postJson("{\"inputs\": \"" + "A".repeat(1_100_000) + "\"}"), 503);
		assertProblem(postJson("{\"inputs\": \"" + "A".repeat(900_000) + "\"}"), 400);
	}

	/**
	 * Waits until the server has read what it was sent. Who announces a body and sends
	 * its first byte learns whether it would fit, and takes no room meanwhile.
	 */
	private void awaitRefusalOf(int length) throws IOException {
		String answer = "";
		for (int i = 0; i < 100 && !answer.startsWith("HTTP/1.1 503"); i++) {
			try (Socket socket = new Socket("localhost", this.port)) {
				socket.setSoTimeout(500);
				socket.getOutputStream().write(head(length));
				answer = new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII);
			}
			catch (SocketTimeoutException ex) {
				answer = "still reads";
			}
		}
		assertThat(answer).isEqualTo("HTTP/1.1 503");
	}

	/** The server notices a little later that a client is gone. */
	private void awaitOk(Form form) throws InterruptedException {
		HttpResponse<String> response = post(form);
		for (int i = 0; i < 100 && response.statusCode() == 503; i++) {
			Thread.sleep(50);
			response = post(form);
		}
		assertOk(response);
	}

	private byte[] head(int length) {
		return ("POST " + CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary="
				+ Form.BOUNDARY + "\r\nContent-Length: " + length + "\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII);
	}

}
