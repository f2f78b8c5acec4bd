package io.github.zsic.image;

/**
 * The eight ways a camera may have been held, in the order of the EXIF tag, and how to
 * undo each.
 */
enum Orientation {

	UPRIGHT, MIRRORED, UPSIDE_DOWN, FLIPPED, TRANSPOSED, TURNED_LEFT, TRANSVERSED, TURNED_RIGHT;

	private static final Orientation[] VALUES = values();

	/**
	 * The orientation of a number.
	 * @param number the value of the EXIF tag
	 * @return the orientation, upright if the number stands for none
	 */
	static Orientation of(int number) {
		return (number >= 1 && number <= VALUES.length) ? VALUES[number - 1] : UPRIGHT;
	}

	/**
	 * Turns a picture upright.
	 * @param image the picture as stored
	 * @return the same object if it is upright already
	 */
	RgbImage apply(RgbImage image) {
		int width = image.width();
		int height = image.height();
		// Where the first stored pixel goes, and how far apart neighbours in a stored
		// row and in a stored column come to lie.
		return switch (this) {
			case UPRIGHT -> image;
			case MIRRORED -> move(image, width, height, width - 1, -1, width);
			case UPSIDE_DOWN -> move(image, width, height, width * height - 1, -1, -width);
			case FLIPPED -> move(image, width, height, width * (height - 1), 1, -width);
			case TRANSPOSED -> move(image, height, width, 0, height, 1);
			case TURNED_LEFT -> move(image, height, width, height - 1, height, -1);
			case TRANSVERSED -> move(image, height, width, width * height - 1, -height, -1);
			case TURNED_RIGHT -> move(image, height, width, height * (width - 1), -height, 1);
		};
	}

	private RgbImage move(RgbImage image, int width, int height, int first, int acrossStep, int downStep) {
		byte[] source = image.pixels();
		byte[] target = new byte[source.length];
		int in = 0;
		for (int y = 0; y < image.height(); y++) {
			int out = 3 * (first + y * downStep);
			for (int x = 0; x < image.width(); x++) {
				target[out] = source[in];
				target[out + 1] = source[in + 1];
				target[out + 2] = source[in + 2];
				in += 3;
				out += 3 * acrossStep;
			}
		}
		boolean turned = compareTo(TRANSPOSED) >= 0;
		return new RgbImage(width, height, target, turned ? image.originalHeight() : image.originalWidth(),
				turned ? image.originalWidth() : image.originalHeight());
	}

}
