package io.github.zsic.sample;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The sample as it is delivered, on its bundled checkpoint.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "zsic.device=cpu")
class SampleApplicationTests {

	@LocalServerPort
	private int port;

	@Test
	void classifiesForm() throws Exception {
		HttpContract.Form form = new HttpContract.Form().file("image", "disc.png", picture())
			.field("labels", "fox, owl, seagull")
			.field("top", "2");
		JsonNode answer = post("/api/classify", form.contentType(), form.body());
		assertThat(answer.get("checkpoint").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(answer.get("device").stringValue()).isEqualTo("cpu");
		JsonNode image = answer.get("images").get(0);
		assertThat(image.get("predictions")).hasSize(2);
		assertThat(image.get("timings").get("image").doubleValue()).isPositive();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			owl.png  | fox, bear, seagull, owl | owl
			bear.png | fox, bear, seagull, owl | bear
			tree.png | tree, car, bike, cat    | tree
			car.png  | tree, car, bike, cat    | car
			bike.png | tree, car, bike, cat    | bike
			cat.png  | tree, car, bike, cat    | cat
			""")
	void recognisesTheExamplesOfThePage(String example, String labels, String expected) throws Exception {
		byte[] picture = new ClassPathResource("static/examples/" + example).getContentAsByteArray();
		HttpContract.Form form = new HttpContract.Form().file("image", example, picture).field("labels", labels);
		JsonNode answer = post("/api/classify", form.contentType(), form.body());
		assertThat(answer.at("/images/0/predictions/0/label").stringValue()).isEqualTo(expected);
	}

	/**
	 * Of unit length, and in one space: the picture is nearest to the text that tells
	 * what it shows.
	 */
	@Test
	void embedsPicturesAndTextsInOneSpace() throws Exception {
		byte[] picture = new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
		String messages = "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": "
				+ "{\"url\": \"data:image/png;base64,%s\"}}]}]}".formatted(Base64.getEncoder().encodeToString(picture));
		double[] owl = vector(post("/v1/embeddings", "application/json", messages.getBytes()).at("/data/0/embedding"));
		String texts = "{\"input\": [\"a photo of a fox\", \"a photo of an owl\", \"a photo of a car\"]}";
		JsonNode answer = post("/v1/embeddings", "application/json", texts.getBytes());
		List<Double> cosines = new ArrayList<>();
		for (JsonNode text : answer.get("data")) {
			double[] vector = vector(text.get("embedding"));
			assertThat(product(vector, vector)).isCloseTo(1, within(1e-5));
			cosines.add(product(owl, vector));
		}
		assertThat(product(owl, owl)).isCloseTo(1, within(1e-5));
		assertThat(cosines.get(1)).isGreaterThan(cosines.get(0)).isGreaterThan(cosines.get(2));
		assertThat(answer.at("/usage/prompt_tokens").intValue()).isGreaterThan(3 * 5);
	}

	private static double[] vector(JsonNode numbers) {
		double[] vector = new double[numbers.size()];
		for (int i = 0; i < vector.length; i++) {
			vector[i] = numbers.get(i).doubleValue();
		}
		return vector;
	}

	private static double product(double[] first, double[] second) {
		double sum = 0;
		for (int i = 0; i < first.length; i++) {
			sum += first[i] * second[i];
		}
		return sum;
	}

	@Test
	void bothEndpointsAgree() throws Exception {
		HttpContract.Form form = new HttpContract.Form().file("image", "disc.png", picture())
			.field("labels", "fox, owl, seagull");
		JsonNode predictions = post("/api/classify", form.contentType(), form.body()).at("/images/0/predictions");
		String body = "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\", \"owl\", \"seagull\"]}}"
			.formatted(Base64.getEncoder().encodeToString(picture()));
		JsonNode pipeline = post("/api/zero-shot-image-classification", "application/json", body.getBytes());
		List<Float> scores = new ArrayList<>();
		pipeline.forEach((prediction) -> scores.add(prediction.get("score").floatValue()));
		assertThat(scores).hasSize(3).isSortedAccordingTo((first, second) -> Float.compare(second, first));
		assertThat(scores.stream().mapToDouble(Float::doubleValue).sum()).isCloseTo(1, within(1e-5));
		for (int i = 0; i < 3; i++) {
			assertThat(predictions.get(i).get("label")).isEqualTo(pipeline.get(i).get("label"));
			assertThat(predictions.get(i).get("score").floatValue()).isCloseTo(scores.get(i), within(1e-5f));
		}
	}

	@Test
	void isReadyWithItsModel() throws Exception {
		for (String path : List.of("/actuator/health/zsic", "/actuator/health/readiness", "/actuator/zsic")) {
			var response = HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path)).build(),
						BodyHandlers.ofString());
			assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
			assertThat(response.body()).contains("\"READY\"").contains("classpath:zsic/emoji-clip");
		}
	}

	@Test
	void tellsItsModelToThePage() throws Exception {
		var response = HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + "/actuator/info")).build(),
					BodyHandlers.ofString());
		assertThat(HttpContract.json(response).at("/zsic/checkpoint").stringValue())
			.isEqualTo("classpath:zsic/emoji-clip");
	}

	@Test
	void refusesWhatIsNoPicture() throws Exception {
		HttpContract.Form form = new HttpContract.Form().file("image", "notes.txt", "text".getBytes())
			.field("labels", "fox");
		HttpRequest request = request("/api/classify", form.contentType(), form.body());
		var response = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
		assertThat(HttpContract.assertProblem(response, 415)).contains("notes.txt");
	}

	private JsonNode post(String path, String contentType, byte[] body) throws Exception {
		var response = HttpClient.newHttpClient().send(request(path, contentType, body), BodyHandlers.ofString());
		return HttpContract.assertOk(response);
	}

	private HttpRequest request(String path, String contentType, byte[] body) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.header("Content-Type", contentType)
			.POST(BodyPublishers.ofByteArray(body))
			.build();
	}

	private static byte[] picture() throws IOException {
		BufferedImage image = new BufferedImage(96, 64, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(Color.ORANGE);
		graphics.fillOval(8, 8, 48, 48);
		graphics.dispose();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		ImageIO.write(image, "png", bytes);
		return bytes.toByteArray();
	}

}
