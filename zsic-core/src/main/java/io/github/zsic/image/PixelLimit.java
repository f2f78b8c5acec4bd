package io.github.zsic.image;

import java.util.Locale;

/**
 * The largest picture that is decoded. Every decoder asks it with the numbers from the
 * header, before it allocates anything that grows with them.
 *
 * @param maximumPixels the largest product of width and height
 */
record PixelLimit(long maximumPixels) {

	/** The pixels of one picture are one Java array. */
	private static final long ADDRESSABLE = (Integer.MAX_VALUE - 16) / 3;

	void check(long width, long height) throws DecodingException {
		if (width <= 0 || height <= 0) {
			throw DecodingException.damaged("its size is %d x %d pixels".formatted(width, height));
		}
		long limit = Math.min(this.maximumPixels, ADDRESSABLE);
		if (width > limit / height) {
			throw DecodingException.tooLarge(String.format(Locale.ROOT,
					"has %d x %d pixels, more than the %,d that are allowed", width, height, limit));
		}
	}

}
