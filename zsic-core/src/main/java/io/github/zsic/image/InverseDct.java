package io.github.zsic.image;

/**
 * The inverse discrete cosine transform of JPEG's blocks of 8 x 8. At full size it equals
 * libjpeg's accurate one (jidctint.c) to the last bit, after C. Loeffler, A. Ligtenberg
 * and G. Moschytz, Practical fast 1-D DCT algorithms with 11 multiplications, ICASSP
 * 1989.
 * <p>
 * It also makes 1, 2, 3, 4 or 6 columns or rows of the 8, by the transform of that length
 * on the lowest frequencies. What is left out are frequencies that the smaller picture
 * cannot show, so the colours that it shows are not weakened as by averaging.
 */
final class InverseDct {

	/** Fractional bits of the constants. */
	private static final int BITS = 13;

	/** Bits that the first pass keeps more of. */
	private static final int KEPT = 2;

	private static final int F_0_298 = 2446;

	private static final int F_0_366 = 2998;

	private static final int F_0_390 = 3196;

	private static final int F_0_541 = 4433;

	private static final int F_0_707 = 5793;

	private static final int F_0_765 = 6270;

	private static final int F_0_899 = 7373;

	private static final int F_1_175 = 9633;

	private static final int F_1_224 = 10033;

	private static final int F_1_306 = 10703;

	private static final int F_1_366 = 11190;

	private static final int F_1_414 = 11585;

	private static final int F_1_501 = 12299;

	private static final int F_1_847 = 15137;

	private static final int F_1_961 = 16069;

	private static final int F_2_053 = 16819;

	private static final int F_2_562 = 20995;

	private static final int F_3_072 = 25172;

	private final int[] work = new int[64];

	/**
	 * Transforms a block.
	 * @param block the coefficients, row by row, dequantized
	 * @param flat whether all but the first are zero
	 * @param columns how many columns to make: 1, 2, 3, 4, 6 or 8
	 * @param rows how many rows to make: 1, 2, 3, 4, 6 or 8
	 * @param target where the samples go
	 * @param offset where the first sample goes
	 * @param stride how far apart rows are
	 */
	void transform(int[] block, boolean flat, int columns, int rows, byte[] target, int offset, int stride) {
		if (flat) {
			byte value = sample((block[0] + 4) >> 3);
			for (int y = 0, row = offset; y < rows; y++, row += stride) {
				for (int x = 0; x < columns; x++) {
					target[row + x] = value;
				}
			}
		}
		else if (columns == 2 && rows == 2) {
			transform2(block, target, offset, stride);
		}
		else {
			switch (rows) {
				case 1 -> columns1(block, columns);
				case 2 -> columns2(block, columns);
				case 3 -> columns3(block, columns);
				case 4 -> columns4(block, columns);
				case 6 -> columns6(block, columns);
				default -> columns8(block, columns);
			}
			switch (columns) {
				case 1 -> rows1(rows, target, offset, stride);
				case 2 -> rows2(rows, target, offset, stride);
				case 3 -> rows3(rows, target, offset, stride);
				case 4 -> rows4(rows, target, offset, stride);
				case 6 -> rows6(rows, target, offset, stride);
				default -> rows8(rows, target, offset, stride);
			}
		}
	}

	private static byte sample(int value) {
		return (byte) Colors.clamp(value + 128);
	}

	private static void transform2(int[] block, byte[] target, int offset, int stride) {
		int left = block[0] + 4;
		int upper = left + block[8];
		int lower = left - block[8];
		int upperSlope = block[1] + block[9];
		int lowerSlope = block[1] - block[9];
		target[offset] = sample((upper + upperSlope) >> 3);
		target[offset + 1] = sample((upper - upperSlope) >> 3);
		target[offset + stride] = sample((lower + lowerSlope) >> 3);
		target[offset + stride + 1] = sample((lower - lowerSlope) >> 3);
	}

	private void columns1(int[] block, int columns) {
		for (int x = 0; x < columns; x++) {
			this.work[x] = block[x] << KEPT;
		}
	}

	private void columns2(int[] block, int columns) {
		for (int x = 0; x < columns; x++) {
			this.work[x] = (block[x] + block[x + 8]) << KEPT;
			this.work[x + 8] = (block[x] - block[x + 8]) << KEPT;
		}
	}

	private void columns3(int[] block, int columns) {
		int[] work = this.work;
		int round = 1 << (BITS - KEPT - 1);
		for (int x = 0; x < columns; x++) {
			int mean = (block[x] << BITS) + round;
			int outer = mean + block[x + 16] * F_0_707;
			int slope = block[x + 8] * F_1_224;
			work[x] = (outer + slope) >> (BITS - KEPT);
			work[x + 8] = (mean - block[x + 16] * F_1_414) >> (BITS - KEPT);
			work[x + 16] = (outer - slope) >> (BITS - KEPT);
		}
	}

	private void columns4(int[] block, int columns) {
		int[] work = this.work;
		int round = 1 << (BITS - KEPT - 1);
		for (int x = 0; x < columns; x++) {
			int sum = ((block[x] + block[x + 16]) << BITS) + round;
			int difference = ((block[x] - block[x + 16]) << BITS) + round;
			int outer = block[x + 8] * F_1_306 + block[x + 24] * F_0_541;
			int inner = block[x + 8] * F_0_541 - block[x + 24] * F_1_306;
			work[x] = (sum + outer) >> (BITS - KEPT);
			work[x + 8] = (difference + inner) >> (BITS - KEPT);
			work[x + 16] = (difference - inner) >> (BITS - KEPT);
			work[x + 24] = (sum - outer) >> (BITS - KEPT);
		}
	}

	private void columns6(int[] block, int columns) {
		int[] work = this.work;
		int shift = BITS - KEPT;
		int round = 1 << (shift - 1);
		for (int x = 0; x < columns; x++) {
			int c1 = block[x + 8];
			int c3 = block[x + 24];
			int c5 = block[x + 40];
			int mean = (block[x] << BITS) + round;
			int outer = mean + block[x + 32] * F_0_707;
			int slope = block[x + 16] * F_1_224;
			int even1 = mean - block[x + 32] * F_1_414;
			int odd0 = c1 * F_1_366 + (c3 << BITS) + c5 * F_0_366;
			int odd1 = (c1 - c3 - c5) << BITS;
			int odd2 = c1 * F_0_366 - (c3 << BITS) + c5 * F_1_366;
			work[x] = (outer + slope + odd0) >> shift;
			work[x + 8] = (even1 + odd1) >> shift;
			work[x + 16] = (outer - slope + odd2) >> shift;
			work[x + 24] = (outer - slope - odd2) >> shift;
			work[x + 32] = (even1 - odd1) >> shift;
			work[x + 40] = (outer + slope - odd0) >> shift;
		}
	}

	private void columns8(int[] block, int columns) {
		int[] work = this.work;
		int shift = BITS - KEPT;
		int round = 1 << (shift - 1);
		for (int x = 0; x < columns; x++) {
			int c1 = block[x + 8];
			int c2 = block[x + 16];
			int c3 = block[x + 24];
			int c4 = block[x + 32];
			int c5 = block[x + 40];
			int c6 = block[x + 48];
			int c7 = block[x + 56];
			if ((c1 | c2 | c3 | c4 | c5 | c6 | c7) == 0) {
				int value = block[x] << KEPT;
				work[x] = value;
				work[x + 8] = value;
				work[x + 16] = value;
				work[x + 24] = value;
				work[x + 32] = value;
				work[x + 40] = value;
				work[x + 48] = value;
				work[x + 56] = value;
				continue;
			}
			int z1 = (c2 + c6) * F_0_541;
			int t2 = z1 - c6 * F_1_847;
			int t3 = z1 + c2 * F_0_765;
			int t0 = ((block[x] + c4) << BITS) + round;
			int t1 = ((block[x] - c4) << BITS) + round;
			int t10 = t0 + t3;
			int t13 = t0 - t3;
			int t11 = t1 + t2;
			int t12 = t1 - t2;
			int z3 = c7 + c3;
			int z4 = c5 + c1;
			int z5 = (z3 + z4) * F_1_175;
			z1 = (c7 + c1) * F_0_899;
			int z2 = (c5 + c3) * F_2_562;
			z3 = z5 - z3 * F_1_961;
			z4 = z5 - z4 * F_0_390;
			t0 = c7 * F_0_298 - z1 + z3;
			t1 = c5 * F_2_053 - z2 + z4;
			t2 = c3 * F_3_072 - z2 + z3;
			t3 = c1 * F_1_501 - z1 + z4;
			work[x] = (t10 + t3) >> shift;
			work[x + 56] = (t10 - t3) >> shift;
			work[x + 8] = (t11 + t2) >> shift;
			work[x + 48] = (t11 - t2) >> shift;
			work[x + 16] = (t12 + t1) >> shift;
			work[x + 40] = (t12 - t1) >> shift;
			work[x + 24] = (t13 + t0) >> shift;
			work[x + 32] = (t13 - t0) >> shift;
		}
	}

	private void rows1(int rows, byte[] target, int offset, int stride) {
		for (int y = 0; y < rows; y++) {
			target[offset + y * stride] = sample((this.work[8 * y] + (1 << (KEPT + 2))) >> (KEPT + 3));
		}
	}

	private void rows2(int rows, byte[] target, int offset, int stride) {
		for (int y = 0; y < rows; y++) {
			int mean = this.work[8 * y] + (1 << (KEPT + 2));
			int slope = this.work[8 * y + 1];
			target[offset + y * stride] = sample((mean + slope) >> (KEPT + 3));
			target[offset + y * stride + 1] = sample((mean - slope) >> (KEPT + 3));
		}
	}

	private void rows3(int rows, byte[] target, int offset, int stride) {
		int[] work = this.work;
		int shift = BITS + KEPT + 3;
		int round = 1 << (shift - 1);
		for (int y = 0, in = 0, out = offset; y < rows; y++, in += 8, out += stride) {
			int mean = (work[in] << BITS) + round;
			int outer = mean + work[in + 2] * F_0_707;
			int slope = work[in + 1] * F_1_224;
			target[out] = sample((outer + slope) >> shift);
			target[out + 1] = sample((mean - work[in + 2] * F_1_414) >> shift);
			target[out + 2] = sample((outer - slope) >> shift);
		}
	}

	private void rows4(int rows, byte[] target, int offset, int stride) {
		int[] work = this.work;
		int shift = BITS + KEPT + 3;
		int round = 1 << (shift - 1);
		for (int y = 0, in = 0, out = offset; y < rows; y++, in += 8, out += stride) {
			int sum = ((work[in] + work[in + 2]) << BITS) + round;
			int difference = ((work[in] - work[in + 2]) << BITS) + round;
			int outer = work[in + 1] * F_1_306 + work[in + 3] * F_0_541;
			int inner = work[in + 1] * F_0_541 - work[in + 3] * F_1_306;
			target[out] = sample((sum + outer) >> shift);
			target[out + 1] = sample((difference + inner) >> shift);
			target[out + 2] = sample((difference - inner) >> shift);
			target[out + 3] = sample((sum - outer) >> shift);
		}
	}

	private void rows6(int rows, byte[] target, int offset, int stride) {
		int[] work = this.work;
		int shift = BITS + KEPT + 3;
		int round = 1 << (shift - 1);
		for (int y = 0, in = 0, out = offset; y < rows; y++, in += 8, out += stride) {
			int c1 = work[in + 1];
			int c3 = work[in + 3];
			int c5 = work[in + 5];
			int mean = (work[in] << BITS) + round;
			int outer = mean + work[in + 4] * F_0_707;
			int slope = work[in + 2] * F_1_224;
			int even1 = mean - work[in + 4] * F_1_414;
			int odd0 = c1 * F_1_366 + (c3 << BITS) + c5 * F_0_366;
			int odd1 = (c1 - c3 - c5) << BITS;
			int odd2 = c1 * F_0_366 - (c3 << BITS) + c5 * F_1_366;
			target[out] = sample((outer + slope + odd0) >> shift);
			target[out + 1] = sample((even1 + odd1) >> shift);
			target[out + 2] = sample((outer - slope + odd2) >> shift);
			target[out + 3] = sample((outer - slope - odd2) >> shift);
			target[out + 4] = sample((even1 - odd1) >> shift);
			target[out + 5] = sample((outer + slope - odd0) >> shift);
		}
	}

	private void rows8(int rows, byte[] target, int offset, int stride) {
		int[] work = this.work;
		int shift = BITS + KEPT + 3;
		int round = 1 << (shift - 1);
		for (int y = 0, in = 0, out = offset; y < rows; y++, in += 8, out += stride) {
			int c1 = work[in + 1];
			int c2 = work[in + 2];
			int c3 = work[in + 3];
			int c4 = work[in + 4];
			int c5 = work[in + 5];
			int c6 = work[in + 6];
			int c7 = work[in + 7];
			int z1 = (c2 + c6) * F_0_541;
			int t2 = z1 - c6 * F_1_847;
			int t3 = z1 + c2 * F_0_765;
			int t0 = ((work[in] + c4) << BITS) + round;
			int t1 = ((work[in] - c4) << BITS) + round;
			int t10 = t0 + t3;
			int t13 = t0 - t3;
			int t11 = t1 + t2;
			int t12 = t1 - t2;
			int z3 = c7 + c3;
			int z4 = c5 + c1;
			int z5 = (z3 + z4) * F_1_175;
			z1 = (c7 + c1) * F_0_899;
			int z2 = (c5 + c3) * F_2_562;
			z3 = z5 - z3 * F_1_961;
			z4 = z5 - z4 * F_0_390;
			t0 = c7 * F_0_298 - z1 + z3;
			t1 = c5 * F_2_053 - z2 + z4;
			t2 = c3 * F_3_072 - z2 + z3;
			t3 = c1 * F_1_501 - z1 + z4;
			target[out] = sample((t10 + t3) >> shift);
			target[out + 7] = sample((t10 - t3) >> shift);
			target[out + 1] = sample((t11 + t2) >> shift);
			target[out + 6] = sample((t11 - t2) >> shift);
			target[out + 2] = sample((t12 + t1) >> shift);
			target[out + 5] = sample((t12 - t1) >> shift);
			target[out + 3] = sample((t13 + t0) >> shift);
			target[out + 4] = sample((t13 - t0) >> shift);
		}
	}

}
