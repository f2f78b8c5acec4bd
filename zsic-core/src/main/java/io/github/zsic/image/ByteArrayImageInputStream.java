package io.github.zsic.image;

import java.io.IOException;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Image I/O over an array that is in memory already: neither a second copy nor a cache
 * file.
 * <p>
 * Some readers take the end for zeros and go on, for minutes if a header tells them to,
 * and an exception of theirs for each byte. Whoever has seen the end often enough gets
 * one that they do not catch.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

	/** More than any reader looks ahead. */
	private static final int MAXIMUM_READS_AT_END = 1000;

	private final byte[] bytes;

	private int readsAtEnd;

	ByteArrayImageInputStream(byte[] bytes) {
		this.bytes = bytes;
	}

	@Override
	public int read() throws IOException {
		this.bitOffset = 0;
		return (this.streamPos < this.bytes.length) ? this.bytes[(int) this.streamPos++] & 0xFF : end();
	}

	@Override
	public int read(byte[] target, int offset, int length) throws IOException {
		this.bitOffset = 0;
		if (length == 0) {
			return 0;
		}
		long available = this.bytes.length - this.streamPos;
		if (available <= 0) {
			return end();
		}
		int count = (int) Math.min(available, length);
		System.arraycopy(this.bytes, (int) this.streamPos, target, offset, count);
		this.streamPos += count;
		return count;
	}

	private int end() throws IOException {
		if (++this.readsAtEnd > MAXIMUM_READS_AT_END) {
			throw new IOException("the data ends before the picture does");
		}
		return -1;
	}

	@Override
	public long length() {
		return this.bytes.length;
	}

}
