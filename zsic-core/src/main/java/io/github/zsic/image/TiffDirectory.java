package io.github.zsic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;

/**
 * The first image file directory of a TIFF. Values are looked up when asked for.
 */
final class TiffDirectory {

	private final ByteBuffer buffer;

	private final boolean big;

	/** Tag to position of the entry. */
	private final Map<Integer, Integer> entries = new TreeMap<>();

	private TiffDirectory(ByteBuffer buffer, boolean big) {
		this.buffer = buffer;
		this.big = big;
	}

	static boolean accepts(byte[] bytes) {
		if (bytes.length < 4) {
			return false;
		}
		int magic = ByteBuffer.wrap(bytes).getInt();
		return switch (magic) {
			case 0x4D4D002A, 0x49492A00, 0x4D4D002B, 0x49492B00 -> true;
			default -> false;
		};
	}

	/**
	 * Reads the first directory.
	 * @param bytes the file
	 * @return the directory
	 * @throws DecodingException if there is none
	 */
	static TiffDirectory first(byte[] bytes) throws DecodingException {
		ByteBuffer buffer = ByteBuffer.wrap(bytes);
		try {
			int byteOrder = buffer.getShort(0);
			if (byteOrder != 0x4949 && byteOrder != 0x4D4D) {
				throw DecodingException.damaged("its TIFF header is invalid");
			}
			buffer.order((byteOrder == 0x4949) ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
			int version = buffer.getShort(2);
			if (version != 42 && version != 43) {
				throw DecodingException.damaged("its TIFF header is invalid");
			}
			TiffDirectory directory = new TiffDirectory(buffer, version == 43);
			directory.readEntries();
			return directory;
		}
		catch (IndexOutOfBoundsException ex) {
			throw DecodingException.truncated();
		}
	}

	private void readEntries() throws DecodingException {
		int position = offset(this.big ? this.buffer.getLong(8) : this.buffer.getInt(4) & 0xFFFFFFFFL);
		long count = this.big ? this.buffer.getLong(position) : this.buffer.getShort(position) & 0xFFFF;
		position += this.big ? 8 : 2;
		if (count < 0 || count > 0xFFFF) {
			throw DecodingException.damaged("its directory has an impossible number of entries");
		}
		for (int i = 0; i < count; i++) {
			// Camera software is known to announce more entries than it writes.
			if (position + entrySize() > this.buffer.limit()) {
				break;
			}
			this.entries.putIfAbsent(this.buffer.getShort(position) & 0xFFFF, position);
			position += entrySize();
		}
	}

	private int offset(long value) throws DecodingException {
		if (value < 0 || value > this.buffer.limit()) {
			throw DecodingException.truncated();
		}
		return (int) value;
	}

	private int entrySize() {
		return this.big ? 20 : 12;
	}

	boolean contains(int tag) {
		return this.entries.containsKey(tag);
	}

	/**
	 * The first value of a tag.
	 * @param tag the tag
	 * @param defaultValue the answer if the tag is missing
	 * @return an unsigned number
	 * @throws DecodingException if the value is no whole number or lies outside the bytes
	 */
	long number(int tag, long defaultValue) throws DecodingException {
		if (!contains(tag)) {
			return defaultValue;
		}
		long[] values = numbers(tag);
		if (values.length == 0) {
			throw DecodingException.damaged("its TIFF tag %d is empty".formatted(tag));
		}
		return values[0];
	}

	/**
	 * The values of a tag.
	 * @param tag the tag
	 * @return unsigned numbers, none if the tag is missing
	 * @throws DecodingException if they are no whole numbers or lie outside the bytes
	 */
	long[] numbers(int tag) throws DecodingException {
		Integer entry = this.entries.get(tag);
		if (entry == null) {
			return new long[0];
		}
		int size = switch (type(entry)) {
			case 1, 6, 7 -> 1;
			case 3, 8 -> 2;
			case 4, 9, 13 -> 4;
			case 16, 17, 18 -> 8;
			default -> throw DecodingException.damaged("its TIFF tag %d is no number".formatted(tag));
		};
		int position = value(entry, size);
		long[] values = new long[(int) count(entry)];
		for (int i = 0; i < values.length; i++) {
			values[i] = switch (size) {
				case 1 -> this.buffer.get(position + i) & 0xFF;
				case 2 -> this.buffer.getShort(position + 2 * i) & 0xFFFF;
				case 4 -> this.buffer.getInt(position + 4 * i) & 0xFFFFFFFFL;
				default -> this.buffer.getLong(position + 8 * i);
			};
		}
		return values;
	}

	private int type(int entry) {
		return this.buffer.getShort(entry + 2);
	}

	private long count(int entry) {
		return this.big ? this.buffer.getLong(entry + 4) : this.buffer.getInt(entry + 4) & 0xFFFFFFFFL;
	}

	/** Where the values of an entry start, all of which lie inside the bytes. */
	private int value(int entry, int size) throws DecodingException {
		long count = count(entry);
		if (count < 0 || count > this.buffer.limit()) {
			throw DecodingException.truncated();
		}
		int position = entry + (this.big ? 12 : 8);
		if (count * size > (this.big ? 8 : 4)) {
			position = offset(this.big ? this.buffer.getLong(position) : this.buffer.getInt(position) & 0xFFFFFFFFL);
		}
		if (position + count * size > this.buffer.limit()) {
			throw DecodingException.truncated();
		}
		return position;
	}

	/**
	 * The same file with a directory that has only some of the tags and no successor, for
	 * a reader that would otherwise follow every pointer in it.
	 * @param tags which to keep
	 * @param replacements short values to put in place of those in the file
	 * @return the bytes of a TIFF file
	 */
	byte[] reduced(java.util.Set<Integer> tags, Map<Integer, Integer> replacements) {
		java.util.List<Map.Entry<Integer, Integer>> kept = this.entries.entrySet()
			.stream()
			.filter((entry) -> tags.contains(entry.getKey()))
			.toList();
		int start = this.buffer.limit() + (this.buffer.limit() & 1);
		ByteBuffer file = ByteBuffer.allocate(start + 16 + kept.size() * entrySize()).order(this.buffer.order());
		file.put(0, this.buffer, 0, this.buffer.limit());
		file.position(start);
		if (this.big) {
			file.putLong(8, start).putLong(kept.size());
		}
		else {
			file.putInt(4, start).putShort((short) kept.size());
		}
		for (Map.Entry<Integer, Integer> entry : kept) {
			file.put(file.position(), this.buffer, entry.getValue(), entrySize());
			Integer replacement = replacements.get(entry.getKey());
			if (replacement != null) {
				file.putShort(file.position() + 2, (short) 3);
				file.putShort(file.position() + (this.big ? 12 : 8), (short) (int) replacement);
			}
			file.position(file.position() + entrySize());
		}
		return file.array();
	}

}
