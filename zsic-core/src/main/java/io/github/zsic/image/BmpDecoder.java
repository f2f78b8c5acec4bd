package io.github.zsic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.jspecify.annotations.Nullable;

/**
 * BMP. The common kind, 24 bits and not compressed, is read here: the JDK's reader takes
 * a dozen times as long for a picture whose rows are short. It reads the other kinds, and
 * sees no compression that would make it call another reader, and no colour profile.
 */
final class BmpDecoder {

	private static final int HEADER_SIZE = 14;

	private static final int FILE_SIZE = 2;

	private static final int PIXELS = 10;

	private static final int WIDTH = 18;

	private static final int HEIGHT = 22;

	private static final int BITS = 28;

	private static final int COMPRESSION = 30;

	/** Where the first header ends that has all of the above. */
	private static final int VERSION_3 = 40;

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
		RgbImage image = (size >= VERSION_3 && bytes.length >= HEADER_SIZE + VERSION_3) ? decodePlain(file, limit)
				: null;
		if (image != null) {
			return image;
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

	/** Of 24 bits, not compressed and complete; {@code null} if it is not. */
	private static @Nullable RgbImage decodePlain(ByteBuffer file, PixelLimit limit) throws DecodingException {
		int width = file.getInt(WIDTH);
		// Negative if the first row is the top one.
		int height = file.getInt(HEIGHT);
		int rows = Math.abs(height);
		int pixels = file.getInt(PIXELS);
		if (file.getShort(BITS) != 24 || file.getInt(COMPRESSION) != 0 || width <= 0 || rows <= 0
				|| pixels < HEADER_SIZE + VERSION_3) {
			return null;
		}
		long row = (width * 3L + 3) / 4 * 4;
		if (row > (file.capacity() - pixels) / rows) {
			return null;
		}
		limit.check(width, rows, RgbImage.BYTES_PER_PIXEL);
		byte[] rgb = new byte[width * rows * RgbImage.BYTES_PER_PIXEL];
		int target = 0;
		for (int y = 0; y < rows; y++) {
			if ((y & 0xFF) == 0) {
				limit.checkTime();
			}
			int source = pixels + (int) row * ((height < 0) ? y : rows - 1 - y);
			for (int x = 0; x < width; x++, source += 3, target += 3) {
				rgb[target] = file.get(source + 2);
				rgb[target + 1] = file.get(source + 1);
				rgb[target + 2] = file.get(source);
			}
		}
		return new RgbImage(width, rows, rgb);
	}

}
