package io.github.zsic.sample;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the bodies of all requests together may take, and how long one may.
 */
@TestPropertySource(properties = { "sample.maximum-uploads=4MB", "sample.upload-timeout=1s",
		"spring.servlet.multipart.max-request-size=3MB", "spring.servlet.multipart.max-file-size=3MB" })
class UploadLimitTests extends HttpContract {

	@Test
	void refusesWhatDoesNotFitBesideOthers() throws IOException, InterruptedException {
		byte[] picture = new byte[2 * 1024 * 1024];
		System.arraycopy(PICTURE, 0, picture, 0, PICTURE.length);
		Form form = new Form().file("image", "owl.png", picture).field("labels", "fox");
		try (Socket other = upload("multipart/form-data; boundary=" + Form.BOUNDARY, 2_900_000)) {
			byte[] body = form.body();
			other.getOutputStream().write(body, 0, body.length - 10);
			other.getOutputStream().flush();
			HttpResponse<String> response = post(form);
			for (int i = 0; i < 100 && response.statusCode() == 200; i++) {
				Thread.sleep(5);
				response = post(form);
			}
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

	@ParameterizedTest
	@ValueSource(strings = { "application/json", "multipart/form-data; boundary=" + Form.BOUNDARY })
	void refusesWhatTakesTooLong(String contentType) throws IOException, InterruptedException {
		List<Socket> clients = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			clients.add(upload(contentType, 1000));
		}
		for (int i = 0; i < 15; i++) {
			for (Socket client : clients) {
				try {
					client.getOutputStream().write((i > 0) ? ' ' : contentType.startsWith("m") ? '-' : '{');
				}
				catch (IOException ex) {
					// It has had its answer.
				}
			}
			Thread.sleep(100);
		}
		for (Socket client : clients) {
			String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
			assertThat(answer).startsWith("HTTP/1.1 408")
				.contains("application/problem+json")
				.contains("did not arrive in time");
			client.close();
		}
		assertOk(post(new Form().picture("owl.png").field("labels", "fox")));
	}

	private void awaitOk(Form form) throws InterruptedException {
		HttpResponse<String> response = post(form);
		for (int i = 0; i < 100 && response.statusCode() != 200; i++) {
			Thread.sleep(50);
			response = post(form);
		}
		assertOk(response);
	}

	private Socket upload(String contentType, int length) throws IOException {
		Socket socket = new Socket("localhost", this.port);
		socket.setSoTimeout(20_000);
		String path = contentType.startsWith("m") ? CLASSIFY : PIPELINE;
		socket.getOutputStream()
			.write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: " + contentType
					+ "\r\nContent-Length: " + length + "\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
		return socket;
	}

}
