package io.github.zsic.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import io.github.zsic.HubException;

/**
 * A file that grows while its contents arrive, with the hash of what is there. What an
 * earlier download left is the beginning. Not thread-safe.
 */
final class PartialFile implements AutoCloseable {

	private static final int READ_BUFFER = 1024 * 1024;

	private final Path cacheDir;

	private final FileChannel channel;

	private final long expectedSize;

	private final ContentHash hash;

	private final ExecutorService hasher;

	private CompletableFuture<Void> hashing = CompletableFuture.completedFuture(null);

	private long size;

	/**
	 * Opens or makes the file.
	 * @param cacheDir the folder to name in errors
	 * @param file the file
	 * @param metadata what it is to become
	 * @throws HubException if it cannot be opened
	 */
	PartialFile(Path cacheDir, Path file, HubClient.FileMetadata metadata) {
		this.cacheDir = cacheDir;
		this.expectedSize = metadata.size();
		this.hash = new ContentHash(metadata.hash(), metadata.size());
		try {
			// A link that somebody put into a shared cache is not followed.
			this.channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ,
					StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
		}
		catch (IOException ex) {
			throw failure(ex);
		}
		this.hasher = Executors.newSingleThreadExecutor((task) -> {
			Thread thread = new Thread(task, Thread.currentThread().getName() + "-hash");
			thread.setDaemon(true);
			return thread;
		});
		boolean ready = false;
		try {
			readWhatIsThere();
			ready = true;
		}
		catch (IOException ex) {
			throw failure(ex);
		}
		finally {
			if (!ready) {
				close();
			}
		}
	}

	private void readWhatIsThere() throws IOException {
		if (this.channel.size() > this.expectedSize) {
			this.channel.truncate(0);
		}
		if (this.channel.size() > 0) {
			ByteBuffer buffer = ByteBuffer.allocate(READ_BUFFER);
			while (this.channel.read(buffer) != -1) {
				this.size += buffer.position();
				this.hash.update(buffer.flip());
				buffer.clear();
			}
		}
	}

	/** How many bytes are there. */
	long size() {
		return this.size;
	}

	boolean isFull() {
		return this.size == this.expectedSize;
	}

	/**
	 * Adds bytes.
	 * @param bytes the bytes, not to be touched until the next call has returned
	 * @throws IOException if they are more than there may be
	 * @throws HubException if they cannot be written
	 */
	void append(ByteBuffer bytes) throws IOException {
		if (bytes.remaining() > this.expectedSize - this.size) {
			throw new IOException("the server sends more than the " + this.expectedSize + " bytes of the file");
		}
		ByteBuffer toHash = bytes.duplicate();
		try {
			while (bytes.hasRemaining()) {
				this.size += this.channel.write(bytes);
			}
		}
		catch (IOException ex) {
			throw failure(ex);
		}
		awaitHashing();
		this.hashing = CompletableFuture.runAsync(() -> this.hash.update(toHash), this.hasher);
	}

	/** Hashing takes about as long as writing, so each is done beside the other. */
	private void awaitHashing() {
		this.hashing.join();
	}

	void restart() {
		awaitHashing();
		try {
			this.channel.truncate(0);
		}
		catch (IOException ex) {
			throw failure(ex);
		}
		this.size = 0;
		this.hash.reset();
	}

	/** Whether the contents are the right ones; to be asked once, when it is full. */
	boolean verify() {
		awaitHashing();
		return this.hash.matches();
	}

	private HubException failure(IOException ex) {
		return Errors.cache(this.cacheDir, this.expectedSize - this.size, ex);
	}

	@Override
	public void close() {
		this.hasher.shutdown();
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			// Some file systems, such as NFS, report only now that they are full.
			throw failure(ex);
		}
	}

}
