package io.github.zsic.image;

/**
 * Decides how much smaller than it is a JPEG is decoded, where a model needs far fewer
 * pixels.
 *
 * @param side how long the shorter side is after the resize that follows, 0 if every
 * pixel is needed
 * @param fullPixels pictures of so many pixels are decoded in full
 * @param samples how many samples, in each direction, a pixel behind the resize is made
 * of at least, if 1, 2, 3 or 4 samples are made of 8
 */
record Downscaling(int side, int fullPixels, double... samples) {

	static final Downscaling NONE = new Downscaling(0, 0);

	/** Models with smaller inputs depend more on each of their pixels. */
	private static final int SMALL_SIDE = 128;

	/**
	 * Measured, so that scores stay within the tolerance: docs/pictures.md. Decoding what
	 * is decoded in full takes no longer than a larger picture that is made smaller. The
	 * transforms of one and two samples are the least exact, so more have to make up for
	 * that.
	 */
	static Downscaling to(int side) {
		return new Downscaling(side, 2_000_000, 7.8, 5.9, (side < SMALL_SIDE) ? 6.5 : 3.9, 3.9);
	}

	/**
	 * How many samples to make of 8.
	 * @param width the width of the picture
	 * @param height its height
	 * @param wholeSquares whether the last column and row must stand for as many pixels
	 * as the others: when the picture is turned they come first
	 * @return from 1 to 4, or 8
	 */
	int eighths(int width, int height, boolean wholeSquares) {
		if (this.side > 0 && (long) width * height > this.fullPixels) {
			for (int count = 1; count <= this.samples.length; count++) {
				if (Math.min(width, height) * count / 8 >= Math.ceil(this.samples[count - 1] * this.side)
						&& !(wholeSquares && (width * count % 8 != 0 || height * count % 8 != 0))) {
					return count;
				}
			}
		}
		return 8;
	}

}
