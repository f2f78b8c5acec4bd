package io.github.zsic.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.DataBufferByte;
import java.awt.image.DataBufferInt;
import java.awt.image.IndexColorModel;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.awt.image.SinglePixelPackedSampleModel;

/**
 * Samples out of AWT's rasters. Never through {@code getRGB}, which converts grey and
 * everything with a profile to sRGB, where the reference takes the numbers as they are.
 */
final class Rasters {

	private Rasters() {
	}

	/**
	 * All samples of some bands as 8 bits, interleaved. Deeper samples lose their lower
	 * bits and shallower ones are spread over the range.
	 */
	static byte[] interleaved(Raster raster, int bands) {
		int width = raster.getWidth();
		int height = raster.getHeight();
		byte[] samples = new byte[width * height * bands];
		if (raster.getSampleModel() instanceof PixelInterleavedSampleModel model
				&& raster.getDataBuffer() instanceof DataBufferByte buffer && model.getSampleSize(0) == 8) {
			byte[] data = buffer.getData();
			int[] offsets = model.getBandOffsets();
			int step = model.getPixelStride();
			int origin = buffer.getOffset() - raster.getSampleModelTranslateY() * model.getScanlineStride()
					- raster.getSampleModelTranslateX() * step;
			for (int y = 0; y < height; y++) {
				int row = origin + (raster.getMinY() + y) * model.getScanlineStride() + raster.getMinX() * step;
				for (int band = 0; band < bands; band++) {
					int in = row + offsets[band];
					int out = y * width * bands + band;
					for (int x = 0; x < width; x++, in += step, out += bands) {
						samples[out] = data[in];
					}
				}
			}
			return samples;
		}
		int type = raster.getTransferType();
		boolean real = type == DataBuffer.TYPE_FLOAT || type == DataBuffer.TYPE_DOUBLE;
		double[] row = new double[width];
		for (int y = 0; y < height; y++) {
			for (int band = 0; band < bands; band++) {
				int bits = raster.getSampleModel().getSampleSize(band);
				double scale = real ? 255 : (bits <= 8) ? 255.0 / ((1 << bits) - 1) : 1.0 / (1L << (bits - 8));
				raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, band, row);
				for (int x = 0, out = y * width * bands + band; x < width; x++, out += bands) {
					samples[out] = (byte) Colors.clamp((int) (row[x] * scale));
				}
			}
		}
		return samples;
	}

	static RgbImage toRgb(BufferedImage image) {
		Raster raster = image.getRaster();
		ColorModel colors = image.getColorModel();
		int width = image.getWidth();
		int height = image.getHeight();
		int bands = raster.getNumBands();
		byte[] rgb;
		if (colors instanceof IndexColorModel palette) {
			rgb = indexed(raster, palette);
		}
		else if (colors.getColorSpace().getType() == ColorSpace.TYPE_GRAY) {
			rgb = Colors.greyToRgb(interleaved(raster, 1));
		}
		else if (colors.getColorSpace().getType() == ColorSpace.TYPE_CMYK && bands >= 4) {
			rgb = Colors.cmykToRgb(interleaved(raster, 4));
		}
		else if (colors.getColorSpace().getType() == ColorSpace.TYPE_RGB && bands >= 3) {
			rgb = isPackedBytes(image) ? packed(raster) : interleaved(raster, 3);
		}
		else {
			// Its samples are no colours that could be taken as they are.
			rgb = managed(image);
		}
		if (colors.isAlphaPremultiplied() && colors.hasAlpha() && bands == 4) {
			byte[] samples = interleaved(raster, 4);
			for (int i = 0, in = 0; i < rgb.length; i += 3, in += 4) {
				for (int k = 0; k < 3; k++) {
					rgb[i + k] = (byte) Colors.unmultiply(rgb[i + k] & 0xFF, samples[in + 3] & 0xFF);
				}
			}
		}
		return new RgbImage(width, height, rgb);
	}

	private static boolean isPackedBytes(BufferedImage image) {
		return switch (image.getType()) {
			case BufferedImage.TYPE_INT_RGB, BufferedImage.TYPE_INT_ARGB, BufferedImage.TYPE_INT_ARGB_PRE -> true;
			default -> false;
		};
	}

	private static byte[] packed(Raster raster) {
		int width = raster.getWidth();
		byte[] rgb = new byte[3 * width * raster.getHeight()];
		int[] data = ((DataBufferInt) raster.getDataBuffer()).getData();
		int stride = ((SinglePixelPackedSampleModel) raster.getSampleModel()).getScanlineStride();
		int origin = raster.getDataBuffer().getOffset() - raster.getSampleModelTranslateY() * stride
				- raster.getSampleModelTranslateX();
		for (int y = 0, out = 0; y < raster.getHeight(); y++) {
			int in = origin + (raster.getMinY() + y) * stride + raster.getMinX();
			for (int x = 0; x < width; x++, out += 3) {
				int pixel = data[in++];
				rgb[out] = (byte) (pixel >> 16);
				rgb[out + 1] = (byte) (pixel >> 8);
				rgb[out + 2] = (byte) pixel;
			}
		}
		return rgb;
	}

	private static byte[] indexed(Raster raster, IndexColorModel palette) {
		int width = raster.getWidth();
		byte[] rgb = new byte[3 * width * raster.getHeight()];
		int[] colors = new int[palette.getMapSize()];
		palette.getRGBs(colors);
		int[] row = new int[width];
		for (int y = 0, out = 0; y < raster.getHeight(); y++) {
			raster.getSamples(raster.getMinX(), raster.getMinY() + y, width, 1, 0, row);
			for (int x = 0; x < width; x++, out += 3) {
				int color = (row[x] < colors.length) ? colors[row[x]] : 0;
				rgb[out] = (byte) (color >> 16);
				rgb[out + 1] = (byte) (color >> 8);
				rgb[out + 2] = (byte) color;
			}
		}
		return rgb;
	}

	private static byte[] managed(BufferedImage image) {
		int width = image.getWidth();
		byte[] rgb = new byte[3 * width * image.getHeight()];
		int[] row = new int[width];
		for (int y = 0, out = 0; y < image.getHeight(); y++) {
			image.getRGB(0, y, width, 1, row, 0, width);
			for (int color : row) {
				rgb[out++] = (byte) (color >> 16);
				rgb[out++] = (byte) (color >> 8);
				rgb[out++] = (byte) color;
			}
		}
		return rgb;
	}

}
