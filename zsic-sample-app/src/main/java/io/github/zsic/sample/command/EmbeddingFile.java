package io.github.zsic.sample.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32;

import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file with the embeddings of the pictures of a folder, so that they are scored with
 * other labels without being read or computed again. Thread-safe.
 * <p>
 * The first line is JSON that tells what made them. Behind it stands a record for each
 * picture, with a checksum: a run that is cut off loses at most the last one. A picture
 * that has changed since gets another record, which counts.
 */
final class EmbeddingFile implements Closeable {

	/** Embeddings of one picture differ by less, whatever the batch and the device. */
	private static final double SAME_MODEL = 0.995;

	/** Far more than a name and an embedding need. */
	private static final int MAXIMUM_RECORD = 1 << 26;

	private static final int MAXIMUM_HEADER = 1 << 22;

	private static final JsonMapper JSON = JsonMapper.shared();

	private final FileChannel channel;

	private final ZeroShotClassifier classifier;

	private final Map<String, Entry> entries = new ConcurrentHashMap<>();

	private long end;

	private EmbeddingFile(FileChannel channel, ZeroShotClassifier classifier) {
		this.channel = channel;
		this.classifier = classifier;
	}

	/**
	 * Opens a file, to begin or to continue it.
	 * @param path the file
	 * @param classifier makes the embeddings that are not there yet
	 * @param folder the folder with the pictures
	 * @param probe a picture that is always the same
	 * @throws CommandException if it has embeddings of another model or folder, or is no
	 * such file
	 */
	static EmbeddingFile open(Path path, ZeroShotClassifier classifier, Path folder, ImageInput probe)
			throws IOException {
		FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
				StandardOpenOption.WRITE);
		EmbeddingFile file = new EmbeddingFile(channel, classifier);
		boolean opened = false;
		try {
			file.lock(path);
			file.read(path, Header.of(classifier, folder, probe));
			opened = true;
			return file;
		}
		finally {
			if (!opened) {
				channel.close();
			}
		}
	}

	/** Released with the channel. */
	private void lock(Path path) throws IOException {
		FileLock lock;
		try {
			lock = this.channel.tryLock();
		}
		catch (OverlappingFileLockException ex) {
			lock = null;
		}
		if (lock == null) {
			throw CommandException.failure("'" + path + "' is being written by another run.");
		}
	}

	private void read(Path path, Header expected) throws IOException {
		DataInputStream in = new DataInputStream(
				new BufferedInputStream(Channels.newInputStream(this.channel.position(0)), 1 << 16));
		byte[] line = readLine(in);
		byte[] own = (JSON.writeValueAsString(expected) + "\n").getBytes(StandardCharsets.UTF_8);
		if (line.length == 0 || line[line.length - 1] != '\n') {
			if (!new String(own, StandardCharsets.UTF_8).startsWith(new String(line, StandardCharsets.UTF_8))) {
				throw noEmbeddings(path);
			}
			// Empty, or cut off within its beginning.
			this.channel.truncate(0);
			write(ByteBuffer.wrap(own), 0);
			this.end = own.length;
			return;
		}
		refuseOther(path, line, expected);
		this.end = line.length;
		for (Long next = readRecord(in); next != null; next = readRecord(in)) {
			this.end = next;
		}
		this.channel.truncate(this.end);
	}

	private static byte[] readLine(InputStream in) throws IOException {
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = in.read(); next >= 0 && line.size() < MAXIMUM_HEADER; next = in.read()) {
			line.write(next);
			if (next == '\n') {
				break;
			}
		}
		return line.toByteArray();
	}

	private static void refuseOther(Path path, byte[] line, Header expected) {
		Header header;
		try {
			header = JSON.readValue(line, Header.class);
		}
		catch (JacksonException ex) {
			throw noEmbeddings(path);
		}
		if (!Header.FORMAT.equals(header.format())) {
			throw noEmbeddings(path);
		}
		String difference = expected.difference(header);
		if (difference != null) {
			throw CommandException.usage("'" + path + "' has embeddings of another " + difference
					+ ". Name another file, or delete this one.");
		}
	}

	private static CommandException noEmbeddings(Path path) {
		return CommandException.usage("'" + path + "' is not a file of embeddings. Name another file.");
	}

	/**
	 * Reads a record.
	 * @return where it ends, {@code null} if there is none, or it is not whole
	 */
	private @Nullable Long readRecord(DataInputStream in) throws IOException {
		try {
			int length = in.readInt();
			int checksum = in.readInt();
			if (length < 0 || length > MAXIMUM_RECORD) {
				return null;
			}
			byte[] content = in.readNBytes(length);
			if (content.length < length || checksum(content) != checksum) {
				return null;
			}
			ByteBuffer buffer = ByteBuffer.wrap(content);
			long size = buffer.getLong();
			long modified = buffer.getLong();
			byte[] name = new byte[buffer.getInt()];
			buffer.get(name);
			long start = this.end + 2 * Integer.BYTES;
			this.entries.put(new String(name, StandardCharsets.UTF_8),
					new Entry(size, modified, start + buffer.position(), buffer.remaining() / Float.BYTES));
			return start + length;
		}
		catch (EOFException ex) {
			return null;
		}
	}

	private static int checksum(byte[] content) {
		CRC32 checksum = new CRC32();
		checksum.update(content);
		return (int) checksum.getValue();
	}

	/**
	 * Pictures by their embeddings, several of which are computed at the same time, a
	 * little before their turn.
	 * @param files their files
	 * @param names what they are called
	 * @param parallel how many are in work at the same time
	 * @return the pictures, in the order of the files; to be closed
	 */
	Stream<ImageInput> inputs(List<Path> files, Function<Path, String> names, int parallel) {
		ExecutorService workers = Executors.newFixedThreadPool(parallel);
		Iterator<Path> next = files.iterator();
		Deque<Future<ImageInput>> ahead = new ArrayDeque<>();
		return files.stream().map((ignored) -> {
			while (next.hasNext() && ahead.size() < 2 * parallel) {
				Path file = next.next();
				ahead.add(workers.submit(() -> input(file, names.apply(file))));
			}
			return await(ahead.remove());
		}).onClose(workers::shutdownNow);
	}

	private static ImageInput await(Future<ImageInput> future) {
		try {
			return future.get();
		}
		catch (ExecutionException ex) {
			throw (ex.getCause() instanceof RuntimeException failure) ? failure : new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for an embedding.");
		}
	}

	/**
	 * A picture by its embedding, which is computed and kept if it is not there yet.
	 * @param file its file
	 * @param name its name
	 * @throws CommandException if the embedding cannot be read or kept
	 */
	ImageInput input(Path file, String name) {
		ImageInput input = ImageInput.of(name, () -> Files.newInputStream(file));
		BasicFileAttributes attributes;
		try {
			attributes = Files.readAttributes(file, BasicFileAttributes.class);
		}
		catch (IOException ex) {
			// What is wrong with it, reading it tells.
			return input;
		}
		try {
			Entry entry = this.entries.get(name);
			if (entry != null && entry.isOf(attributes)) {
				return ImageInput.ofEmbedding(name, read(entry));
			}
			float[] embedding = this.classifier.embedImage(input);
			add(name, attributes, embedding);
			return ImageInput.ofEmbedding(name, embedding);
		}
		catch (InvalidImageException | InferenceException | OutOfMemoryError ex) {
			// So does classifying it.
			return input;
		}
		catch (IOException ex) {
			throw CommandException.failure("The embeddings cannot be kept: " + FolderCommand.reason(ex) + ".");
		}
	}

	private float[] read(Entry entry) throws IOException {
		ByteBuffer bytes = ByteBuffer.allocate(entry.count() * Float.BYTES);
		while (bytes.hasRemaining()) {
			if (this.channel.read(bytes, entry.position() + bytes.position()) < 0) {
				throw new EOFException("the file was cut off meanwhile");
			}
		}
		float[] embedding = new float[entry.count()];
		bytes.flip().asFloatBuffer().get(embedding);
		return embedding;
	}

	private synchronized void add(String name, BasicFileAttributes attributes, float[] embedding) throws IOException {
		byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
		int head = 2 * Long.BYTES + Integer.BYTES + nameBytes.length;
		ByteBuffer content = ByteBuffer.allocate(head + embedding.length * Float.BYTES);
		long modified = attributes.lastModifiedTime().toMillis();
		content.putLong(attributes.size()).putLong(modified).putInt(nameBytes.length).put(nameBytes);
		content.asFloatBuffer().put(embedding);
		ByteBuffer record = ByteBuffer.allocate(2 * Integer.BYTES + content.capacity());
		record.putInt(content.capacity()).putInt(checksum(content.array())).put(content.array()).flip();
		int length = record.remaining();
		write(record, this.end);
		this.entries.put(name,
				new Entry(attributes.size(), modified, this.end + 2 * Integer.BYTES + head, embedding.length));
		this.end += length;
	}

	private void write(ByteBuffer bytes, long position) throws IOException {
		long next = position;
		while (bytes.hasRemaining()) {
			next += this.channel.write(bytes, next);
		}
	}

	@Override
	public void close() throws IOException {
		this.channel.close();
	}

	/**
	 * Where an embedding is, and which state of the file it is of.
	 */
	private record Entry(long size, long modified, long position, int count) {

		boolean isOf(BasicFileAttributes attributes) {
			return attributes.size() == this.size && attributes.lastModifiedTime().toMillis() == this.modified;
		}

	}

	/**
	 * What embeddings depend on.
	 *
	 * @param format tells that it is such a file
	 * @param folder the folder with the pictures
	 * @param checkpoint the checkpoint
	 * @param revision its revision
	 * @param precision what it computes in
	 * @param probe the embedding of a picture that is always the same, which tells when
	 * the files of a checkpoint were replaced
	 */
	private record Header(String format, String folder, String checkpoint, @Nullable String revision, String precision,
			float[] probe) {

		static final String FORMAT = "zsic embeddings 1";

		static Header of(ZeroShotClassifier classifier, Path folder, ImageInput probe) {
			ModelInfo model = classifier.model();
			return new Header(FORMAT, folder.toString(), model.checkpoint(), model.revision(),
					model.precision().toString(), classifier.embedImage(probe));
		}

		@Nullable String difference(Header former) {
			if (!this.folder.equals(former.folder)) {
				return "folder, '" + former.folder + "'";
			}
			if (!this.checkpoint.equals(former.checkpoint)) {
				return "model, '" + former.checkpoint + "' and not '" + this.checkpoint + "'";
			}
			if (!Objects.equals(this.revision, former.revision)) {
				return "revision of the model, " + former.revision + " and not " + this.revision;
			}
			if (!this.precision.equals(former.precision)) {
				return "precision, " + former.precision + " and not " + this.precision;
			}
			return (cosine(this.probe, former.probe) >= SAME_MODEL) ? null
					: "model: the files of '" + this.checkpoint + "' have changed";
		}

		private static double cosine(float[] a, float[] b) {
			double product = 0;
			double normA = 0;
			double normB = 0;
			for (int i = 0; i < Math.min(a.length, b.length); i++) {
				product += (double) a[i] * b[i];
				normA += (double) a[i] * a[i];
				normB += (double) b[i] * b[i];
			}
			return (a.length == b.length) ? product / Math.sqrt(normA * normB) : 0;
		}

	}

}
