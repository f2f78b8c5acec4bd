package io.github.zsic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The same checkpoint in other files has the same scores as its twin, to the bit. The
 * files are made by {@code tools/golden/formats.py}.
 */
class FormatTests {

	private static final Path FORMATS = Path.of("src/test/resources/formats");

	@TempDir
	private Path folder;

	@ParameterizedTest
	@CsvSource({ "bin, sharded", "bin-sharded, bfloat16" })
	void weightsOfTorch(String format, String twin) throws IOException {
		Path checkpoint = copyWithoutWeights(twin);
		add(FORMATS.resolve(format), checkpoint);
		assertThat(scores(checkpoint)).isEqualTo(scores(TestCheckpoints.checkpoint(twin)));
	}

	/** The checkpoints hold the vocabulary beside the tokenizer that was made from it. */
	@ParameterizedTest
	@ValueSource(strings = { "siglip", "altclip", "metaclip-2", "chinese-clip", "tipsv2", "quickgelu-legacy-eos" })
	void tokenizerBuiltFromTheVocabulary(String name) throws IOException {
		Path checkpoint = TestCheckpoints.copy(name, this.folder.resolve("checkpoint"));
		if (name.startsWith("quickgelu")) {
			splitTokenizer(checkpoint);
		}
		Files.delete(checkpoint.resolve("tokenizer.json"));
		assertThat(scores(checkpoint)).isEqualTo(scores(TestCheckpoints.checkpoint(name)));
	}

	/** Of another model it would be another tokenizer. */
	@Test
	void theModelOfTipsv2IsReadForNoOther() throws IOException {
		Path checkpoint = TestCheckpoints.copy("siglip2-fixed", this.folder.resolve("checkpoint"));
		Files.delete(checkpoint.resolve("tokenizer.json"));
		Files.copy(TestCheckpoints.checkpoint("tipsv2").resolve("tokenizer.model"),
				checkpoint.resolve("tokenizer.model"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("no 'tokenizer.json'")
			.withMessageContaining("for TIPSv2, 'tokenizer.model'");
	}

	/** As DINOv2 names the two layers of its MLP. */
	@Test
	void otherNamesInTipsv2() throws IOException {
		Path checkpoint = TestCheckpoints.copy("tipsv2", this.folder.resolve("checkpoint"));
		Path weights = checkpoint.resolve("model.safetensors");
		String content = Files.readString(weights, StandardCharsets.ISO_8859_1);
		// Spaces keep the length of the header.
		String renamed = content.replaceAll("(\"vision_encoder[^\"]*\\.mlp\\.)c_fc(\\.[^\"]*\")", "$1fc1$2 ")
			.replaceAll("(\"vision_encoder[^\"]*\\.mlp\\.)c_proj(\\.[^\"]*\")", "$1fc2$2   ");
		assertThat(renamed).isNotEqualTo(content).hasSameSizeAs(content);
		Files.writeString(weights, renamed, StandardCharsets.ISO_8859_1);
		assertThat(scores(checkpoint)).isEqualTo(scores(TestCheckpoints.checkpoint("tipsv2")));
	}

	@Test
	void withoutVocabularyTheFileToAddIsNamed() throws IOException {
		Path checkpoint = TestCheckpoints.copy("siglip2-fixed", this.folder.resolve("checkpoint"));
		Files.delete(checkpoint.resolve("tokenizer.json"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("no 'tokenizer.json'")
			.withMessageContaining("Add 'tokenizer.json'");
	}

	@ParameterizedTest
	@CsvSource({ "siglip, spiece.model", "altclip, sentencepiece.bpe.model", "chinese-clip, vocab.txt",
			"tipsv2, tokenizer.model" })
	void damagedVocabularyIsNamed(String name, String file) throws IOException {
		Path checkpoint = TestCheckpoints.copy(name, this.folder.resolve("checkpoint"));
		Files.delete(checkpoint.resolve("tokenizer.json"));
		Files.writeString(checkpoint.resolve(file), "version https://git-lfs.github.com/spec/v1\n");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("'" + file + "'");
	}

	/** The vocabulary as the slow tokenizer of CLIP has it. */
	private static void splitTokenizer(Path checkpoint) throws IOException {
		JsonObject model = JsonParser.parseString(Files.readString(checkpoint.resolve("tokenizer.json")))
			.getAsJsonObject()
			.getAsJsonObject("model");
		Files.writeString(checkpoint.resolve("vocab.json"), model.get("vocab").toString());
		StringBuilder merges = new StringBuilder("#version: 0.2\n");
		for (JsonElement pair : model.getAsJsonArray("merges")) {
			merges.append(pair.getAsJsonArray().get(0).getAsString())
				.append(' ')
				.append(pair.getAsJsonArray().get(1).getAsString())
				.append('\n');
		}
		Files.writeString(checkpoint.resolve("merges.txt"), merges);
	}

	@Test
	void layoutOfOpenClip() throws IOException {
		String twin = "quickgelu-legacy-eos";
		Path checkpoint = copyWithoutWeights(twin);
		Files.delete(checkpoint.resolve("config.json"));
		Files.delete(checkpoint.resolve("preprocessor_config.json"));
		add(FORMATS.resolve("open-clip"), checkpoint);
		assertThat(scores(checkpoint)).isEqualTo(scores(TestCheckpoints.checkpoint(twin)));
		Path config = checkpoint.resolve("open_clip_config.json");
		Files.writeString(config,
				Files.readString(config).replace("\"patch_size\": 32", "\"timm_model_name\": \"vit_base\""));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("model_cfg.vision_cfg.timm_model_name is 'vit_base', which zsic does not have");
		String original = Files.readString(FORMATS.resolve("open-clip/open_clip_config.json"));
		Files.writeString(config, original.replace("\"patch_size\": 32", "\"patch_size\": 32, \"qk_norm\": true"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("model_cfg.vision_cfg.qk_norm is on, which zsic does not have");
		Files.writeString(config, original.replace("\"embed_dim\": 32", "\"embed_dim\": 33"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("'open_clip_model.safetensors', where open_clip_config.json means ");
	}

	@Test
	void maliciousWeightsRunNothing() throws IOException {
		Path checkpoint = copyWithoutWeights("sharded");
		Files.copy(FORMATS.resolve("malicious/nested.bin"), checkpoint.resolve("pytorch_model.bin"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(checkpoint))
			.withMessageContaining("'pytorch_model.bin' asks for 'posix.mkdir'");
		assertThat(Path.of("ran")).doesNotExist();
	}

	private Path copyWithoutWeights(String name) throws IOException {
		Path checkpoint = TestCheckpoints.copy(name, this.folder.resolve("checkpoint"));
		try (Stream<Path> files = Files.list(checkpoint)) {
			for (Path file : files.filter((each) -> each.toString().contains(".safetensors")).toList()) {
				Files.delete(file);
			}
		}
		return checkpoint;
	}

	private static void add(Path source, Path checkpoint) throws IOException {
		try (Stream<Path> files = Files.list(source)) {
			for (Path file : files.toList()) {
				Files.copy(file, checkpoint.resolve(file.getFileName()));
			}
		}
	}

	private static List<Prediction> scores(Path checkpoint) {
		List<Prediction> scores = new ArrayList<>();
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build()) {
			for (String picture : List.of("landscape.png", "portrait.png", "wide.png")) {
				scores.addAll(classifier
					.classify(ImageInput.of(TestCheckpoints.picture(picture)), "fox", "bear", "a café", "猫", "12 owls")
					.predictions());
			}
		}
		return scores;
	}

}
