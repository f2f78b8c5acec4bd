package io.github.zsic.sample;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The answer of {@code /api/classify} line by line.
 */
class ClassifyStreamTests extends HttpContract {

	private static final JsonMapper JSON = JsonMapper.shared();

	@Test
	void answersInTheOrderOfThePictures() {
		Form form = new Form().field("labels", "fox, seagull").field("top", "1");
		for (int i = 0; i < 100; i++) {
			form.picture(i + ".png");
		}
		List<JsonNode> lines = lines(form);
		assertThat(lines).hasSize(100);
		for (int i = 0; i < 100; i++) {
			assertThat(lines.get(i).get("index").intValue()).isEqualTo(i);
			assertThat(lines.get(i).get("name").stringValue()).isEqualTo(i + ".png");
			assertThat(lines.get(i).at("/predictions/0/label").stringValue()).isEqualTo("seagull");
			assertThat(lines.get(i).get("predictions")).hasSize(1);
			assertThat(lines.get(i).get("checkpoint").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		}
	}

	@Test
	void onePictureThatCannotBeClassifiedFailsNoOther() {
		List<JsonNode> lines = lines(new Form().field("labels", "fox")
			.file("image", "notes.txt", "text".getBytes(StandardCharsets.UTF_8))
			.picture("1.png")
			.file("image", "half.png", "\u0089PNG DAMAGED".getBytes(StandardCharsets.ISO_8859_1))
			.file("image", "empty.png", new byte[0])
			.file("image", "large.png", Arrays.copyOf(PICTURE, FakeZeroShotClassifier.MAXIMUM_BYTES + 1))
			.picture("5.png"));
		assertThat(lines).extracting((line) -> line.at("/problem/status").intValue(0))
			.containsExactly(415, 0, 422, 400, 413, 0);
		JsonNode problem = lines.get(0).get("problem");
		assertThat(problem.get("detail").stringValue()).contains("notes.txt");
		assertThat(problem.get("error")).isEqualTo(problem.get("detail"));
		assertThat(problem.get("title").stringValue()).isEqualTo("Unsupported Media Type");
		assertThat(lines.get(5).at("/predictions/0/label").stringValue()).isEqualTo("fox");
	}

	@ParameterizedTest
	@CsvSource({ "!loading, 503", "!closed, 503", "!inference, 500", "!bug, 500", "!error, 422" })
	void whatIsNotAboutAPictureFailsTheRequest(String label, int status) {
		assertProblem(send(new Form().picture("1.png").picture("2.png").field("labels", label)), status);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2 })
	void whatFailsUnexpectedlyFailsOnlyItsLine(int position) {
		for (String failure : new String[] { "DEEP", "MEMORY", "BUG" }) {
			Form form = new Form().field("labels", "fox");
			for (int i = 0; i < 3; i++) {
				if (i == position) {
					form.file("image", "bad.png", ("\u0089PNG " + failure).getBytes(StandardCharsets.ISO_8859_1));
				}
				else {
					form.picture(i + ".png");
				}
			}
			List<JsonNode> lines = lines(form);
			assertThat(lines).hasSize(3);
			for (int i = 0; i < 3; i++) {
				assertThat(lines.get(i).get("index").intValue()).isEqualTo(i);
				assertThat(lines.get(i).has("problem")).isEqualTo(i == position);
			}
			JsonNode problem = lines.get(position).get("problem");
			assertThat(problem.get("status").intValue())
				.isEqualTo(failure.equals("DEEP") ? 422 : failure.equals("MEMORY") ? 503 : 500);
			assertThat(problem.get("detail").stringValue()).isNotBlank().doesNotContain("/srv");
		}
	}

	@Test
	void refusesBadRequestAsAWhole() {
		assertProblem(send(new Form().picture("1.png")), 400);
		assertProblem(send(new Form().picture("1.png").field("labels", "fox").field("template", "no place")), 400);
		Form many = new Form().field("labels", "fox");
		for (int i = 0; i < 1001; i++) {
			many.picture("x.png");
		}
		assertThat(assertProblem(send(many), 413)).contains("1001 images");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			application/x-ndjson                               | application/x-ndjson
			application/x-ndjson, application/json;q=0.5       | application/x-ndjson
			application/x-ndjson, */*                          | application/x-ndjson
			application/json, application/x-ndjson;q=0.5       | application/json
			*/*                                                | application/json
			application/*                                      | application/json
			""")
	void answersInTheFormatThatIsPreferred(String accept, String expected) {
		Form form = new Form().picture("1.png").field("labels", "fox");
		HttpResponse<String> response = send(request(CLASSIFY).header("Content-Type", form.contentType())
			.header("Accept", accept)
			.POST(BodyPublishers.ofByteArray(form.body())));
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue(expected);
	}

	@Test
	void readsNoFurtherThanTheClientDoes() throws Exception {
		int before = this.classifier.calls();
		try (Socket client = stream(1000)) {
			InputStream in = client.getInputStream();
			in.read();
			int stalled = awaitStandstill();
			assertThat(stalled - before).isBetween(1, 900);
			// As soon as it takes more, more is done.
			in.readNBytes(4_000_000);
			assertThat(awaitStandstill()).isGreaterThan(stalled);
		}
		// And when it is gone, no more.
		int gone = awaitStandstill();
		assertThat(gone - before).isLessThan(1000);
		assertOk(post(new Form().picture("1.png").field("labels", "fox")));
	}

	/** Lines of 40 kB, so that the buffers between here and there are full soon. */
	private Socket stream(int pictures) throws IOException {
		Form form = new Form();
		for (int i = 0; i < pictures; i++) {
			form.picture(i + ".png");
		}
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 400; i++) {
			labels.append("x".repeat(70)).append(i).append(',');
		}
		byte[] body = form.field("labels", labels.toString()).body();
		Socket socket = new Socket();
		socket.setReceiveBufferSize(16 * 1024);
		socket.connect(new java.net.InetSocketAddress("localhost", this.port));
		socket.setSoTimeout(30_000);
		socket.getOutputStream()
			.write(("POST " + CLASSIFY
					+ " HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\nContent-Type: "
					+ form.contentType() + "\r\nContent-Length: " + body.length + "\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
		socket.getOutputStream().write(body);
		return socket;
	}

	private int awaitStandstill() throws InterruptedException {
		int calls = -1;
		int still = 0;
		while (still < 10) {
			Thread.sleep(50);
			int now = this.classifier.calls();
			still = (now == calls) ? still + 1 : 0;
			calls = now;
		}
		return calls;
	}

	private HttpResponse<String> send(Form form) {
		return send(request(CLASSIFY).header("Content-Type", form.contentType())
			.header("Accept", "application/x-ndjson")
			.POST(BodyPublishers.ofByteArray(form.body())));
	}

	private List<JsonNode> lines(Form form) {
		HttpResponse<String> response = send(form);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/x-ndjson");
		assertThat(response.body()).endsWith("\n");
		return response.body().lines().map(JSON::readTree).toList();
	}

}
