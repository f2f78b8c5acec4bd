package io.github.zsic.image;

/**
 * The colour arithmetic of the reference, to the last bit.
 */
final class Colors {

	private static final int HALF = 1 << 15;

	private Colors() {
	}

	static int clamp(int value) {
		return ((value & ~0xFF) == 0) ? value : (value < 0) ? 0 : 255;
	}

	/**
	 * A row of full-range YCbCr as in JPEG, with the rounding of libjpeg.
	 * @param pixelStride how far apart the pixels come to lie in the target
	 */
	static void yccToRgb(byte[] ys, byte[] cbs, byte[] crs, int count, byte[] target, int offset, int pixelStride) {
		for (int i = 0, out = offset; i < count; i++, out += pixelStride) {
			int y = ys[i] & 0xFF;
			int cb = (cbs[i] & 0xFF) - 128;
			int cr = (crs[i] & 0xFF) - 128;
			target[out] = (byte) clamp(y + ((91881 * cr + HALF) >> 16));
			target[out + 1] = (byte) clamp(y + ((-22554 * cb - 46802 * cr + HALF) >> 16));
			target[out + 2] = (byte) clamp(y + ((116130 * cb + HALF) >> 16));
		}
	}

	/** Four inks (0 is no ink) to RGB by subtraction, without any profile. */
	static byte[] cmykToRgb(byte[] inks) {
		byte[] rgb = new byte[inks.length / 4 * 3];
		for (int in = 0, out = 0; out < rgb.length; in += 4, out += 3) {
			int light = 255 - (inks[in + 3] & 0xFF);
			rgb[out] = (byte) subtract(light, inks[in] & 0xFF);
			rgb[out + 1] = (byte) subtract(light, inks[in + 1] & 0xFF);
			rgb[out + 2] = (byte) subtract(light, inks[in + 2] & 0xFF);
		}
		return rgb;
	}

	private static int subtract(int light, int ink) {
		int product = ink * light + 128;
		return light - (((product >> 8) + product) >> 8);
	}

	/** Undoes a multiplication with alpha. */
	static int unmultiply(int value, int alpha) {
		return (alpha == 0 || alpha == 255) ? value : Math.min(255, 255 * value / alpha);
	}

	static byte[] greyToRgb(byte[] grey) {
		byte[] rgb = new byte[3 * grey.length];
		for (int in = 0, out = 0; in < grey.length; in++, out += 3) {
			rgb[out] = grey[in];
			rgb[out + 1] = grey[in];
			rgb[out + 2] = grey[in];
		}
		return rgb;
	}

}
