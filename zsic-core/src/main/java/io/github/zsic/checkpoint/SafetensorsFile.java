package io.github.zsic.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;

import io.github.zsic.CheckpointException;

/**
 * The header of one {@code .safetensors} file: 8 bytes of little-endian length, that many
 * bytes of JSON, then the tensors. The format is described in the README of
 * huggingface/safetensors; like its reference reader this one refuses a file in which the
 * tensors do not fill the rest of the file exactly, so that nothing is ever read from
 * outside of it.
 */
final class SafetensorsFile {

	/**
	 * What huggingface_hub accepts. Real headers are below 1 MB.
	 */
	private static final long MAXIMUM_HEADER_LENGTH = 25_000_000;

	private static final int LENGTH_BYTES = 8;

	private final Path file;

	private SafetensorsFile(Path file) {
		this.file = file;
	}

	/**
	 * Reads and checks the header.
	 * @param file the file
	 * @return its tensors by name
	 * @throws CheckpointException if the file is not a complete, consistent safetensors
	 * file
	 */
	static Map<String, StoredTensor> read(Path file) {
		SafetensorsFile reader = new SafetensorsFile(file);
		try {
			return reader.read();
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
	}

	private Map<String, StoredTensor> read() throws IOException {
		long fileLength = Files.size(this.file);
		if (fileLength < LENGTH_BYTES) {
			throw damaged("it has only " + fileLength + " bytes");
		}
		byte[] header;
		try (FileChannel channel = FileChannel.open(this.file, StandardOpenOption.READ)) {
			long length = read(channel, 0, LENGTH_BYTES).getLong();
			if (length < 2 || length > MAXIMUM_HEADER_LENGTH) {
				throw damaged("its header claims a length of " + Long.toUnsignedString(length) + " bytes, where 2 to "
						+ MAXIMUM_HEADER_LENGTH + " are allowed");
			}
			if (length > fileLength - LENGTH_BYTES) {
				throw damaged(
						"its header claims a length of " + length + " bytes, but the file has only " + fileLength);
			}
			header = read(channel, LENGTH_BYTES, (int) length).array();
		}
		Map<String, StoredTensor> tensors = parse(header, LENGTH_BYTES + header.length);
		checkLayout(tensors, LENGTH_BYTES + header.length, fileLength);
		return Collections.unmodifiableMap(tensors);
	}

	private static ByteBuffer read(FileChannel channel, long position, int length) throws IOException {
		ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
		while (buffer.hasRemaining()) {
			if (channel.read(buffer, position + buffer.position()) < 0) {
				throw new EOFException("unexpected end of file");
			}
		}
		return buffer.flip();
	}

	private Map<String, StoredTensor> parse(byte[] header, long dataStart) {
		String json;
		try {
			json = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
		}
		catch (CharacterCodingException ex) {
			throw damaged("its header is not UTF-8");
		}
		if (!json.startsWith("{")) {
			throw damaged("its header is not a JSON object");
		}
		Map<String, StoredTensor> tensors = new LinkedHashMap<>();
		// Read token by token: a JSON tree would silently keep the last of two equal
		// names.
		try (JsonReader reader = new JsonReader(new StringReader(json))) {
			boolean metadata = false;
			reader.beginObject();
			while (reader.hasNext()) {
				String name = reader.nextName();
				if ("__metadata__".equals(name)) {
					if (metadata) {
						throw damaged("its header has two '__metadata__' members");
					}
					metadata = true;
					reader.skipValue();
				}
				else if (tensors.put(name, parseTensor(reader, name, dataStart)) != null) {
					throw damaged("it has two tensors named '" + name + "'");
				}
			}
			reader.endObject();
			if (reader.peek() != JsonToken.END_DOCUMENT) {
				throw damaged("its header has something behind the JSON object");
			}
		}
		catch (MalformedJsonException | IllegalStateException | NumberFormatException | EOFException ex) {
			throw damaged("its header is not the JSON that it should be (" + Json.reason(ex) + ")");
		}
		catch (IOException ex) {
			throw new IllegalStateException("reading from memory failed", ex);
		}
		return tensors;
	}

	private StoredTensor parseTensor(JsonReader reader, String name, long dataStart) throws IOException {
		String dtype = null;
		List<Long> shape = null;
		List<Long> offsets = null;
		Set<String> members = new HashSet<>();
		reader.beginObject();
		while (reader.hasNext()) {
			String member = reader.nextName();
			if (!members.add(member)) {
				throw damaged(name, "has two members '" + member + "'");
			}
			switch (member) {
				case "dtype" -> dtype = reader.nextString();
				case "shape" -> shape = readLongs(reader, name, member);
				case "data_offsets" -> offsets = readLongs(reader, name, member);
				default -> throw damaged(name, "has an unknown member '" + member + "'");
			}
		}
		reader.endObject();
		if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
			throw damaged(name, "lacks its dtype, its shape or its two data_offsets");
		}
		Integer elementSize = StoredTensor.elementSize(dtype);
		if (elementSize == null) {
			throw new CheckpointException(
					"Tensor '" + name + "' of '" + this.file.getFileName() + "' has the unknown dtype '" + dtype + "'.",
					"zsic reads F32, F16, BF16 and F64.");
		}
		long begin = offsets.get(0);
		long end = offsets.get(1);
		if (end < begin) {
			throw damaged(name, "ends at " + end + " before it begins at " + begin);
		}
		long expected = elementSize;
		try {
			for (long size : shape) {
				expected = Math.multiplyExact(expected, size);
			}
		}
		catch (ArithmeticException ex) {
			throw damaged(name, "has the impossible shape " + shape);
		}
		if (expected != end - begin) {
			throw damaged(name,
					"has " + (end - begin) + " bytes, but " + dtype + " of shape " + shape + " takes " + expected);
		}
		// begin cannot overflow: checkLayout compares it with the length of the file
		// first.
		return new StoredTensor(name, dtype, shape.stream().mapToLong(Long::longValue).toArray(), this.file, dataStart,
				begin, end - begin, null);
	}

	private List<Long> readLongs(JsonReader reader, String name, String member) throws IOException {
		List<Long> values = new ArrayList<>();
		reader.beginArray();
		while (reader.hasNext()) {
			if (reader.peek() != JsonToken.NUMBER) {
				throw damaged(name, "has something else than numbers in its " + member);
			}
			String number = reader.nextString();
			long value;
			try {
				value = Long.parseLong(number);
			}
			catch (NumberFormatException ex) {
				throw damaged(name, "has the impossible number " + number + " in its " + member);
			}
			if (value < 0) {
				throw damaged(name, "has the negative number " + value + " in its " + member);
			}
			values.add(value);
		}
		reader.endArray();
		return values;
	}

	private void checkLayout(Map<String, StoredTensor> tensors, long dataStart, long fileLength) {
		List<StoredTensor> ordered = new ArrayList<>(tensors.values());
		ordered.sort(Comparator.comparingLong(StoredTensor::begin).thenComparingLong(StoredTensor::byteLength));
		long dataLength = fileLength - dataStart;
		long expected = 0;
		for (StoredTensor tensor : ordered) {
			if (tensor.begin() > dataLength || tensor.byteLength() > dataLength - tensor.begin()) {
				throw damaged(tensor.name(),
						"reaches to byte " + (tensor.begin() + tensor.byteLength())
								+ " of the tensors' data, but the file holds only " + dataLength
								+ " bytes of it: it was not downloaded or copied to its end");
			}
			if (tensor.begin() < expected) {
				throw damaged(tensor.name(), "overlaps another tensor");
			}
			if (tensor.begin() > expected) {
				throw damaged(tensor.name(),
						"leaves a gap of " + (tensor.begin() - expected) + " bytes that belong to no tensor");
			}
			expected = tensor.begin() + tensor.byteLength();
		}
		if (expected != dataLength) {
			throw damaged("its last " + (dataLength - expected) + " bytes belong to no tensor");
		}
	}

	private CheckpointException damaged(String finding) {
		return new CheckpointException(
				"'" + this.file.getFileName() + "' is not a valid safetensors file: " + finding + ".",
				"Get the file again.");
	}

	private CheckpointException damaged(String tensor, String finding) {
		return damaged("tensor '" + tensor + "' " + finding);
	}

}
