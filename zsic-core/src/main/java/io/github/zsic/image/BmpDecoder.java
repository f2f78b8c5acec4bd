package io.github.zsic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * BMP, by the JDK's reader. It sees no compression that would make it call another
 * reader, and no colour profile.
 */
final class BmpDecoder {

	private static final int HEADER_SIZE = 14;

	private static final int FILE_SIZE = 2;

	private static final int COMPRESSION = 30;

	/** The last one that is not another format inside. */
	private static final int BIT_FIELDS = 3;

	private static final int COLOR_SPACE = 70;

	private static final int SRGB = 0x73524742;

	/** The first header with a colour space. */
	private static final int VERSION_4 = 108;

	private BmpDecoder() {
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		if (bytes.length < HEADER_SIZE + Integer.BYTES) {
			throw DecodingException.truncated();
		}
		int size = file.getInt(HEADER_SIZE);
		if (size > 12 && bytes.length >= COMPRESSION + Integer.BYTES) {
			int compression = file.getInt(COMPRESSION);
			if (compression < 0 || compression > BIT_FIELDS) {
				throw DecodingException
					.unsupported("is a BMP with the compression %d, which is not supported".formatted(compression));
			}
		}
		byte[] checked = bytes.clone();
		ByteBuffer header = ByteBuffer.wrap(checked).order(ByteOrder.LITTLE_ENDIAN);
		// Many programs write another size of the file, which the reader does not take.
		header.putInt(FILE_SIZE, bytes.length);
		if (size >= VERSION_4 && bytes.length >= COLOR_SPACE + Integer.BYTES) {
			header.putInt(COLOR_SPACE, SRGB);
		}
		return Rasters.toRgb(JdkDecoder.read(JdkDecoder.BMP, checked, 4, limit));
	}

}
