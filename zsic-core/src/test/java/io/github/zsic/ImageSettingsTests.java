package io.github.zsic;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * Settings of image processors give the scores of the reference pipeline, which
 * {@code tools/golden/image_settings.py} recorded, and what the reference refuses is
 * refused.
 */
class ImageSettingsTests {

	private static final Path RESOURCES = Path.of("src/test/resources");

	private static final Golden golden = read();

	@TempDir
	private Path folder;

	static Stream<Case> cases() {
		return golden.cases.stream();
	}

	@ParameterizedTest
	@MethodSource("cases")
	void scoresAreThoseOfTheReference(Case expected) throws IOException {
		Path checkpoint = this.folder.resolve("checkpoint");
		try (Stream<Path> files = Files.list(TestCheckpoints.checkpoint(expected.checkpoint))) {
			Files.createDirectories(checkpoint);
			for (Path file : files.toList()) {
				Files.copy(file, checkpoint.resolve(file.getFileName()));
			}
		}
		Path file = checkpoint.resolve("preprocessor_config.json");
		JsonObject settings = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
		expected.settings.asMap().forEach(settings::add);
		Files.writeString(file, settings.toString());
		ZeroShotClassifierBuilder builder = ZeroShotClassifier.builder()
			.checkpoint(checkpoint.toString())
			.device("cpu");
		if (expected.refused != null) {
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> builder.build().close())
				.withMessageMatching("(?s).*(image processor|preprocessor_config).*");
			return;
		}
		try (ZeroShotClassifier classifier = builder.build()) {
			for (int i = 0; i < golden.pictures.size(); i++) {
				ImageInput picture = ImageInput.of(TestCheckpoints.picture(golden.pictures.get(i)));
				Map<String, Float> scores = classifier.classify(picture, golden.labels.toArray(String[]::new))
					.predictions()
					.stream()
					.collect(Collectors.toMap(Prediction::label, Prediction::score));
				for (int k = 0; k < golden.labels.size(); k++) {
					String label = golden.labels.get(k);
					assertThat(scores.get(label)).as(golden.pictures.get(i) + ", " + label)
						.isCloseTo(expected.scores[i][k], within(Math.max(1e-4f, 4 * expected.noise[i])));
				}
			}
		}
	}

	private static Golden read() {
		try (Reader reader = Files.newBufferedReader(RESOURCES.resolve("image-settings.json"))) {
			return new Gson().fromJson(reader, Golden.class);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private record Golden(List<String> labels, List<String> pictures, List<Case> cases) {

	}

	private record Case(String checkpoint, JsonObject settings, float[][] scores, float[] noise,
			@Nullable String refused) {

		@Override
		public String toString() {
			return this.checkpoint + " " + this.settings;
		}

	}

}
