package io.github.zsic.image;

import io.github.zsic.InvalidImageException;

/**
 * {@link ImageDecoder} for {@link ImageFuzzTests} and for Jazzer
 * ({@code tools/fuzz/fuzz.sh}): whatever the bytes are, the outcome is a picture of no
 * more pixels than allowed or an {@link InvalidImageException}, and not for a lack of
 * memory.
 */
public final class ImageFuzz {

	static final int MAXIMUM_PIXELS = 1_000_000;

	static final int MAXIMUM_BYTES = 1_000_000;

	private static final ImageDecoder decoder = new ImageDecoder(MAXIMUM_PIXELS, MAXIMUM_BYTES);

	private ImageFuzz() {
	}

	/**
	 * What Jazzer calls.
	 * @param content an encoded picture
	 */
	public static void fuzzerTestOneInput(byte[] content) {
		try {
			RgbImage image = decoder.decode("picture", content);
			if ((long) image.width() * image.height() > MAXIMUM_PIXELS
					|| image.pixels().length != 3 * image.width() * image.height()) {
				throw new AssertionError("%d x %d".formatted(image.width(), image.height()));
			}
		}
		catch (InvalidImageException ex) {
			if (ex.getCause() instanceof OutOfMemoryError memory) {
				throw memory;
			}
			if (!ex.getDescription().startsWith("The picture 'picture' ")) {
				throw ex;
			}
		}
	}

}
