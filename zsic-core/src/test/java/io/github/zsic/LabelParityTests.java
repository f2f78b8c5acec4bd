package io.github.zsic;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Ensembles, prompts of a label's own, scorings, temperatures and background prompts, as
 * {@code tools/golden/labels.py} computed them from the features of the reference's
 * models, in double precision.
 */
class LabelParityTests {

	private static final float TOLERANCE = 1e-5f;

	private static final Map<String, ZeroShotClassifier> classifiers = new LinkedHashMap<>();

	@AfterAll
	static void close() {
		classifiers.values().forEach(ZeroShotClassifier::close);
	}

	static Stream<Case> cases() throws IOException {
		try (Reader reader = Files.newBufferedReader(Path.of("src/test/resources/labels.json"))) {
			return Stream.of(new GsonBuilder()
				.registerTypeAdapter(Scoring.class,
						(JsonDeserializer<Scoring>) (json, type, context) -> Scoring
							.valueOf(json.getAsString().toUpperCase(Locale.ROOT)))
				.create()
				.fromJson(reader, Case[].class));
		}
	}

	@ParameterizedTest
	@MethodSource("cases")
	void scoresAreThoseOfTheReference(Case golden) {
		ZeroShotClassifier classifier = classifiers.computeIfAbsent(golden.checkpoint,
				(name) -> ZeroShotClassifier.builder().checkpoint(TestCheckpoints.checkpoint(name).toString()).build());
		ClassificationRequest.Builder request = ClassificationRequest.builder()
			.image(ImageInput.of(TestCheckpoints.picture(golden.picture)))
			.templates(golden.templates)
			.scoring(golden.scoring);
		if (golden.prompts != null) {
			request.labels(golden.prompts);
		}
		else {
			request.labels(golden.labels);
		}
		if (golden.temperature != null) {
			request.temperature(golden.temperature);
		}
		List<String> labels = (golden.prompts != null) ? List.copyOf(golden.prompts.keySet()) : golden.labels;
		List<Prediction> predictions = classifier.classify(request.background(golden.background).build())
			.get(0)
			.predictions();
		assertThat(predictions).extracting(Prediction::label).containsExactlyInAnyOrderElementsOf(golden.kept);
		assertThat(predictions).isSortedAccordingTo(Comparator.comparing(Prediction::score).reversed());
		// A logit is a cosine times a factor: rounding makes the same difference to one
		// that
		// happens to be near 0 as to the largest.
		float tolerance = TOLERANCE;
		for (float score : golden.scores) {
			tolerance = Math.max(tolerance, TOLERANCE * Math.abs(score));
		}
		for (Prediction prediction : predictions) {
			float expected = golden.scores[labels.indexOf(prediction.label())];
			assertThat(prediction.score()).as(prediction.label()).isCloseTo(expected, within(tolerance));
		}
	}

	static final class Case {

		String name;

		String checkpoint;

		String picture;

		Scoring scoring;

		@Nullable Float temperature;

		List<String> labels = new ArrayList<>();

		List<String> templates = new ArrayList<>();

		@Nullable LinkedHashMap<String, List<String>> prompts;

		List<String> background = new ArrayList<>();

		float[] scores;

		List<String> kept;

		@Override
		public String toString() {
			return "%s, %s, %s, %s, %s".formatted(this.name, this.checkpoint, this.picture, this.scoring,
					this.temperature);
		}

	}

}
