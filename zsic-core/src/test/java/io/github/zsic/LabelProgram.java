package io.github.zsic;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Prepares labels in a JVM of its own: prints how many texts the engine encoded for it,
 * and the scores of a picture.
 */
final class LabelProgram {

	private LabelProgram() {
	}

	public static void main(String[] arguments) {
		List<String> labels = Arrays.asList(arguments).subList(2, arguments.length);
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint(arguments[0])
			.device("cpu")
			.cachePersistentDir(Path.of(arguments[1]))
			.labels(LabelSet.of(labels))
			.build()) {
			List<Prediction> predictions = classifier.classify(ImageInput.of(TestCheckpoints.picture("landscape.png")))
				.predictions();
			System.out.println(classifier.statistics().encodedTexts() + " " + predictions);
		}
	}

}
