package io.github.zsic.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What pages of others can have a browser do, and what other programs can do all the
 * same.
 */
class ForeignPageTests extends HttpContract {

	@ParameterizedTest
	@ValueSource(strings = { "evil.example", "evil.example:%d", "EVIL.EXAMPLE.", "localhost.evil.example",
			"127.0.0.1.evil.example:%d", "10.0.0.1.nip.io", "evil.example:", "x.localhost.example", "1.2.3.4.5",
			"zsic.default.svc" })
	void refusesNamesOfOthers(String host) throws IOException {
		int before = this.classifier.calls();
		for (String line : new String[] { "GET / HTTP/1.1", "GET /actuator/health HTTP/1.1", "GET /nothing HTTP/1.1",
				"GET / HTTP/1.0", "OPTIONS /api/classify HTTP/1.1" }) {
			String answer = raw(line + "\r\nHost: " + host.formatted(this.port)
					+ "\r\nX-Forwarded-Host: localhost\r\nForwarded: host=localhost\r\nConnection: close\r\n\r\n");
			assertThat(answer).startsWith("HTTP/1.1 421")
				.contains("application/problem+json", "sample.web.allowed-hosts",
						"Content-Security-Policy: default-src");
		}
		assertThat(post(host.formatted(this.port), "")).startsWith("HTTP/1.1 421");
		assertThat(this.classifier.calls()).isEqualTo(before);
	}

	@ParameterizedTest
	@ValueSource(strings = { "localhost", "LOCALHOST:%d", "localhost.", "app.localhost:%d", "127.0.0.1:%d", "[::1]:%d",
			"192.168.1.20:%d", "8.8.8.8", "[2001:db8::1]", "zsic:8080", "host.docker.internal:8080", "owl.local",
			"zsic.default.svc.cluster.local:8080", "nas.home.arpa" })
	void answersToAddressesAndPrivateNames(String host) throws IOException {
		assertThat(post(host.formatted(this.port), "")).startsWith("HTTP/1.1 200");
	}

	@Test
	void answersWithoutHost() throws IOException {
		assertThat(raw("GET /actuator/health HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			Sec-Fetch-Site: cross-site
			Sec-Fetch-Site: same-site
			Sec-Fetch-Site: anything
			Sec-Fetch-Site: cross-site~Origin: null
			Sec-Fetch-Site: cross-site~Origin: https://evil.example
			Sec-Fetch-Site: same-site~Origin: http://localhost:1
			Origin: https://evil.example
			Origin: http://localhost
			Origin: http://localhost:1
			Origin: http://127.0.0.1:%d
			Origin: null
			Origin: %%
			Origin: localhost:%d
			Origin: https://evil.example~X-Forwarded-Host: evil.example
			Origin: https://evil.example~X-Requested-With: XMLHttpRequest
			""")
	void refusesRequestsOfForeignPages(String headers) throws IOException {
		int before = this.classifier.calls();
		String lines = headers.formatted(this.port).replace("~", "\r\n") + "\r\n";
		String answer = post("localhost:" + this.port, lines);
		assertThat(answer).startsWith("HTTP/1.1 403")
			.contains("application/problem+json", "\"error\":", "sample.web.allowed-origins")
			.doesNotContain("Access-Control-Allow-Origin");
		for (String path : new String[] { PIPELINE, "/v1/embeddings", "/actuator/zsic" }) {
			for (String method : new String[] { "POST", "PUT", "DELETE" }) {
				assertThat(raw(method + " " + path + " HTTP/1.1\r\nHost: localhost:" + this.port + "\r\n" + lines
						+ "Content-Type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"))
					.startsWith("HTTP/1.1 403");
			}
		}
		assertThat(this.classifier.calls()).isEqualTo(before);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			Sec-Fetch-Site: same-origin
			Sec-Fetch-Site: none
			Sec-Fetch-Site: same-origin~Origin: https://somewhere.example
			Origin: http://localhost:%d
			Origin: https://LOCALHOST:%d
			User-Agent: curl/8.14.1
			User-Agent: unknown/None; hf_hub/1.33.0; python/3.13.5~Authorization: Bearer hf_x
			""")
	void answersToOwnPagesAndOtherPrograms(String headers) throws IOException {
		assertThat(post("localhost:" + this.port, headers.formatted(this.port).replace("~", "\r\n") + "\r\n"))
			.startsWith("HTTP/1.1 200");
	}

	/**
	 * What a link or an address in a browser does, and its result, which a page cannot
	 * read.
	 */
	@Test
	void answersToLinks() {
		HttpResponse<String> response = send(
				request("/").header("Sec-Fetch-Site", "cross-site").header("Origin", "https://evil.example"));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
	}

	@Test
	void allowsNoForeignPageToAskFirst() {
		HttpResponse<String> response = send(request(PIPELINE).header("Origin", "https://evil.example")
			.header("Access-Control-Request-Method", "POST")
			.header("Access-Control-Request-Headers", "content-type")
			.method("OPTIONS", BodyPublishers.noBody()));
		assertThat(response.headers().map().keySet())
			.noneMatch((name) -> name.toLowerCase().startsWith("access-control"));
	}

	/** A page on another port, which sends forms, as every page may. */
	@Test
	void browserSendsNothingForForeignPage() throws IOException {
		HttpServer other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		other.createContext("/", (exchange) -> {
			byte[] page = "<title>Owls</title><body data-started>".getBytes(StandardCharsets.UTF_8);
			exchange.getResponseHeaders().set("Content-Type", "text/html");
			exchange.sendResponseHeaders(200, page.length);
			exchange.getResponseBody().write(page);
			exchange.close();
		});
		other.start();
		try {
			Browser browser = Browser.get();
			for (String host : new String[] { "127.0.0.1", "localhost" }) {
				browser.open("http://" + host + ":" + other.getAddress().getPort() + "/");
				int before = this.classifier.calls();
				Object outcome = browser.async("""
						const form = new FormData();
						form.append('labels', 'fox');
						form.append('image', new Blob([new Uint8Array([0x89, 0x50, 0x4e, 0x47])]), 'owl.png');
						const answer = await fetch(arguments[0], { method: 'POST', mode: 'no-cors', body: form });
						return `sent ${answer.type}`;
						""", "http://localhost:" + this.port + CLASSIFY);
				assertThat(outcome).asString().isIn("sent opaque", "Failed: TypeError: Failed to fetch");
				assertThat(this.classifier.calls()).isEqualTo(before);
				assertThat(browser.complaints()).allMatch((complaint) -> complaint.contains(CLASSIFY));
			}
		}
		finally {
			other.stop(0);
		}
	}

	private String post(String host, String headers) throws IOException {
		Form form = new Form().picture("owl.png").field("labels", "fox");
		return raw("POST " + CLASSIFY + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "Connection: close\r\n"
				+ "Content-Type: " + form.contentType() + "\r\nContent-Length: " + form.body().length + "\r\n\r\n"
				+ new String(form.body(), StandardCharsets.ISO_8859_1));
	}

}
