package io.github.zsic.engine;

import io.github.zsic.checkpoint.ImageProcessing;

/**
 * The resize of pictures that are many times as long as they are wide, for models that
 * resize the shorter side and crop the centre. The whole would be millions of pixels, of
 * which the crop keeps a few; here only those are computed, and what is around them so
 * that the model's own steps leave it as it is.
 * <p>
 * The arithmetic is that of libtorch's kernels for bytes (aten/src/ATen/native/cpu/
 * UpSampleKernel.cpp), which is Pillow's: weights in 16 bits, first across, then down.
 * <p>
 * Models that resize to a size of their own see all of the picture. Of one that is tall
 * and narrow, the first step would make it as wide as the result with all its rows,
 * gigabytes. There it comes second, which changes values by a level or two of 255.
 * <p>
 * Immutable.
 */
final class NarrowPictures {

	/** Of a picture that is resized as a whole. */
	private static final long MAXIMUM_PIXELS = 1 << 20;

	/** Of a picture between the two steps. */
	private static final long MAXIMUM_INTERMEDIATE_PIXELS = 1 << 23;

	private static final int NEAREST = 0;

	private static final int BICUBIC = 3;

	/** Of the cubic, as in Pillow. */
	private static final double A = -0.5;

	private final int side;

	private final int cropHeight;

	private final int cropWidth;

	private final int resample;

	private final ImageProcessing processing;

	/**
	 * Creates the resize of a model.
	 * @param processing what the model does with pictures
	 */
	NarrowPictures(ImageProcessing processing) {
		boolean crops = processing.number("do_resize") != 0 && processing.number("do_center_crop") != 0;
		this.side = crops ? (int) processing.number("size.shortest_edge") : 0;
		this.cropHeight = (int) processing.number("crop_size.height");
		this.cropWidth = (int) processing.number("crop_size.width");
		this.resample = (int) processing.number("resample");
		this.processing = processing;
	}

	/**
	 * What the model sees of a picture, in the size that it has then.
	 * @param picture the picture, not made smaller before
	 * @return a small picture, or the same one if it is not narrow
	 */
	DualEncoder.Picture reduce(DualEncoder.Picture picture) {
		return (this.side > 0) ? center(picture) : whole(picture);
	}

	private DualEncoder.Picture whole(DualEncoder.Picture picture) {
		int[] size = this.processing.resizedSize(picture.width(), picture.height());
		if (size.length == 0 || size[0] <= picture.width()
				|| (long) size[0] * picture.height() <= MAXIMUM_INTERMEDIATE_PIXELS) {
			return picture;
		}
		Pass down = pass(picture.height(), size[1], 0, size[1]);
		Pass across = pass(picture.width(), size[0], 0, size[0]);
		byte[] rows = down.apply(picture.rgb(), picture.width(), 0, picture.height(), false);
		return new DualEncoder.Picture(across.apply(rows, picture.width(), 0, size[1], true), size[0], size[1]);
	}

	private DualEncoder.Picture center(DualEncoder.Picture picture) {
		int shorter = Math.min(picture.width(), picture.height());
		int longer = Math.max(picture.width(), picture.height());
		// As the model computes it, in double, cut off.
		long length = (long) ((double) ((long) this.side * longer) / shorter);
		if (this.side * length <= MAXIMUM_PIXELS) {
			return picture;
		}
		boolean wide = picture.width() == longer;
		int crop = wide ? this.cropWidth : this.cropHeight;
		int count = Math.max(this.side, crop);
		// Its crop begins where the crop of the whole would.
		Pass along = pass(longer, length, (length - crop) / 2 - (count - crop) / 2, count);
		Pass beside = pass(shorter, this.side, 0, this.side);
		byte[] rgb = picture.rgb();
		// Across, then down, of those rows that the second step looks at.
		Pass across = wide ? along : beside;
		Pass down = wide ? beside : along;
		byte[] rows = across.apply(rgb, picture.width(), down.firstSource(), down.lastSource(), true);
		int width = wide ? count : this.side;
		byte[] center = down.apply(rows, width, down.firstSource(), down.lastSource(), false);
		return new DualEncoder.Picture(center, width, wide ? this.side : count);
	}

	private Pass pass(int input, long output, long first, int count) {
		if (input == output) {
			int[] starts = new int[count];
			short[][] weights = new short[count][];
			for (int i = 0; i < count; i++) {
				starts[i] = (int) first + i;
				weights[i] = new short[] { 1 };
			}
			return new Pass(starts, weights, 0);
		}
		return (this.resample == NEAREST) ? nearest(input, output, first, count)
				: filtered(input, output, first, count);
	}

	private Pass nearest(int input, long output, long first, int count) {
		int[] starts = new int[count];
		short[][] weights = new short[count][];
		float scale = (float) input / output;
		for (int i = 0; i < count; i++) {
			long source = (output == 2L * input) ? (first + i) >> 1 : (long) Math.floor((first + i) * scale);
			starts[i] = (int) Math.min(source, input - 1);
			weights[i] = new short[] { 1 };
		}
		return new Pass(starts, weights, 0);
	}

	private Pass filtered(int input, long output, long first, int count) {
		double scale = (double) input / output;
		int precision = precision(input, output, scale);
		int[] starts = new int[count];
		short[][] weights = new short[count][];
		for (int i = 0; i < count; i++) {
			starts[i] = start(first + i, scale);
			double[] exact = weights(first + i, input, scale);
			weights[i] = new short[exact.length];
			for (int k = 0; k < exact.length; k++) {
				double scaled = exact[k] * (1 << precision);
				weights[i][k] = (short) (int) ((scaled < 0) ? scaled - 0.5 : scaled + 0.5);
			}
		}
		return new Pass(starts, weights, precision);
	}

	/**
	 * As many bits as the largest weight of all positions, also of those that are not
	 * computed, leaves in 16. A weight of 1 needs the most.
	 */
	private int precision(int input, long output, double scale) {
		double largest = 0;
		for (long i = 0; i < output && largest < 1; i++) {
			for (double weight : weights(i, input, scale)) {
				largest = Math.max(largest, weight);
			}
		}
		int precision = 0;
		while (precision < 22 && (int) (0.5 + largest * (1 << (precision + 1))) < 1 << 15) {
			precision++;
		}
		return precision;
	}

	private double support(double scale) {
		return ((this.resample == BICUBIC) ? 2 : 1) * Math.max(1, scale);
	}

	private int start(long position, double scale) {
		return (int) Math.max((long) (scale * (position + 0.5) - support(scale) + 0.5), 0);
	}

	private double[] weights(long position, int input, double scale) {
		double center = scale * (position + 0.5);
		int start = start(position, scale);
		int taps = (int) Math.min((long) (center + support(scale) + 0.5), input) - start;
		double inverse = (scale >= 1) ? 1 / scale : 1;
		double[] weights = new double[Math.max(0, taps)];
		double sum = 0;
		for (int k = 0; k < weights.length; k++) {
			weights[k] = filter((k + start - center + 0.5) * inverse);
			sum += weights[k];
		}
		for (int k = 0; k < weights.length && sum != 0; k++) {
			weights[k] /= sum;
		}
		return weights;
	}

	private double filter(double distance) {
		double x = Math.abs(distance);
		if (this.resample != BICUBIC) {
			return (x < 1) ? 1 - x : 0;
		}
		if (x < 1) {
			return ((A + 2) * x - (A + 3)) * x * x + 1;
		}
		return (x < 2) ? (((x - 5) * x + 8) * x - 4) * A : 0;
	}

	/**
	 * One direction of the resize.
	 *
	 * @param starts for each position of the result the first one that it is made of
	 * @param weights the weights from there on
	 * @param precision by how many bits they are larger than they are
	 */
	private record Pass(int[] starts, short[][] weights, int precision) {

		int firstSource() {
			return this.starts[0];
		}

		int lastSource() {
			int last = this.starts.length - 1;
			return this.starts[last] + this.weights[last].length;
		}

		/**
		 * Resizes some rows across, or down those rows that start with the first source.
		 * @param width the width of the rows
		 * @param from the first row
		 * @param to the row behind the last
		 */
		byte[] apply(byte[] rgb, int width, int from, int to, boolean across) {
			int columns = across ? this.starts.length : width;
			int rows = across ? to - from : this.starts.length;
			byte[] result = new byte[3 * columns * rows];
			int step = across ? 3 : 3 * width;
			int half = (this.precision > 0) ? 1 << (this.precision - 1) : 0;
			for (int y = 0, out = 0; y < rows; y++) {
				for (int x = 0; x < columns; x++) {
					int position = across ? x : y;
					short[] factors = this.weights[position];
					int in = across ? 3 * ((from + y) * width + this.starts[position])
							: 3 * ((this.starts[position] - from) * width + x);
					for (int band = 0; band < 3; band++) {
						int sum = half;
						for (int k = 0, at = in + band; k < factors.length; k++, at += step) {
							sum += factors[k] * (rgb[at] & 0xFF);
						}
						result[out++] = (byte) Math.max(0, Math.min(255, sum >> this.precision));
					}
				}
			}
			return result;
		}

	}

}
