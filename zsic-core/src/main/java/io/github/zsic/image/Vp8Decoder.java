package io.github.zsic.image;

import java.util.Arrays;

/**
 * A VP8 key frame, which is what a lossy WebP is, to RGB: RFC 6386 for the samples, and
 * libwebp's interpolation and fixed-point arithmetic for the colours, so that the result
 * is the reference's to the last bit.
 */
final class Vp8Decoder {

	private static final int DC = 0;

	private static final int TM = 1;

	private static final int VERTICAL = 2;

	private static final int HORIZONTAL = 3;

	private static final int[] SUBBLOCK_MODE_TREE = { 0, 2, -1, 4, -2, 6, 8, 12, -3, 10, -5, -6, -4, 14, -7, 16, -8,
			-9 };

	private static final int[] ZIGZAG = { 0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15 };

	/** Where the probabilities of a coefficient start; the last is never used. */
	private static final int[] BAND = { 0, 33, 66, 99, 198, 132, 165, 198, 198, 198, 198, 198, 198, 198, 198, 231, 0 };

	private static final int[][] EXTRA_BITS = { { 173, 148, 140 }, { 176, 155, 140, 135 }, { 180, 157, 141, 134, 130 },
			{ 254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129 } };

	private final byte[] bytes;

	private final int width;

	private final int height;

	private final int columns;

	private final int rows;

	private final Plane luma;

	private final Plane blue;

	private final Plane red;

	private final BoolDecoder header;

	private final BoolDecoder[] partitions;

	private final byte[] probabilities = Vp8Tables.COEFFICIENTS.clone();

	private boolean updateSegments;

	private final int[] segmentProbabilities = { 255, 255, 255 };

	/** By segment: steps of luma, of the second-order luma, and of chroma; dc and ac. */
	private final int[][] steps = new int[4][];

	private boolean simpleFilter;

	private int sharpness;

	/** By segment and whether there are sub-block modes. */
	private final int[][] filterLevels = new int[4][2];

	private int skipProbability = -1;

	// What the macroblocks above and on the left tell the next.

	private final int[] modesAbove;

	private final int[] modesLeft = new int[4];

	private final boolean[] tokensAbove;

	private final boolean[] tokensLeft = new boolean[9];

	private final int[] modes = new int[16];

	private final int[] coefficients = new int[400];

	private final int[] edge = new int[13];

	/** By macroblock: the filter level, negative if the inner edges are left alone. */
	private final byte[] filters;

	static RgbImage decode(byte[] bytes, int start, int end, PixelLimit limit) throws DecodingException {
		int[] size = size(bytes, start, end);
		limit.check(size[0], size[1], 2 + RgbImage.BYTES_PER_PIXEL);
		Vp8Decoder decoder = new Vp8Decoder(bytes, start, end, size);
		decoder.decode(limit);
		return new RgbImage(decoder.width, decoder.height, decoder.toRgb());
	}

	static int[] size(byte[] bytes, int start, int end) throws DecodingException {
		ByteCursor in = new ByteCursor(bytes, start, end);
		int tag = in.u24le();
		if ((tag & 1) != 0 || in.u24le() != 0x2A019D) {
			throw DecodingException.damaged("its image data does not start with a key frame");
		}
		return new int[] { in.u16le() & 0x3FFF, in.u16le() & 0x3FFF };
	}

	private Vp8Decoder(byte[] bytes, int start, int end, int[] size) throws DecodingException {
		this.bytes = bytes;
		this.width = size[0];
		this.height = size[1];
		this.columns = (this.width + 15) / 16;
		this.rows = (this.height + 15) / 16;
		ByteCursor in = new ByteCursor(bytes, start, end);
		int firstSize = in.u24le() >> 5;
		in.skip(7);
		int first = in.require(firstSize);
		this.header = new BoolDecoder(bytes, first, first + firstSize);
		in.skip(firstSize);
		int partitionCount = readHeader();
		this.partitions = new BoolDecoder[partitionCount];
		in.require(3L * (partitionCount - 1));
		ByteCursor data = new ByteCursor(bytes, in.position() + 3 * (partitionCount - 1), end);
		for (int i = 0; i < partitionCount; i++) {
			int length = (i < partitionCount - 1) ? in.u24le() : data.remaining();
			int partition = data.require(length);
			this.partitions[i] = new BoolDecoder(bytes, partition, partition + length);
			data.skip(length);
		}
		this.luma = new Plane(16 * this.columns, 16 * this.rows);
		this.blue = new Plane(8 * this.columns, 8 * this.rows);
		this.red = new Plane(8 * this.columns, 8 * this.rows);
		this.modesAbove = new int[4 * this.columns];
		this.tokensAbove = new boolean[9 * this.columns];
		this.filters = new byte[this.columns * this.rows];
	}

	private int readHeader() {
		BoolDecoder in = this.header;
		in.bits(2);
		boolean segmented = in.flag();
		boolean absolute = false;
		int[] quantizers = new int[4];
		int[] levels = new int[4];
		if (segmented) {
			this.updateSegments = in.flag();
			if (in.flag()) {
				absolute = in.flag();
				for (int i = 0; i < 4; i++) {
					quantizers[i] = in.flag() ? in.signed(7) : 0;
				}
				for (int i = 0; i < 4; i++) {
					levels[i] = in.flag() ? in.signed(6) : 0;
				}
			}
			if (this.updateSegments) {
				for (int i = 0; i < 3; i++) {
					this.segmentProbabilities[i] = in.flag() ? in.bits(8) : 255;
				}
			}
		}
		this.simpleFilter = in.flag();
		int level = in.bits(6);
		this.sharpness = in.bits(3);
		int keyFrameDelta = 0;
		int subBlockDelta = 0;
		if (in.flag() && in.flag()) {
			for (int i = 0; i < 8; i++) {
				int delta = in.flag() ? in.signed(6) : 0;
				keyFrameDelta = (i == 0) ? delta : keyFrameDelta;
				subBlockDelta = (i == 4) ? delta : subBlockDelta;
			}
		}
		int partitionCount = 1 << in.bits(2);
		int quantizer = in.bits(7);
		int[] deltas = new int[5];
		for (int i = 0; i < 5; i++) {
			deltas[i] = in.flag() ? in.signed(4) : 0;
		}
		for (int i = 0; i < 4; i++) {
			this.steps[i] = steps(absolute ? quantizers[i] : quantizer + quantizers[i], deltas);
			int base = (absolute ? levels[i] : level + levels[i]) + keyFrameDelta;
			boolean off = level == 0;
			this.filterLevels[i][0] = off ? 0 : Math.max(0, Math.min(63, base));
			this.filterLevels[i][1] = off ? 0 : Math.max(0, Math.min(63, base + subBlockDelta));
		}
		in.flag();
		for (int i = 0; i < this.probabilities.length; i++) {
			if (in.bit(Vp8Tables.COEFFICIENT_UPDATES[i] & 0xFF) != 0) {
				this.probabilities[i] = (byte) in.bits(8);
			}
		}
		if (in.flag()) {
			this.skipProbability = in.bits(8);
		}
		return partitionCount;
	}

	private static int[] steps(int quantizer, int[] deltas) {
		return new int[] { Vp8Tables.DC_STEPS[index(quantizer + deltas[0], 127)],
				Vp8Tables.AC_STEPS[index(quantizer, 127)], 2 * Vp8Tables.DC_STEPS[index(quantizer + deltas[1], 127)],
				Math.max(8, Vp8Tables.AC_STEPS[index(quantizer + deltas[2], 127)] * 155 / 100),
				Vp8Tables.DC_STEPS[index(quantizer + deltas[3], 117)],
				Vp8Tables.AC_STEPS[index(quantizer + deltas[4], 127)] };
	}

	private static int index(int value, int maximum) {
		return Math.max(0, Math.min(maximum, value));
	}

	private void decode(PixelLimit limit) throws DecodingException {
		for (int y = 0; y < this.rows; y++) {
			limit.checkTime();
			BoolDecoder tokens = this.partitions[y & (this.partitions.length - 1)];
			Arrays.fill(this.modesLeft, DC);
			Arrays.fill(this.tokensLeft, false);
			for (int x = 0; x < this.columns; x++) {
				decodeMacroblock(tokens, x, y);
			}
			if (this.header.isExhausted() || tokens.isExhausted()) {
				throw DecodingException.truncated();
			}
		}
		// Prediction looks at samples before they are filtered, so filtering comes last.
		for (int y = 0; y < this.rows; y++) {
			limit.checkTime();
			for (int x = 0; x < this.columns; x++) {
				filterMacroblock(x, y);
			}
		}
	}

	private void decodeMacroblock(BoolDecoder tokens, int x, int y) {
		BoolDecoder in = this.header;
		int segment = 0;
		if (this.updateSegments) {
			segment = (in.bit(this.segmentProbabilities[0]) == 0) ? in.bit(this.segmentProbabilities[1])
					: 2 + in.bit(this.segmentProbabilities[2]);
		}
		boolean skip = this.skipProbability >= 0 && in.bit(this.skipProbability) != 0;
		boolean subBlocks = in.bit(145) == 0;
		int mode = DC;
		if (subBlocks) {
			readSubBlockModes(x);
		}
		else {
			mode = (in.bit(156) != 0) ? ((in.bit(128) != 0) ? TM : HORIZONTAL) : ((in.bit(163) != 0) ? VERTICAL : DC);
			Arrays.fill(this.modesAbove, 4 * x, 4 * x + 4, mode);
			Arrays.fill(this.modesLeft, mode);
		}
		int chromaMode = (in.bit(142) == 0) ? DC : (in.bit(114) == 0) ? VERTICAL : (in.bit(183) != 0) ? TM : HORIZONTAL;
		boolean coded = false;
		Arrays.fill(this.coefficients, 0);
		if (skip) {
			clearTokens(x, subBlocks ? 8 : 9);
		}
		else {
			coded = readCoefficients(tokens, x, !subBlocks, this.steps[segment]);
		}
		int level = this.filterLevels[segment][subBlocks ? 1 : 0];
		this.filters[y * this.columns + x] = (byte) ((subBlocks || coded) ? level : -level);
		if (subBlocks) {
			predictSubBlocks(x, y);
		}
		else {
			this.luma.predict(mode, 16, x, y);
			for (int i = 0; i < 16; i++) {
				this.luma.add(this.coefficients, 16 * i, this.luma.at(16 * x + 4 * (i & 3), 16 * y + 4 * (i >> 2)));
			}
		}
		this.blue.predict(chromaMode, 8, x, y);
		this.red.predict(chromaMode, 8, x, y);
		for (int i = 0; i < 4; i++) {
			int at = this.blue.at(8 * x + 4 * (i & 1), 8 * y + 4 * (i >> 1));
			this.blue.add(this.coefficients, 256 + 16 * i, at);
			this.red.add(this.coefficients, 320 + 16 * i, at);
		}
	}

	private void readSubBlockModes(int x) {
		for (int i = 0; i < 16; i++) {
			int column = 4 * x + (i & 3);
			int node = 90 * this.modesAbove[column] + 9 * this.modesLeft[i >> 2];
			int step = 0;
			do {
				step = SUBBLOCK_MODE_TREE[step + this.header.bit(Vp8Tables.SUBBLOCK_MODES[node + (step >> 1)] & 0xFF)];
			}
			while (step > 0);
			this.modes[i] = -step;
			this.modesAbove[column] = -step;
			this.modesLeft[i >> 2] = -step;
		}
	}

	private void clearTokens(int x, int count) {
		Arrays.fill(this.tokensAbove, 9 * x, 9 * x + count, false);
		Arrays.fill(this.tokensLeft, 0, count, false);
	}

	/** Returns whether any coefficient is not zero. */
	private boolean readCoefficients(BoolDecoder in, int x, boolean secondOrder, int[] steps) {
		boolean coded = false;
		int first = 0;
		int type = 3;
		if (secondOrder) {
			readBlock(in, 1, 0, 384, 9 * x + 8, 8, steps[2], steps[3]);
			invertHadamard();
			first = 1;
			type = 0;
		}
		for (int i = 0; i < 16; i++) {
			int count = readBlock(in, type, first, 16 * i, 9 * x + (i & 3), i >> 2, steps[0], steps[1]);
			coded |= count > 1 || this.coefficients[16 * i] != 0;
		}
		for (int i = 0; i < 8; i++) {
			int plane = 4 + 2 * (i >> 2);
			int count = readBlock(in, 2, 0, 256 + 16 * i, 9 * x + plane + (i & 1), plane + ((i >> 1) & 1), steps[4],
					steps[5]);
			coded |= count > 1 || this.coefficients[256 + 16 * i] != 0;
		}
		return coded;
	}

	private int readBlock(BoolDecoder in, int type, int first, int out, int above, int left, int dcStep, int acStep) {
		int context = (this.tokensAbove[above] ? 1 : 0) + (this.tokensLeft[left] ? 1 : 0);
		int count = readTokens(in, 264 * type, context, first, out, dcStep, acStep);
		boolean any = count > first;
		this.tokensAbove[above] = any;
		this.tokensLeft[left] = any;
		return count;
	}

	private int readTokens(BoolDecoder in, int type, int context, int first, int out, int dcStep, int acStep) {
		byte[] odds = this.probabilities;
		int n = first;
		int p = type + BAND[n] + 11 * context;
		while (n < 16) {
			if (in.bit(odds[p] & 0xFF) == 0) {
				return n;
			}
			while (in.bit(odds[p + 1] & 0xFF) == 0) {
				n++;
				if (n == 16) {
					return 16;
				}
				p = type + BAND[n];
			}
			int value = 1;
			int next = 11;
			if (in.bit(odds[p + 2] & 0xFF) != 0) {
				value = readLarge(in, p);
				next = 22;
			}
			int step = (n == 0) ? dcStep : acStep;
			this.coefficients[out + ZIGZAG[n]] = (in.bit(128) != 0) ? -value * step : value * step;
			n++;
			p = type + BAND[n] + next;
		}
		return 16;
	}

	private int readLarge(BoolDecoder in, int p) {
		byte[] odds = this.probabilities;
		if (in.bit(odds[p + 3] & 0xFF) == 0) {
			return (in.bit(odds[p + 4] & 0xFF) == 0) ? 2 : 3 + in.bit(odds[p + 5] & 0xFF);
		}
		if (in.bit(odds[p + 6] & 0xFF) == 0) {
			if (in.bit(odds[p + 7] & 0xFF) == 0) {
				return 5 + in.bit(159);
			}
			int high = in.bit(165);
			return 7 + 2 * high + in.bit(145);
		}
		int high = in.bit(odds[p + 8] & 0xFF);
		int category = 2 * high + in.bit(odds[p + 9 + high] & 0xFF);
		int value = 0;
		for (int probability : EXTRA_BITS[category]) {
			value = 2 * value + in.bit(probability);
		}
		return value + 3 + (8 << category);
	}

	/** Spreads the second-order block at 384 over the first coefficients of luma. */
	private void invertHadamard() {
		int[] c = this.coefficients;
		int[] t = new int[16];
		for (int i = 0; i < 4; i++) {
			int a0 = c[384 + i] + c[396 + i];
			int a1 = c[388 + i] + c[392 + i];
			int a2 = c[388 + i] - c[392 + i];
			int a3 = c[384 + i] - c[396 + i];
			t[i] = a0 + a1;
			t[8 + i] = a0 - a1;
			t[4 + i] = a3 + a2;
			t[12 + i] = a3 - a2;
		}
		for (int i = 0; i < 4; i++) {
			int dc = t[4 * i] + 3;
			int a0 = dc + t[4 * i + 3];
			int a1 = t[4 * i + 1] + t[4 * i + 2];
			int a2 = t[4 * i + 1] - t[4 * i + 2];
			int a3 = dc - t[4 * i + 3];
			c[64 * i] = (a0 + a1) >> 3;
			c[64 * i + 16] = (a3 + a2) >> 3;
			c[64 * i + 32] = (a0 - a1) >> 3;
			c[64 * i + 48] = (a3 - a2) >> 3;
		}
	}

	private void predictSubBlocks(int x, int y) {
		byte[] samples = this.luma.samples;
		int stride = this.luma.stride;
		int corner = this.luma.at(16 * x, 16 * y);
		int[] aboveRight = new int[4];
		for (int i = 0; i < 4; i++) {
			boolean beyond = x == this.columns - 1 && y > 0;
			aboveRight[i] = samples[corner - stride + (beyond ? 15 : 16 + i)] & 0xFF;
		}
		int[] e = this.edge;
		for (int i = 0; i < 16; i++) {
			int at = corner + 4 * (i & 3) + 4 * (i >> 2) * stride;
			for (int k = 0; k < 4; k++) {
				e[3 - k] = samples[at + k * stride - 1] & 0xFF;
			}
			boolean rightmost = (i & 3) == 3;
			for (int k = 0; k < 9; k++) {
				e[4 + k] = (rightmost && k > 4) ? aboveRight[k - 5] : samples[at - stride - 1 + k] & 0xFF;
			}
			predictSubBlock(this.modes[i], at);
			this.luma.add(this.coefficients, 16 * i, at);
		}
	}

	/**
	 * Predicts 4 x 4 samples from the 13 around them: the left column from the bottom up,
	 * the corner at 4, then the row above and above right.
	 */
	private void predictSubBlock(int mode, int at) {
		int[] e = this.edge;
		byte[] samples = this.luma.samples;
		int stride = this.luma.stride;
		int sum = 4;
		for (int i = 0; i < 4; i++) {
			sum += e[i] + e[5 + i];
		}
		for (int y = 0; y < 4; y++) {
			for (int x = 0; x < 4; x++) {
				int value = switch (mode) {
					case DC -> sum >> 3;
					case TM -> Colors.clamp(e[3 - y] + e[5 + x] - e[4]);
					case VERTICAL -> average(4 + x);
					case HORIZONTAL -> (y == 3) ? (e[1] + 3 * e[0] + 2) >> 2 : average(2 - y);
					case 4 -> (x + y == 6) ? (e[11] + 3 * e[12] + 2) >> 2 : average(5 + x + y);
					case 5 -> average(3 + x - y);
					case 6 -> verticalRight(x, y);
					case 7 -> verticalLeft(x, y);
					case 8 -> horizontalDown(x, y);
					default -> horizontalUp(x, y);
				};
				samples[at + y * stride + x] = (byte) value;
			}
		}
	}

	/** Of three neighbours on the edge, the middle one counting twice. */
	private int average(int first) {
		int[] e = this.edge;
		return (e[first] + 2 * e[first + 1] + e[first + 2] + 2) >> 2;
	}

	private int average2(int first) {
		return (this.edge[first] + this.edge[first + 1] + 1) >> 1;
	}

	private int verticalRight(int x, int y) {
		int diagonal = 2 * x - y;
		if (diagonal < 0) {
			return average(4 + diagonal);
		}
		return (diagonal % 2 == 0) ? average2(4 + diagonal / 2) : average(3 + (diagonal + 1) / 2);
	}

	private int verticalLeft(int x, int y) {
		if (x == 3 && y >= 2) {
			return average((y == 2) ? 9 : 10);
		}
		int first = 5 + x + (y >> 1);
		return ((y & 1) == 0) ? average2(first) : average(first);
	}

	private int horizontalDown(int x, int y) {
		int diagonal = 2 * y - x;
		if (diagonal < 0) {
			return average(2 - diagonal);
		}
		return (diagonal % 2 == 0) ? average2(3 - diagonal / 2) : average(3 - (diagonal + 1) / 2);
	}

	private int horizontalUp(int x, int y) {
		int diagonal = x + 2 * y;
		if (diagonal > 5) {
			return this.edge[0];
		}
		if (diagonal == 5) {
			return (this.edge[1] + 3 * this.edge[0] + 2) >> 2;
		}
		return (diagonal % 2 == 0) ? average2(2 - diagonal / 2) : average(1 - diagonal / 2);
	}

	private void filterMacroblock(int x, int y) {
		int filter = this.filters[y * this.columns + x];
		int level = Math.abs(filter);
		if (level == 0) {
			return;
		}
		int interior = level;
		if (this.sharpness > 0) {
			interior = Math.min(interior >> ((this.sharpness > 4) ? 2 : 1), 9 - this.sharpness);
		}
		interior = Math.max(1, interior);
		int limit = 2 * level + interior;
		int variance = (level >= 40) ? 2 : (level >= 15) ? 1 : 0;
		boolean inner = filter > 0;
		filterPlane(this.luma, 16, x, y, inner, limit, interior, variance);
		if (!this.simpleFilter) {
			filterPlane(this.blue, 8, x, y, inner, limit, interior, variance);
			filterPlane(this.red, 8, x, y, inner, limit, interior, variance);
		}
	}

	private void filterPlane(Plane plane, int size, int x, int y, boolean inner, int limit, int interior,
			int variance) {
		int corner = plane.at(size * x, size * y);
		int stride = plane.stride;
		for (int i = 0; i < size; i += 4) {
			if ((i == 0) ? x > 0 : inner) {
				filterEdge(plane, corner + i, stride, 1, size, i == 0, limit, interior, variance);
			}
		}
		for (int i = 0; i < size; i += 4) {
			if ((i == 0) ? y > 0 : inner) {
				filterEdge(plane, corner + i * stride, 1, stride, size, i == 0, limit, interior, variance);
			}
		}
	}

	private void filterEdge(Plane plane, int start, int along, int across, int size, boolean outer, int limit,
			int interior, int variance) {
		int edgeLimit = 2 * (outer ? limit + 4 : limit) + 1;
		for (int i = 0, at = start; i < size; i++, at += along) {
			if (this.simpleFilter) {
				plane.filterSimple(at, across, edgeLimit);
			}
			else {
				plane.filter(at, across, edgeLimit, interior, variance, outer);
			}
		}
	}

	private byte[] toRgb() {
		byte[] rgb = new byte[3 * this.width * this.height];
		int[] blueRow = new int[this.width];
		int[] redRow = new int[this.width];
		int last = (this.height - 1) >> 1;
		for (int y = 0, out = 0; y < this.height; y++) {
			int near = y >> 1;
			int far = Math.max(0, Math.min(last, near + (((y & 1) == 0) ? -1 : 1)));
			this.blue.interpolate(near, far, blueRow);
			this.red.interpolate(near, far, redRow);
			int in = this.luma.at(0, y);
			for (int x = 0; x < this.width; x++, out += 3) {
				int luma = ((this.luma.samples[in + x] & 0xFF) * 19077) >> 8;
				int u = blueRow[x];
				int v = redRow[x];
				rgb[out] = (byte) Colors.clamp((luma + ((v * 26149) >> 8) - 14234) >> 6);
				rgb[out + 1] = (byte) Colors.clamp((luma - ((u * 6419) >> 8) - ((v * 13320) >> 8) + 8708) >> 6);
				rgb[out + 2] = (byte) Colors.clamp((luma + ((u * 33050) >> 8) - 17685) >> 6);
			}
		}
		return rgb;
	}

	/**
	 * Samples with a row above of 127 and a column on the left of 129, which is what
	 * prediction sees outside the picture.
	 */
	private static final class Plane {

		private final int stride;

		private final byte[] samples;

		Plane(int width, int height) {
			this.stride = width + 5;
			this.samples = new byte[this.stride * (height + 1)];
			Arrays.fill(this.samples, 0, this.stride, (byte) 127);
			for (int y = 1; y <= height; y++) {
				this.samples[y * this.stride] = (byte) 129;
			}
		}

		int at(int x, int y) {
			return (y + 1) * this.stride + x + 1;
		}

		void predict(int mode, int size, int column, int row) {
			byte[] s = this.samples;
			int corner = at(size * column, size * row);
			int above = corner - this.stride;
			int dc = (mode == DC) ? mean(size, column > 0, row > 0, corner) : 0;
			int topLeft = s[above - 1] & 0xFF;
			for (int y = 0; y < size; y++) {
				int out = corner + y * this.stride;
				int left = s[out - 1] & 0xFF;
				switch (mode) {
					case DC -> Arrays.fill(s, out, out + size, (byte) dc);
					case VERTICAL -> System.arraycopy(s, above, s, out, size);
					case HORIZONTAL -> Arrays.fill(s, out, out + size, (byte) left);
					default -> {
						for (int x = 0; x < size; x++) {
							s[out + x] = (byte) Colors.clamp(left + (s[above + x] & 0xFF) - topLeft);
						}
					}
				}
			}
		}

		private int mean(int size, boolean hasLeft, boolean hasAbove, int corner) {
			if (!hasLeft && !hasAbove) {
				return 128;
			}
			int sum = 0;
			for (int i = 0; i < size; i++) {
				sum += hasAbove ? this.samples[corner - this.stride + i] & 0xFF : 0;
				sum += hasLeft ? this.samples[corner + i * this.stride - 1] & 0xFF : 0;
			}
			int count = (hasLeft && hasAbove) ? 2 * size : size;
			return (sum + count / 2) / count;
		}

		/** Adds the inverse cosine transform of 16 coefficients. */
		void add(int[] c, int in, int at) {
			int ac = 0;
			for (int i = 1; i < 16; i++) {
				ac |= c[in + i];
			}
			byte[] s = this.samples;
			if (ac == 0) {
				int dc = (c[in] + 4) >> 3;
				for (int y = 0, out = at; dc != 0 && y < 4; y++, out += this.stride) {
					for (int x = 0; x < 4; x++) {
						s[out + x] = (byte) Colors.clamp((s[out + x] & 0xFF) + dc);
					}
				}
				return;
			}
			for (int i = in; i < in + 4; i++) {
				int a = c[i] + c[i + 8];
				int b = c[i] - c[i + 8];
				int d = ((c[i + 4] * 35468) >> 16) - c[i + 12] - ((c[i + 12] * 20091) >> 16);
				int e = c[i + 4] + ((c[i + 4] * 20091) >> 16) + ((c[i + 12] * 35468) >> 16);
				c[i] = a + e;
				c[i + 4] = b + d;
				c[i + 8] = b - d;
				c[i + 12] = a - e;
			}
			for (int y = 0, i = in, out = at; y < 4; y++, i += 4, out += this.stride) {
				int a = c[i] + 4 + c[i + 2];
				int b = c[i] + 4 - c[i + 2];
				int d = ((c[i + 1] * 35468) >> 16) - c[i + 3] - ((c[i + 3] * 20091) >> 16);
				int e = c[i + 1] + ((c[i + 1] * 20091) >> 16) + ((c[i + 3] * 35468) >> 16);
				s[out] = (byte) Colors.clamp((s[out] & 0xFF) + ((a + e) >> 3));
				s[out + 1] = (byte) Colors.clamp((s[out + 1] & 0xFF) + ((b + d) >> 3));
				s[out + 2] = (byte) Colors.clamp((s[out + 2] & 0xFF) + ((b - d) >> 3));
				s[out + 3] = (byte) Colors.clamp((s[out + 3] & 0xFF) + ((a - e) >> 3));
			}
		}

		void filterSimple(int at, int step, int limit) {
			byte[] s = this.samples;
			int p1 = s[at - 2 * step] & 0xFF;
			int p0 = s[at - step] & 0xFF;
			int q0 = s[at] & 0xFF;
			int q1 = s[at + step] & 0xFF;
			if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) <= limit) {
				filterTwo(at, step, p1, p0, q0, q1);
			}
		}

		void filter(int at, int step, int limit, int interior, int variance, boolean outer) {
			byte[] s = this.samples;
			int p1 = s[at - 2 * step] & 0xFF;
			int p0 = s[at - step] & 0xFF;
			int q0 = s[at] & 0xFF;
			int q1 = s[at + step] & 0xFF;
			if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > limit) {
				return;
			}
			int p3 = s[at - 4 * step] & 0xFF;
			int p2 = s[at - 3 * step] & 0xFF;
			int q2 = s[at + 2 * step] & 0xFF;
			int q3 = s[at + 3 * step] & 0xFF;
			if (Math.abs(p3 - p2) > interior || Math.abs(p2 - p1) > interior || Math.abs(p1 - p0) > interior
					|| Math.abs(q3 - q2) > interior || Math.abs(q2 - q1) > interior || Math.abs(q1 - q0) > interior) {
				return;
			}
			if (Math.abs(p1 - p0) > variance || Math.abs(q1 - q0) > variance) {
				filterTwo(at, step, p1, p0, q0, q1);
			}
			else if (outer) {
				int a = signed8(3 * (q0 - p0) + signed8(p1 - q1));
				int a1 = (27 * a + 63) >> 7;
				int a2 = (18 * a + 63) >> 7;
				int a3 = (9 * a + 63) >> 7;
				s[at - 3 * step] = (byte) Colors.clamp(p2 + a3);
				s[at - 2 * step] = (byte) Colors.clamp(p1 + a2);
				s[at - step] = (byte) Colors.clamp(p0 + a1);
				s[at] = (byte) Colors.clamp(q0 - a1);
				s[at + step] = (byte) Colors.clamp(q1 - a2);
				s[at + 2 * step] = (byte) Colors.clamp(q2 - a3);
			}
			else {
				int a = 3 * (q0 - p0);
				int a1 = signed5((a + 4) >> 3);
				int a2 = signed5((a + 3) >> 3);
				int a3 = (a1 + 1) >> 1;
				s[at - 2 * step] = (byte) Colors.clamp(p1 + a3);
				s[at - step] = (byte) Colors.clamp(p0 + a2);
				s[at] = (byte) Colors.clamp(q0 - a1);
				s[at + step] = (byte) Colors.clamp(q1 - a3);
			}
		}

		private void filterTwo(int at, int step, int p1, int p0, int q0, int q1) {
			int a = 3 * (q0 - p0) + signed8(p1 - q1);
			this.samples[at - step] = (byte) Colors.clamp(p0 + signed5((a + 3) >> 3));
			this.samples[at] = (byte) Colors.clamp(q0 - signed5((a + 4) >> 3));
		}

		private static int signed8(int value) {
			return Math.max(-128, Math.min(127, value));
		}

		private static int signed5(int value) {
			return Math.max(-16, Math.min(15, value));
		}

		/** Chroma for a row of luma, from the nearer and the farther row of chroma. */
		void interpolate(int near, int far, int[] out) {
			byte[] s = this.samples;
			int nearAt = at(0, near);
			int farAt = at(0, far);
			int n0 = s[nearAt] & 0xFF;
			int f0 = s[farAt] & 0xFF;
			out[0] = (3 * n0 + f0 + 2) >> 2;
			int pairs = (out.length - 1) >> 1;
			for (int x = 1; x <= pairs; x++) {
				int n1 = s[nearAt + x] & 0xFF;
				int f1 = s[farAt + x] & 0xFF;
				int sum = n0 + n1 + f0 + f1 + 8;
				out[2 * x - 1] = (((sum + 2 * (n1 + f0)) >> 3) + n0) >> 1;
				out[2 * x] = (((sum + 2 * (n0 + f1)) >> 3) + n1) >> 1;
				n0 = n1;
				f0 = f1;
			}
			if ((out.length & 1) == 0) {
				out[out.length - 1] = (3 * n0 + f0 + 2) >> 2;
			}
		}

	}

	/**
	 * The arithmetic decoder of section 7. Behind the end there are zeros, a few of which
	 * are legitimate.
	 */
	private static final class BoolDecoder {

		private final byte[] bytes;

		private final int end;

		private int position;

		private int value;

		/** How many bits of the value lie below the eight that are looked at. */
		private int spare = -8;

		private int range = 255;

		BoolDecoder(byte[] bytes, int start, int end) {
			this.bytes = bytes;
			this.position = start;
			this.end = end;
		}

		int bit(int probability) {
			if (this.spare < 0) {
				load();
			}
			int split = 1 + (((this.range - 1) * probability) >> 8);
			int bit = 0;
			if ((this.value >>> this.spare) >= split) {
				this.range -= split;
				this.value -= split << this.spare;
				bit = 1;
			}
			else {
				this.range = split;
			}
			int shift = Integer.numberOfLeadingZeros(this.range) - 24;
			this.range <<= shift;
			this.spare -= shift;
			return bit;
		}

		private void load() {
			while (this.spare <= 8) {
				int next = (this.position < this.end) ? this.bytes[this.position] & 0xFF : 0;
				this.position++;
				this.value = (this.value << 8) | next;
				this.spare += 8;
			}
		}

		boolean isExhausted() {
			return this.position > this.end + 8;
		}

		boolean flag() {
			return bit(128) != 0;
		}

		int bits(int count) {
			int value = 0;
			for (int i = 0; i < count; i++) {
				value = (value << 1) | bit(128);
			}
			return value;
		}

		int signed(int count) {
			int value = bits(count);
			return flag() ? -value : value;
		}

	}

}
