package io.github.zsic.image;

/**
 * One of a JPEG's planes, such as brightness: how it is sampled, and its samples.
 */
final class JpegComponent {

	final int id;

	/** How many blocks of it are in a row and in a column of an MCU. */
	final int horizontal;

	final int vertical;

	final int quantizationTable;

	/** How many blocks it has, filled up to whole MCUs. */
	int columns;

	int rows;

	/** How many of them a scan of this component alone has. */
	int ownColumns;

	int ownRows;

	/** How many samples are made of each block of 8 x 8. */
	int blockWidth;

	int blockHeight;

	/** How many samples it has that are part of the picture. */
	int width;

	int height;

	/** How often a sample is to be repeated to get to the size of the picture. */
	int across;

	int down;

	/** The last coefficient that counts, in the order of the file. */
	int lastNeeded;

	/** In the order of the file; nothing before its first scan. */
	int[] quantization = {};

	/**
	 * A progressive picture's, as they are known until now: those that count, of one
	 * block after the other.
	 */
	short[] coefficients = {};

	/** For each block the coefficients that are not zero, as bits. */
	long[] known = {};

	byte[] samples = {};

	/** The last value of its first coefficient. */
	int predicted;

	JpegComponent(int id, int sampling, int quantizationTable) {
		this.id = id;
		this.horizontal = sampling >> 4;
		this.vertical = sampling & 15;
		this.quantizationTable = quantizationTable;
	}

	/**
	 * Works out the geometry.
	 * @param frameWidth the width of the picture
	 * @param frameHeight the height of the picture
	 * @param most the largest sampling factors, horizontal and vertical
	 * @param eighths how many samples the picture gets for 8
	 */
	void prepare(int frameWidth, int frameHeight, int[] most, int eighths) {
		this.columns = ceil(frameWidth, 8 * most[0]) * this.horizontal;
		this.rows = ceil(frameHeight, 8 * most[1]) * this.vertical;
		this.ownColumns = ceil(frameWidth * this.horizontal, 8 * most[0]);
		this.ownRows = ceil(frameHeight * this.vertical, 8 * most[1]);
		this.blockWidth = blockSize(eighths, most[0] / this.horizontal);
		this.blockHeight = blockSize(eighths, most[1] / this.vertical);
		this.width = ceil(frameWidth * this.horizontal * this.blockWidth, 8 * most[0]);
		this.height = ceil(frameHeight * this.vertical * this.blockHeight, 8 * most[1]);
		this.across = eighths * most[0] / (this.horizontal * this.blockWidth);
		this.down = eighths * most[1] / (this.vertical * this.blockHeight);
		for (int k = 0; k < 64; k++) {
			if (JpegScan.ORDER[k] % 8 < this.blockWidth && JpegScan.ORDER[k] / 8 < this.blockHeight) {
				this.lastNeeded = k;
			}
		}
	}

	/**
	 * What it takes.
	 * @param progressive whether coefficients have to be kept
	 * @return the memory in bytes
	 */
	long bytes(boolean progressive) {
		long samples = this.blockWidth * this.blockHeight;
		long coefficients = (this.lastNeeded + 1L) * Short.BYTES + Long.BYTES;
		return (long) this.columns * this.rows * (samples + (progressive ? coefficients : 0));
	}

	/**
	 * Makes room.
	 * @param progressive whether coefficients have to be kept
	 */
	void allocate(boolean progressive) {
		this.samples = new byte[this.columns * this.blockWidth * this.rows * this.blockHeight];
		if (progressive) {
			this.coefficients = new short[(this.lastNeeded + 1) * this.columns * this.rows];
			this.known = new long[this.columns * this.rows];
		}
	}

	private static int ceil(int dividend, int divisor) {
		return (dividend + divisor - 1) / divisor;
	}

	/**
	 * A component that is sampled more coarsely has no need to be made smaller as much.
	 */
	private static int blockSize(int eighths, int coarser) {
		int size = eighths;
		while (size <= 4 && coarser % 2 == 0) {
			size *= 2;
			coarser /= 2;
		}
		return size;
	}

	void set(int block, int k, int value) {
		this.known[block] |= 1L << k;
		if (k <= this.lastNeeded) {
			this.coefficients[block * (this.lastNeeded + 1) + k] = (short) value;
		}
	}

	int stride() {
		return this.columns * this.blockWidth;
	}

	/** Where the samples of a block go. */
	int offset(int column, int row) {
		return row * this.blockHeight * stride() + column * this.blockWidth;
	}

	/**
	 * Reads a row of samples, as many as the picture has in a row and up to one more for
	 * each that is repeated; smoothed as libjpeg does ("fancy upsampling").
	 * @param y the row of the picture
	 * @param target where they go
	 */
	void row(int y, byte[] target) {
		int row = y / this.down;
		int start = row * stride();
		int other = start;
		if (this.down == 2) {
			int neighbour = ((y & 1) == 0) ? row - 1 : row + 1;
			other = Math.max(0, Math.min(this.height - 1, neighbour)) * stride();
		}
		if (this.across == 1 && this.down == 1) {
			System.arraycopy(this.samples, start, target, 0, this.width);
		}
		else if (this.across == 2 && this.down == 1 && this.width > 2) {
			smoothAcross(start, target);
		}
		else if (this.across == 2 && this.down == 2 && this.width > 2) {
			smoothBoth(start, other, target);
		}
		else if (this.across == 1 && this.down == 2) {
			int round = ((y & 1) == 0) ? 1 : 2;
			for (int x = 0; x < this.width; x++) {
				target[x] = (byte) ((sample(start + x) * 3 + sample(other + x) + round) >> 2);
			}
		}
		else {
			for (int x = 0, out = 0; x < this.width; x++) {
				for (int i = 0; i < this.across; i++) {
					target[out++] = this.samples[start + x];
				}
			}
		}
	}

	private int sample(int index) {
		return this.samples[index] & 0xFF;
	}

	private void smoothAcross(int start, byte[] target) {
		byte[] samples = this.samples;
		int last = this.width - 1;
		int left = samples[start] & 0xFF;
		int middle = left;
		for (int x = 0; x < last; x++) {
			int right = samples[start + x + 1] & 0xFF;
			target[2 * x] = (byte) ((3 * middle + left + 1) >> 2);
			target[2 * x + 1] = (byte) ((3 * middle + right + 2) >> 2);
			left = middle;
			middle = right;
		}
		target[2 * last] = (byte) ((3 * middle + left + 1) >> 2);
		target[2 * last + 1] = (byte) middle;
	}

	private void smoothBoth(int start, int other, byte[] target) {
		byte[] samples = this.samples;
		int last = this.width - 1;
		int left = 3 * (samples[start] & 0xFF) + (samples[other] & 0xFF);
		int middle = left;
		for (int x = 0; x < last; x++) {
			int right = 3 * (samples[start + x + 1] & 0xFF) + (samples[other + x + 1] & 0xFF);
			target[2 * x] = (byte) ((3 * middle + left + 8) >> 4);
			target[2 * x + 1] = (byte) ((3 * middle + right + 7) >> 4);
			left = middle;
			middle = right;
		}
		target[2 * last] = (byte) ((3 * middle + left + 8) >> 4);
		target[2 * last + 1] = (byte) ((4 * middle + 7) >> 4);
	}

}
