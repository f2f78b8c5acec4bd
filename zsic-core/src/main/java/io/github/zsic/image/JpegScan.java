package io.github.zsic.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import java.util.List;

/**
 * Decodes the scans of a JPEG, one after the other: the bits between two headers, to
 * coefficients, and those of a sequential picture to samples at once.
 * <p>
 * As libjpeg does, it takes what cannot be decoded for zeros and goes on.
 */
final class JpegScan {

	private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

	/** A marker that is none of a restart. */
	private static final int OTHER = -1;

	/** What libjpeg's decoder wants to see ahead of the bits that it uses. */
	private static final int LOOK_AHEAD = 8;

	/** Where in a block, row by row, each coefficient is. */
	static final int[] ORDER = order();

	/** The bytes of the scan, without what keeps them apart from markers. */
	private final byte[] data;

	/** Where each part ends that starts with a clean state, and how many there are. */
	private int[] ends = new int[16];

	/** The number of the restart marker behind each part, or what is not one. */
	private int[] restarts = new int[16];

	private int parts;

	private int part;

	/** Where the part ends that is being decoded. Behind it, all bits are zero. */
	private int end;

	/** Whether more bits were used than there are. */
	private boolean exhausted;

	/** Whether the file ends before the scan does. */
	private boolean truncated;

	private int position;

	/** The next bits, and how many. Those below are zero. */
	private long bits;

	private int count;

	/** How many blocks of zeros are still to come, in a progressive picture. */
	private int emptyBlocks;

	private final int[] block = new int[64];

	private final InverseDct dct = new InverseDct();

	/**
	 * Creates a decoder.
	 * @param length the most bytes that a scan can have
	 */
	JpegScan(int length) {
		this.data = new byte[length];
	}

	private static int[] order() {
		int[] order = new int[64];
		int x = 0;
		int y = 0;
		for (int i = 0; i < 64; i++) {
			order[i] = 8 * y + x;
			boolean up = ((x + y) & 1) == 0;
			if (up && x == 7 || !up && y < 7 && x == 0) {
				y++;
			}
			else if (up && y == 0 || !up && y == 7) {
				x++;
			}
			else {
				x += up ? 1 : -1;
				y += up ? -1 : 1;
			}
		}
		return order;
	}

	/**
	 * Takes the bytes of a scan.
	 * @param file the file
	 * @param start where they start
	 * @return where the marker is that ends them, or the end of the file
	 */
	int read(byte[] file, int start) {
		byte[] data = this.data;
		int in = start;
		int out = 0;
		this.parts = 0;
		this.truncated = false;
		while (true) {
			while (in + Long.BYTES <= file.length) {
				long eight = (long) LONG.get(file, in);
				// Whether one of them is 0xFF.
				if (((~eight - 0x0101010101010101L) & eight & 0x8080808080808080L) != 0) {
					break;
				}
				LONG.set(data, out, eight);
				in += Long.BYTES;
				out += Long.BYTES;
			}
			while (in < file.length && file[in] != (byte) 0xFF) {
				data[out++] = file[in++];
			}
			int marker = in;
			do {
				in++;
				if (in >= file.length) {
					this.truncated = true;
					endPart(out, OTHER);
					return file.length;
				}
			}
			while (file[in] == (byte) 0xFF);
			int type = file[in++] & 0xFF;
			if (type == 0) {
				data[out++] = (byte) 0xFF;
				continue;
			}
			boolean restart = type >= JpegDecoder.RST0 && type < JpegDecoder.SOI;
			endPart(out, restart ? type - JpegDecoder.RST0 : OTHER);
			// What is no marker at all is left out when the next restart is looked for.
			if (!restart && type >= JpegDecoder.SOF0) {
				return marker;
			}
		}
	}

	private void endPart(int end, int restart) {
		if (this.parts == this.ends.length) {
			this.ends = Arrays.copyOf(this.ends, 2 * this.parts);
			this.restarts = Arrays.copyOf(this.restarts, 2 * this.parts);
		}
		this.ends[this.parts] = end;
		this.restarts[this.parts++] = restart;
	}

	/**
	 * Whether the file ends before the scan does.
	 */
	boolean isTruncated() {
		return this.truncated;
	}

	private void start(List<JpegComponent> components) {
		this.bits = 0;
		this.count = 0;
		this.emptyBlocks = 0;
		components.forEach((component) -> component.predicted = 0);
	}

	private void startPart(int part) {
		this.part = part;
		this.position = (part == 0) ? 0 : this.ends[part - 1];
		this.end = this.ends[part];
		this.exhausted = false;
	}

	/**
	 * Goes on behind a restart marker, as libjpeg does ({@code jpeg_resync_to_restart}):
	 * one that is missing costs the part behind it, one too many is left out.
	 * @param expected the number of the marker
	 */
	private void restart(int expected) {
		for (int next = this.part; next < this.parts - 1; next++) {
			int found = this.restarts[next];
			int ahead = (found == OTHER) ? OTHER : (found - expected) & 7;
			if (ahead == 1 || ahead == 2) {
				this.part = next;
				break;
			}
			if (ahead == 0 || (ahead >= 3 && ahead <= 5)) {
				startPart(next + 1);
				return;
			}
			this.part = next + 1;
		}
		// There is nothing to decode before the marker that comes next.
		this.end = this.ends[this.part];
		this.position = this.end;
	}

	/** Whether more bits were used than there are. */
	private boolean isBeyondEnd() {
		return Byte.SIZE * (long) this.position - this.count > Byte.SIZE * (long) this.end;
	}

	/** The next eight bytes. */
	private long ahead(int position, int end) {
		if (position <= end - Long.BYTES) {
			return (long) LONG.get(this.data, position);
		}
		long eight = 0;
		for (int i = 0; i < Long.BYTES && position + i < end; i++) {
			eight |= (this.data[position + i] & 0xFFL) << (56 - Byte.SIZE * i);
		}
		return eight;
	}

	private void fill() {
		this.bits |= ahead(this.position, this.end) >>> this.count;
		this.position += (63 - this.count) >> 3;
		this.count |= 56;
	}

	private void drop(int length) {
		this.bits <<= length;
		this.count -= length;
	}

	private void skip(int length) {
		fill();
		drop(Math.min(length, 32));
		fill();
		drop(Math.max(length - 32, 0));
	}

	private int symbol(HuffmanTable table) {
		fill();
		int symbol = table.symbol(this.bits);
		drop(symbol >> 8);
		return symbol & 0xFF;
	}

	private int number(int size) {
		fill();
		int value = (int) (this.bits >>> 1 >>> (63 - size));
		drop(size);
		return value;
	}

	private int signed(int size) {
		if (size == 0) {
			return 0;
		}
		fill();
		int value = HuffmanTable.extend(this.bits, size);
		drop(size);
		return value;
	}

	/**
	 * Decodes the scan that was read.
	 * @param header what its header says
	 * @param interval after how many MCUs there is a restart marker, 0 if there is none
	 * @param progressive whether it only adds to the coefficients
	 */
	void decode(Header header, int interval, boolean progressive) throws DecodingException {
		List<JpegComponent> components = header.components;
		JpegComponent first = components.get(0);
		boolean single = components.size() == 1;
		int columns = single ? first.ownColumns : first.columns / first.horizontal;
		int rows = single ? first.ownRows : first.rows / first.vertical;
		startPart(0);
		start(components);
		int left = interval;
		int expected = 0;
		for (int y = 0; y < rows; y++) {
			for (int x = 0; x < columns; x++) {
				if (interval > 0 && left-- == 0) {
					restart(expected);
					start(components);
					expected = (expected + 1) & 7;
					left = interval - 1;
				}
				boolean empty = this.exhausted;
				if (single) {
					decodeBlock(header, 0, x, y, progressive, empty);
				}
				for (int i = 0; i < components.size() && !single; i++) {
					JpegComponent component = components.get(i);
					for (int v = 0; v < component.vertical; v++) {
						for (int h = 0; h < component.horizontal; h++) {
							decodeBlock(header, i, x * component.horizontal + h, y * component.vertical + v,
									progressive, empty);
						}
					}
				}
				if (!empty && isBeyondEnd()) {
					this.exhausted = true;
					if (this.truncated && this.part == this.parts - 1) {
						throw DecodingException.truncated();
					}
				}
			}
		}
		if (this.truncated && this.position - this.count / Byte.SIZE > this.end - LOOK_AHEAD) {
			throw DecodingException.truncated();
		}
	}

	/**
	 * Decodes a block.
	 * @param empty whether there were no more bits when the MCU began, so that the block
	 * has nothing in it
	 */
	private void decodeBlock(Header header, int index, int column, int row, boolean progressive, boolean empty) {
		JpegComponent component = header.components.get(index);
		if (!progressive) {
			boolean flat = empty || decodeSequential(component, header.dc[index], header.ac[index]);
			transform(component, flat, column, row);
		}
		else if (!empty) {
			int number = row * component.columns + column;
			if (header.from == 0) {
				decodeFirst(component, header, header.dc[index], number);
			}
			else if (header.high == 0) {
				decodeOthers(component, header, header.ac[index], number);
			}
			else {
				refine(component, header, header.ac[index], number);
			}
		}
	}

	/** Makes the samples of a progressive picture's component. */
	void transform(JpegComponent component) {
		int[] quantization = component.quantization;
		if (quantization.length == 0) {
			Arrays.fill(component.samples, (byte) 128);
			return;
		}
		int in = 0;
		for (int row = 0; row < component.rows; row++) {
			for (int column = 0; column < component.columns; column++) {
				int others = 0;
				for (int k = 0; k <= component.lastNeeded; k++) {
					int value = component.coefficients[in++];
					this.block[ORDER[k]] = (short) (value * quantization[k]);
					others |= (k > 0) ? value : 0;
				}
				transform(component, others == 0, column, row);
			}
		}
	}

	private void transform(JpegComponent component, boolean flat, int column, int row) {
		this.dct.transform(this.block, flat, component.blockWidth, component.blockHeight, component.samples,
				component.offset(column, row), component.stride());
		if (component.lastNeeded < 8) {
			for (int k = 0; k <= component.lastNeeded; k++) {
				this.block[ORDER[k]] = 0;
			}
		}
		else {
			Arrays.fill(this.block, 0);
		}
	}

	/**
	 * Decodes a block of a sequential picture, as far as the transform needs it.
	 * @return whether it is flat, that is, all but the first coefficient are zero
	 */
	private boolean decodeSequential(JpegComponent component, HuffmanTable dc, HuffmanTable ac) {
		int[] quantization = Objects.requireNonNull(component.quantization);
		int end = this.end;
		int[] block = this.block;
		long bits = this.bits;
		int count = this.count;
		int position = this.position;
		bits |= ahead(position, end) >>> count;
		position += (63 - count) >> 3;
		count |= 56;
		int symbol = dc.symbol(bits);
		bits <<= symbol >> 8;
		int size = symbol & 15;
		if (size > 0) {
			component.predicted += HuffmanTable.extend(bits, size);
			bits <<= size;
		}
		count -= (symbol >> 8) + size;
		block[0] = (short) (component.predicted * quantization[0]);
		int needed = component.lastNeeded;
		int k = 1;
		boolean flat = true;
		while (k <= needed) {
			bits |= ahead(position, end) >>> count;
			position += (63 - count) >> 3;
			count |= 56;
			int entry = ac.coefficient(bits);
			bits <<= entry & 31;
			count -= entry & 31;
			k += (entry >> 5) & 127;
			if (k <= needed) {
				block[ORDER[k]] = (short) ((entry >> 16) * quantization[k]);
				flat = false;
			}
			k++;
		}
		while (k < 64) {
			bits |= ahead(position, end) >>> count;
			position += (63 - count) >> 3;
			count |= 56;
			int entry = ac.skip(bits);
			int run = entry >> 5;
			int reached = k + (run & (HuffmanTable.BLOCK_END - 1));
			if (entry == 0 || reached > 63 && !(reached == 64 && run < HuffmanTable.BLOCK_END)) {
				entry = ac.coefficient(bits);
				run = ((entry >> 5) & 127) + 1;
			}
			bits <<= entry & 31;
			count -= entry & 31;
			k += run;
		}
		this.bits = bits;
		this.count = count;
		this.position = position;
		return flat;
	}

	private void decodeFirst(JpegComponent component, Header header, HuffmanTable table, int number) {
		int at = number * (component.lastNeeded + 1);
		if (header.high == 0) {
			component.predicted += signed(symbol(table) & 15);
			component.coefficients[at] = (short) (component.predicted << header.low);
		}
		else if (number(1) != 0) {
			component.coefficients[at] |= 1 << header.low;
		}
	}

	private void decodeOthers(JpegComponent component, Header header, HuffmanTable table, int number) {
		if (this.emptyBlocks > 0) {
			this.emptyBlocks--;
			return;
		}
		for (int k = header.from; k <= header.to; k++) {
			int symbol = symbol(table);
			int run = symbol >> 4;
			int size = symbol & 15;
			if (size != 0) {
				k += run;
				component.set(number, Math.min(k, 63), signed(size) << header.low);
			}
			else if (run == 15) {
				k += 15;
			}
			else {
				this.emptyBlocks = (1 << run) - 1 + number(run);
				return;
			}
		}
	}

	/**
	 * Adds a bit to the coefficients that are known, and others that start with it. Sets
	 * of coefficients are bits, the first of the block the lowest.
	 */
	private void refine(JpegComponent component, Header header, HuffmanTable table, int number) {
		int bit = 1 << header.low;
		long range = (-1L << header.from) & (-1L >>> (63 - header.to));
		long known = component.known[number] & range;
		long zeros = ~component.known[number] & range;
		while (this.emptyBlocks == 0 && (known | zeros) != 0) {
			int symbol = symbol(table);
			int run = symbol >> 4;
			int value = 0;
			if ((symbol & 15) != 0) {
				value = (number(1) != 0) ? bit : -bit;
			}
			else if (run != 15) {
				this.emptyBlocks = (1 << run) + number(run);
				break;
			}
			for (; run > 0; run--) {
				zeros &= zeros - 1;
			}
			long next = Long.lowestOneBit(zeros);
			// If there is none, all that are known come before it.
			long before = next - 1;
			refine(component, number, known & before, bit);
			known &= ~before;
			zeros &= ~next;
			if (value != 0 && next != 0) {
				component.set(number, Long.numberOfTrailingZeros(next), value);
			}
		}
		if (this.emptyBlocks > 0) {
			refine(component, number, known, bit);
			this.emptyBlocks--;
		}
	}

	private void refine(JpegComponent component, int number, long known, int bit) {
		long left = known;
		while (left != 0) {
			int k = Long.numberOfTrailingZeros(left);
			if (k > component.lastNeeded) {
				skip(Long.bitCount(left));
				return;
			}
			left &= left - 1;
			int at = number * (component.lastNeeded + 1) + k;
			int value = component.coefficients[at];
			if (number(1) != 0 && (value & bit) == 0) {
				component.coefficients[at] = (short) (value + ((value > 0) ? bit : -bit));
			}
		}
	}

	/**
	 * What the header of a scan says.
	 *
	 * @param components the components it has
	 * @param dc the table of each for first coefficients
	 * @param ac the table of each for the others
	 * @param from the first coefficient, in the order of the file
	 * @param to the last coefficient
	 * @param high where the bits end that are known already, 0 if none are
	 * @param low where the bits of this scan end
	 */
	record Header(List<JpegComponent> components, HuffmanTable[] dc, HuffmanTable[] ac, int from, int to, int high,
			int low) {

	}

}
