package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes safetensors files, also wrong ones.
 */
final class TestSafetensors {

	private TestSafetensors() {
	}

	static Path write(Path file, String header, byte... data) {
		return write(file, header.getBytes(StandardCharsets.UTF_8), data);
	}

	static Path write(Path file, byte[] header, byte... data) {
		return writeWithLength(file, header.length, header, data);
	}

	static Path writeWithLength(Path file, long headerLength, byte[] header, byte... data) {
		ByteBuffer content = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
		content.putLong(headerLength).put(header).put(data);
		try {
			return Files.write(file, content.array());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** A member of a header, such as {@code "a":{"dtype":"F32",…}}. */
	static String tensor(String name, String dtype, String shape, String offsets) {
		return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets
				+ "}";
	}

	static String header(String... members) {
		return "{" + String.join(",", members) + "}";
	}

	static byte[] floats(float... values) {
		ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
		for (float value : values) {
			buffer.putFloat(value);
		}
		return buffer.array();
	}

}
