package io.github.zsic.sample.command;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import io.github.zsic.Prediction;

/**
 * Where the results go: a file that is continued, or a stream. Each picture is written at
 * once and as a whole, so that a run that is cut off loses at most the last one.
 * <p>
 * Beside a file stands another one, with {@value #SETTINGS_SUFFIX} behind its name, that
 * tells how it was made, so that results of different labels or models are not mixed.
 */
final class ResultFile implements Closeable {

	static final String SETTINGS_SUFFIX = ".run";

	private static final String BYTE_ORDER_MARK = "\uFEFF";

	private final Format format;

	private final int columns;

	private final OutputStream out;

	private final Set<String> done;

	private ResultFile(Format format, int columns, OutputStream out, Set<String> done) {
		this.format = format;
		this.columns = columns;
		this.out = out;
		this.done = done;
	}

	/**
	 * Writes to a stream, which is not closed.
	 */
	static ResultFile to(PrintStream stream, FolderOptions options) throws IOException {
		ResultFile file = new ResultFile(options.format(), options.columns(), new FilterOutputStream(stream) {

			@Override
			public void write(byte[] bytes, int offset, int length) throws IOException {
				stream.write(bytes, offset, length);
				// A print stream keeps its failures to itself.
				if (stream.checkError()) {
					throw new IOException("nobody reads the standard output any more");
				}
			}

			@Override
			public void close() {
				stream.flush();
			}

		}, Set.of());
		file.writeHeader(options.byteOrderMark());
		return file;
	}

	/**
	 * Opens a file, to begin or to continue it.
	 * @throws CommandException if it was made in another way, or not by this command
	 */
	static ResultFile open(Path path, FolderOptions options, RunSettings settings) throws IOException {
		Path settingsPath = path.resolveSibling(path.getFileName() + SETTINGS_SUFFIX);
		FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
				StandardOpenOption.WRITE);
		boolean opened = false;
		try {
			lock(channel, path);
			if (options.restart()) {
				channel.truncate(0);
			}
			Set<String> done = new HashSet<>();
			if (channel.size() > 0) {
				refuseOther(path, settingsPath, settings);
				channel.truncate(readDone(channel, path, options, done));
			}
			boolean begins = channel.size() == 0;
			if (begins) {
				Files.writeString(settingsPath, settings.toJson());
			}
			channel.position(channel.size());
			ResultFile file = new ResultFile(options.format(), options.columns(), Channels.newOutputStream(channel),
					done);
			if (begins) {
				file.writeHeader(options.byteOrderMark());
			}
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
	private static void lock(FileChannel channel, Path path) throws IOException {
		FileLock lock;
		try {
			lock = channel.tryLock();
		}
		catch (OverlappingFileLockException ex) {
			lock = null;
		}
		if (lock == null) {
			throw CommandException.failure("'" + path + "' is being written by another run.");
		}
	}

	private static void refuseOther(Path path, Path settingsPath, RunSettings settings) throws IOException {
		RunSettings former = Files.exists(settingsPath) ? RunSettings.fromJson(Files.readString(settingsPath)) : null;
		String difference = (former != null) ? settings.difference(former)
				: "and there is no '" + settingsPath.getFileName() + "' that tells how it was made";
		if (difference != null) {
			throw CommandException
				.usage("'" + path + "' exists, " + difference + ". Name another file, or add --restart to replace it.");
		}
	}

	/**
	 * Reads which pictures are done.
	 * @return where the last complete record ends
	 */
	private static long readDone(FileChannel channel, Path path, FolderOptions options, Set<String> done)
			throws IOException {
		byte[] header = options.format().header(options.columns()).getBytes(StandardCharsets.UTF_8);
		InputStream in = new BufferedInputStream(Channels.newInputStream(channel.position(0)), 1 << 16);
		byte[] mark = BYTE_ORDER_MARK.getBytes(StandardCharsets.UTF_8);
		in.mark(mark.length);
		long position = Arrays.equals(in.readNBytes(mark.length), mark) ? mark.length : 0;
		if (position == 0) {
			in.reset();
		}
		byte[] start = in.readNBytes(header.length);
		if (start.length < header.length) {
			return 0;
		}
		boolean ours = Arrays.equals(start, header);
		position += header.length;
		long end = position;
		boolean quoted = false;
		ByteArrayOutputStream line = new ByteArrayOutputStream();
		for (int next = in.read(); ours && next >= 0; next = in.read()) {
			position++;
			line.write(next);
			quoted ^= next == '"' && options.format().quotesLineEnds();
			if (next == '\n' && !quoted) {
				ours = add(options.format(), line.toString(StandardCharsets.UTF_8), done);
				end = position;
				line.reset();
			}
		}
		if (!ours) {
			throw CommandException.usage("'" + path + "' was changed since it was written (byte " + end
					+ "), so it cannot be continued. Name another file, or add --restart to replace it.");
		}
		return end;
	}

	private static boolean add(Format format, String line, Set<String> done) {
		try {
			done.add(format.file(line));
			return true;
		}
		catch (RuntimeException ex) {
			return false;
		}
	}

	private void writeHeader(boolean byteOrderMark) throws IOException {
		write((byteOrderMark ? BYTE_ORDER_MARK : "") + this.format.header(this.columns));
	}

	/**
	 * Whether a picture was done by an earlier run.
	 */
	boolean isDone(String file) {
		return this.done.contains(file);
	}

	void write(String file, List<Prediction> predictions) throws IOException {
		write(this.format.write(file, predictions, this.columns));
	}

	private void write(String text) throws IOException {
		this.out.write(text.getBytes(StandardCharsets.UTF_8));
		this.out.flush();
	}

	@Override
	public void close() throws IOException {
		this.out.close();
	}

}
