package io.github.zsic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Scores where the settings of a tokenizer decide, against the reference's pipeline
 * ({@code tools/golden/tokenizers_by_class.py}).
 */
class TokenizerScoresTests {

	@TempDir
	private Path folder;

	static Stream<Case> scored() throws IOException {
		return Arrays.stream(new Gson().fromJson(golden().get("scored"), Case[].class));
	}

	private static JsonObject golden() throws IOException {
		return JsonParser.parseString(Files.readString(Path.of("src/test/resources/tokenizers.json")))
			.getAsJsonObject();
	}

	@ParameterizedTest
	@MethodSource("scored")
	void sameScoresAsTheReference(Case expected) throws IOException {
		Path checkpoint = TestCheckpoints.copy(expected.checkpoint(), this.folder.resolve("checkpoint"));
		Files.writeString(checkpoint.resolve("tokenizer_config.json"), expected.settings().toString());
		List<String> labels = Arrays.asList(new Gson().fromJson(golden().get("labels"), String[].class));
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(checkpoint.toString()).build()) {
			Classification result = classifier.classify(ImageInput.of(TestCheckpoints.picture("landscape.png")),
					labels);
			for (Prediction prediction : result.predictions()) {
				assertThat(prediction.score()).as(prediction.label())
					.isCloseTo(expected.scores()[labels.indexOf(prediction.label())], within(1e-4f));
			}
		}
	}

	private record Case(String name, String checkpoint, JsonObject settings, float[] scores) {

		@Override
		public String toString() {
			return this.name;
		}

	}

}
