package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.zsic.CheckpointException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TokenizerSettingsTests {

	private static final String FLAGS = """
			"single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true""";

	@TempDir
	private Path folder;

	private String addedTokens = "[]";

	private String padding = "null";

	@Test
	void withoutTheFile() throws IOException {
		assertThat(read(null, "clip")).isEqualTo(new TokenizerSettings(4, true, false));
		assertThat(read(null, "altclip")).isEqualTo(new TokenizerSettings(0, true, false));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			{}                                                                                  | 0 | true
			{"pad_token": "</s>", "added_tokens_decoder": {"1": {"content": "</s>"}}}           | 1 | true
			{"pad_token": {"content": "</s>"}, "added_tokens_decoder": {"7": {"content": "</s>"}}} | 1 | true
			{"pad_token": "<pad>", "added_tokens_decoder": {"1": {"content": "</s>"}}}          | 0 | true
			{"pad_token": null, "added_tokens_decoder": {"1": {"content": "</s>"}}}             | 0 | true
			{"pad_token": "</s>"}                                                               | 1 | true
			{"model_input_names": ["input_ids"]}                                                | 0 | false
			{"model_input_names": ["input_ids", "attention_mask"]}                              | 0 | true
			""")
	void whatTheFileSays(String json, int padId, boolean masksPadding) throws IOException {
		assertThat(read(json, "altclip")).isEqualTo(new TokenizerSettings(padId, masksPadding, false));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			{}                                                                  | siglip2 | true
			{"padding_side": "right"}                                           | siglip2 | false
			{"tokenizer_class": "GemmaTokenizer"}                               | siglip  | true
			{"tokenizer_class": "GemmaTokenizerFast", "padding_side": "right"}  | siglip  | false
			{"tokenizer_class": "PreTrainedTokenizerFast"}                      | siglip2 | false
			{"padding_side": "left"}                                            | clip    | true
			""")
	void side(String json, String modelType, boolean padsLeft) throws IOException {
		assertThat(read(json, modelType).padsLeft()).isEqualTo(padsLeft);
	}

	@Test
	void idFromTheTokenizerItself() throws IOException {
		this.addedTokens = "[{\"id\": 7, \"content\": \"<fill>\", %s}]".formatted(FLAGS);
		assertThat(read("{\"pad_token\": \"<fill>\"}", "altclip").padId()).isEqualTo(6);
		assertThat(read("{\"pad_token\": \"<pad>\"}", "altclip").padId()).isZero();
	}

	/** As where the file has been saved in the middle of a batch. */
	@Test
	void paddingOfTheTokenizerItself() throws IOException {
		this.padding = """
				{"strategy": "BatchLongest", "direction": "Right", "pad_id": 3, "pad_token": "<unk>"}""";
		assertThat(read("{}", "altclip").padId()).isEqualTo(3);
		assertThat(read("{\"pad_token\": \"</s>\"}", "altclip").padId()).isEqualTo(1);
	}

	@Test
	void impossibleId() {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(
				() -> read("{\"pad_token\": \"a\", \"added_tokens_decoder\": {\"x\": {\"content\": \"a\"}}}", "clip"))
			.withMessageContaining("'tokenizer_config.json' has the impossible id 'x'");
	}

	private TokenizerSettings read(@Nullable String json, String modelType) throws IOException {
		Path tokenizer = Files.writeString(this.folder.resolve("tokenizer.json"), """
				{"version": "1.0", "padding": %s, "added_tokens": %s, "model": {"type": "BPE", "merges": [], "vocab":
				{"a": 0, "</s>": 1, "b": 2, "<unk>": 3, "<|endoftext|>": 4, "<|startoftext|>": 5}}}
				""".formatted(this.padding, this.addedTokens));
		if (json != null) {
			Files.writeString(this.folder.resolve("tokenizer_config.json"), json);
		}
		TokenizerDeclaration declaration = TestTokenizers.declaration(this.folder, modelType);
		return TokenizerSettings.of(declaration, TokenizerFile.read(tokenizer, declaration));
	}

}
