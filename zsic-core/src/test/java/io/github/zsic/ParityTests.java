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
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.google.gson.Gson;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Scores and embeddings equal those of the reference pipeline, which the scripts in
 * {@code tools/golden} recorded.
 */
class ParityTests {

	private static final Path FOLDER = Path.of("src/test/resources/parity");

	/** For pictures that both sides decode to the same pixels. */
	private static final float LOSSLESS = 1e-4f;

	/** JPEG decoders differ by a level here and there. */
	private static final float JPEG = 2e-3f;

	private static final float EMBEDDING = 2e-5f;

	/** Logits are as far apart as their scale makes them. */
	private static final float LOGITS = 5e-4f;

	/** The matrix of platforms has time for some of the cases with every checkpoint. */
	private static final Pattern PICTURES = Pattern.compile(System.getProperty("zsic.parity.pictures", ".*"));

	private static final Pattern LABELS = Pattern.compile(System.getProperty("zsic.parity.labels", ".*"));

	@TestFactory
	Stream<DynamicContainer> checkpoints() throws IOException {
		try (Stream<Path> files = Files.list(FOLDER)) {
			List<Path> golden = files.filter((file) -> file.toString().endsWith(".json")).sorted().toList();
			assertThat(golden).isNotEmpty();
			return golden.stream().map(ParityTests::read).flatMap(ParityTests::checkpoints);
		}
	}

	private static Stream<DynamicContainer> checkpoints(Golden golden) {
		Set<String> checkpoints = new HashSet<>();
		golden.cases.forEach((expected) -> checkpoints.add(expected.checkpoint));
		assertThat(checkpoints).isNotEmpty();
		return checkpoints.stream().sorted().map((checkpoint) -> {
			// One classifier for all cases of a checkpoint, as an application has it.
			ZeroShotClassifier classifier = ZeroShotClassifier.builder()
				.checkpoint(FOLDER.resolve("checkpoints").resolve(checkpoint).toString())
				.build();
			List<DynamicTest> tests = new ArrayList<>();
			for (Case expected : golden.cases) {
				if (expected.checkpoint.equals(checkpoint) && PICTURES.matcher(expected.picture).matches()
						&& LABELS.matcher(expected.labels).matches()) {
					tests.add(DynamicTest.dynamicTest(expected.toString(),
							() -> verify(classifier, expected, golden.labelSets.get(expected.labels))));
				}
			}
			for (ImageEmbedding expected : golden.imageEmbeddings) {
				if (expected.checkpoint.equals(checkpoint) && PICTURES.matcher(expected.picture).matches()) {
					tests.add(DynamicTest.dynamicTest("embedding of " + expected.picture,
							() -> verifyEmbedding(classifier.embedImage(picture(expected.picture)), expected.values,
									expected.picture)));
				}
			}
			for (TextEmbedding expected : golden.textEmbeddings) {
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

	private static void verify(ZeroShotClassifier classifier, Case expected, List<String> labels) {
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
		if (expected.logits != null) {
			request.scoring(Scoring.LOGITS);
			for (Prediction prediction : classifier.classify(request.build()).get(0).predictions()) {
				assertThat(prediction.score()).as("logit of " + prediction.label())
					.isCloseTo(expected.logits[labels.indexOf(prediction.label())], within(LOGITS));
			}
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

	private static Golden read(Path file) {
		try (Reader reader = Files.newBufferedReader(file)) {
			return new Gson().fromJson(reader, Golden.class);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	static class Golden {

		Map<String, List<String>> labelSets;

		List<Case> cases;

		List<ImageEmbedding> imageEmbeddings = List.of();

		List<TextEmbedding> textEmbeddings = List.of();

	}

	static class Case {

		String checkpoint;

		String picture;

		String labels;

		String template;

		int[] order;

		float[] scores;

		/** In the order of the labels, for architectures whose scores saturate. */
		float[] logits;

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
