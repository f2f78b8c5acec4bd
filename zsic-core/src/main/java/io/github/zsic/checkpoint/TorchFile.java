package io.github.zsic.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.zsic.CheckpointException;

/**
 * A file of {@code torch.save}, such as {@code pytorch_model.bin}: a zip, not compressed,
 * with a pickle that describes the tensors and an entry with the bytes of each storage
 * (torch/serialization.py). Read like a safetensors file: only the description, while the
 * tensors stay where they are. Of a checkpoint of a training the model is read, which is
 * its {@code state_dict}.
 */
final class TorchFile {

	private static final int END_LENGTH = 22;

	private static final int END_SIGNATURE = 0x06054b50;

	private static final int LOCATOR_LENGTH = 20;

	private static final int LOCATOR_SIGNATURE = 0x07064b50;

	private static final int ENTRY_LENGTH = 46;

	private static final int ENTRY_SIGNATURE = 0x02014b50;

	private static final int LOCAL_LENGTH = 30;

	private static final int LOCAL_SIGNATURE = 0x04034b50;

	private static final int ZIP64_EXTRA = 1;

	private static final long MAXIMUM_DIRECTORY = 100_000_000;

	private static final long MAXIMUM_PICKLE = 100_000_000;

	private static final long NOT_HERE = 0xFFFFFFFFL;

	/** The first pickle of files from before the zip format. */
	private static final byte[] LEGACY_MAGIC = { (byte) 0x80, 2, (byte) 0x8A, 10, 0x6C, (byte) 0xFC, (byte) 0x9C, 0x46,
			(byte) 0xF9, 0x20, 0x6A, (byte) 0xA8, 0x50, 0x19, '.' };

	/** Entries that only {@code torch.jit.save} makes. */
	private static final Pattern TORCH_SCRIPT = Pattern.compile("[^/]+/(constants\\.pkl|code/.*)");

	/** Where a checkpoint of a training has the model. */
	private static final String STATE = "state_dict";

	private final Path file;

	private final FileChannel channel;

	private final Map<String, Entry> entries = new HashMap<>();

	private TorchFile(Path file, FileChannel channel) {
		this.file = file;
		this.channel = channel;
	}

	/**
	 * Reads the description of the tensors.
	 * @param file the file
	 * @return its tensors by name
	 * @throws CheckpointException if the file is damaged, or asks for anything else than
	 * tensors
	 */
	static Map<String, StoredTensor> read(Path file) {
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
			return new TorchFile(file, channel).read();
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
	}

	private Map<String, StoredTensor> read() throws IOException {
		if (this.channel.size() < END_LENGTH || read(0, 4).getInt() != LOCAL_SIGNATURE) {
			throw notZip();
		}
		readDirectory();
		String root = null;
		for (String name : this.entries.keySet()) {
			if (name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - "/data.pkl".length()) {
				root = name.substring(0, name.indexOf('/') + 1);
			}
		}
		if (root == null) {
			throw damaged("it has no 'data.pkl'");
		}
		Entry byteOrder = this.entries.get(root + "byteorder");
		if (byteOrder != null && !"little".equals(text(byteOrder))) {
			throw damaged("it was written by a big-endian machine");
		}
		Object content = new TensorUnpickler(this.file.getFileName().toString(), bytes(entry(root + "data.pkl")))
			.load();
		if (content instanceof Map<?, ?> training && training.get(STATE) instanceof Map<?, ?> state) {
			content = state;
		}
		Map<String, StoredTensor> tensors = new LinkedHashMap<>();
		if (content instanceof Map<?, ?> members) {
			for (Map.Entry<?, ?> member : members.entrySet()) {
				if (member.getKey() instanceof String name
						&& member.getValue() instanceof TensorUnpickler.TensorView view) {
					tensors.put(name, locate(name, view, entry(root + "data/" + view.storage().key())));
				}
			}
		}
		if (tensors.isEmpty()) {
			throw new CheckpointException(
					"'" + this.file.getFileName()
							+ "' is no dictionary of tensors by their names, nor has it one as its '" + STATE + "'.",
					"Save what the model's state_dict() returns, as safetensors or by torch.save.");
		}
		return Collections.unmodifiableMap(tensors);
	}

	private CheckpointException notZip() throws IOException {
		String name = this.file.getFileName().toString();
		if (this.channel.size() >= LEGACY_MAGIC.length
				&& Arrays.equals(read(0, LEGACY_MAGIC.length).array(), LEGACY_MAGIC)) {
			return new CheckpointException(
					"'" + name + "' is not in torch's zip format, but in the one before it, which zsic does not read.",
					"Save it anew: python -c \"import torch; torch.save(torch.load('" + name
							+ "', map_location='cpu', weights_only=True), '" + name + "')\"");
		}
		return new CheckpointException(
				"'" + name + "' is not in torch's zip format, which torch.save writes since version 1.6.",
				"Get the file again.");
	}

	private CheckpointException torchScript() {
		String name = this.file.getFileName().toString();
		return new CheckpointException(
				"'" + name + "' is a TorchScript archive, a program with its weights, as OpenAI published its models. "
						+ "zsic runs none but its own.",
				"Use the same model from the Hub, such as 'openai/clip-vit-base-patch32', or save the weights alone: "
						+ "python -c \"import torch; torch.save({n: t for n, t in torch.jit.load('" + name
						+ "', map_location='cpu').state_dict().items() if t.is_floating_point()}, "
						+ "'open_clip_pytorch_model.bin')\". That runs the program, so do it with files of a source that "
						+ "you trust only.");
	}

	private StoredTensor locate(String name, TensorUnpickler.TensorView view, Entry entry) throws IOException {
		int elementSize = view.storage().elementSize();
		long[] shape = view.shape();
		long[] strides = view.strides();
		long count = 1;
		long last = 0;
		long contiguous = 1;
		boolean isContiguous = true;
		try {
			for (int i = shape.length - 1; i >= 0; i--) {
				count = Math.multiplyExact(count, shape[i]);
				last = Math.addExact(last, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
				isContiguous &= shape[i] == 1 || strides[i] == contiguous;
				contiguous = Math.multiplyExact(contiguous, shape[i]);
			}
			long needed = (count == 0) ? 0 : Math.addExact(view.offset(), Math.addExact(last, 1));
			if (Math.multiplyExact(needed, elementSize) > entry.length()) {
				throw damaged("tensor '" + name + "' reaches beyond its storage '" + view.storage().key() + "'");
			}
			return new StoredTensor(name, view.storage().dtype(), shape, this.file, dataStart(entry),
					view.offset() * elementSize, count * elementSize, isContiguous ? null : strides);
		}
		catch (ArithmeticException ex) {
			throw damaged("tensor '" + name + "' has an impossible shape");
		}
	}

	private Entry entry(String name) {
		Entry entry = this.entries.get(name);
		if (entry == null) {
			throw damaged("it lacks the entry '" + name + "'");
		}
		return entry;
	}

	/** Where the bytes of an entry start, behind its local header. */
	private long dataStart(Entry entry) throws IOException {
		ByteBuffer local = read(entry.header(), LOCAL_LENGTH);
		if (local.getInt(0) != LOCAL_SIGNATURE) {
			throw damaged("its directory points to where no entry is");
		}
		long start = entry.header() + LOCAL_LENGTH + (local.getShort(26) & 0xFFFF) + (local.getShort(28) & 0xFFFF);
		if (entry.length() < 0 || entry.length() > this.channel.size() - start) {
			throw damaged("an entry reaches beyond its end: it was not downloaded or copied to its end");
		}
		return start;
	}

	private byte[] bytes(Entry entry) throws IOException {
		if (entry.length() > MAXIMUM_PICKLE) {
			throw damaged("its description of tensors has " + entry.length() + " bytes");
		}
		return read(dataStart(entry), (int) entry.length()).array();
	}

	private String text(Entry entry) throws IOException {
		return new String(bytes(entry), StandardCharsets.UTF_8).strip();
	}

	/** The directory at the end of a zip, also of one beyond 4 GB (APPNOTE.TXT 4.3). */
	private void readDirectory() throws IOException {
		long end = endOfDirectory();
		ByteBuffer record = read(end, END_LENGTH);
		long length = record.getInt(12) & NOT_HERE;
		long start = record.getInt(16) & NOT_HERE;
		if (end >= LOCATOR_LENGTH) {
			ByteBuffer locator = read(end - LOCATOR_LENGTH, LOCATOR_LENGTH);
			if (locator.getInt(0) == LOCATOR_SIGNATURE) {
				ByteBuffer large = read(locator.getLong(8), 56);
				length = large.getLong(40);
				start = large.getLong(48);
			}
		}
		if (start < 0 || length < 0 || length > MAXIMUM_DIRECTORY || start + length > this.channel.size()) {
			throw damaged("its directory is not where it should be");
		}
		ByteBuffer directory = read(start, (int) length);
		while (directory.remaining() >= ENTRY_LENGTH) {
			readEntry(directory);
		}
	}

	private long endOfDirectory() throws IOException {
		long size = this.channel.size();
		int length = (int) Math.min(size, END_LENGTH + 0xFFFF);
		ByteBuffer tail = read(size - length, length);
		for (int at = length - END_LENGTH; at >= 0; at--) {
			if (tail.getInt(at) == END_SIGNATURE) {
				return size - length + at;
			}
		}
		throw damaged("it has no directory: it was not downloaded or copied to its end");
	}

	private void readEntry(ByteBuffer directory) {
		int at = directory.position();
		int nameLength = directory.getShort(at + 28) & 0xFFFF;
		int extraLength = directory.getShort(at + 30) & 0xFFFF;
		int whole = ENTRY_LENGTH + nameLength + extraLength + (directory.getShort(at + 32) & 0xFFFF);
		if (directory.getInt(at) != ENTRY_SIGNATURE || whole > directory.remaining()) {
			throw damaged("its directory is damaged");
		}
		String name = new String(directory.array(), at + ENTRY_LENGTH, nameLength, StandardCharsets.UTF_8);
		int method = directory.getShort(at + 10);
		long stored = directory.getInt(at + 20) & NOT_HERE;
		long length = directory.getInt(at + 24) & NOT_HERE;
		long header = directory.getInt(at + 42) & NOT_HERE;
		int extra = at + ENTRY_LENGTH + nameLength;
		int extraEnd = extra + extraLength;
		while (extra + 4 <= extraEnd) {
			int next = extra + 4 + (directory.getShort(extra + 2) & 0xFFFF);
			if (directory.getShort(extra) == ZIP64_EXTRA) {
				// Only the fields that do not fit above, in this order.
				int field = extra + 4;
				if (length == NOT_HERE && field + 8 <= extraEnd) {
					length = directory.getLong(field);
					field += 8;
				}
				if (stored == NOT_HERE && field + 8 <= extraEnd) {
					stored = directory.getLong(field);
					field += 8;
				}
				if (header == NOT_HERE && field + 8 <= extraEnd) {
					header = directory.getLong(field);
				}
			}
			extra = next;
		}
		if (TORCH_SCRIPT.matcher(name).matches()) {
			throw torchScript();
		}
		if (method != 0 || stored != length) {
			throw damaged("its entry '" + name + "' is compressed");
		}
		this.entries.put(name, new Entry(header, length));
		directory.position(at + whole);
	}

	private ByteBuffer read(long position, int length) throws IOException {
		if (position < 0 || length < 0 || position > this.channel.size() - length) {
			throw damaged("it is shorter than it says");
		}
		ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
		while (buffer.hasRemaining()) {
			if (this.channel.read(buffer, position + buffer.position()) < 0) {
				throw new EOFException("unexpected end of file");
			}
		}
		return buffer.flip();
	}

	private CheckpointException damaged(String finding) {
		return new CheckpointException(
				"'" + this.file.getFileName() + "' is not a valid file of torch: " + finding + ".",
				"Get the file again.");
	}

	/**
	 * An entry of the zip.
	 *
	 * @param header where its local header is
	 * @param length the number of its bytes
	 */
	private record Entry(long header, long length) {

	}

}
