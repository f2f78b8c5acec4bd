package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;

/**
 * The samples of a decoded picture as 8-bit RGB, taken from its raster.
 * {@code BufferedImage.getRGB} would convert from the picture's colour space to sRGB,
 * which changes every grey picture and every one with a profile, and which the reference
 * does not do.
 */
final class Samples {

	private Samples() {
	}

	/**
	 * Takes the samples.
	 * @param image the picture
	 * @param clipGrey whether grey of more than 8 bits is cut off at 255, as Pillow's
	 * conversion of its modes I;16, I and F does, or its high byte is taken
	 * @return the picture, without its alpha channel
	 */
	static RgbImage toRgb(BufferedImage image, boolean clipGrey) throws DecodingException {
		int width = image.getWidth();
		int height = image.getHeight();
		byte[] rgb = new byte[3 * width * height];
		Raster raster = image.getRaster();
		ColorModel colors = image.getColorModel();
		if (colors instanceof IndexColorModel palette) {
			fromPalette(raster, palette, rgb);
		}
		else if (!fromBytes(raster, colors, rgb)) {
			fromAny(raster, colors, rgb, clipGrey);
		}
		return new RgbImage(width, height, rgb);
	}

	private static void fromPalette(Raster raster, IndexColorModel palette, byte[] rgb) {
		int[] colors = new int[palette.getMapSize()];
		palette.getRGBs(colors);
		int width = raster.getWidth();
		int[] row = new int[width];
		int out = 0;
		for (int y = 0; y < raster.getHeight(); y++) {
			raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
			for (int index : row) {
				// An index beyond the palette is black, as in Pillow.
				int color = (index < colors.length) ? colors[index] : 0;
				rgb[out++] = (byte) (color >> 16);
				rgb[out++] = (byte) (color >> 8);
				rgb[out++] = (byte) color;
			}
		}
	}

	/**
	 * The layouts that the readers use for ordinary pictures, without a call for each
	 * pixel.
	 */
	private static boolean fromBytes(Raster raster, ColorModel colors, byte[] rgb) {
		int components = colors.getNumColorComponents();
		if (!(raster.getDataBuffer() instanceof DataBufferByte buffer) || buffer.getNumBanks() != 1
				|| !(raster.getSampleModel() instanceof PixelInterleavedSampleModel model)
				|| (components != 1 && components != 3) || colors.isAlphaPremultiplied()
				|| colors.getComponentSize(0) != 8) {
			return false;
		}
		byte[] data = buffer.getData();
		int[] offsets = model.getBandOffsets();
		int red = offsets[0];
		int green = offsets[(components == 3) ? 1 : 0];
		int blue = offsets[(components == 3) ? 2 : 0];
		int stride = model.getPixelStride();
		int width = raster.getWidth();
		int out = 0;
		for (int y = 0; y < raster.getHeight(); y++) {
			int in = buffer.getOffset() + (y - raster.getSampleModelTranslateY()) * model.getScanlineStride()
					- raster.getSampleModelTranslateX() * stride;
			for (int x = 0; x < width; x++, in += stride) {
				rgb[out++] = data[in + red];
				rgb[out++] = data[in + green];
				rgb[out++] = data[in + blue];
			}
		}
		return true;
	}

	private static void fromAny(Raster raster, ColorModel colors, byte[] rgb, boolean clipGrey)
			throws DecodingException {
		int components = colors.getNumColorComponents();
		if (components != 1 && components != 3 && components != 4) {
			throw DecodingException.unsupported("has " + components + " colour channels, which is not supported");
		}
		int bands = raster.getNumBands();
		boolean clip = clipGrey && components == 1 && bands == 1;
		int width = raster.getWidth();
		int[] row = new int[width * bands];
		int[] pixel = new int[4];
		int out = 0;
		for (int y = 0; y < raster.getHeight(); y++) {
			raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
			for (int in = 0; in < row.length; in += bands) {
				for (int c = 0; c < components; c++) {
					int bits = colors.getComponentSize(c);
					int value = row[in + c];
					pixel[c] = (bits == 8) ? value : (clip) ? Colors.clamp(value)
							: (bits > 8) ? (value >> (bits - 8)) & 0xFF : value * 255 / ((1 << bits) - 1);
				}
				if (colors.isAlphaPremultiplied()) {
					int alpha = row[in + bands - 1];
					for (int c = 0; c < components; c++) {
						pixel[c] = Colors.unmultiply(pixel[c], alpha);
					}
				}
				if (components == 4) {
					Colors.cmykToRgb(pixel);
				}
				rgb[out++] = (byte) pixel[0];
				rgb[out++] = (byte) pixel[(components == 1) ? 0 : 1];
				rgb[out++] = (byte) pixel[(components == 1) ? 0 : 2];
			}
		}
	}

}
