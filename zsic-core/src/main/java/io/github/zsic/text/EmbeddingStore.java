package io.github.zsic.text;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Text embeddings in a file, for the next start. The file belongs to one model, and
 * several processes may share it. It only saves work: whatever is wrong with it is logged
 * once and costs no more than encoding anew, and no method throws for it. Thread-safe.
 * <p>
 * After a header come records, one a prompt, in the order in which they were encoded.
 * <pre>
 * header  magic, generation (36 bytes), length and UTF-8 of the model, dimension, floats of the probe, CRC-32C
 * record  length and UTF-8 of the prompt, floats of its embedding, CRC-32C
 * </pre> A process that is killed leaves at most a record without its end, which the next
 * one cuts off. Records are never moved, but a file that is damaged is begun anew, with
 * another generation; so a record is verified whenever it is read.
 */
public final class EmbeddingStore implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddingStore.class);

	private static final long MAGIC = 0x5A534943_54585431L;

	/** The text of a UUID. */
	private static final int GENERATION = 36;

	private static final int MAXIMUM_TEXT = 1 << 20;

	/**
	 * How far the same text may lie apart if the model is the same: more than other
	 * hardware makes of it, less than other weights.
	 */
	private static final float TOLERANCE = 5e-3f;

	private static final long LOCK_TIMEOUT = TimeUnit.SECONDS.toNanos(10);

	/**
	 * Held with every file lock, since those are the process's, not the thread's, and
	 * while a file is closed, since on POSIX systems that ends all its locks of the
	 * process.
	 */
	private static final ReentrantLock FILES = new ReentrantLock();

	private final Path path;

	private final byte[] model;

	private final float[] probe;

	private final long maximumSize;

	/** Guards everything below. */
	private final ReentrantLock lock = new ReentrantLock();

	/** {@code null} when the store is closed or of no use. */
	private @Nullable RandomAccessFile file;

	private byte[] generation = {};

	/** Where each prompt's record begins. */
	private final Map<String, Long> records = new HashMap<>();

	/** Up to where the file is known. */
	private long end;

	private boolean full;

	private EmbeddingStore(Path path, byte[] model, float[] probe, long maximumSize) {
		this.path = path;
		this.model = model;
		this.probe = probe;
		this.maximumSize = maximumSize;
	}

	/**
	 * Opens the file of a model, or begins one.
	 * @param folder where the file is or will be
	 * @param name the beginning of the file's name
	 * @param model everything that an embedding depends on but the prompt
	 * @param probe the embedding of a text that is always the same: the last proof that
	 * the file's embeddings are of this model
	 * @param maximumSize how many prompts are kept at most
	 * @return the store, to be closed by the caller
	 */
	public static EmbeddingStore open(Path folder, String name, String model, float[] probe, long maximumSize) {
		byte[] identity = model.getBytes(StandardCharsets.UTF_8);
		Path path = folder.resolve(name + "-" + sha256(identity).substring(0, 16) + ".embeddings");
		EmbeddingStore store = new EmbeddingStore(path, identity, probe, maximumSize);
		store.open();
		return store;
	}

	private static String sha256(byte[] bytes) {
		try {
			return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JVM has SHA-256", ex);
		}
	}

	private void open() {
		this.lock.lock();
		try {
			Files.createDirectories(this.path.getParent());
			RandomAccessFile opened = new RandomAccessFile(this.path.toFile(), "rw");
			this.file = opened;
			locked(opened, () -> catchUp(opened));
			logger.debug("'{}' has {} text embeddings", this.path, this.records.size());
		}
		catch (IOException ex) {
			giveUp(ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Looks for an embedding.
	 * @param prompt the prompt
	 * @return its embedding, a new array, or {@code null} if it is not there
	 */
	public float @Nullable [] read(String prompt) {
		this.lock.lock();
		try {
			Long position = this.records.get(prompt);
			if (this.file == null || position == null) {
				return null;
			}
			this.file.seek(position);
			Entry entry = readRecord(new DataInputStream(new BufferedInputStream(new Content(this.file),
					Integer.BYTES * 2 + prompt.length() * 3 + this.probe.length * Float.BYTES)));
			if (entry != null && entry.prompt.equals(prompt)) {
				return entry.embedding;
			}
			// The file was begun anew by another process.
			this.records.remove(prompt);
			return null;
		}
		catch (IOException ex) {
			giveUp(ex);
			return null;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Adds embeddings.
	 * @param prompts the prompts
	 * @param embeddings their embeddings, in the same order
	 */
	public void append(List<String> prompts, List<float[]> embeddings) {
		this.lock.lock();
		try {
			RandomAccessFile opened = this.file;
			if (opened != null) {
				locked(opened, () -> {
					catchUp(opened);
					writeRecords(opened, prompts, embeddings);
				});
			}
		}
		catch (IOException ex) {
			giveUp(ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void writeRecords(RandomAccessFile opened, List<String> prompts, List<float[]> embeddings)
			throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		Map<String, Long> added = new HashMap<>();
		for (int i = 0; i < prompts.size(); i++) {
			String prompt = prompts.get(i);
			byte[] text = prompt.getBytes(StandardCharsets.UTF_8);
			if (this.records.containsKey(prompt) || text.length > MAXIMUM_TEXT || isFull(added.size())) {
				continue;
			}
			added.put(prompt, this.end + bytes.size());
			ByteBuffer record = ByteBuffer.allocate(2 * Integer.BYTES + text.length + this.probe.length * Float.BYTES)
				.putInt(text.length)
				.put(text);
			putFloats(record, embeddings.get(i));
			bytes.writeBytes(record.putInt(checksum(record.array(), record.position())).array());
		}
		opened.seek(this.end);
		opened.write(bytes.toByteArray());
		this.end += bytes.size();
		this.records.putAll(added);
	}

	private boolean isFull(int added) {
		if (this.records.size() + added < this.maximumSize) {
			return false;
		}
		if (!this.full) {
			this.full = true;
			logger.warn(
					"'{}' has {} text embeddings and gets no more. Delete it if most of them are not used any more, "
							+ "or raise the maximum size of the label cache, of which it is a multiple",
					this.path, this.maximumSize);
		}
		return true;
	}

	/**
	 * Reads what other processes have added. To be called under the file lock.
	 */
	private void catchUp(RandomAccessFile opened) throws IOException {
		long length = opened.length();
		if (!readHeader(opened)) {
			if (length > 0) {
				warn("is damaged or of another model, and is begun anew");
			}
			begin(opened);
			return;
		}
		if (this.end > length) {
			forget();
		}
		opened.seek(this.end);
		DataInputStream content = new DataInputStream(new BufferedInputStream(new Content(opened), 1 << 16));
		while (this.end < length) {
			Entry entry = readRecord(content);
			if (entry == null) {
				warn("is damaged from byte " + this.end + " on, and cut off there");
				opened.setLength(this.end);
				return;
			}
			this.records.put(entry.prompt, this.end);
			this.end += entry.length;
		}
	}

	private void begin(RandomAccessFile opened) throws IOException {
		UUID random = UUID.randomUUID();
		this.generation = random.toString().getBytes(StandardCharsets.US_ASCII);
		ByteBuffer header = ByteBuffer.allocate(headerLength())
			.putLong(MAGIC)
			.put(this.generation)
			.putInt(this.model.length)
			.put(this.model)
			.putInt(this.probe.length);
		putFloats(header, this.probe);
		header.putInt(checksum(header.array(), header.position()));
		opened.setLength(0);
		opened.seek(0);
		opened.write(header.array());
		forget();
	}

	private void forget() {
		this.records.clear();
		this.end = headerLength();
	}

	private int headerLength() {
		return Long.BYTES + GENERATION + this.model.length + this.probe.length * Float.BYTES + 3 * Integer.BYTES;
	}

	/**
	 * Checks the header; another generation makes known records unknown.
	 * @return whether it is that of this model's file
	 */
	private boolean readHeader(RandomAccessFile opened) throws IOException {
		opened.seek(0);
		byte[] bytes = new Content(opened).readNBytes(headerLength());
		int checked = headerLength() - Integer.BYTES;
		if (bytes.length < headerLength() || ByteBuffer.wrap(bytes).getInt(checked) != checksum(bytes, checked)) {
			return false;
		}
		byte[] foundGeneration = new byte[GENERATION];
		byte[] foundModel = new byte[this.model.length];
		byte[] foundProbe = new byte[this.probe.length * Float.BYTES];
		ByteBuffer header = ByteBuffer.wrap(bytes);
		long magic = header.getLong();
		header.get(foundGeneration);
		int modelLength = header.getInt();
		header.get(foundModel);
		int dimension = header.getInt();
		header.get(foundProbe);
		if (magic != MAGIC || modelLength != this.model.length || !Arrays.equals(foundModel, this.model)
				|| dimension != this.probe.length || !isNear(floats(foundProbe))) {
			return false;
		}
		if (!Arrays.equals(foundGeneration, this.generation)) {
			this.generation = foundGeneration;
			forget();
		}
		return true;
	}

	private boolean isNear(float[] found) {
		for (int i = 0; i < found.length; i++) {
			if (!(Math.abs(found[i] - this.probe[i]) < TOLERANCE)) {
				return false;
			}
		}
		return true;
	}

	/** Returns the record, or {@code null} if what is there is none. */
	private @Nullable Entry readRecord(DataInputStream content) throws IOException {
		try {
			int textLength = content.readInt();
			if (textLength < 0 || textLength > MAXIMUM_TEXT) {
				return null;
			}
			byte[] body = content.readNBytes(textLength + this.probe.length * Float.BYTES);
			byte[] bytes = ByteBuffer.allocate(Integer.BYTES + body.length).putInt(textLength).put(body).array();
			if (content.readInt() != checksum(bytes, bytes.length)) {
				return null;
			}
			return new Entry(new String(body, 0, textLength, StandardCharsets.UTF_8),
					floats(Arrays.copyOfRange(body, textLength, body.length)), bytes.length + Integer.BYTES);
		}
		catch (EOFException ex) {
			return null;
		}
	}

	private static void putFloats(ByteBuffer target, float[] values) {
		target.asFloatBuffer().put(values);
		target.position(target.position() + values.length * Float.BYTES);
	}

	private static float[] floats(byte[] bytes) {
		float[] values = new float[bytes.length / Float.BYTES];
		ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
		return values;
	}

	private static int checksum(byte[] bytes, int length) {
		CRC32C checksum = new CRC32C();
		checksum.update(bytes, 0, length);
		return (int) checksum.getValue();
	}

	/**
	 * Runs a task while no other process changes the file. The thread may be interrupted:
	 * waiting for a lock in the usual way would then close the file.
	 */
	private static void locked(RandomAccessFile file, Task task) throws IOException {
		FILES.lock();
		boolean interrupted = Thread.interrupted();
		try {
			long deadline = System.nanoTime() + LOCK_TIMEOUT;
			FileLock fileLock = file.getChannel().tryLock();
			while (fileLock == null) {
				if (System.nanoTime() > deadline) {
					throw new IOException("another process does not release its lock");
				}
				LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
				interrupted |= Thread.interrupted();
				fileLock = file.getChannel().tryLock();
			}
			try {
				task.run();
			}
			finally {
				fileLock.release();
			}
		}
		finally {
			FILES.unlock();
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private void warn(String finding) {
		logger.warn("The file of text embeddings '{}' {}; what is missing is encoded again", this.path, finding);
	}

	private void giveUp(IOException cause) {
		logger.warn("The file of text embeddings '{}' cannot be used any more ({}); texts are encoded without it",
				this.path, cause.toString());
		closeFile();
	}

	private void closeFile() {
		RandomAccessFile opened = this.file;
		this.file = null;
		if (opened != null) {
			FILES.lock();
			try {
				opened.close();
			}
			catch (IOException ex) {
				logger.debug("'{}' could not be closed", this.path, ex);
			}
			finally {
				FILES.unlock();
			}
		}
	}

	@Override
	public void close() {
		this.lock.lock();
		try {
			closeFile();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** What is done under the file lock. */
	private interface Task {

		void run() throws IOException;

	}

	private record Entry(String prompt, float[] embedding, int length) {

	}

	/**
	 * A file from where it stands. Neither a second stream on the same file, which would
	 * end its locks when it is closed, nor a channel, which an interrupted thread closes.
	 */
	private static final class Content extends InputStream {

		private final RandomAccessFile file;

		Content(RandomAccessFile file) {
			this.file = file;
		}

		@Override
		public int read() throws IOException {
			return this.file.read();
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			return this.file.read(bytes, offset, length);
		}

	}

}
