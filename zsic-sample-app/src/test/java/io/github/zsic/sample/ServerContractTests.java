package io.github.zsic.sample;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the server answers outside of the two endpoints, and to requests that no HTTP
 * library sends.
 */
class ServerContractTests extends HttpContract {

	@Test
	void servesPage() {
		HttpResponse<String> response = send(request("/").header("Accept", "text/html"));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/html");
		assertThat(response.body()).doesNotContain("http://").doesNotContain("https://");
		for (String file : new String[] { "/css/page.css", "/js/main.js" }) {
			assertThat(response.body()).contains(file.substring(1));
			assertThat(send(request(file)).statusCode()).isEqualTo(200);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/", "/nothing", "/api/classify", "/actuator/health", "/error", "/openapi.yaml" })
	void sendsSecurityHeaders(String path) {
		HttpResponse<String> response = send(request(path));
		SecurityHeadersFilter.HEADERS
			.forEach((name, value) -> assertThat(response.headers().allValues(name)).as(name).containsExactly(value));
		assertThat(response.headers().firstValue("Content-Security-Policy").orElse(""))
			.contains("default-src 'self'", "frame-ancestors 'none'")
			.doesNotContain("unsafe");
		if (path.startsWith("/a") || path.startsWith("/e")) {
			assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
		}
		assertThat(response.headers().firstValue("Server")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/zsic", "/actuator/loggers/ROOT", "/actuator/shutdown", "/actuator/health" })
	void changesNothingThroughActuator(String path) {
		HttpResponse<String> response = send(request(path).header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{\"checkpoint\": \"x\"}")));
		assertThat(response.statusCode()).isIn(404, 405);
		assertProblem(response, response.statusCode());
	}

	@ParameterizedTest
	@ValueSource(strings = { "/actuator/health", "/actuator/info", "/actuator/metrics" })
	void exposesActuator(String path) {
		assertThat(send(request(path)).statusCode()).isEqualTo(200);
	}

	@Test
	void tellsCheckpointInInfo() {
		assertThat(json(send(request("/actuator/info"))).at("/zsic/checkpoint").stringValue())
			.isEqualTo("classpath:zsic/emoji-clip");
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api", "/api/", "/api/nothing", "/api/classify/more", "/nothing", "/error",
			"/actuator/env", "/api/%F0%9F%A6%89", "/api/%0d%0aX-Evil:%201" })
	void unknownPathIsNotFound(String path) {
		assertProblem(send(request(path).header("Accept", "text/html,*/*")), 404);
		assertProblem(send(request(path).POST(BodyPublishers.ofString("x"))), 404);
	}

	@Test
	void pageCannotBePosted() {
		assertProblem(send(request("/index.html").POST(BodyPublishers.noBody())), 405);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			GET /api/%zz HTTP/1.1            | 400
			GET /api/%2e%2e%2fetc HTTP/1.1   | 400
			GET /api/[x] HTTP/1.1            | 400
			GET /api/..;/../../x HTTP/1.1    | 400
			POST /api/classify?labels=%zz HTTP/1.1 | 415
			TRACE /api/classify HTTP/1.1     | 405
			FOO /api/classify HTTP/1.1       | 405
			GET /api/classify HTTP/9.9       | 400
			CONNECT /api/classify HTTP/1.1   | 405
			NONSENSE                         | 400
			""")
	void answersMalformedRequestLine(String line, int status) throws IOException {
		String answer = raw(line + "\r\nHost: localhost\r\nConnection: close\r\n\r\n");
		assertThat(answer).startsWith("HTTP/1.1 " + status).contains("application/problem+json").contains("\"error\":");
		assertThat(answer).contains("Content-Security-Policy: default-src 'self'");
		assertThat(answer).doesNotContain("<html").doesNotContain("Tomcat").doesNotContain("java.");
	}

	@Test
	void answersTooLargeHeader() throws IOException {
		String answer = raw("GET /api/classify HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(20_000)
				+ "\r\nConnection: close\r\n\r\n");
		assertThat(answer).startsWith("HTTP/1.1 4").contains("application/problem+json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", "Content-Length: 100\r\n\r\n{\"inputs\":",
			"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"inp\r\n", "Content-Length: x\r\n\r\n{}" })
	void answersBrokenBody(String rest) throws IOException {
		for (String contentType : new String[] { "application/json", "multipart/form-data; boundary=x" }) {
			String path = contentType.startsWith("m") ? CLASSIFY : PIPELINE;
			String answer = raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
					+ contentType + "\r\n" + rest);
			assertThat(answer).startsWith("HTTP/1.1 4")
				.contains("application/problem+json")
				.doesNotContain("<html")
				.doesNotContain("Exception");
		}
	}

	@Test
	void answersMalformedQuery() throws IOException {
		Form form = new Form().picture("owl.png");
		String answer = raw("POST /api/classify?labels=%zz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
				+ "Content-Type: " + form.contentType() + "\r\nContent-Length: " + form.body().length + "\r\n\r\n"
				+ new String(form.body(), StandardCharsets.ISO_8859_1));
		assertThat(answer).startsWith("HTTP/1.1 400").contains("application/problem+json").contains("parameters");
	}

}
