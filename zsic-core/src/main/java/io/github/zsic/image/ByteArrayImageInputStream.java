package io.github.zsic.image;

import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Image I/O over an array that is in memory already: neither a second copy nor a cache
 * file.
 */
final class ByteArrayImageInputStream extends ImageInputStreamImpl {

	private final byte[] bytes;

	ByteArrayImageInputStream(byte[] bytes) {
		this.bytes = bytes;
	}

	@Override
	public int read() {
		this.bitOffset = 0;
		return (this.streamPos < this.bytes.length) ? this.bytes[(int) this.streamPos++] & 0xFF : -1;
	}

	@Override
	public int read(byte[] target, int offset, int length) {
		this.bitOffset = 0;
		if (length == 0) {
			return 0;
		}
		long available = this.bytes.length - this.streamPos;
		if (available <= 0) {
			return -1;
		}
		int count = (int) Math.min(available, length);
		System.arraycopy(this.bytes, (int) this.streamPos, target, offset, count);
		this.streamPos += count;
		return count;
	}

	@Override
	public long length() {
		return this.bytes.length;
	}

}
