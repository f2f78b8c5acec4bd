package io.github.zsic.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Base of the tests that speak to the sample as other programs do, on a real port.
 */
@SpringBootTest(classes = FakeSampleApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = FakeSampleApplication.NO_HEALTH_OF_CLASSIFIER)
abstract class HttpContract {

	static final String PIPELINE = "/api/zero-shot-image-classification";

	static final String CLASSIFY = "/api/classify";

	static final byte[] PICTURE = "\u0089PNG a picture".getBytes(StandardCharsets.ISO_8859_1);

	static final String INPUTS = Base64.getEncoder().encodeToString(PICTURE);

	private static final HttpClient CLIENT = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.connectTimeout(Duration.ofSeconds(10))
		.build();

	private static final JsonMapper JSON = JsonMapper.shared();

	@Autowired
	FakeZeroShotClassifier classifier;

	@LocalServerPort
	int port;

	HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.timeout(Duration.ofSeconds(60));
	}

	HttpResponse<String> send(HttpRequest.Builder request) {
		try {
			return CLIENT.send(request.build(), BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	HttpResponse<String> postJson(String body) {
		return postJson(BodyPublishers.ofString(body));
	}

	HttpResponse<String> postJson(BodyPublisher body) {
		return send(request(PIPELINE).header("Content-Type", "application/json").POST(body));
	}

	HttpResponse<String> post(Form form) {
		return send(request(CLASSIFY).header("Content-Type", form.contentType())
			.POST(BodyPublishers.ofByteArray(form.body())));
	}

	/**
	 * Sends bytes, says that there are no more, and reads to the end.
	 */
	String raw(String request) throws IOException {
		try (Socket socket = new Socket("localhost", this.port)) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
			socket.getOutputStream().flush();
			socket.shutdownOutput();
			InputStream in = socket.getInputStream();
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	/**
	 * Sends a form from another address of this machine, which on Linux are all of
	 * {@code 127.0.0.0/8}.
	 */
	String postFrom(String address, Form form) throws IOException {
		byte[] body = form.body();
		try (Socket socket = new Socket()) {
			socket.bind(new InetSocketAddress(address, 0));
			socket.setSoTimeout(8000);
			socket.connect(new InetSocketAddress("127.0.0.1", this.port), 5000);
			socket.getOutputStream()
				.write(("POST " + CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
						+ form.contentType() + "\r\nContent-Length: " + body.length + "\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			socket.getOutputStream().write(body);
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	static JsonNode json(HttpResponse<String> response) {
		return JSON.readTree(response.body());
	}

	static JsonNode assertOk(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
		return json(response);
	}

	/**
	 * Asserts that a response is a problem in every way that the contract asks for.
	 * @param response the response
	 * @param status the expected status
	 * @return its detail
	 */
	static String assertProblem(HttpResponse<String> response, int status) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
		JsonNode problem = json(response);
		assertThat(problem.get("status").intValue()).isEqualTo(status);
		assertThat(problem.get("title").stringValue()).isNotBlank();
		String detail = problem.get("detail").stringValue();
		assertThat(detail).isNotBlank();
		assertThat(problem.get("error").stringValue()).isEqualTo(detail);
		assertThat(response.headers().firstValue("X-Error-Message").orElse("")).isNotBlank().matches("[ -~]{1,500}");
		assertThat(response.body()).doesNotContain("Exception")
			.doesNotContain("/srv")
			.doesNotContain("/tmp")
			.doesNotContain("java.")
			.doesNotContain("org.")
			.doesNotContain("trace");
		return detail;
	}

	/**
	 * A body of {@code multipart/form-data}.
	 */
	static class Form {

		static final String BOUNDARY = "zsic-boundary";

		private final ByteArrayOutputStream out = new ByteArrayOutputStream();

		Form picture(String name) {
			return file("image", name, PICTURE);
		}

		Form file(String field, String name, byte[] content) {
			return part("form-data; name=\"" + field + "\"; filename=\"" + name + "\"", content);
		}

		Form field(String name, String value) {
			return part("form-data; name=\"" + name + "\"", value.getBytes(StandardCharsets.UTF_8));
		}

		private Form part(String disposition, byte[] content) {
			this.out.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: " + disposition + "\r\n\r\n")
				.getBytes(StandardCharsets.UTF_8));
			this.out.writeBytes(content);
			this.out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
			return this;
		}

		String contentType() {
			return "multipart/form-data; boundary=" + BOUNDARY;
		}

		byte[] body() {
			ByteArrayOutputStream body = new ByteArrayOutputStream();
			body.writeBytes(this.out.toByteArray());
			body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8));
			return body.toByteArray();
		}

	}

}
