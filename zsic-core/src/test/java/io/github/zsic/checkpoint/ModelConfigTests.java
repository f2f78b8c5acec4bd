package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ModelConfigTests {

	@TempDir
	private Path folder;

	@Test
	void everyNumberAndTextHasAPath() throws IOException {
		ModelConfig config = read(
				"""
						{"model_type": "clip", "projection_dim": 512, "text_config": {"hidden_size": 64, "layer_norm_eps": 1e-05,
						"hidden_act": "gelu", "tie": true, "untie": false, "sizes": [7, {"x": 8}], "eos_token_id": null},
						"vision_config": null, "empty": {}, "none": []}
						""");
		assertThat(config.modelType()).isEqualTo("clip");
		assertThat(config.numbers()).containsOnly(java.util.Map.entry("projection_dim", 512.0),
				java.util.Map.entry("text_config.hidden_size", 64.0),
				java.util.Map.entry("text_config.layer_norm_eps", 1e-5), java.util.Map.entry("text_config.tie", 1.0),
				java.util.Map.entry("text_config.untie", 0.0), java.util.Map.entry("text_config.sizes.0", 7.0),
				java.util.Map.entry("text_config.sizes.1.x", 8.0));
		assertThat(config.strings()).containsOnly(java.util.Map.entry("model_type", "clip"),
				java.util.Map.entry("text_config.hidden_act", "gelu"));
	}

	@Test
	void olderMembersReplaceTheWholeTower() throws IOException {
		ModelConfig config = read("""
				{"model_type": "clip", "text_config": {"hidden_size": 64, "vocab_size": 100},
				"text_config_dict": {"hidden_size": 32}, "vision_config_dict": {"hidden_size": 16}}
				""");
		assertThat(config.numbers()).containsEntry("text_config.hidden_size", 32.0)
			.containsEntry("vision_config.hidden_size", 16.0)
			.doesNotContainKey("text_config.vocab_size");
	}

	@Test
	void olderMembersThatAreNullDoNothing() throws IOException {
		ModelConfig config = read("""
				{"model_type": "clip", "text_config": {"hidden_size": 64}, "text_config_dict": null}
				""");
		assertThat(config.numbers()).containsEntry("text_config.hidden_size", 64.0);
	}

	@Test
	void missingFile() {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> ModelConfig.read(this.folder))
			.withMessageContaining("no 'config.json'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"model_type\":null}", "{\"model_type\":7}", "{\"model_type\":[\"clip\"]}" })
	void missingModelType(String json) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> read(json))
			.withMessageContaining("'config.json' has no 'model_type'");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "", "null", "[]", "\"clip\"", "{", "{\"model_type\":\"clip\"", "{} {}", "<!DOCTYPE html>" })
	void otherThanAJsonObject(String json) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> read(json))
			.withMessageContaining("'config.json' is not valid JSON")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("\n", "https://", this.folder.toString()));
	}

	@Test
	void pointerOfGitLfs() {
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> read("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a"))
			.withMessageContaining("'config.json' is only the pointer of Git LFS")
			.withMessageContaining("'git lfs pull'")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("\n", "https://", this.folder.toString()));
	}

	@ParameterizedTest
	@ValueSource(strings = { "[", "{\"a\":" })
	void deepNestingDoesNotOverflowTheStack(String opening) {
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> read("{\"a\":" + opening.repeat(1_000_000)))
			.withMessageContaining("'config.json' is not valid JSON");
	}

	@Test
	void notUtf8() throws IOException {
		Files.write(this.folder.resolve("config.json"), new byte[] { '{', '"', (byte) 0xFF, '"', ':', '1', '}' });
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> ModelConfig.read(this.folder))
			.withMessageContaining("'config.json' cannot be read");
	}

	@Test
	void folderInPlaceOfTheFile() throws IOException {
		Files.createDirectory(this.folder.resolve("config.json"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> ModelConfig.read(this.folder))
			.withMessageContaining("'config.json' cannot be read")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(this.folder.toString()));
	}

	private ModelConfig read(String json) throws IOException {
		Files.writeString(this.folder.resolve("config.json"), json);
		return ModelConfig.read(this.folder);
	}

}
