package io.github.zsic.image;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * A Huffman table of a JPEG, as tables that answer with one look at the next bits. Bits
 * are passed as the upper end of a long.
 */
final class HuffmanTable {

	private static final int SYMBOL_BITS = 9;

	private static final int COEFFICIENT_BITS = 10;

	private static final int SKIP_BITS = 13;

	/** What an entry has added to its run for the end of a block. */
	static final int BLOCK_END = 64;

	private final byte[] values;

	private final byte[] counts;

	/** For each length the first code, aligned at 16 bits, that is longer. */
	private int[] longer = {};

	/** What to add to a code of each length to get to its value. */
	private int[] offsets = {};

	/** Length and symbol, 0 where the code is longer than the index. */
	private short[] symbols = {};

	private int @Nullable [] coefficients;

	private short @Nullable [] skips;

	/**
	 * Makes a table.
	 * @param counts how many codes there are of the lengths 1 to 16
	 * @param values the symbols in the order of their codes
	 */
	HuffmanTable(byte[] counts, byte[] values) {
		this.counts = counts;
		this.values = values;
	}

	/**
	 * Works the codes out. Only for a table that a scan uses: a file may define a million
	 * of them.
	 */
	void build() throws DecodingException {
		if (this.symbols.length > 0) {
			return;
		}
		this.longer = new int[17];
		this.offsets = new int[17];
		this.symbols = new short[1 << SYMBOL_BITS];
		int code = 0;
		int index = 0;
		for (int length = 1; length <= 16; length++) {
			int count = this.counts[length - 1] & 0xFF;
			this.offsets[length] = index - code;
			for (int i = 0; i < count && length <= SYMBOL_BITS; i++) {
				int from = (code + i) << (SYMBOL_BITS - length);
				int to = Math.min((code + i + 1) << (SYMBOL_BITS - length), this.symbols.length);
				if (from < to) {
					Arrays.fill(this.symbols, from, to, (short) ((length << 8) | (this.values[index + i] & 0xFF)));
				}
			}
			code += count;
			index += count;
			if (code > 1 << length) {
				throw DecodingException.damaged("one of its Huffman tables is impossible");
			}
			this.longer[length] = code << (16 - length);
			code <<= 1;
		}
	}

	/**
	 * The next symbol.
	 * @param bits the next bits
	 * @return the length of its code times 256, and the symbol; for no code at all 0 in
	 * 16 bits, as in libjpeg
	 */
	int symbol(long bits) {
		int entry = this.symbols[(int) (bits >>> (Long.SIZE - SYMBOL_BITS))];
		return (entry != 0) ? entry : longSymbol((int) (bits >>> 48));
	}

	private int longSymbol(int code) {
		for (int length = SYMBOL_BITS + 1; length <= 16; length++) {
			if (code < this.longer[length]) {
				int index = (code >>> (16 - length)) + this.offsets[length];
				return (length << 8) | (this.values[index] & 0xFF);
			}
		}
		return 16 << 8;
	}

	/**
	 * The next AC coefficient of a sequential picture.
	 * @param bits the next bits
	 * @return from the lowest bit on: 5 bits for how many bits it takes, 7 for the run of
	 * zeros before it, or {@link #BLOCK_END}; from bit 16 on the coefficient
	 */
	int coefficient(long bits) {
		int entry = coefficients()[(int) (bits >>> (Long.SIZE - COEFFICIENT_BITS))];
		return (entry != 0) ? entry : longCoefficient(bits);
	}

	private int[] coefficients() {
		int[] table = this.coefficients;
		if (table == null) {
			table = new int[1 << COEFFICIENT_BITS];
			for (int i = 0; i < table.length; i++) {
				int entry = longCoefficient((long) i << (Long.SIZE - COEFFICIENT_BITS));
				table[i] = ((entry & 31) <= COEFFICIENT_BITS) ? entry : 0;
			}
			this.coefficients = table;
		}
		return table;
	}

	private int longCoefficient(long bits) {
		int symbol = symbol(bits);
		int length = symbol >> 8;
		int run = (symbol >> 4) & 15;
		int size = symbol & 15;
		if (size == 0) {
			return length | (((run == 15) ? run : BLOCK_END) << 5);
		}
		return (length + size) | (run << 5) | (extend(bits << length, size) << 16);
	}

	/**
	 * The number that the next bits stand for.
	 * @param bits the bits
	 * @param size how many, at least 1 and at most 15
	 */
	static int extend(long bits, int size) {
		int value = (int) (bits >>> (Long.SIZE - size));
		return (bits < 0) ? value : value - (1 << size) + 1;
	}

	/**
	 * As many of the next AC coefficients as a look can tell, without their values.
	 * @param bits the next bits
	 * @return 5 bits for how many bits they take, and how many there are with the zeros
	 * between them, {@link #BLOCK_END} more if the block ends then; 0 if the first takes
	 * too many bits for a look
	 */
	int skip(long bits) {
		short[] table = this.skips;
		if (table == null) {
			table = skips();
			this.skips = table;
		}
		return table[(int) (bits >>> (Long.SIZE - SKIP_BITS))];
	}

	private short[] skips() {
		short[] table = new short[1 << SKIP_BITS];
		for (int i = 0; i < table.length; i++) {
			long bits = (long) i << (Long.SIZE - SKIP_BITS);
			int length = 0;
			int count = 0;
			while (count < BLOCK_END) {
				int entry = coefficient(bits << length);
				int run = (entry >> 5) & 127;
				if (length + (entry & 31) > SKIP_BITS || count + run >= BLOCK_END && run != BLOCK_END) {
					break;
				}
				length += entry & 31;
				count += (run != BLOCK_END) ? run + 1 : BLOCK_END;
			}
			table[i] = (short) ((count << 5) | length);
		}
		return table;
	}

}
