package io.github.zsic.sample;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.Scoring;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The contract of {@code /api/classify}.
 */
class ClassifyContractTests extends HttpContract {

	@Test
	void classifiesOnePicture() {
		JsonNode answer = assertOk(post(new Form().picture("owl.png").field("labels", "fox, seagull ,,bear,")));
		assertThat(answer.get("checkpoint").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(answer.has("revision")).isTrue();
		assertThat(answer.get("device").stringValue()).isEqualTo("cpu");
		JsonNode image = answer.get("images").get(0);
		assertThat(image.get("name").stringValue()).isEqualTo("owl.png");
		assertThat(labels(image)).containsExactly("seagull", "bear", "fox");
		assertThat(image.get("predictions").get(0).get("score").floatValue()).isEqualTo(0.5f);
		assertThat(image.get("timings").toString())
			.isEqualTo("{\"decode\":12.0,\"queue\":0.0,\"image\":80.0,\"text\":1.5,\"score\":0.004}");
		assertThat(this.classifier.lastImages()).containsExactly(PICTURE);
		ClassificationRequest request = this.classifier.lastRequest();
		assertThat(request.templates()).isEmpty();
		assertThat(request.scoring()).isNull();
		assertThat(request.top()).isEqualTo(Integer.MAX_VALUE);
		assertThat(request.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
	}

	@Test
	void classifiesSeveralPicturesWithRepeatedLabels() {
		JsonNode answer = assertOk(post(new Form().picture("1.png")
			.field("labels", "fox")
			.picture("Mäuse 2.png")
			.field("labels", "Möwe")
			.field("labels", " \ud83e\udd89 owl")));
		assertThat(answer.get("images").valueStream().map((image) -> image.get("name").stringValue()))
			.containsExactly("1.png", "Mäuse 2.png");
		assertThat(labels(answer.get("images").get(1))).containsExactly("\ud83e\udd89 owl", "Möwe", "fox");
	}

	@Test
	void repeatedFieldIsNotSplitAtCommas() {
		JsonNode answer = assertOk(
				post(new Form().picture("1.png").field("labels", "a red, round owl").field("labels", "cat")));
		assertThat(labels(answer.get("images").get(0))).containsExactly("a red, round owl", "cat");
		answer = assertOk(post(new Form().picture("1.png").field("labels", "[a] fox, red").field("labels", "[b]")));
		assertThat(labels(answer.get("images").get(0))).containsExactly("[a] fox, red", "[b]");
	}

	@Test
	void fieldMayBeOneListOfJson() {
		assertOk(post(new Form().picture("1.png")
			.field("labels", " [\"a red, round owl\", \"[cat]\", \"\\u732b\"] ")
			.field("template", "[\"a {}\", \"a red, round {}\"]")
			.field("background", "[\"noise\"]")));
		ClassificationRequest request = this.classifier.lastRequest();
		assertThat(request.labels()).containsExactly("a red, round owl", "[cat]", "\u732b");
		assertThat(request.templates()).containsExactly("a {}", "a red, round {}");
		assertThat(request.background()).containsExactly("noise");
		assertOk(post(new Form().picture("1.png").field("labels", "owl").field("template", "[{}]")));
		assertThat(this.classifier.lastRequest().templates()).containsExactly("[{}]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "['owl', 'cat']", "[owl, cat]", "[\"owl\", 3]", "[\"owl\", [\"cat\"]]",
			"[\"owl\"] [\"cat\"]", "[\"owl\", \"cat]", "[\"owl\",]", "[\"\\x\"]" })
	void tellsOfListThatIsNoJson(String labels) {
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", labels)), 400))
			.contains("'labels' is in brackets, but is not a JSON list of strings");
	}

	@Test
	void tellsWhatIsWrongWithAListOfJson() {
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", "[]")), 400))
			.contains("'labels' is missing or empty");
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", "[\"owl\", \" \"]")), 400))
			.contains("Label 2 is blank");
		assertThat(assertProblem(
				post(new Form().picture("owl.png").field("labels", "[\"owl\", \"cat\"]").field("labels", "fox")), 400))
			.contains("'labels' is repeated and has a list in it");
		assertThat(assertProblem(
				post(new Form().picture("owl.png").field("labels", "owl").field("template", "['a {}', 'b {}']")), 400))
			.contains("'template' is in brackets");
	}

	@Test
	void passesOptions() {
		JsonNode answer = assertOk(post(new Form().picture("owl.png")
			.field("labels", "fox,bear,seagull")
			.field("template", "A photo of a {}, a type of animal.")
			.field("template", "A drawing of a {}.")
			.field("scoring", "SigMoid")
			.field("temperature", "0.02")
			.field("background", "a photo of nothing, really")
			.field("background", "noise")
			.field("top", "2")
			.field("threshold", "0.3")));
		assertThat(labels(answer.get("images").get(0))).containsExactly("seagull");
		ClassificationRequest request = this.classifier.lastRequest();
		assertThat(request.templates()).containsExactly("A photo of a {}, a type of animal.", "A drawing of a {}.");
		assertThat(request.scoring()).isEqualTo(Scoring.SIGMOID);
		assertThat(request.temperature()).isEqualTo(0.02f);
		assertThat(request.background()).containsExactly("a photo of nothing, really", "noise");
		assertThat(request.top()).isEqualTo(2);
		assertThat(request.threshold()).isEqualTo(0.3f);
	}

	@Test
	void emptyFieldsCountAsAbsent() {
		assertOk(post(new Form().picture("owl.png")
			.file("image", "", new byte[0])
			.field("labels", "fox")
			.field("labels", "")
			.field("template", "")
			.field("scoring", " ")
			.field("top", "")
			.field("threshold", "")));
		assertThat(this.classifier.lastRequest().templates()).isEmpty();
		assertThat(this.classifier.lastRequest().images()).hasSize(1);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			scoring   | best                 | must be one of [auto, softmax, sigmoid, cosine, logits], not 'best'
			top       | 0                    | 'top' must be a whole number from 1
			top       | -1                   | 'top' must be a whole number from 1
			top       | 1.5                  | 'top' must be a whole number from 1
			top       | 99999999999          | 'top' must be a whole number from 1
			top       | many                 | not 'many'
			temperature | warm               | 'temperature' must be a number from 0.000001 to 1000000, not 'warm'
			temperature | 0                  | 'temperature' must be a number from 0.000001 to 1000000, not 0
			temperature | -1                 | 'temperature' must be a number from 0.000001 to 1000000
			threshold | high                 | 'threshold' must be a number
			threshold | 0,5                  | 'threshold' must be a number
			threshold | NaN                  | 'threshold' must be a number
			threshold | Infinity             | 'threshold' must be a number
			threshold | 1e99                 | 'threshold' must be a number
			threshold | 0x1p3                | 'threshold' must be a number
			template  | no place             | has no place for the label
			template  | a {name}             | has '{name}', an argument with a name at position 3
			template  | {0} and {1}          | has '{1}', another argument than the label at position 9
			template  | a {0!r}              | has '{0!r}', a conversion at position 3
			template  | {} and {0}           | has both {} and {0}
			labels    | `    `               | -
			""")
	void tellsWhatIsWrongWithAnOption(String field, String value, String detail) {
		HttpResponse<String> response = post(
				new Form().picture("owl.png").field("labels", "fox").field(field, (value != null) ? value : ""));
		if (detail.equals("-")) {
			assertOk(response);
		}
		else {
			assertThat(assertProblem(response, 400)).contains(detail);
		}
	}

	@Test
	void tellsWhatIsMissing() {
		assertThat(assertProblem(post(new Form().field("labels", "fox")), 400)).contains("'image' is missing");
		assertThat(assertProblem(post(new Form().picture("owl.png")), 400)).contains("'labels' is missing");
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", " , ,")), 400))
			.contains("'labels' is missing or empty");
		assertThat(assertProblem(post(new Form().field("image", "text").field("labels", "fox")), 400))
			.contains("'image' must be a file");
		assertThat(assertProblem(post(new Form().file("image", "", new byte[0]).field("labels", "fox")), 400))
			.contains("'image' is missing");
		assertProblem(post(new Form()), 400);
	}

	@Test
	void followsNoUrlUnlessAllowed() {
		assertThat(
				assertProblem(post(new Form().field("url", "https://example.org/owl.png").field("labels", "fox")), 400))
			.contains("'url' is not allowed here");
	}

	@Test
	void refusesOptionGivenTwice() {
		assertThat(assertProblem(
				post(new Form().picture("owl.png").field("labels", "fox").field("top", "1").field("top", "2")), 400))
			.contains("'top' must be given only once");
	}

	@Test
	void refusesUnknownFields() {
		Form form = new Form().picture("owl.png").field("labels", "fox").field("treshold", "0.5");
		assertThat(assertProblem(post(form), 400)).isEqualTo("There is no field 'treshold'; the fields are image, url, "
				+ "labels, template, background, scoring, temperature, top, threshold.");
		assertThat(assertProblem(post(new Form().file("file", "owl.png", PICTURE).field("labels", "fox")), 400))
			.contains("There is no field 'file'; the fields are image, ");
	}

	@Test
	void tellsOfPictureByReason() {
		assertThat(assertProblem(send("empty.png", new byte[0]), 400)).contains("empty.png");
		assertThat(assertProblem(send("notes.txt", "text".getBytes(StandardCharsets.UTF_8)), 415))
			.contains("notes.txt");
		assertThat(assertProblem(send("half.png", "\u0089PNG DAMAGED".getBytes(StandardCharsets.ISO_8859_1)), 422))
			.contains("half.png");
	}

	@Test
	void limitsSizeOfPictureAndRequest() {
		assertOk(send("large.png", Arrays.copyOf(PICTURE, FakeZeroShotClassifier.MAXIMUM_BYTES)));
		assertThat(assertProblem(send("larger.png", Arrays.copyOf(PICTURE, FakeZeroShotClassifier.MAXIMUM_BYTES + 1)),
				413))
			.contains("larger.png");
		assertThat(assertProblem(send("largest.png", new byte[140 * 1024 * 1024]), 413))
			.contains("all its parts together may have 134217728 bytes");
	}

	@Test
	void limitsNumbers() {
		Form pictures = new Form().field("labels", "fox");
		for (int i = 0; i < 33; i++) {
			pictures.picture(i + ".png");
		}
		assertThat(assertProblem(post(pictures), 413)).contains("33 images").contains("32");
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", "fox,".repeat(1001))), 413))
			.contains("1001 labels");
		Form labels = new Form().picture("owl.png");
		for (int i = 0; i < 1000; i++) {
			labels.field("labels", "label " + i);
		}
		assertThat(assertOk(post(labels)).get("images").get(0).get("predictions")).hasSize(1000);
		Form parts = new Form().picture("owl.png");
		for (int i = 0; i < 2000; i++) {
			parts.field("labels", "fox");
		}
		HttpResponse<String> response = post(parts);
		assertThat(response.statusCode()).isIn(400, 413);
		assertProblem(response, response.statusCode());
	}

	@Test
	void refusesLongFields() {
		HttpResponse<String> response = post(new Form().picture("owl.png").field("labels", "x".repeat(3_000_000)));
		assertThat(response.statusCode()).isIn(400, 413);
		assertProblem(response, response.statusCode());
		assertThat(assertProblem(post(new Form().picture("owl.png").field("labels", "x".repeat(5000))), 422))
			.contains("5000 characters");
	}

	@Test
	void echoesOddFileNames() {
		assertOk(send("a".repeat(200) + ".png", PICTURE));
		HttpResponse<String> response = send("a".repeat(5000) + ".png", PICTURE);
		assertThat(response.statusCode()).isIn(200, 400, 413);
		assertProblem(send("..\r\nX-Evil: 1\r\n", new byte[1]), 415);
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
			"multipart/mixed; boundary=" + Form.BOUNDARY, "multipart/form-data; boundary=other", "text/plain", "x" })
	void refusesOtherContentTypes(String contentType) {
		byte[] body = new Form().picture("owl.png").field("labels", "fox").body();
		HttpResponse<String> response = send(
				request(CLASSIFY).header("Content-Type", contentType).POST(BodyPublishers.ofByteArray(body)));
		assertThat(response.statusCode()).isIn(400, 415);
		assertProblem(response, response.statusCode());
	}

	@Test
	void refusesTruncatedBody() {
		Form form = new Form().picture("owl.png").field("labels", "fox");
		byte[] body = form.body();
		for (int length : List.of(0, 5, 20, 60, 100, body.length - 20)) {
			HttpResponse<String> response = send(request(CLASSIFY).header("Content-Type", form.contentType())
				.POST(BodyPublishers.ofByteArray(body, 0, length)));
			assertThat(response.statusCode()).as("%d bytes", length).isBetween(400, 499);
			assertProblem(response, response.statusCode());
		}
	}

	@Test
	void neverFailsOnNonsense() {
		Random random = new Random(2);
		Form form = new Form().picture("owl.png").field("labels", "fox,owl").field("top", "1");
		byte[] valid = form.body();
		for (int i = 0; i < 100; i++) {
			byte[] body = valid.clone();
			for (int change = 0; change <= random.nextInt(6); change++) {
				body[random.nextInt(body.length)] = (byte) random.nextInt(256);
			}
			HttpResponse<String> response = send(request(CLASSIFY).header("Content-Type", form.contentType())
				.POST(BodyPublishers.ofByteArray(body)));
			if (response.statusCode() != 200) {
				assertThat(response.statusCode()).as(new String(body, StandardCharsets.ISO_8859_1)).isBetween(400, 499);
				assertProblem(response, response.statusCode());
			}
		}
	}

	@Test
	void refusesOtherMethodsAndFormats() {
		assertProblem(send(request(CLASSIFY).GET()), 405);
		Form form = new Form().picture("owl.png").field("labels", "fox");
		assertProblem(send(request(CLASSIFY).header("Content-Type", form.contentType())
			.header("Accept", "text/html")
			.POST(BodyPublishers.ofByteArray(form.body()))), 406);
	}

	private HttpResponse<String> send(String name, byte[] content) {
		return post(new Form().file("image", name, content).field("labels", "fox"));
	}

	private static List<String> labels(JsonNode image) {
		return image.get("predictions")
			.valueStream()
			.map((prediction) -> prediction.get("label").stringValue())
			.toList();
	}

}
