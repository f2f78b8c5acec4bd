package io.github.zsic;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * Lets a classifier of a test see what it was sent.
 */
public final class ImageBytes {

	private ImageBytes() {
	}

	public static byte[] of(ImageInput image) {
		byte[] bytes = image.bytes();
		if (bytes != null) {
			return bytes;
		}
		ImageInput.StreamSource source = image.source();
		if (source == null) {
			throw new IllegalArgumentException("Not encoded: " + image);
		}
		try (InputStream stream = source.open()) {
			return stream.readAllBytes();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
