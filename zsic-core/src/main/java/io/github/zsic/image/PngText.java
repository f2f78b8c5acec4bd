package io.github.zsic.image;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The compressed texts and the profile of a PNG, which readers of metadata unpack without
 * a limit: a thousand times as much as there is in the file.
 */
final class PngText {

	private static final long SIGNATURE = 0x89504E470D0A1A0AL;

	/** zTXt, iTXt and iCCP. */
	private static final Set<Integer> COMPRESSED = Set.of(0x7A545874, 0x69545874, 0x69434350);

	private static final int MAXIMUM_LENGTH = 16 * 1024 * 1024;

	private PngText() {
	}

	/**
	 * Whether unpacking would take more than a picture is worth.
	 * @param file an encoded picture in any format
	 */
	static boolean isBomb(byte[] file) {
		ByteBuffer chunks = ByteBuffer.wrap(file);
		if (file.length < Long.BYTES || chunks.getLong() != SIGNATURE) {
			return false;
		}
		int length = 0;
		while (chunks.remaining() >= 3 * Integer.BYTES) {
			int size = chunks.getInt();
			int type = chunks.getInt();
			if (size < 0 || size > chunks.remaining() - Integer.BYTES) {
				return false;
			}
			if (COMPRESSED.contains(type)) {
				length += unpackedLength(file, chunks.position(), size, MAXIMUM_LENGTH - length);
				if (length >= MAXIMUM_LENGTH) {
					return true;
				}
			}
			chunks.position(chunks.position() + size + Integer.BYTES);
		}
		return false;
	}

	/**
	 * Where the compressed part begins differs, so every zero byte, which ends what comes
	 * before it, is tried until one is followed by a stream.
	 */
	private static int unpackedLength(byte[] file, int start, int size, int maximum) {
		byte[] buffer = new byte[8192];
		int head = Math.min(size, 512);
		for (int i = 0; i < head; i++) {
			boolean deflated = i > 0 && (file[start + i] & 0x0F) == 8 && i + 1 < size
					&& (((file[start + i] & 0xFF) << 8) | (file[start + i + 1] & 0xFF)) % 31 == 0;
			if (deflated) {
				int length = inflate(file, start + i, size - i, maximum, buffer);
				if (length > 0) {
					return length;
				}
			}
		}
		return 0;
	}

	private static int inflate(byte[] file, int start, int size, int maximum, byte[] buffer) {
		Inflater inflater = new Inflater();
		int length = 0;
		try {
			inflater.setInput(file, start, size);
			while (length < maximum) {
				int count = inflater.inflate(buffer);
				if (count == 0) {
					return length;
				}
				length += count;
			}
			return length;
		}
		catch (DataFormatException ex) {
			return length;
		}
		finally {
			inflater.end();
		}
	}

}
