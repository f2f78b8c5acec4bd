package io.github.zsic.sample;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of {@code /v1/embeddings}.
 */
class EmbeddingsContractTests extends HttpContract {

	private static final String PART = "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,"
			+ INPUTS + "\"}}";

	@Test
	void embedsText() {
		JsonNode answer = assertOk(embeddings("{\"input\": \"a photo of an owl\", \"model\": \"any\"}"));
		assertThat(answer.propertyNames()).containsExactly("object", "data", "model", "usage");
		assertThat(answer.get("object").stringValue()).isEqualTo("list");
		assertThat(answer.get("model").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(answer.get("data")).hasSize(1);
		JsonNode embedding = answer.at("/data/0");
		assertThat(embedding.get("object").stringValue()).isEqualTo("embedding");
		assertThat(embedding.get("index").intValue()).isZero();
		assertThat(embedding.get("embedding")).hasSize(1);
		assertThat(answer.at("/usage/prompt_tokens").isInt()).isTrue();
		assertThat(answer.at("/usage/total_tokens").isInt()).isTrue();
	}

	@Test
	void embedsTextsInTheirOrder() {
		JsonNode data = assertOk(embeddings("{\"input\": [\"owl\", \"fox\", \"bear\"]}")).get("data");
		assertThat(data).hasSize(3);
		for (int i = 0; i < 3; i++) {
			assertThat(data.get(i).get("index").intValue()).isEqualTo(i);
		}
	}

	/** As OpenAI's client in Python asks for it, unless it is told otherwise. */
	@Test
	void answersInBase64() {
		JsonNode answer = assertOk(embeddings(
				"{\"input\": [\"owl\"], \"model\": \"any\", \"encoding_format\": \"base64\", \"user\": \"me\"}"));
		// 1 as a float32, the last byte first.
		assertThat(answer.at("/data/0/embedding").stringValue()).isEqualTo("AACAPw==");
	}

	@Test
	void embedsPicturesOfMessages() {
		String messages = "[{\"role\": \"user\", \"content\": [%s, %s]}]".formatted(PART, PART);
		JsonNode answer = assertOk(embeddings("{\"model\": \"any\", \"messages\": " + messages + "}"));
		assertThat(answer.get("data")).hasSize(2);
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE, PICTURE);
		assertThat(answer.at("/usage/prompt_tokens").intValue()).isZero();
	}

	@Test
	void embedsTextOfMessages() {
		assertOk(embeddings("{\"messages\": [{\"role\": \"user\", \"content\": \"an owl\"}]}"));
		assertOk(embeddings("{\"messages\": [{\"content\": [{\"type\": \"text\", \"text\": \"an owl\"}]}]}"));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					[]                                                          | JSON object
					{}                                                          | 'input'
					{"input": null}                                             | 'input'
					{"input": "owl", "messages": []}                            | not both
					{"input": []}                                               | at least one
					{"input": 1}                                                | list of texts
					{"input": [1, 2, 3]}                                        | token ids
					{"input": [[1, 2, 3]]}                                      | token ids
					{"input": ["owl", null]}                                    | item 2
					{"input": " "}                                              | Text 1 is blank
					{"input": "owl", "encoding_format": "int8"}                 | 'encoding_format'
					{"input": "owl", "encoding_format": 1}                      | 'encoding_format'
					{"input": "owl", "dimensions": "1"}                         | 'dimensions' must be a number
					{"input": "owl", "dimensions": 256}                         | have 1
					{"messages": {}}                                            | 'messages' must be a list
					{"messages": []}                                            | no part of type 'image_url'
					{"messages": [1]}                                           | 'messages[0].content'
					{"messages": [{"content": 1}]}                              | 'messages[0].content'
					{"messages": [{"content": [{"type": "input_audio"}]}]}      | 'messages[0].content[0].type'
					{"messages": [{"content": [{"type": "text"}]}]}             | 'messages[0].content[0].text'
					{"messages": [{"content": [{"type": "image_url"}]}]}        | 'messages[0].content[0].image_url'
					{"messages": [{"content": [{"type": "image_url", "image_url": {}}]}]}                            | 'messages[0].content[0].image_url.url'
					{"messages": [{"content": [{"type": "image_url", "image_url": {"url": "data:text/html,x"}}]}]}   | not one of a picture
					{"messages": [{"content": [{"type": "image_url", "image_url": {"url": "http://localhost/x"}}]}]} | is a URL
					""")
	void refusesWhatItCannotEmbed(String body, String finding) {
		assertThat(assertProblem(embeddings(body), 400)).contains(finding);
	}

	@Test
	void refusesPictureWithText() {
		String content = "[{\"type\": \"text\", \"text\": \"Represent the picture.\"}, %s]".formatted(PART);
		assertThat(assertProblem(embeddings("{\"messages\": [{\"content\": " + content + "}]}"), 400))
			.contains("in two requests");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1001, 50_000 })
	void limitsTexts(int count) {
		HttpResponse<String> response = embeddings("{\"input\": [" + "\"owl\",".repeat(count - 1) + "\"owl\"]}");
		assertThat(response.statusCode()).isIn(400, 413);
		assertProblem(response, response.statusCode());
	}

	@Test
	void limitsPictures() {
		String content = "[" + (PART + ",").repeat(32) + PART + "]";
		assertThat(assertProblem(embeddings("{\"messages\": [{\"content\": " + content + "}]}"), 413))
			.contains("33 images");
	}

	@Test
	void limitsTheLengthOfTexts() {
		assertThat(assertProblem(embeddings("{\"input\": \"" + "x".repeat(1001) + "\"}"), 422)).contains("1001");
	}

	private HttpResponse<String> embeddings(String body) {
		return send(request("/v1/embeddings").header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(body, StandardCharsets.UTF_8)));
	}

}
