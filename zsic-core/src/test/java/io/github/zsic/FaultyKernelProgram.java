package io.github.zsic;

import java.nio.file.Path;
import java.util.List;

/**
 * Classifies a picture in every precision, in a process of its own whose class path has
 * other kernels in front. Arguments: checkpoint, picture, labels.
 */
final class FaultyKernelProgram {

	private FaultyKernelProgram() {
	}

	public static void main(String[] arguments) {
		List<String> labels = List.of(arguments).subList(2, arguments.length);
		for (Precision precision : new Precision[] { Precision.FLOAT32, Precision.BFLOAT16, Precision.INT8 }) {
			try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
				.checkpoint(arguments[0])
				.device("cpu")
				.precision(precision)
				.build()) {
				classifier.selfTest();
				StringBuilder scores = new StringBuilder();
				for (Prediction prediction : classifier.classify(ImageInput.of(Path.of(arguments[1])), labels)
					.predictions()) {
					scores.append(' ').append(prediction.label()).append('=').append(prediction.score());
				}
				System.out.println("RESULT " + precision + " " + classifier.model().precision() + scores);
				classifier.model()
					.fallbacks()
					.forEach((fallback) -> System.out.println("FALLBACK " + precision + " " + fallback));
			}
			catch (DeviceException ex) {
				System.out.println("REFUSED " + precision + " " + ex.getMessage());
			}
		}
	}

}
