package io.github.zsic.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.checkpoint.TestTokenizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TokenizerTests {

	private static final Path FILE = TestCheckpoints.checkpoint("gelu-modern-eos").resolve("tokenizer.json");

	@TempDir
	private Path folder;

	@Test
	void specialTokensSurroundThePrompt() {
		try (Tokenizer tokenizer = TestTokenizers.load(FILE, 0, UnaryOperator.identity())) {
			assertThat(tokenizer.encode("")).containsExactly(842, 843);
			assertThat(tokenizer.encode("zebrafish")).containsExactly(842, 844, 843);
			assertThat(tokenizer.encode("a")).hasSize(3).startsWith(842).endsWith(843);
		}
	}

	@Test
	void truncationAndPaddingOfTheFileAreNotObeyed() throws IOException {
		String json = Files.readString(FILE);
		String asking = json.replaceFirst("\"truncation\": *null",
				"\"truncation\": {\"direction\":\"Right\",\"max_length\":4,\"strategy\":\"LongestFirst\",\"stride\":0}")
			.replaceFirst("\"padding\": *null",
					"\"padding\": {\"strategy\":{\"Fixed\":9},\"direction\":\"Right\",\"pad_to_multiple_of\":null,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"!\"}");
		assertThat(asking).contains("LongestFirst", "Fixed");
		Path file = Files.writeString(this.folder.resolve("tokenizer.json"), asking);
		try (Tokenizer plain = TestTokenizers.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = TestTokenizers.load(file, 0, UnaryOperator.identity())) {
			for (String prompt : Arrays.asList("a", "one two three four five six seven eight nine ten eleven")) {
				assertThat(tokenizer.encode(prompt)).isEqualTo(plain.encode(prompt));
			}
		}
	}

	/** As fuzzing found it: such a file loads, and fails at the first unknown word. */
	@Test
	void vocabularyThatLacksTheUnknownToken() throws IOException {
		String json = Files.readString(TestCheckpoints.checkpoint("align").resolve("tokenizer.json"));
		String lacking = json.replaceFirst("\"\\[UNK]\": *1,", "");
		assertThat(lacking).isNotEqualTo(json);
		Path file = Files.writeString(this.folder.resolve("tokenizer.json"), lacking);
		try (Tokenizer tokenizer = TestTokenizers.load(file, 0, UnaryOperator.identity())) {
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> tokenizer.encode("a \uA66E"))
				.withMessageContaining("'tokenizer.json' cannot encode")
				.withMessageContaining("[UNK]");
		}
	}

	@Test
	void longerPromptsAreCutToAMaximumAndKeepTheirEnd() {
		try (Tokenizer plain = TestTokenizers.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = TestTokenizers.load(FILE, 5, UnaryOperator.identity())) {
			long[] whole = plain.encode("one two three four five six seven");
			assertThat(tokenizer.encode("one two three four five six seven")).hasSize(5)
				.startsWith(whole[0], whole[1], whole[2], whole[3])
				.endsWith(843);
			assertThat(tokenizer.encode("a")).isEqualTo(plain.encode("a"));
		}
	}

	@Test
	void promptsAreCanonicalizedFirst() {
		try (Tokenizer plain = TestTokenizers.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = TestTokenizers.load(FILE, 0, (text) -> text.replace("!", "") + " owl")) {
			assertThat(tokenizer.encode("an!")).isEqualTo(plain.encode("an owl"));
		}
	}

	/** Whatever a text is made of, and however long one is allowed to be. */
	@ParameterizedTest
	@ValueSource(
			strings = { "align", "altclip", "clipseg", "legacy-preprocessor", "siglip", "siglip2-fixed", "tipsv2" })
	void anyText(String checkpoint) {
		Random random = new Random(7);
		try (Tokenizer tokenizer = TestTokenizers.load(TestCheckpoints.checkpoint(checkpoint).resolve("tokenizer.json"),
				0, UnaryOperator.identity())) {
			for (String unit : List.of("a", " ", "!", "\u0000", "\u0301", "\u00E9", "\uFDFA", "\u0130", "\u732B",
					"\uD83E\uDD89", "\u200D", "\uFFFD", "\n", "a ", "' ", "<|endoftext|>", "[SEP]", "</s>")) {
				String text = unit.repeat(Texts.MAXIMUM_LENGTH / unit.length());
				assertThat(tokenizer.encode(text).length).as(unit).isLessThanOrEqualTo(Tokenizer.MAXIMUM_TOKENS);
			}
			for (int i = 0; i < 2000; i++) {
				int limit = (i % 2 == 0) ? 0x3000 : 0x110000;
				String text = random.ints(random.nextInt(30), 0, limit)
					.filter((point) -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
					.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
					.toString();
				assertThat(tokenizer.encode(text)).isNotNull();
			}
		}
	}

	@Test
	void fileThatIsNoTokenizerIsNamed() throws IOException {
		Path file = Files.writeString(this.folder.resolve("tokenizer.json"), "{}");
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> TestTokenizers.load(file, 0, UnaryOperator.identity()))
			.withMessageContaining("'tokenizer.json' cannot be used")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(this.folder.toString()));
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> TestTokenizers.load(this.folder.resolve("absent.json"), 0, UnaryOperator.identity()))
			.withMessageContaining("'absent.json' cannot be read")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(this.folder.toString()));
	}

}
