package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.text.Tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is written anew of a tokenizer does what the file does. {@code -Dzsic.tokenizers}
 * names a folder with others, such as published ones.
 */
class TokenizerFileTests {

	private static final List<String> TEXTS = List.of("a photo of an owl", "", " ", "Two  words,\tand MORE!",
			"It's the fox's; they'll 'd 1234 5", "<|startoftext|>fox<|endoftext|> [SEP] </s><pad> quokka Quokka",
			"\u00E9t\u00E9 e\u0301 \u0130 \u00DF \uFB01 \uFDFA", "\u732B\u5728\u57A3\u5B50\u4E0A",
			"\uD83E\uDD89 owl \uD83D\uDC68\u200D\uD83D\uDC69", "\u0000 \u00AD \u200B \uFEFF \uFFFD",
			"\u3000\u2028 x \u000B", "\u03A3\u03C3\u03C2 \u0416 \u05D0 \u0E01\u0E33 \uAC00", "a".repeat(300),
			"zebrafish ".repeat(40));

	@TempDir
	private Path folder;

	static Stream<Path> tokenizers() throws IOException {
		Stream<Path> files = Files.walk(Path.of("src/test/resources/parity/checkpoints"));
		String others = System.getProperty("zsic.tokenizers");
		return Stream
			.of(files, Stream.of(Path.of("../zsic-emoji-clip/src/main/resources/zsic/emoji-clip/tokenizer.json")),
					(others != null) ? Files.walk(Path.of(others)) : Stream.<Path>empty())
			.flatMap((each) -> each)
			.filter((file) -> file.endsWith("tokenizer.json"));
	}

	@ParameterizedTest
	@MethodSource("tokenizers")
	void sameTokensAsTheFileItself(Path file) throws IOException {
		try (HuggingFaceTokenizer original = HuggingFaceTokenizer.newInstance(file,
				Map.of("padding", "false", "truncation", "false"));
				Tokenizer rewritten = TestTokenizers.load(file, 0, (text) -> text)) {
			for (String text : TEXTS) {
				assertThat(rewritten.encode(text)).as(text).isEqualTo(original.encode(text, true, false).getIds());
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "clipseg, clip, vocab.json", "align, align, vocab.txt", "altclip, altclip, sentencepiece.bpe.model",
			"siglip, siglip, spiece.model", "tipsv2, tipsv2, tokenizer.model" })
	void builtTokenizersPass(String checkpoint, String modelType, String file) throws IOException {
		if (file.equals("vocab.json")) {
			JsonObject model = JsonParser
				.parseString(Files.readString(TestCheckpoints.checkpoint(checkpoint).resolve("tokenizer.json")))
				.getAsJsonObject()
				.getAsJsonObject("model");
			Files.writeString(this.folder.resolve(file), model.get("vocab").toString());
			StringBuilder merges = new StringBuilder("#version: 0.2\n");
			model.getAsJsonArray("merges")
				.forEach((merge) -> merges.append(merge.getAsJsonArray().get(0).getAsString())
					.append(' ')
					.append(merge.getAsJsonArray().get(1).getAsString())
					.append('\n'));
			Files.writeString(this.folder.resolve("merges.txt"), merges);
		}
		else {
			Files.copy(TestCheckpoints.checkpoint(checkpoint).resolve(file), this.folder.resolve(file));
		}
		Path built = Files.writeString(this.folder.resolve("tokenizer.json"),
				TestTokenizers.build(this.folder, modelType));
		sameTokensAsTheFileItself(built);
	}

	/** Of what the file has there, nothing reaches the library. */
	@Test
	void onlyWhatIsKnownIsWritten() throws IOException {
		JsonObject json = JsonParser
			.parseString(Files.readString(TestCheckpoints.checkpoint("align").resolve("tokenizer.json")))
			.getAsJsonObject();
		json.addProperty("comment", "unknown");
		json.getAsJsonObject("model").addProperty("comment", "unknown");
		json.getAsJsonObject("normalizer").addProperty("comment", "unknown");
		json.getAsJsonArray("added_tokens").get(0).getAsJsonObject().addProperty("comment", "unknown");
		Path file = Files.writeString(this.folder.resolve("tokenizer.json"), json.toString());
		assertThat(new String(TokenizerFile.read(file, TokenizerDeclaration.none()).json(), StandardCharsets.UTF_8))
			.doesNotContain("unknown")
			.contains("\"truncation\":null,\"padding\":null", "\"decoder\":null", "\"type\":\"WordPiece\"");
	}

	@Test
	void membersThatAreThereTwice() throws IOException {
		String json = Files.readString(TestCheckpoints.checkpoint("align").resolve("tokenizer.json"));
		for (String member : List.of("\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}",
				"\"normalizer\": null")) {
			Path file = Files.writeString(this.folder.resolve("tokenizer.json"),
					json.replaceFirst("\\{", "{" + member + ","));
			assertThatExceptionOfType(CheckpointException.class)
				.isThrownBy(() -> TokenizerFile.read(file, TokenizerDeclaration.none()))
				.withMessageContaining("' twice");
		}
	}

	@Test
	void filesOfAnySize() throws IOException {
		Path file = this.folder.resolve("tokenizer.json");
		try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
			out.setLength(1L << 33);
		}
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> TokenizerFile.read(file, TokenizerDeclaration.none()))
			.withMessageContaining("'tokenizer.json' has more than 96 MiB");
		Path config = Files.move(file, this.folder.resolve("config.json"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> Json.readObject(config))
			.withMessageContaining("'config.json' has more than 16 MiB");
		Files.move(config, this.folder.resolve("spiece.model"));
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> TestTokenizers.build(this.folder, "siglip"))
			.withMessageContaining("'spiece.model' has more than 96 MiB");
	}

	/** They may repeat more than others do, so they are tried out. */
	@Test
	@Timeout(60)
	void knownPatternsOnLongTexts() throws IOException {
		JsonObject json = JsonParser
			.parseString(Files.readString(TestCheckpoints.checkpoint("siglip2-fixed").resolve("tokenizer.json")))
			.getAsJsonObject();
		json.add("normalizer", JsonNull.INSTANCE);
		JsonObject split = json.getAsJsonObject("pre_tokenizer");
		for (String expression : TokenizerPattern.KNOWN) {
			split.remove("pattern");
			split.add("pattern", new JsonObject());
			split.getAsJsonObject("pattern").addProperty("Regex", expression);
			Path file = Files.writeString(this.folder.resolve("tokenizer.json"), json.toString());
			try (Tokenizer tokenizer = TestTokenizers.load(file, 0, (text) -> text)) {
				for (String unit : List.of(" ", "\n", " \n", "\n ", "a", " a", "1", "!", "!\n", "'s", "\u3000",
						"\u00E9 ")) {
					String text = "x" + unit.repeat(9_999 / unit.length()) + "x";
					assertThat(tokenizer.encode(text.substring(0, Math.min(10_000, text.length())))).isNotEmpty();
				}
			}
		}
	}

	/** Those of published tokenizers of many kinds. */
	@ParameterizedTest
	@CsvSource(delimiter = '\t', ignoreLeadingAndTrailingWhitespace = false, quoteCharacter = '\u00A7', value = {
			"\\s+\t1", " {2,}\t2", "[^\\s\\p{L}\\p{N}]+\t1",
			"<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+\t1",
			"[!\"\\#\\$%\\&'\\(\\)\\*\\+,\\-\\./:;<=>\\?@\\[\\\\\\]\\^_`\\{\\|\\}\\~]\t1", "\\p{N}{1,3}\t1", "\\d\t1",
			"\\r?\\n\t1", "''|``\t2" })
	void patterns(String expression, int minimum) {
		JsonObject pattern = new JsonObject();
		pattern.addProperty("Regex", expression);
		assertThat(TokenizerPattern.check(pattern)).isEqualTo(minimum);
	}

}
