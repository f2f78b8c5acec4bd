package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

import javax.imageio.ImageIO;

/**
 * Times pictures of the same number of pixels in many shapes, from a square to a line:
 * whatever is accepted is to cost about the same. A program, not a test:
 * docs/pictures.md.
 */
public final class PictureShapes {

	private static final int ROUNDS = 5;

	private PictureShapes() {
	}

	/**
	 * Runs it.
	 * @param arguments the numbers of pixels, and folders of checkpoints
	 * @throws IOException if a picture cannot be written
	 */
	public static void main(String[] arguments) throws IOException {
		for (String checkpoint : arguments) {
			if (!checkpoint.matches("[0-9]+")) {
				try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
					.checkpoint(checkpoint)
					.maximumBytes(500_000_000)
					.build()) {
					for (String pixels : arguments) {
						if (pixels.matches("[0-9]+")) {
							times(classifier, Integer.parseInt(pixels));
						}
					}
				}
			}
		}
	}

	private static void times(ZeroShotClassifier classifier, int pixels) throws IOException {
		System.out.println(classifier.model().checkpoint().replaceAll(".*[/\\\\]", "") + ", " + pixels + " pixels");
		double worst = 0;
		for (String format : List.of("png", "jpeg", "gif", "bmp", "tiff")) {
			int longest = switch (format) {
				case "jpeg", "gif" -> 65_500;
				default -> pixels;
			};
			int side = (int) Math.sqrt(pixels);
			double square = time(classifier, format, side, side);
			StringBuilder line = new StringBuilder("%-5s square %.0f ms, times that:".formatted(format, square));
			for (int shorter : new int[] { 1, 2, 3, 7, 16, 100, 224, 500 }) {
				int longer = Math.min(longest, pixels / shorter);
				if (longer > side) {
					double wide = time(classifier, format, longer, shorter) / square;
					double tall = time(classifier, format, shorter, longer) / square;
					line.append(" %dx%d %.2f, %dx%d %.2f;".formatted(longer, shorter, wide, shorter, longer, tall));
					worst = Math.max(worst, Math.max(wide, tall));
				}
			}
			System.out.println(line);
		}
		System.out.printf("worst: %.2f%n", worst);
	}

	private static double time(ZeroShotClassifier classifier, String format, int width, int height) throws IOException {
		BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
		for (int i = 0; i < width * height; i += 7) {
			image.setRGB(i % width, i / width, 77 * i);
		}
		ByteArrayOutputStream file = new ByteArrayOutputStream();
		if (!ImageIO.write(image, format, file)) {
			throw new IllegalStateException("This JDK does not write " + format);
		}
		double[] times = new double[ROUNDS];
		for (int i = 0; i < ROUNDS; i++) {
			long start = System.nanoTime();
			classifier.embedImage(ImageInput.of(format, file.toByteArray()));
			times[i] = (System.nanoTime() - start) / 1e6;
		}
		Arrays.sort(times);
		return times[ROUNDS / 2];
	}

}
