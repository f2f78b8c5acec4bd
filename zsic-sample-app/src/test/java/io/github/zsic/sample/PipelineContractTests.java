package io.github.zsic.sample;

import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of {@code /api/zero-shot-image-classification}.
 */
class PipelineContractTests extends HttpContract {

	private static String body(String inputs, String labels, String more) {
		return "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": %s%s}}".formatted(inputs, labels, more);
	}

	private static String body(String labels) {
		return body(INPUTS, labels, "");
	}

	@Test
	void answersBestFirst() {
		HttpResponse<String> response = postJson(body("[\"fox\", \"seagull\", \"bear\"]"));
		JsonNode answer = assertOk(response);
		assertThat(labels(answer)).containsExactly("seagull", "bear", "fox");
		assertThat(answer.get(0).propertyNames()).containsExactly("label", "score");
		assertThat(answer.get(0).get("score").floatValue()).isEqualTo(0.5f);
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE);
		assertThat(this.classifier.lastRequest().templates()).isEmpty();
	}

	@Test
	void answersRequestAsCapturedFromHuggingFaceHub() {
		String body = "{\"inputs\": \"" + INPUTS + "\", \"parameters\": {\"candidate_labels\": "
				+ "[\"fox\", \"\\ud83e\\udd89 owl\", \"caf\\u00e9\"], \"hypothesis_template\": \"A picture of {}!\"}}";
		HttpResponse<String> response = send(request(PIPELINE).header("content-type", "application/json")
			.header("user-agent", "unknown/None; hf_hub/1.33.0; python/3.11.2")
			.header("authorization", "Bearer hf_xxx")
			.header("accept", "*/*")
			.POST(BodyPublishers.ofString(body, StandardCharsets.US_ASCII)));
		assertThat(labels(assertOk(response))).containsExactly("\ud83e\udd89 owl", "caf\u00e9", "fox");
		assertThat(this.classifier.lastRequest().templates()).containsExactly("A picture of {}!");
	}

	@Test
	void echoesLabelsUnchangedAndKeepsDuplicates() {
		JsonNode answer = assertOk(postJson(body("[\" Fox, red \", \"OWL\", \"OWL\", \"a\\n\\u0000b<>\\\"\"]")));
		assertThat(labels(answer)).containsExactly(" Fox, red ", "a\n\u0000b<>\"", "OWL", "OWL");
	}

	/** As {@code @huggingface/inference} sends it from JavaScript. */
	@Test
	void answersRequestOfTheClientInJavaScript() {
		String more = ", \"hypothesis_template\": \"a {0}\"";
		HttpResponse<String> response = postJson(
				body("x", "[\"fox\", \"bear\"]", more).replace("\"x\"", "{\"image\": \"" + INPUTS + "\"}"));
		assertThat(labels(assertOk(response))).containsExactly("bear", "fox");
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE);
		assertThat(this.classifier.lastRequest().templates()).containsExactly("a {0}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "data:image/png;base64,", "DATA", " ", "\\r\\n", "data:image/svg+xml;charset=x;base64, ",
			"data:;base64,", "data:application/octet-stream;base64,", "Data:;name=owl.png;base64," })
	void toleratesDataUrlAndWhitespace(String prefix) {
		String inputs = prefix.equals("DATA") ? "data:image/PNG;BASE64," + INPUTS
				: prefix + INPUTS.substring(0, 8) + "\\n " + INPUTS.substring(8) + "\\n";
		assertOk(postJson(body(inputs, "[\"fox\"]", "")));
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					``                                                                        | JSON object
					[]                                                                        | JSON object
					null                                                                      | JSON object
					"text"                                                                    | JSON object
					{"inputs":                                                                | not valid JSON (line 1
					{'inputs': 1}                                                             | not valid JSON
					{"inputs": "aaaa"} trailing                                               | not valid JSON
					{}                                                                        | 'inputs' is missing
					{"inputs": null, "parameters": {"candidate_labels": ["fox"]}}             | 'inputs' is missing
					{"inputs": 5, "parameters": {"candidate_labels": ["fox"]}}                | 'inputs' must be a string
					{"inputs": {}, "parameters": {"candidate_labels": ["fox"]}}               | 'inputs' must be a string
					{"inputs": {"url": "x"}, "parameters": {"candidate_labels": ["fox"]}}     | or as 'inputs.image'
					{"inputs": {"image": 5}, "parameters": {"candidate_labels": ["fox"]}}     | 'inputs.image' must be a string
					{"inputs": {"image": null}, "parameters": {"candidate_labels": ["fox"]}}  | 'inputs.image' must be a string
					{"inputs": {"image": ""}, "parameters": {"candidate_labels": ["fox"]}}    | 'inputs.image' is empty
					{"inputs": {"image": "a"}, "parameters": {"candidate_labels": ["fox"]}}   | 'inputs.image' is not valid base64
					{"inputs": "data:;aaaa", "parameters": {"candidate_labels": ["fox"]}}     | data URL
					{"inputs": "data:application/json;base64,aaaa", "parameters": {"candidate_labels": ["fox"]}} | data URL
					{"inputs": "", "parameters": {"candidate_labels": ["fox"]}}               | 'inputs' is empty
					{"inputs": " ", "parameters": {"candidate_labels": ["fox"]}}              | 'inputs' is empty
					{"inputs": "a", "parameters": {"candidate_labels": ["fox"]}}              | not valid base64
					{"inputs": "aa=a", "parameters": {"candidate_labels": ["fox"]}}           | not valid base64
					{"inputs": "_-_-", "parameters": {"candidate_labels": ["fox"]}}           | not valid base64
					{"inputs": "éééé", "parameters": {"candidate_labels": ["fox"]}}           | not valid base64
					{"inputs": "/etc/passwd.", "parameters": {"candidate_labels": ["fox"]}}   | not valid base64
					{"inputs": "http://x/y.png", "parameters": {"candidate_labels": ["fox"]}} | is a URL
					{"inputs": "data:text/plain;base64,aaaa", "parameters": {"candidate_labels": ["fox"]}} | data URL
					{"inputs": "data:image/png,aaaa", "parameters": {"candidate_labels": ["fox"]}} | data URL
					{"inputs": "data:", "parameters": {"candidate_labels": ["fox"]}}          | data URL
					{"inputs": "aaaa"}                                                        | 'parameters' is missing
					{"inputs": "aaaa", "parameters": null}                                    | 'parameters' is missing
					{"inputs": "aaaa", "parameters": []}                                      | 'parameters' must be
					{"inputs": "aaaa", "parameters": {}}                                      | 'parameters.candidate_labels' is missing
					{"inputs": "aaaa", "parameters": {"candidate_labels": null}}              | 'parameters.candidate_labels' is missing
					{"inputs": "aaaa", "parameters": {"candidate_labels": []}}                | is empty
					{"inputs": "aaaa", "parameters": {"candidate_labels": "fox,owl"}}         | must be a list of strings
					{"inputs": "aaaa", "parameters": {"candidate_labels": {"a": 1}}}          | must be a list of strings
					{"inputs": "aaaa", "parameters": {"candidate_labels": ["fox", 3]}}        | item 2 is not a string
					{"inputs": "aaaa", "parameters": {"candidate_labels": [["fox"]]}}         | item 1 is not a string
					{"inputs": "aaaa", "parameters": {"candidate_labels": [null]}}            | item 1 is not a string
					{"inputs": "aaaa", "parameters": {"candidate_labels": ["fox", " "]}}      | Label 2 is blank
					{"inputs": "aaaa", "parameters": {"candidate_labels": ["\\ud83e"]}}        | Label 1 is not well-formed
					{"inputs": "aaaa", "parameters": {"candidate_labels": ["a"], "hypothesis_template": 3}} | hypothesis_template' must be
					{"inputs": "aaaa", "parameters": {"candidate_labels": ["a"], "hypothesis_template": ""}} | Template 1 is blank
					""")
	void tellsWhatIsWrong(String body, String detail) {
		assertThat(assertProblem(postJson(body), 400)).contains(detail);
	}

	@ParameterizedTest
	@ValueSource(strings = { "no place", "{label}", "{} {x}", "\\r\\nSet-Cookie: x=1", "\u00e9\\u4e2d" })
	void tellsOfUnusableTemplate(String template) {
		HttpResponse<String> response = postJson(
				body(INPUTS, "[\"fox\"]", ", \"hypothesis_template\": \"" + template + "\""));
		assertThat(assertProblem(response, 400)).contains("The template '");
		assertThat(response.headers().firstValue("Set-Cookie")).isEmpty();
	}

	@Test
	void tellsOfPictureByReason() {
		assertProblem(postJson(body(encode(""), "[\"fox\"]", "").replace("\"\"", "\"====\"")), 400);
		assertProblem(postJson(body(encode("GIF?"), "[\"fox\"]", "")), 415);
		assertProblem(postJson(body(encode("\u0089PNG DAMAGED"), "[\"fox\"]", "")), 422);
		byte[] large = new byte[FakeZeroShotClassifier.MAXIMUM_BYTES + 1];
		assertProblem(postJson(body(Base64.getEncoder().encodeToString(large), "[\"fox\"]", "")), 413);
	}

	@Test
	void tellsOfPictureThatNobodyCouldRead() {
		assertThat(assertProblem(postJson(body(encode("\u0089PNG DEEP"), "[\"fox\"]", "")), 422))
			.contains("too deeply");
		HttpResponse<String> response = postJson(body(encode("\u0089PNG MEMORY"), "[\"fox\"]", ""));
		assertProblem(response, 503);
		assertThat(response.headers().firstValue("Retry-After")).isPresent();
	}

	@Test
	void acceptsPictureOfMaximumSize() {
		byte[] picture = Arrays.copyOf(PICTURE, FakeZeroShotClassifier.MAXIMUM_BYTES);
		assertOk(postJson(body(Base64.getEncoder().encodeToString(picture), "[\"fox\"]", "")));
		assertThat(this.classifier.lastImages().get(0)).hasSize(FakeZeroShotClassifier.MAXIMUM_BYTES);
	}

	@Test
	void refusesBodyThatIsTooLarge() {
		String body = body("a".repeat(40_000_000), "[\"fox\"]", "");
		assertThat(assertProblem(postJson(body), 413)).contains("bytes are allowed");
		assertThat(
				assertProblem(
						postJson(BodyPublishers
							.ofInputStream(() -> new ByteArrayInputStream(body.getBytes(StandardCharsets.US_ASCII)))),
						413))
			.contains("bytes are allowed");
	}

	@Test
	void acceptsChunkedBody() {
		byte[] body = body("[\"fox\"]").getBytes(StandardCharsets.US_ASCII);
		assertOk(postJson(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));
	}

	/** Clients of the Hub send what other models understand. */
	@Test
	void namesMembersThatItIgnores() {
		HttpResponse<String> response = postJson("{\"inputs\": \"" + INPUTS + "\", \"options\": {\"use_cache\": true}, "
				+ "\"parameters\": {\"candidate_labels\": [\"fox\"], \"top_k\": 1, \"\u00f6\": 2}}");
		assertOk(response);
		assertThat(response.headers().firstValue("X-Ignored-Members"))
			.hasValue("options, parameters.top_k, parameters.?");
		assertThat(postJson(body("[\"fox\"]")).headers().firstValue("X-Ignored-Members")).isEmpty();
	}

	@Test
	void tellsOfMemberThatIsThereTwice() {
		assertThat(assertProblem(postJson("{\"inputs\": \"a\",\n \"inputs\": \"b\"}"), 400))
			.startsWith("The body has a member twice (line 2, column ");
	}

	@Test
	void limitsLabels() {
		String labels = "\"fox\", ".repeat(1000) + "\"fox\"";
		assertThat(assertProblem(postJson(body("[" + labels + "]")), 413)).contains("1001 labels").contains("1000");
		assertOk(postJson(body("[" + labels.substring(7) + "]")));
		assertThat(assertProblem(postJson(body("[\"" + "x".repeat(100_000) + "\"]")), 422))
			.contains("100000 characters");
	}

	@Test
	void refusesDeepNesting() {
		assertProblem(postJson("[".repeat(100_000)), 400);
		assertProblem(postJson("{\"a\":".repeat(100_000)), 400);
		assertProblem(postJson("1".repeat(100_000)), 400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "nonsense",
			"multipart/form-data", "multipart/form-data; boundary=x", "application/jsonp" })
	void refusesOtherContentTypes(String contentType) {
		HttpResponse<String> response = send(
				request(PIPELINE).header("Content-Type", contentType).POST(BodyPublishers.ofString(body("[\"fox\"]"))));
		assertThat(response.statusCode()).isBetween(400, 499);
		assertProblem(response, response.statusCode());
	}

	@Test
	void refusesMissingContentType() {
		assertThat(assertProblem(send(request(PIPELINE).POST(BodyPublishers.ofString(body("[\"fox\"]")))), 415))
			.contains("application/json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "image/png", "text/html", "application/problem+json", "nonsense" })
	void refusesToAnswerInAnotherFormat(String accept) {
		HttpResponse<String> response = send(request(PIPELINE).header("Content-Type", "application/json")
			.header("Accept", accept)
			.POST(BodyPublishers.ofString(body("[\"fox\"]"))));
		assertProblem(response, 406);
	}

	@Test
	void tellsProblemsWhateverIsAccepted() {
		HttpResponse<String> response = send(request(PIPELINE).header("Content-Type", "application/json")
			.header("Accept", "application/json")
			.POST(BodyPublishers.ofString("{")));
		assertProblem(response, 400);
	}

	@ParameterizedTest
	@ValueSource(strings = { "GET", "PUT", "DELETE", "PATCH" })
	void refusesOtherMethods(String method) {
		HttpResponse<String> response = send(request(PIPELINE).method(method, BodyPublishers.noBody()));
		assertProblem(response, 405);
		assertThat(response.headers().firstValue("Allow").orElse("")).contains("POST");
	}

	@ParameterizedTest
	@CsvSource({ "!inference, 500", "!bug, 500", "!error, 422", "!closed, 503", "!loading, 503" })
	void keepsInternalsToItself(String label, int status) {
		assertProblem(postJson(body("[\"" + label + "\"]")), status);
	}

	@Test
	void neverFailsOnNonsense() {
		Random random = new Random(1);
		byte[] valid = body(INPUTS, "[\"fox\", \"owl\"]", ", \"hypothesis_template\": \"a {}\"")
			.getBytes(StandardCharsets.UTF_8);
		for (int i = 0; i < 200; i++) {
			byte[] body = valid.clone();
			int changes = 1 + random.nextInt(8);
			for (int change = 0; change < changes; change++) {
				body[random.nextInt(body.length)] = (i % 2 == 0) ? (byte) random.nextInt(256)
						: (byte) "{}[]\",:\\0u".charAt(random.nextInt(10));
			}
			if (i % 3 == 0) {
				body = Arrays.copyOf(body, random.nextInt(body.length));
			}
			HttpResponse<String> response = postJson(BodyPublishers.ofByteArray(body));
			if (response.statusCode() != 200) {
				assertThat(response.statusCode()).as(new String(body, StandardCharsets.ISO_8859_1)).isBetween(400, 499);
				assertProblem(response, response.statusCode());
			}
		}
	}

	private static String encode(String text) {
		return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
	}

	private static List<String> labels(JsonNode predictions) {
		return predictions.valueStream().map((prediction) -> prediction.get("label").stringValue()).toList();
	}

}
