package io.github.zsic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.hub.HubServer;
import io.github.zsic.hub.HubServer.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which files of a checkpoint are the model's where it has OpenCLIP's beside others: the
 * same from a folder and from the Hub.
 */
class OpenClipLayoutTests {

	private static final String ID = "acme/both";

	private static final String TWIN = "quickgelu-legacy-eos";

	private static final Path FORMAT = Path.of("src/test/resources/formats/open-clip");

	@TempDir
	private Path folder;

	@TempDir
	private Path cacheDir;

	@ParameterizedTest
	@ValueSource(strings = { "{\"architecture\": \"vit_base_patch32_clip_224\", \"num_classes\": 512}",
			"{\"auto_map\": {\"AutoModel\": \"siglip.MySiglip\"}, \"model_type\": \"siglip\"}",
			"{\"model_type\": \"clip\", \"projection_dim\": 512}" })
	void configurationThatIsNotTheModels(String config) throws IOException {
		copy(FORMAT, Set.of("open_clip_config.json", "open_clip_model.safetensors"));
		copy(TestCheckpoints.checkpoint(TWIN), Set.of("tokenizer.json", "tokenizer_config.json"));
		Files.writeString(this.folder.resolve("config.json"), config);
		Files.writeString(this.folder.resolve("pytorch_model.bin"), "of another library");
		Files.copy(TestCheckpoints.checkpoint("siglip").resolve("preprocessor_config.json"),
				this.folder.resolve("preprocessor_config.json"));
		List<Prediction> expected = scores(TestCheckpoints.checkpoint(TWIN).toString());
		assertThat(scores(this.folder.toString())).isEqualTo(expected);
		try (HubServer server = HubServer.start()) {
			server.repository(ID).push("main", this.folder);
			assertThat(scores(server)).isEqualTo(expected);
			assertThat(server.requests()).noneMatch((request) -> request.toString().contains("pytorch_model.bin"));
			server.forgetRequests();
			try (ZeroShotClassifier offline = builder(server).hubOffline(true).build()) {
				assertThat(offline.model().modelType()).isEqualTo("open_clip");
			}
			assertThat(server.requests()).isEmpty();
		}
	}

	@Test
	void imageProcessorIsMissing() throws IOException {
		copy(FORMAT, Set.of("open_clip_config.json", "open_clip_model.safetensors"));
		copy(TestCheckpoints.checkpoint(TWIN),
				Set.of("tokenizer.json", "tokenizer_config.json", "config.json", "model.safetensors"));
		assertBoth("open_clip");
		Files.delete(this.folder.resolve("open_clip_model.safetensors"));
		assertBoth("clip");
		copy(TestCheckpoints.checkpoint(TWIN), Set.of("preprocessor_config.json"));
		copy(FORMAT, Set.of("open_clip_model.safetensors"));
		assertBoth("clip");
	}

	private void assertBoth(String modelType) {
		List<Prediction> expected = scores(TestCheckpoints.checkpoint(TWIN).toString());
		try (HubServer server = HubServer.start()) {
			server.repository(ID).push(modelType, this.folder);
			try (ZeroShotClassifier local = ZeroShotClassifier.builder().checkpoint(this.folder.toString()).build();
					ZeroShotClassifier remote = builder(server).revision(modelType).build()) {
				assertThat(local.model().modelType()).isEqualTo(modelType);
				assertThat(remote.model().modelType()).isEqualTo(modelType);
				assertThat(scores(local)).isEqualTo(expected).isEqualTo(scores(remote));
			}
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					{"auto_map": {"AutoModel": "mine.Clip"}, "model_type": "clip"}                | 'auto_map'
					{"model_type": "clip", "text_config": {"model_type": "bert"}}                 | its 'text_config' is one of 'bert'
					{"model_type": "siglip", "vision_config": {"model_type": "eva_vision_model"}} | its 'vision_config' is one of 'eva_vision_model'
					""")
	void modelTypeThatIsNotTrue(String config, String finding) throws IOException {
		copy(TestCheckpoints.checkpoint(TWIN),
				Set.of("tokenizer.json", "preprocessor_config.json", "model.safetensors"));
		Files.writeString(this.folder.resolve("config.json"), config);
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(this.folder.toString()))
			.withMessageContaining(finding);
		try (HubServer server = HubServer.start()) {
			server.repository(ID).push("main", this.folder);
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(server))
				.withMessageContaining(finding);
			assertThat(server.requests().stream().filter(Request::forStorage)).isEmpty();
			assertThat(server.contentRequests()).hasSize(1);
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
							{"vision_cfg": {"timm_model_name": "swin_base_patch4_window7_224"}, "text_cfg": {}} | timm_model_name is 'swin_base_patch4_window7_224'
							{"vision_cfg": {}, "text_cfg": {"hf_model_name": "facebook/nllb-200-distilled-600M"}} | hf_model_name is 'facebook/nllb-200-distilled-600M'
							{"vision_cfg": {}, "text_cfg": {"tokenizer_mode": "clips"}} | tokenizer_mode is 'clips'
							{"vision_cfg": {}, "text_cfg": {"tokenizer_kwargs": {"language": "fra_Latn"}}} | tokenizer_kwargs.language is 'fra_Latn'
					{"vision_cfg": {}, "text_cfg": {"hf_tokenizer_name": "google/mt5-base"}} | names the tokenizer 'google/mt5-base'
							""")
	void towerThatIsMissingIsNamedBeforeWeightsAreFetched(String model, String finding) throws IOException {
		copy(FORMAT, Set.of("open_clip_model.safetensors"));
		Files.writeString(this.folder.resolve("open_clip_config.json"), "{\"model_cfg\": " + model + "}");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(this.folder.toString()))
			.withMessageContaining(finding);
		try (HubServer server = HubServer.start()) {
			server.repository(ID).push("main", this.folder);
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(server))
				.withMessageContaining(finding);
			assertThat(server.contentRequests()).hasSize(1);
		}
	}

	private void copy(Path source, Set<String> names) {
		try (Stream<Path> files = Files.list(source)) {
			for (Path file : files.filter((each) -> names.contains(each.getFileName().toString())).toList()) {
				Files.copy(file, this.folder.resolve(file.getFileName()));
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private ZeroShotClassifierBuilder builder(HubServer server) {
		return ZeroShotClassifier.builder()
			.checkpoint(ID)
			.hubEndpoint(server.endpoint())
			.hubCacheDir(this.cacheDir)
			.hubOffline(false);
	}

	private List<Prediction> scores(HubServer server) {
		try (ZeroShotClassifier classifier = builder(server).build()) {
			return scores(classifier);
		}
	}

	private static List<Prediction> scores(String checkpoint) {
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(checkpoint).build()) {
			return scores(classifier);
		}
	}

	private static List<Prediction> scores(ZeroShotClassifier classifier) {
		List<Prediction> scores = new ArrayList<>();
		for (String picture : List.of("landscape.png", "portrait.png")) {
			scores.addAll(classifier.classify(ImageInput.of(TestCheckpoints.picture(picture)), "fox", "bear", "12 owls")
				.predictions());
		}
		return scores;
	}

}
