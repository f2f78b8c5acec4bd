package io.github.zsic;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

import com.google.gson.Gson;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Scores and embeddings equal those of the reference pipeline, which
 * {@code tools/golden/clip.py} recorded.
 */
class ParityTests {

	private static final Path FOLDER = Path.of("src/test/resources/parity");

	/** For pictures that both sides decode to the same pixels. */
	private static final float LOSSLESS = 1e-4f;

	/** JPEG decoders differ by a level here and there. */
	private static final float JPEG = 2e-3f;

	private static final float EMBEDDING = 2e-5f;

	private final Golden golden = read();

	@TestFactory
	Stream<DynamicContainer> checkpoints() {
		Set<String> checkpoints = new HashSet<>();
		this.golden.cases.forEach((expected) -> checkpoints.add(expected.checkpoint));
		assertThat(checkpoints).hasSizeGreaterThanOrEqualTo(4);
		return checkpoints.stream().sorted().map((checkpoint) -> {
			// One classifier for all cases of a checkpoint, as an application has it.
			ZeroShotClassifier classifier = ZeroShotClassifier.builder()
				.checkpoint(FOLDER.resolve("checkpoints").resolve(checkpoint).toString())
				.build();
			List<DynamicTest> tests = new ArrayList<>();
			for (Case expected : this.golden.cases) {
				if (expected.checkpoint.equals(checkpoint)) {
					tests.add(DynamicTest.dynamicTest(expected.toString(), () -> verify(classifier, expected)));
				}
			}
			for (ImageEmbedding expected : this.golden.imageEmbeddings) {
				if (expected.checkpoint.equals(checkpoint)) {
					tests.add(DynamicTest.dynamicTest("embedding of " + expected.picture,
							() -> verifyEmbedding(classifier.embedImage(picture(expected.picture)), expected.values,
									expected.picture)));
				}
			}
			for (TextEmbedding expected : this.golden.textEmbeddings) {
				if (expected.checkpoint.equals(checkpoint)) {
					tests.add(DynamicTest.dynamicTest("embedding of '" + expected.text + "'",
							() -> verifyEmbedding(classifier.embedText(expected.text), expected.values,
									expected.text)));
				}
			}
			tests.add(DynamicTest.dynamicTest("close", classifier::close));
			return DynamicContainer.dynamicContainer(checkpoint, tests);
		});
	}

	private void verify(ZeroShotClassifier classifier, Case expected) {
		List<String> labels = this.golden.labelSets.get(expected.labels);
		ClassificationRequest.Builder request = ClassificationRequest.builder()
			.image(picture(expected.picture))
			.labels(labels);
		if (expected.template != null) {
			request.templates(expected.template);
		}
		List<Prediction> predictions = classifier.classify(request.build()).get(0).predictions();
		float tolerance = tolerance(expected.picture);
		assertThat(predictions).hasSameSizeAs(labels);
		float[] reference = new float[labels.size()];
		for (int rank = 0; rank < reference.length; rank++) {
			reference[expected.order[rank]] = expected.scores[rank];
		}
		for (Prediction prediction : predictions) {
			assertThat(prediction.score()).as(prediction.label())
				.isCloseTo(reference[labels.indexOf(prediction.label())], within(tolerance));
		}
		for (int rank = 1; rank < predictions.size(); rank++) {
			float better = reference[labels.indexOf(predictions.get(rank - 1).label())];
			float worse = reference[labels.indexOf(predictions.get(rank).label())];
			assertThat(better).as("rank of " + predictions.get(rank).label()).isGreaterThan(worse - tolerance);
		}
	}

	private static void verifyEmbedding(float[] actual, float[] expected, String input) {
		float tolerance = input.endsWith(".jpg") ? JPEG : EMBEDDING;
		assertThat(actual).hasSameSizeAs(expected);
		for (int i = 0; i < actual.length; i++) {
			assertThat(actual[i]).as("component " + i).isCloseTo(expected[i], within(tolerance));
		}
	}

	private static float tolerance(String picture) {
		return picture.endsWith(".jpg") ? JPEG : LOSSLESS;
	}

	private static ImageInput picture(String name) {
		return ImageInput.of(FOLDER.resolve("pictures").resolve(name));
	}

	private static Golden read() {
		try (Reader reader = Files.newBufferedReader(FOLDER.resolve("clip.json"))) {
			return new Gson().fromJson(reader, Golden.class);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static class Golden {

		Map<String, List<String>> labelSets;

		List<Case> cases;

		List<ImageEmbedding> imageEmbeddings;

		List<TextEmbedding> textEmbeddings;

	}

	static class Case {

		String checkpoint;

		String picture;

		String labels;

		String template;

		int[] order;

		float[] scores;

		@Override
		public String toString() {
			return this.picture + ", " + this.labels + " labels"
					+ ((this.template != null) ? ", " + this.template : "");
		}

	}

	static class ImageEmbedding {

		String checkpoint;

		String picture;

		float[] values;

	}

	static class TextEmbedding {

		String checkpoint;

		String text;

		float[] values;

	}

}
