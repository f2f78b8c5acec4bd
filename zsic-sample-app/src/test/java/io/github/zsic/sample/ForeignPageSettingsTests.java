package io.github.zsic.sample;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What an operator can allow pages of others, and the names that a proxy in front of the
 * application has.
 */
@TestPropertySource(properties = { "sample.web.allowed-hosts=Owls.example.com,.zoo.example",
		"sample.web.allowed-origins=https://page.example,http://page.example:3000",
		"server.forward-headers-strategy=framework" })
class ForeignPageSettingsTests extends HttpContract {

	@ParameterizedTest
	@CsvSource({ "owls.example.com,200", "OWLS.example.com:443,200", "a.zoo.example,200", "a.b.zoo.example:8080,200",
			"zoo.example,421", "notzoo.example,421", "owls.example.com.evil.example,421", "x.owls.example.com,421",
			"localhost,200" })
	void knowsItsNames(String host, int status) throws IOException {
		assertThat(raw("GET /actuator/health HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
			.startsWith("HTTP/1.1 " + status);
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://page.example", "http://page.example:3000" })
	void allowsPagesOfOtherOrigins(String origin) {
		HttpResponse<String> question = send(request(PIPELINE).header("Origin", origin)
			.header("Sec-Fetch-Site", "cross-site")
			.header("Access-Control-Request-Method", "POST")
			.header("Access-Control-Request-Headers", "content-type")
			.method("OPTIONS", BodyPublishers.noBody()));
		assertThat(question.statusCode()).isEqualTo(200);
		assertThat(question.headers().firstValue("Access-Control-Allow-Origin")).hasValue(origin);
		assertThat(question.headers().firstValue("Access-Control-Allow-Headers")).hasValue("content-type");
		HttpResponse<String> answer = send(request(PIPELINE).header("Origin", origin)
			.header("Sec-Fetch-Site", "cross-site")
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(
					"{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\"]}}".formatted(INPUTS))));
		assertOk(answer);
		assertThat(answer.headers().allValues("Access-Control-Allow-Origin")).containsExactly(origin);
		assertThat(answer.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();
		assertThat(answer.headers().allValues("Vary")).contains("Origin");
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://evil.example", "http://page.example", "https://page.example:8443",
			"https://page.example.evil.example", "null" })
	void refusesAllOthers(String origin) {
		assertProblem(send(request(PIPELINE).header("Origin", origin)
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{}"))), 403);
	}

	/**
	 * The browser knows the address of the proxy, and this application that of itself.
	 */
	@Test
	void believesProxyWhatItsAddressIs() throws IOException {
		String request = "POST " + PIPELINE + " HTTP/1.1\r\nHost: 10.0.0.7:8080\r\nConnection: close\r\n"
				+ "Origin: https://owls.example.com\r\nContent-Type: application/json\r\nContent-Length: 2\r\n";
		assertThat(raw(request + "\r\n{}")).startsWith("HTTP/1.1 403");
		assertThat(raw(request + "X-Forwarded-Host: owls.example.com\r\nX-Forwarded-Proto: https\r\n\r\n{}"))
			.startsWith("HTTP/1.1 400");
	}

	@Test
	void settingsThatMeanSomethingElseAreRefused() {
		for (String host : new String[] { "https://owls.example.com", "owls.example.com:8080", "*.example.com", "",
				"a/b" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> new SampleWebProperties(List.of(host), List.of()))
				.withMessageContaining("sample.web.allowed-hosts");
		}
		for (String origin : new String[] { "page.example", "https://page.example/", "https://", "null" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> new SampleWebProperties(List.of(), List.of(origin)))
				.withMessageContaining("sample.web.allowed-origins");
		}
	}

}
