package io.github.zsic.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TokenizerTests {

	private static final Path FILE = TestCheckpoints.checkpoint("gelu-modern-eos").resolve("tokenizer.json");

	@TempDir
	private Path folder;

	@Test
	void specialTokensSurroundThePrompt() {
		try (Tokenizer tokenizer = Tokenizer.load(FILE, 0, UnaryOperator.identity())) {
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
		try (Tokenizer plain = Tokenizer.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = Tokenizer.load(file, 0, UnaryOperator.identity())) {
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
		try (Tokenizer tokenizer = Tokenizer.load(file, 0, UnaryOperator.identity())) {
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> tokenizer.encode("a \uA66E"))
				.withMessageContaining("'tokenizer.json' cannot encode")
				.withMessageContaining("[UNK]");
		}
	}

	@Test
	void longerPromptsAreCutToAMaximumAndKeepTheirEnd() {
		try (Tokenizer plain = Tokenizer.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = Tokenizer.load(FILE, 5, UnaryOperator.identity())) {
			long[] whole = plain.encode("one two three four five six seven");
			assertThat(tokenizer.encode("one two three four five six seven")).hasSize(5)
				.startsWith(whole[0], whole[1], whole[2], whole[3])
				.endsWith(843);
			assertThat(tokenizer.encode("a")).isEqualTo(plain.encode("a"));
		}
	}

	@Test
	void promptsAreCanonicalizedFirst() {
		try (Tokenizer plain = Tokenizer.load(FILE, 0, UnaryOperator.identity());
				Tokenizer tokenizer = Tokenizer.load(FILE, 0, (text) -> text.replace("!", "") + " owl")) {
			assertThat(tokenizer.encode("an!")).isEqualTo(plain.encode("an owl"));
		}
	}

	@Test
	void fileThatIsNoTokenizerIsNamed() throws IOException {
		Path file = Files.writeString(this.folder.resolve("tokenizer.json"), "{}");
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> Tokenizer.load(file, 0, UnaryOperator.identity()))
			.withMessageContaining("'tokenizer.json' cannot be used")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(this.folder.toString()));
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> Tokenizer.load(this.folder.resolve("absent.json"), 0, UnaryOperator.identity()))
			.withMessageContaining("'absent.json' cannot be read")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(this.folder.toString()));
	}

}
