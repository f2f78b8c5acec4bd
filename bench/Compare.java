import java.awt.image.BufferedImage;

import io.github.zsic.ImageInput;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;

/**
 * One turn of bench/compare: prints how long loads and pictures took, in milliseconds.
 */
final class Compare {

	private static final int LOADS = 4;

	/** The first half does not count: the JVM still compiles. */
	private static final int PICTURES = 60;

	private Compare() {
	}

	public static void main(String[] arguments) {
		ImageInput picture = ImageInput.of(new BufferedImage(224, 224, BufferedImage.TYPE_INT_RGB));
		for (int i = 0; i < LOADS; i++) {
			long start = System.nanoTime();
			try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
				.checkpoint(arguments[0])
				.device("cpu")
				.precision(Precision.valueOf(arguments[1]))
				.build()) {
				if (i > 0) {
					print("load", start);
				}
				for (int j = 0; i == LOADS - 1 && j < PICTURES; j++) {
					start = System.nanoTime();
					classifier.classify(picture, "a", "b");
					if (j >= PICTURES / 2) {
						print("picture", start);
					}
				}
			}
		}
	}

	private static void print(String what, long start) {
		System.out.printf("%s %.2f%n", what, (System.nanoTime() - start) / 1e6);
	}

}
