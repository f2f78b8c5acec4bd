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
 * How long the body of a request may take.
 */
@TestPropertySource(properties = "sample.upload-timeout=1s")
class UploadTimeoutTests extends HttpContract {

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
