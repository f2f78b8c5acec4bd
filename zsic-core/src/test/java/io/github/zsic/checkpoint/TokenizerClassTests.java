package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;

import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.zsic.TestCheckpoints;
import io.github.zsic.text.Tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tokenizers of every class, and files that contradict their class, against what the
 * reference makes of the same files ({@code tools/golden/tokenizers_by_class.py}).
 */
class TokenizerClassTests {

	private static final Path GOLDEN = Path.of("src/test/resources/tokenizers.json");

	@TempDir
	private Path folder;

	static Stream<Case> cases() throws IOException {
		try (Reader reader = Files.newBufferedReader(GOLDEN)) {
			JsonObject golden = JsonParser.parseReader(reader).getAsJsonObject();
			String[] texts = new Gson().fromJson(golden.get("texts"), String[].class);
			return golden.getAsJsonArray("cases").asList().stream().map((json) -> {
				Case each = new Gson().fromJson(json, Case.class);
				each.texts = texts;
				return each;
			});
		}
	}

	@ParameterizedTest
	@MethodSource("cases")
	void sameIdsAsTheReference(Case expected) throws IOException {
		write(expected);
		try (Checkpoint checkpoint = Checkpoint.open(this.folder.toString(), (config) -> {
		}); Tokenizer tokenizer = TestTokenizers.load(checkpoint.tokenizer(), 0, (text) -> text)) {
			SoftAssertions softly = new SoftAssertions();
			for (int i = 0; i < expected.texts.length; i++) {
				softly.assertThat(tokenizer.encode(expected.texts[i])).as(expected.texts[i]).isEqualTo(expected.ids[i]);
			}
			softly.assertAll();
			assertThat(checkpoint.tokenizerSettings())
				.isEqualTo(new TokenizerSettings(expected.padId, expected.mask, expected.paddingSide.equals("left")));
		}
	}

	private void write(Case expected) throws IOException {
		Path source = TestCheckpoints.checkpoint(expected.checkpoint);
		try (Stream<Path> files = Files.list(source)) {
			for (Path file : files.toList()) {
				Files.copy(file, this.folder.resolve(file.getFileName()));
			}
		}
		for (Map.Entry<String, JsonElement> entry : expected.files.entrySet()) {
			Path target = this.folder.resolve(entry.getKey());
			if (entry.getValue().isJsonNull()) {
				Files.delete(target);
				continue;
			}
			JsonObject content = entry.getValue().getAsJsonObject();
			if (entry.getKey().equals("tokenizer.json")) {
				JsonObject whole = JsonParser.parseString(Files.readString(target)).getAsJsonObject();
				content.asMap().forEach(whole::add);
				content = whole;
			}
			Files.writeString(target, content.toString());
		}
		JsonObject model = JsonParser.parseString(Files.readString(source.resolve("tokenizer.json")))
			.getAsJsonObject()
			.getAsJsonObject("model");
		if (!Files.exists(this.folder.resolve("tokenizer.json")) && expected.name.startsWith("clip")) {
			writeVocabulary(model);
		}
	}

	private void writeVocabulary(JsonObject model) throws IOException {
		Files.writeString(this.folder.resolve("vocab.json"), model.get("vocab").toString());
		StringBuilder merges = new StringBuilder("#version: 0.2\n");
		for (JsonElement merge : model.getAsJsonArray("merges")) {
			merges
				.append((merge instanceof JsonArray pair) ? pair.get(0).getAsString() + " " + pair.get(1).getAsString()
						: merge.getAsString())
				.append('\n');
		}
		Files.writeString(this.folder.resolve("merges.txt"), merges);
	}

	/** What the reference found. */
	private static final class Case {

		private String name;

		private String checkpoint;

		private JsonObject files;

		private int padId;

		private String paddingSide;

		private boolean mask;

		private long[][] ids;

		private String[] texts;

		@Override
		public String toString() {
			return this.name + " " + Arrays.toString(this.files.keySet().toArray());
		}

	}

}
