package io.github.zsic.text;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Text embeddings in a folder, for the next start. It only saves work: whatever is wrong
 * with it is logged and costs no more than encoding anew, and no method throws for it.
 * Thread-safe.
 * <p>
 * Any number of stores may share a folder, in one process or several, and need no lock: a
 * store reads all files of its model when it is opened, and appends to one of its own,
 * which nobody else writes to. Each file has a header, and after it a record for each
 * prompt, in the order in which they were encoded. <pre>
 * header  magic, length of the next two, UTF-8 of the model, floats of the probe, CRC-32C
 * record  length and UTF-8 of the prompt, floats of its embedding, CRC-32C
 * </pre> A file appears under its name with its header complete. A process that is killed
 * leaves at most a record without its end, at which readers stop. Records are never moved
 * and are verified whenever they are read.
 * <p>
 * A store that finds many files, or a damaged one, writes what they hold to a file of its
 * own and deletes them. Whoever still appends to one of them notices when it has
 * appended, and goes on in another file, with all that it had written: a deleted file can
 * be read by those who have it open. Where a file cannot be deleted while it is open, it
 * stays.
 * <p>
 * Why: docs/decisions/0027.
 */
public final class EmbeddingStore implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddingStore.class);

	private static final long MAGIC = 0x5A534943_54585432L;

	private static final String SUFFIX = ".embeddings";

	private static final String UNFINISHED = ".tmp";

	/** With more files of one model than that, they are made one. */
	private static final int MAXIMUM_FILES = 8;

	/** A file that has been unfinished for so long stays so. */
	private static final Duration ABANDONED = Duration.ofHours(1);

	/** How often something is done again, as other processes have merged the files. */
	private static final int MAXIMUM_ATTEMPTS = 3;

	private static final int MAXIMUM_TEXT = 1 << 20;

	/**
	 * How far the same text may lie apart if the model is the same: more than other
	 * hardware makes of it, less than other weights.
	 */
	private static final float TOLERANCE = 5e-3f;

	private final Path folder;

	/** What the names of all files of the model begin with. */
	private final String prefix;

	private final byte[] model;

	private final float[] probe;

	private final long maximumSize;

	/** Guards everything below. Under it nobody waits for another process. */
	private final ReentrantLock lock = new ReentrantLock();

	/** All that records are read from, {@link #own} among them. */
	private final List<Part> parts = new ArrayList<>();

	/** Where each prompt's record is. */
	private final Map<String, Place> records = new LinkedHashMap<>();

	/** What is appended to, once there is something to append. */
	private @Nullable Part own;

	/**
	 * Whether nothing is appended any more, as that has failed or the store is closed.
	 */
	private boolean readOnly;

	private boolean full;

	private EmbeddingStore(Path folder, String prefix, byte[] model, float[] probe, long maximumSize) {
		this.folder = folder;
		this.prefix = prefix;
		this.model = model;
		this.probe = probe;
		this.maximumSize = maximumSize;
	}

	/**
	 * Opens what there is of a model.
	 * @param folder where the files are or will be
	 * @param name the beginning of the files' names
	 * @param model everything that an embedding depends on but the prompt
	 * @param probe the embedding of a text that is always the same: the last proof that
	 * the embeddings of a file are of this model
	 * @param maximumSize how many prompts are kept at most
	 * @return the store, to be closed by the caller
	 */
	public static EmbeddingStore open(Path folder, String name, String model, float[] probe, long maximumSize) {
		byte[] identity = model.getBytes(StandardCharsets.UTF_8);
		String prefix = name + "-" + sha256(identity).substring(0, 16) + "-";
		EmbeddingStore store = new EmbeddingStore(folder, prefix, identity, probe, maximumSize);
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
			Files.createDirectories(this.folder);
			deleteAbandoned();
			Findings findings = new Findings();
			for (int i = 0; i < MAXIMUM_ATTEMPTS && readAll(findings); i++) {
				logger.debug("Files of '{}' were merged by another process meanwhile", this.folder);
			}
			logger.debug("'{}' has {} text embeddings of {} in {} files", this.folder, this.records.size(), this.prefix,
					this.parts.size());
			if (findings.damaged || this.parts.size() > MAXIMUM_FILES || findings.records > this.maximumSize) {
				mergeIfPossible();
			}
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
			Place place = this.records.get(prompt);
			if (place == null) {
				return null;
			}
			Entry entry = read(prompt, place);
			if (entry == null) {
				// Damaged since it was found.
				this.records.remove(prompt);
				return null;
			}
			return floats(entry.embedding());
		}
		catch (IOException ex) {
			giveUp(ex);
			return null;
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable Entry read(String prompt, Place place) throws IOException {
		RandomAccessFile file = place.part().file();
		file.seek(place.position());
		int size = Integer.BYTES * 2 + prompt.length() * 3 + this.probe.length * Float.BYTES;
		try {
			Entry entry = readRecord(new DataInputStream(new BufferedInputStream(new Content(file), size)));
			return (entry != null && entry.prompt().equals(prompt)) ? entry : null;
		}
		catch (EOFException ex) {
			return null;
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
			Map<String, byte[]> added = new LinkedHashMap<>();
			for (int i = 0; i < prompts.size() && !this.readOnly; i++) {
				String prompt = prompts.get(i);
				byte[] text = prompt.getBytes(StandardCharsets.UTF_8);
				if (!this.records.containsKey(prompt) && !added.containsKey(prompt) && text.length <= MAXIMUM_TEXT
						&& !isFull(added.size())) {
					added.put(prompt, record(text, bytes(embeddings.get(i))));
				}
			}
			if (!added.isEmpty()) {
				write(added);
			}
		}
		catch (IOException ex) {
			// The file may end within a record now, behind which nothing would be found.
			this.readOnly = true;
			logger.warn("The text embeddings in '{}' get no more ({}); new texts are encoded again after the next "
					+ "start", this.folder, ex.toString());
		}
		finally {
			this.lock.unlock();
		}
	}

	private void write(Map<String, byte[]> added) throws IOException {
		Part target = (this.own != null) ? this.own : rewrite(List.of());
		long position = target.file().length();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		Map<String, Place> places = new LinkedHashMap<>();
		for (Map.Entry<String, byte[]> record : added.entrySet()) {
			places.put(record.getKey(), new Place(target, position + bytes.size()));
			bytes.writeBytes(record.getValue());
		}
		target.file().seek(position);
		target.file().write(bytes.toByteArray());
		this.records.putAll(places);
		// Only now: what is there before the file is moved, who moves it notices.
		if (!Files.exists(target.path())) {
			rewrite(List.of(target));
		}
	}

	private boolean isFull(int added) {
		if (this.records.size() + added < this.maximumSize) {
			return false;
		}
		if (!this.full) {
			this.full = true;
			logger
				.warn("'{}' has {} text embeddings of one model and gets no more. Delete the files '{}*{}' if most of "
						+ "them are not used any more, or raise the maximum size of the label cache, of which it "
						+ "is a multiple", this.folder, this.maximumSize, this.prefix, SUFFIX);
		}
		return true;
	}

	private void deleteAbandoned() throws IOException {
		Instant before = Instant.now().minus(ABANDONED);
		for (Path file : list(UNFINISHED)) {
			try {
				if (Files.getLastModifiedTime(file).toInstant().isBefore(before)) {
					Files.delete(file);
				}
			}
			catch (IOException ex) {
				logger.debug("'{}' could not be deleted", file, ex);
			}
		}
	}

	private List<Path> list(String suffix) throws IOException {
		try (Stream<Path> files = Files.list(this.folder)) {
			return files.filter((file) -> {
				String name = file.getFileName().toString();
				return name.startsWith(this.prefix) && name.endsWith(suffix);
			}).sorted().toList();
		}
	}

	/** Reads the files that are not known yet, and tells whether one of them had gone. */
	private boolean readAll(Findings findings) throws IOException {
		boolean gone = false;
		List<Path> known = this.parts.stream().map(Part::path).toList();
		for (Path path : list(SUFFIX)) {
			if (!known.contains(path)) {
				try {
					read(path, findings);
				}
				catch (IOException ex) {
					if (Files.exists(path)) {
						warn(path, "cannot be read (" + ex + ")");
					}
					else {
						gone = true;
					}
				}
			}
		}
		return gone;
	}

	private void read(Path path, Findings findings) throws IOException {
		RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
		boolean kept = false;
		try {
			long length = file.length();
			DataInputStream content = new DataInputStream(new BufferedInputStream(new Content(file), 1 << 16));
			Header header = readHeader(content);
			if (header == Header.OTHER) {
				warn(path, "is of another model, or the model computes something else now, and is left alone");
				return;
			}
			Part part = new Part(path, file, length);
			this.parts.add(part);
			kept = true;
			if (header == Header.DAMAGED) {
				findings.damaged = true;
				warn(path, "is damaged and is deleted");
				return;
			}
			readRecords(part, content, findings);
		}
		finally {
			if (!kept) {
				file.close();
			}
		}
	}

	private void readRecords(Part part, DataInputStream content, Findings findings) throws IOException {
		long position = header().length;
		try {
			while (position < part.length()) {
				Entry entry = readRecord(content);
				if (entry == null) {
					findings.damaged = true;
					warn(part.path(), "is damaged from byte " + position + " on; the rest of it is deleted");
					return;
				}
				findings.records++;
				if (this.records.size() < this.maximumSize) {
					this.records.putIfAbsent(entry.prompt(), new Place(part, position));
				}
				position += entry.size();
			}
		}
		catch (EOFException ex) {
			// Being written at this moment, or for ever unfinished.
			logger.debug("'{}' ends within the record at byte {}", part.path(), position);
		}
	}

	/** Where nothing can be written, there is something to read all the same. */
	private void mergeIfPossible() {
		try {
			merge();
		}
		catch (IOException ex) {
			logger.warn("The files of text embeddings '{}*{}' in '{}' cannot be made one ({})", this.prefix, SUFFIX,
					this.folder, ex.toString());
		}
	}

	/**
	 * Makes one file of all that were read. Others may do so at the same time: each has
	 * written everything before it deletes anything.
	 */
	private void merge() throws IOException {
		List<Part> merged = List.copyOf(this.parts);
		rewrite(merged);
		for (Part part : merged) {
			try {
				// Whoever appends from now on notices, and what was appended until now is
				// seen here. It is then left for another time.
				Path moved = Files.move(part.path(), newPath(), StandardCopyOption.ATOMIC_MOVE);
				if (Files.size(moved) == part.length()) {
					Files.delete(moved);
				}
			}
			catch (IOException ex) {
				logger.debug("'{}' could not be deleted", part.path(), ex);
			}
		}
	}

	private Path newPath() {
		return this.folder.resolve(this.prefix + UUID.randomUUID() + SUFFIX);
	}

	/** Begins a file of one's own, with the records of other files, which are closed. */
	private Part rewrite(Collection<Part> sources) throws IOException {
		for (int attempts = 0; attempts < MAXIMUM_ATTEMPTS; attempts++) {
			Path path = newPath();
			Map<String, Long> positions = copy(sources, path);
			RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
			if (file.length() >= header().length) {
				Part target = new Part(path, file, 0);
				this.own = target;
				this.parts.add(target);
				this.records.values().removeIf((place) -> sources.contains(place.part()));
				positions.forEach((prompt, position) -> this.records.put(prompt, new Place(target, position)));
				this.parts.removeAll(sources);
				sources.forEach(EmbeddingStore::close);
				return target;
			}
			// Merged by another process before it was opened here, which has begun it
			// anew.
			file.close();
			Files.deleteIfExists(path);
		}
		throw new IOException("other processes delete new files");
	}

	/**
	 * Writes a file that appears with all that belongs into it, and tells what is where.
	 */
	private Map<String, Long> copy(Collection<Part> sources, Path path) throws IOException {
		Path unfinished = path.resolveSibling(path.getFileName() + UNFINISHED);
		Map<String, Long> positions = new LinkedHashMap<>();
		boolean complete = false;
		try {
			try (OutputStream out = new BufferedOutputStream(new FileOutputStream(unfinished.toFile()), 1 << 16)) {
				long position = header().length;
				out.write(header());
				for (Map.Entry<String, Place> each : this.records.entrySet()) {
					Entry entry = sources.contains(each.getValue().part()) ? read(each.getKey(), each.getValue())
							: null;
					if (entry != null) {
						byte[] record = record(entry.prompt().getBytes(StandardCharsets.UTF_8), entry.embedding());
						out.write(record);
						positions.put(entry.prompt(), position);
						position += record.length;
					}
				}
			}
			Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
			complete = true;
		}
		finally {
			if (!complete) {
				Files.deleteIfExists(unfinished);
			}
		}
		return positions;
	}

	private byte[] header() {
		int length = this.model.length + this.probe.length * Float.BYTES;
		ByteBuffer header = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + length + Integer.BYTES)
			.putLong(MAGIC)
			.putInt(length)
			.put(this.model)
			.put(bytes(this.probe));
		return header.putInt(checksum(header.array(), header.position())).array();
	}

	private Header readHeader(DataInputStream content) throws IOException {
		try {
			long magic = content.readLong();
			int length = content.readInt();
			if (magic != MAGIC || length < 0 || length > MAXIMUM_TEXT) {
				return Header.DAMAGED;
			}
			byte[] found = content.readNBytes(length);
			byte[] checked = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + found.length)
				.putLong(magic)
				.putInt(length)
				.put(found)
				.array();
			if (content.readInt() != checksum(checked, checked.length)) {
				return Header.DAMAGED;
			}
			boolean ours = length == this.model.length + this.probe.length * Float.BYTES
					&& Arrays.equals(Arrays.copyOf(found, this.model.length), this.model)
					&& isNear(floats(Arrays.copyOfRange(found, this.model.length, length)));
			return ours ? Header.OURS : Header.OTHER;
		}
		catch (EOFException ex) {
			return Header.DAMAGED;
		}
	}

	private boolean isNear(float[] found) {
		for (int i = 0; i < found.length; i++) {
			if (!(Math.abs(found[i] - this.probe[i]) < TOLERANCE)) {
				return false;
			}
		}
		return true;
	}

	private static byte[] record(byte[] text, byte[] embedding) {
		ByteBuffer record = ByteBuffer.allocate(2 * Integer.BYTES + text.length + embedding.length)
			.putInt(text.length)
			.put(text)
			.put(embedding);
		return record.putInt(checksum(record.array(), record.position())).array();
	}

	/**
	 * Reads the next record.
	 * @return the record, or {@code null} if what is there is none
	 * @throws EOFException if the file ends before it does
	 */
	private @Nullable Entry readRecord(DataInputStream content) throws IOException {
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
				Arrays.copyOfRange(body, textLength, body.length), bytes.length + Integer.BYTES);
	}

	private static byte[] bytes(float[] values) {
		ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
		bytes.asFloatBuffer().put(values);
		return bytes.array();
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

	private static void warn(Path path, String finding) {
		logger.warn("The file of text embeddings '{}' {}; what is missing is encoded again", path, finding);
	}

	private void giveUp(IOException cause) {
		logger.warn("The text embeddings in '{}' cannot be used any more ({}); texts are encoded without them",
				this.folder, cause.toString());
		closeAll();
	}

	private void closeAll() {
		this.readOnly = true;
		this.records.clear();
		this.parts.forEach(EmbeddingStore::close);
		this.parts.clear();
		this.own = null;
	}

	private static void close(Part part) {
		try {
			part.file().close();
		}
		catch (IOException ex) {
			logger.debug("'{}' could not be closed", part.path(), ex);
		}
	}

	@Override
	public void close() {
		this.lock.lock();
		try {
			closeAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** What the beginning of a file says. */
	private enum Header {

		OURS, OTHER, DAMAGED

	}

	/** What was found in all files. */
	private static final class Findings {

		private boolean damaged;

		/** With those of which there are several. */
		private long records;

	}

	/**
	 * A file.
	 *
	 * @param path its name
	 * @param file the file, open
	 * @param length how long it was when it was read
	 */
	private record Part(Path path, RandomAccessFile file, long length) {

	}

	/** Where a record begins. */
	private record Place(Part part, long position) {

	}

	private record Entry(String prompt, byte[] embedding, int size) {

	}

	/**
	 * A file from where it stands. Not a channel, which an interrupted thread closes.
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
