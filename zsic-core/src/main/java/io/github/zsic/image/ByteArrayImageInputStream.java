package io.github.zsic.image;

import java.io.IOException;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Image I/O over an array that is in memory already: neither a second copy nor a cache
 * file.
 * <p>
 * It is also the leash of readers that cannot be interrupted. Some of them take the end
 * for zeros and go on, for minutes if a header tells them to; whoever has seen the end
 * often enough gets an exception. So does whoever reads on when the time is over, an
 * unchecked one, because readers catch the others and go on.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

	/** More than any reader looks ahead. */
	private static final int MAXIMUM_READS_AT_END = 1000;

	/** Between two looks at the clock. */
	private static final int READS = 256;

	private final byte[] bytes;

	private final PixelLimit limit;

	private int readsAtEnd;

	private int reads;

	ByteArrayImageInputStream(byte[] bytes, PixelLimit limit) {
		this.bytes = bytes;
		this.limit = limit;
	}

	@Override
	public int read() throws IOException {
		checkTime();
		this.bitOffset = 0;
		return (this.streamPos < this.bytes.length) ? this.bytes[(int) this.streamPos++] & 0xFF : end();
	}

	@Override
	public int read(byte[] target, int offset, int length) throws IOException {
		checkTime();
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

	private void checkTime() {
		if (++this.reads % READS == 0 && this.limit.isLate()) {
			throw new IllegalStateException("the time is over");
		}
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
