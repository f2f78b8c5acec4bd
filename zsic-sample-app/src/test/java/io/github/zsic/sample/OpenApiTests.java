package io.github.zsic.sample;

import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds real requests and answers against the description that is served.
 */
class OpenApiTests extends HttpContract {

	private static final String EMBEDDINGS = "/v1/embeddings";

	private static final JsonMapper JSON = JsonMapper.shared();

	@Test
	void describesFormAndItsAnswers() {
		Form good = new Form().picture("owl.png").field("labels", "fox, owl").field("labels", "bear");
		check("200", post(good));
		check("200",
				post(new Form().picture("owl.png")
					.field("labels", "fox")
					.field("template", "a {}")
					.field("scoring", "softmax")
					.field("temperature", "0.02")
					.field("background", "something else")
					.field("top", "1")
					.field("threshold", "0.5")));
		check("200", lines(new Form().picture("owl.png").picture("fox.png").field("labels", "fox")));
		check("200",
				lines(new Form().file("image", "notes.txt", new byte[9]).picture("fox.png").field("labels", "fox")));
		check("400", post(new Form().picture("owl.png")));
		check("400", lines(new Form().picture("owl.png")));
		check("403",
				send(request(CLASSIFY).header("Content-Type", good.contentType())
					.header("Sec-Fetch-Site", "cross-site")
					.POST(BodyPublishers.ofByteArray(good.body()))));
		checkNotFound(CLASSIFY);
		check("405", send(request(CLASSIFY).GET()));
		check("406",
				send(request(CLASSIFY).header("Content-Type", good.contentType())
					.header("Accept", "text/html")
					.POST(BodyPublishers.ofByteArray(good.body()))));
		check("413", post(new Form().picture("owl.png").field("labels", "fox,".repeat(1001))));
		check("415", post(new Form().file("image", "notes.txt", new byte[9]).field("labels", "fox")));
		check("415", send(request(CLASSIFY).POST(BodyPublishers.ofString("x"))));
		check("422", post(new Form().file("image", "half.png", bytes("\u0089PNG DAMAGED")).field("labels", "fox")));
		check("500", post(new Form().picture("owl.png").field("labels", "!bug")));
		check("503", post(new Form().picture("owl.png").field("labels", "!loading")));
	}

	@Test
	void describesRequestOfTheHubsClientAndItsAnswers() {
		check("200", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\", \"owl\"]}}"));
		check("200", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\"], "
				+ "\"hypothesis_template\": \"a {}\"}}"));
		check("200", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"fox\"], "
				+ "\"hypothesis_template\": null}}"));
		check("400", pipeline("{\"inputs\": \"\", \"parameters\": {\"candidate_labels\": [\"fox\"]}}"));
		check("400", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": []}}"));
		check("400", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [1]}}"));
		check("400", pipeline("{\"inputs\": \"%s\"}"));
		check("400", pipeline("[]"));
		check("403",
				send(request(PIPELINE).header("Content-Type", "application/json")
					.header("Origin", "https://example.com")
					.POST(BodyPublishers.ofString("{}"))));
		checkNotFound(PIPELINE);
		check("405", send(request(PIPELINE).DELETE()));
		check("406",
				send(request(PIPELINE).header("Content-Type", "application/json")
					.header("Accept", "image/png")
					.POST(BodyPublishers.ofString("{}"))));
		check("413", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [" + "\"fox\",".repeat(1000)
				+ "\"fox\"]}}"));
		check("415", send(request(PIPELINE).POST(BodyPublishers.ofString("x"))));
		check("422", pipeline(
				"{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"" + "x".repeat(1001) + "\"]}}"));
		check("503", pipeline("{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [\"!closed\"]}}"));
	}

	@Test
	void describesEmbeddings() {
		String picture = "{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:image/png;base64,%s\"}}";
		check("200", embeddings("{\"input\": \"owl\"}"));
		check("200",
				embeddings("{\"input\": [\"owl\", \"fox\"], \"model\": \"any\", \"encoding_format\": \"base64\"}"));
		check("200", embeddings("{\"messages\": [{\"role\": \"user\", \"content\": [" + picture + "]}]}"));
		check("200", embeddings("{\"messages\": [{\"role\": \"user\", \"content\": \"owl\"}]}"));
		check("400", embeddings("{}"));
		check("400", embeddings("{\"input\": [1, 2]}"));
		check("400", embeddings("{\"input\": \"owl\", \"encoding_format\": \"int8\"}"));
		check("400", embeddings("{\"messages\": [{\"content\": [{\"type\": \"input_audio\"}]}]}"));
		check("405", send(request(EMBEDDINGS).DELETE()));
		check("413", embeddings("{\"input\": [" + "\"owl\",".repeat(1000) + "\"owl\"]}"));
		check("415", send(request(EMBEDDINGS).POST(BodyPublishers.ofString("x"))));
		check("422", embeddings("{\"input\": \"" + "x".repeat(1001) + "\"}"));
	}

	private HttpResponse<String> embeddings(String body) {
		return described(EMBEDDINGS, body.formatted(INPUTS));
	}

	private HttpResponse<String> pipeline(String body) {
		return described(PIPELINE, body.formatted(INPUTS));
	}

	/**
	 * What the description says of a JSON body is what the server says, too.
	 */
	private HttpResponse<String> described(String path, String json) {
		HttpResponse<String> response = send(
				request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
		JsonNode schema = operation(path).at("/requestBody/content/application~1json/schema");
		boolean accepted = response.statusCode() == 200 || response.statusCode() == 503;
		assertThat(errors(schema, JSON.readTree(json)).isEmpty()).as(json).isEqualTo(accepted);
		return response;
	}

	@Test
	void namesEveryFieldOfTheForm() {
		Set<String> fields = new TreeSet<>();
		description().at("/components/schemas/ClassifyForm/properties").propertyNames().forEach(fields::add);
		assertThat(fields).containsExactly("background", "image", "labels", "scoring", "temperature", "template",
				"threshold", "top", "url");
	}

	@Test
	void hasExamplesThatAreValid() {
		for (String path : List.of(CLASSIFY, PIPELINE)) {
			for (String place : List.of("/requestBody", "/responses/200")) {
				List<JsonNode> examples = new ArrayList<>();
				operation(path).at(place + "/content")
					.forEach((content) -> content.path("examples").forEach((example) -> {
						examples.add(example);
						assertThat(errors(content.get("schema"), example.get("value"))).as(example.toString())
							.isEmpty();
					}));
				assertThat(examples).as(path + place).isNotEmpty();
			}
		}
		JsonNode schema = description().at("/components/schemas/ClassifyForm");
		assertThat(errors(schema, JSON.readTree("{\"labels\": [\"fox\"]}"))).isNotEmpty();
		assertThat(errors(schema, JSON.readTree("{\"labels\": [\"fox\"], \"url\": [\"x\"], \"topp\": 1}")))
			.isNotEmpty();
	}

	@Test
	void namesTheLimits() {
		assertThat(description()
			.at("/components/schemas/PipelineRequest/properties/parameters/properties" + "/candidate_labels/maxItems")
			.intValue()).isEqualTo(1000);
		List<String> scorings = new ArrayList<>();
		description().at("/components/schemas/ClassifyForm/properties/scoring/enum")
			.forEach((scoring) -> scorings.add(scoring.stringValue()));
		assertThat(scorings).containsExactlyElementsOf(
				Arrays.stream(io.github.zsic.Scoring.values()).map((scoring) -> lower(scoring.name())).toList());
	}

	private static String lower(String text) {
		return text.toLowerCase(java.util.Locale.ROOT);
	}

	private JsonNode description() {
		HttpResponse<String> response = send(request("/openapi.yaml"));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type").orElse("")).contains("yaml");
		return YAMLMapper.shared().readTree(response.body());
	}

	private JsonNode operation(String path) {
		JsonNode operation = description().get("paths").get(path).get("post");
		assertThat(operation).as(path).isNotNull();
		return operation;
	}

	private HttpResponse<String> lines(Form form) {
		return send(request(CLASSIFY).header("Content-Type", form.contentType())
			.header("Accept", "application/x-ndjson")
			.POST(BodyPublishers.ofByteArray(form.body())));
	}

	private void checkNotFound(String path) {
		check(path, "404", send(request(path + "/").POST(BodyPublishers.noBody())));
	}

	private void check(String status, HttpResponse<String> response) {
		check(response.request().uri().getPath(), status, response);
	}

	private void check(String path, String status, HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(Integer.parseInt(status));
		JsonNode described = resolve(operation(path).at("/responses/" + status));
		String type = response.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
		JsonNode schema = described.get("content").get(type);
		assertThat(schema).as("%s of %s", type, response.request().uri()).isNotNull();
		List<String> documents = type.endsWith("ndjson") ? response.body().lines().toList() : List.of(response.body());
		assertThat(documents).isNotEmpty()
			.allSatisfy((document) -> assertThat(errors(schema.get("schema"), JSON.readTree(document))).as(document)
				.isEmpty());
		if (described.get("headers") instanceof ObjectNode headers) {
			headers.propertyStream().forEach((header) -> {
				JsonNode definition = resolve(header.getValue());
				String value = response.headers().firstValue(header.getKey()).orElse(null);
				if (value == null) {
					assertThat(definition.at("/required").booleanValue(false)).as(header.getKey()).isFalse();
				}
				else {
					JsonNode typed = definition.at("/schema/type").stringValue().equals("integer")
							? JSON.readTree(value) : JSON.valueToTree(value);
					assertThat(errors(definition.get("schema"), typed)).as(header.getKey()).isEmpty();
				}
			});
		}
	}

	private JsonNode resolve(JsonNode node) {
		JsonNode reference = node.get("$ref");
		return (reference != null) ? description().at(reference.stringValue().substring(1)) : node;
	}

	/** References begin at the root of the description, so its components come along. */
	private List<String> errors(JsonNode schema, JsonNode document) {
		ObjectNode whole = (ObjectNode) schema.deepCopy();
		whole.set("components", description().get("components"));
		return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
			.getSchema(whole)
			.validate(document)
			.stream()
			.map(Object::toString)
			.toList();
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

}
