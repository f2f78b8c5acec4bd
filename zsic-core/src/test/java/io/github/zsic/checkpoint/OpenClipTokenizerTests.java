package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.text.Tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The tokenizer that OpenCLIP has built in, against what it makes of the same texts
 * ({@code tools/golden/clip_vocabulary.py}).
 */
class OpenClipTokenizerTests {

	private static final Path FORMAT = Path.of("src/test/resources/formats/open-clip");

	@TempDir
	private Path folder;

	private JsonObject config;

	@BeforeEach
	void copy() throws IOException {
		Files.copy(FORMAT.resolve("open_clip_model.safetensors"), this.folder.resolve("open_clip_model.safetensors"));
		this.config = JsonParser.parseString(Files.readString(FORMAT.resolve("open_clip_config.json")))
			.getAsJsonObject();
	}

	@ParameterizedTest
	@ValueSource(strings = { "lower", "whitespace", "canonicalize" })
	void sameIdsAsTheReference(String clean) throws IOException {
		JsonObject golden = JsonParser
			.parseString(Files.readString(Path.of("src/test/resources/open-clip-tokens.json")))
			.getAsJsonObject();
		String[] texts = new Gson().fromJson(golden.get("texts"), String[].class);
		long[][] ids = new Gson().fromJson(golden.getAsJsonObject("ids").get(clean), long[][].class);
		text().remove("vocab_size");
		if (!clean.equals("lower")) {
			text().add("tokenizer_kwargs", JsonParser.parseString("{\"clean\": \"" + clean + "\"}"));
		}
		try (Checkpoint checkpoint = open();
				Tokenizer tokenizer = TestTokenizers.load(checkpoint.tokenizer(), 77, (text) -> text)) {
			SoftAssertions softly = new SoftAssertions();
			for (int i = 0; i < texts.length; i++) {
				softly.assertThat(tokenizer.encode(texts[i])).as(texts[i]).isEqualTo(ids[i]);
			}
			softly.assertAll();
			assertThat(checkpoint.tokenizerSettings().padId()).isZero();
		}
	}

	/** Each is followed by padding, of which the first is recorded. */
	@ParameterizedTest
	@ValueSource(strings = { "siglip", "siglip2", "clipa", "roberta" })
	void sameIdsAsTheReferenceWithTokenizersOfTransformers(String name) throws IOException {
		Path checkpoints = Path.of("src/test/resources/open-clip");
		JsonObject golden = JsonParser.parseString(Files.readString(checkpoints.resolve("tokens.json")))
			.getAsJsonObject();
		String[] texts = new Gson().fromJson(golden.get("texts"), String[].class);
		long[][] ids = new Gson().fromJson(golden.getAsJsonObject("ids").get(name), long[][].class);
		try (Checkpoint checkpoint = Checkpoint.open(checkpoints.resolve(name).toString(), (config) -> {
		}); Tokenizer tokenizer = TestTokenizers.load(checkpoint.tokenizer(), 200, (text) -> text)) {
			SoftAssertions softly = new SoftAssertions();
			for (int i = 0; i < texts.length; i++) {
				long[] actual = tokenizer.encode(texts[i]);
				long[] padded = new long[Math.max(actual.length, ids[i].length)];
				Arrays.fill(padded, checkpoint.tokenizerSettings().padId());
				System.arraycopy(actual, 0, padded, 0, actual.length);
				// The end token may be that which fills up texts.
				softly.assertThat(padded).as(texts[i]).startsWith(ids[i]);
				softly.assertThat(Arrays.stream(padded).skip(ids[i].length))
					.as(texts[i])
					.allMatch((id) -> id == checkpoint.tokenizerSettings().padId());
			}
			softly.assertAll();
		}
	}

	/** {@code tools/golden/mojibake.py} tells what the texts are. */
	@Test
	void textsInAWrongEncoding() throws IOException {
		JsonObject golden = JsonParser.parseString(Files.readString(Path.of("src/test/resources/mojibake.json")))
			.getAsJsonObject();
		String[][] cases = new Gson().fromJson(golden.get("cases"), String[][].class);
		text().add("tokenizer_kwargs", JsonParser.parseString("{\"clean\": \"whitespace\"}"));
		UnaryOperator<String> cleaning = OpenClipTokenizer.cleaning(ModelConfig.of(ModelConfig.OPEN_CLIP, this.config));
		SoftAssertions softly = new SoftAssertions();
		for (String[] each : cases) {
			softly.assertThat(cleaning.apply(each[0])).as(each[0]).isEqualTo(each[1]);
		}
		softly.assertAll();
		assertThat(cases.length).isGreaterThan(1000);
	}

	/** Java's patterns must not need a stack for them. */
	@ParameterizedTest
	@ValueSource(strings = { "Ã©", "â€œ", "ðŸ¦Š", "Â ", "\u0081", "ÃƒÂ©", "Ðž", "é猫" })
	void longTextsInAWrongEncoding(String part) {
		String text = part.repeat(20_000);
		assertThat(Mojibake.mend(text).length()).isBetween(1, text.length());
		assertThat(Mojibake.mend("猫 " + text)).startsWith("猫 ");
	}

	/** The reference reads none of them. */
	@Test
	void filesAreNotRead() throws IOException {
		Files.copy(TestCheckpoints.checkpoint("clipseg").resolve("tokenizer.json"),
				this.folder.resolve("tokenizer.json"));
		text().addProperty("vocab_size", 49408);
		try (Checkpoint checkpoint = open();
				Tokenizer tokenizer = TestTokenizers.load(checkpoint.tokenizer(), 77, (text) -> text)) {
			assertThat(tokenizer.encode("what?!")).isEqualTo(new long[] { 49406, 768, 2835, 49407 });
		}
	}

	@Test
	void anotherVocabularyNeedsFiles() throws IOException {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(this::open)
			.withMessageContaining("The checkpoint has no 'tokenizer.json'");
		text().remove("vocab_size");
		text().addProperty("hf_tokenizer_name", "someone/something");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(this::open)
			.withMessageContaining("names the tokenizer 'someone/something' (hf_tokenizer_name)");
	}

	@Test
	void unknownCleaning() throws IOException {
		text().remove("vocab_size");
		text().add("tokenizer_kwargs", JsonParser.parseString("{\"clean\": \"thoroughly\"}"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(this::open)
			.withMessageContaining("tokenizer_kwargs.clean 'thoroughly'");
	}

	/** Each entity may hide the next one. */
	@Test
	void textsThatUnfoldEndSomewhere() throws IOException {
		text().remove("vocab_size");
		try (Checkpoint checkpoint = open();
				Tokenizer tokenizer = TestTokenizers.load(checkpoint.tokenizer(), 77, (text) -> text)) {
			assertThat(Arrays.stream(tokenizer.encode("&" + "amp;".repeat(2_400))).count()).isEqualTo(77);
		}
	}

	private JsonObject text() {
		return this.config.getAsJsonObject("model_cfg").getAsJsonObject("text_cfg");
	}

	private Checkpoint open() throws IOException {
		Files.writeString(this.folder.resolve("open_clip_config.json"), this.config.toString());
		return Checkpoint.open(this.folder.toString(), (config) -> {
		});
	}

}
