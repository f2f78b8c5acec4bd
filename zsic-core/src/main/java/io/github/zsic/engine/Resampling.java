package io.github.zsic.engine;

/**
 * The resize of a picture with one of Pillow's filters, one direction after the other.
 * The arithmetic is that of libtorch's kernels for bytes (aten/src/ATen/native/cpu/
 * UpSampleKernel.cpp), which is Pillow's: weights in 16 bits, first across, then down.
 * Immutable.
 */
final class Resampling {

	static final int NEAREST = 0;

	static final int LANCZOS = 1;

	private static final int BICUBIC = 3;

	/** Of the cubic, as in Pillow. */
	private static final double A = -0.5;

	private final int resample;

	/**
	 * Creates a filter.
	 * @param resample Pillow's number of it
	 */
	Resampling(int resample) {
		this.resample = resample;
	}

	/**
	 * Prepares one direction.
	 * @param input the length of what is resized
	 * @param output the length that it gets
	 * @param first the first position of the result that is wanted
	 * @param count how many are
	 */
	Pass pass(int input, long output, long first, int count) {
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
			// The pixel below the centre, as Pillow takes it: nearest-exact in torch.
			long source = (long) Math.floor((float) ((first + i + 0.5) * scale));
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
		return ((this.resample == LANCZOS) ? 3 : (this.resample == BICUBIC) ? 2 : 1) * Math.max(1, scale);
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
		if (this.resample == LANCZOS) {
			return (x < 3) ? sinc(x) * sinc(x / 3) : 0;
		}
		if (this.resample != BICUBIC) {
			return (x < 1) ? 1 - x : 0;
		}
		if (x < 1) {
			return ((A + 2) * x - (A + 3)) * x * x + 1;
		}
		return (x < 2) ? (((x - 5) * x + 8) * x - 4) * A : 0;
	}

	private static double sinc(double x) {
		return (x == 0) ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
	}

	/**
	 * One direction of the resize.
	 *
	 * @param starts for each position of the result the first one that it is made of
	 * @param weights the weights from there on
	 * @param precision by how many bits they are larger than they are
	 */
	record Pass(int[] starts, short[][] weights, int precision) {

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
