package io.github.zsic;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * Classifies a picture in a process of its own, whose environment tells libtorch what the
 * processor can do. Arguments: checkpoint, precision, picture, labels.
 */
final class PrecisionProgram {

	private PrecisionProgram() {
	}

	public static void main(String[] arguments) {
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint(arguments[0])
			.device("cpu")
			.precision(Precision.valueOf(arguments[1]))
			.build()) {
			String[] labels = Arrays.copyOfRange(arguments, 3, arguments.length);
			StringBuilder result = new StringBuilder("RESULT " + classifier.model().precision());
			for (Prediction prediction : classifier.classify(ImageInput.of(Path.of(arguments[2])), labels)
				.predictions()) {
				result.append(' ').append(prediction.label()).append('=').append(prediction.score());
			}
			System.out.println(result);
		}
	}

}
