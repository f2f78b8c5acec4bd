package io.github.zsic.image;

import java.nio.charset.StandardCharsets;

/**
 * Reads numbers from a range of bytes and reports an end that comes too early as a
 * truncated picture, whatever the numbers before it claimed.
 */
final class ByteCursor {

	private final byte[] bytes;

	private final int end;

	private int position;

	ByteCursor(byte[] bytes) {
		this(bytes, 0, bytes.length);
	}

	ByteCursor(byte[] bytes, int start, int end) {
		this.bytes = bytes;
		this.position = start;
		this.end = end;
	}

	int position() {
		return this.position;
	}

	int remaining() {
		return this.end - this.position;
	}

	void seek(long position) throws DecodingException {
		if (position < 0 || position > this.end) {
			throw DecodingException.truncated();
		}
		this.position = (int) position;
	}

	void skip(long count) throws DecodingException {
		seek(this.position + count);
	}

	/**
	 * Makes sure of a number of bytes ahead.
	 * @param count how many
	 * @return where they start
	 * @throws DecodingException if there are fewer
	 */
	int require(long count) throws DecodingException {
		if (count < 0 || count > remaining()) {
			throw DecodingException.truncated();
		}
		return this.position;
	}

	int u8() throws DecodingException {
		require(1);
		return this.bytes[this.position++] & 0xFF;
	}

	int u16be() throws DecodingException {
		return (u8() << 8) | u8();
	}

	int u16le() throws DecodingException {
		return u8() | (u8() << 8);
	}

	int u24le() throws DecodingException {
		return u16le() | (u8() << 16);
	}

	long u32le() throws DecodingException {
		return u16le() | ((long) u16le() << 16);
	}

	long u32be() throws DecodingException {
		return ((long) u16be() << 16) | u16be();
	}

	int i32le() throws DecodingException {
		return (int) u32le();
	}

	String ascii(int length) throws DecodingException {
		int start = require(length);
		this.position += length;
		return new String(this.bytes, start, length, StandardCharsets.ISO_8859_1);
	}

}
