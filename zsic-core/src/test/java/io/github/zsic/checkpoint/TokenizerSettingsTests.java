package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.zsic.CheckpointException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TokenizerSettingsTests {

	@TempDir
	private Path folder;

	@Test
	void withoutTheFile() {
		assertThat(TokenizerSettings.read(this.folder, this.folder.resolve("tokenizer.json")))
			.isEqualTo(new TokenizerSettings(0, true));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			{}                                                                                  | 0 | true
			{"pad_token": "</s>", "added_tokens_decoder": {"1": {"content": "</s>"}}}           | 1 | true
			{"pad_token": {"content": "</s>"}, "added_tokens_decoder": {"7": {"content": "</s>"}}} | 7 | true
			{"pad_token": "<pad>", "added_tokens_decoder": {"1": {"content": "</s>"}}}          | 0 | true
			{"pad_token": null, "added_tokens_decoder": {"1": {"content": "</s>"}}}             | 0 | true
			{"pad_token": "</s>"}                                                               | 0 | true
			{"model_input_names": ["input_ids"]}                                                | 0 | false
			{"model_input_names": ["input_ids", "attention_mask"]}                              | 0 | true
			""")
	void whatTheFileSays(String json, int padId, boolean masksPadding) throws IOException {
		assertThat(read(json)).isEqualTo(new TokenizerSettings(padId, masksPadding));
	}

	@Test
	void idFromTheTokenizerItself() throws IOException {
		Files.writeString(this.folder.resolve("tokenizer.json"),
				"{\"version\": \"1.0\", \"added_tokens\": [{\"id\": 7, \"content\": \"</s>\"}], \"model\": {}}");
		assertThat(read("{\"pad_token\": \"</s>\"}").padId()).isEqualTo(7);
		assertThat(read("{\"pad_token\": \"<pad>\"}").padId()).isZero();
	}

	@Test
	void impossibleId() {
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> read("{\"pad_token\": \"a\", \"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}"))
			.withMessageContaining("'tokenizer_config.json' has the impossible id 'x'");
	}

	private TokenizerSettings read(String json) throws IOException {
		Path tokenizer = this.folder.resolve("tokenizer.json");
		if (!Files.exists(tokenizer)) {
			Files.writeString(tokenizer, "{}");
		}
		Files.writeString(this.folder.resolve("tokenizer_config.json"), json);
		return TokenizerSettings.read(this.folder, this.folder.resolve("tokenizer.json"));
	}

}
