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

	/** Full-range YCbCr as in JPEG, with the rounding of libjpeg; in place. */
	static void yccToRgb(byte[] samples, int pixelStride) {
		for (int i = 0; i + 2 < samples.length; i += pixelStride) {
			int y = samples[i] & 0xFF;
			int cb = (samples[i + 1] & 0xFF) - 128;
			int cr = (samples[i + 2] & 0xFF) - 128;
			samples[i] = (byte) clamp(y + ((91881 * cr + HALF) >> 16));
			samples[i + 1] = (byte) clamp(y + ((-22554 * cb - 46802 * cr + HALF) >> 16));
			samples[i + 2] = (byte) clamp(y + ((116130 * cb + HALF) >> 16));
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
