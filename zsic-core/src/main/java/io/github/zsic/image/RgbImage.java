package io.github.zsic.image;

/**
 * An upright picture in 8-bit RGB: rows from top to bottom, in each row the pixels from
 * left to right, of each pixel red, green and blue.
 */
public final class RgbImage {

	static final int BYTES_PER_PIXEL = 3;

	private final int width;

	private final int height;

	private final byte[] pixels;

	private final int originalWidth;

	private final int originalHeight;

	RgbImage(int width, int height, byte[] pixels) {
		this(width, height, pixels, width, height);
	}

	RgbImage(int width, int height, byte[] pixels, int originalWidth, int originalHeight) {
		if (pixels.length != BYTES_PER_PIXEL * width * height) {
			throw new IllegalArgumentException(
					"%d bytes are no %d x %d RGB picture".formatted(pixels.length, width, height));
		}
		this.width = width;
		this.height = height;
		this.pixels = pixels;
		this.originalWidth = originalWidth;
		this.originalHeight = originalHeight;
	}

	/**
	 * The number of columns.
	 * @return a positive number
	 */
	public int width() {
		return this.width;
	}

	/**
	 * The number of rows.
	 * @return a positive number
	 */
	public int height() {
		return this.height;
	}

	/**
	 * The samples, three bytes a pixel.
	 * @return the array itself, not a copy, of length {@code 3 * width * height}
	 */
	public byte[] pixels() {
		return this.pixels;
	}

	/**
	 * The number of columns of the encoded picture, more than {@link #width()} if it was
	 * made smaller when it was decoded.
	 * @return a positive number
	 */
	public int originalWidth() {
		return this.originalWidth;
	}

	/**
	 * The number of rows of the encoded picture, more than {@link #height()} if it was
	 * made smaller when it was decoded.
	 * @return a positive number
	 */
	public int originalHeight() {
		return this.originalHeight;
	}

}
