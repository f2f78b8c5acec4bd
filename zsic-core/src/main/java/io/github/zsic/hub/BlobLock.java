package io.github.zsic.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one thread of one JVM at a time download the same contents. Python takes another
 * kind of lock on the same file, which does not exclude this one on every system; what
 * two downloads write is kept apart, so the worst is that both do the work.
 */
final class BlobLock implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(BlobLock.class);

	private static final long POLL_MILLISECONDS = 50;

	private static final long POLLS_BETWEEN_MESSAGES = 10_000 / POLL_MILLISECONDS;

	/**
	 * Taken before the file is opened: on POSIX systems, closing a file gives up all the
	 * locks that the process has on it, those of other threads included.
	 */
	private static final Map<Path, ReentrantLock> LOCKS = new ConcurrentHashMap<>();

	private final ReentrantLock local;

	private @Nullable FileChannel channel;

	private boolean exclusive;

	private BlobLock(ReentrantLock local) {
		this.local = local;
	}

	/**
	 * Waits for the lock.
	 * @param file the file to lock, made if it does not exist
	 * @return the lock
	 * @throws InterruptedException if the thread is interrupted
	 */
	static BlobLock acquire(Path file) throws InterruptedException {
		ReentrantLock local = LOCKS.computeIfAbsent(file, (key) -> new ReentrantLock());
		local.lockInterruptibly();
		BlobLock lock = new BlobLock(local);
		boolean acquired = false;
		try {
			lock.lockFile(file);
			acquired = true;
			return lock;
		}
		finally {
			if (!acquired) {
				lock.close();
			}
		}
	}

	private void lockFile(Path file) throws InterruptedException {
		try {
			Files.createDirectories(file.getParent());
			FileChannel opened = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
			this.channel = opened;
			for (long polls = 1; !tryLock(opened); polls++) {
				if (polls % POLLS_BETWEEN_MESSAGES == 0) {
					logger.info("Still waiting for another process that downloads the same file (lock '{}')", file);
				}
				TimeUnit.MILLISECONDS.sleep(POLL_MILLISECONDS);
			}
			this.exclusive = true;
		}
		catch (IOException ex) {
			// No locks on this file system, or not for this user.
			logger.debug("Cannot lock '{}', going on without", file, ex);
		}
	}

	private static boolean tryLock(FileChannel channel) throws IOException {
		try {
			FileLock lock = channel.tryLock();
			return lock != null;
		}
		catch (OverlappingFileLockException ex) {
			// zsic, loaded once more by another class loader.
			return false;
		}
	}

	/** Whether no other JVM downloads the same; if not, that is only unknown. */
	boolean exclusive() {
		return this.exclusive;
	}

	@Override
	public void close() {
		try {
			if (this.channel != null) {
				this.channel.close();
			}
		}
		catch (IOException ex) {
			logger.debug("Cannot close a lock file", ex);
		}
		finally {
			this.local.unlock();
		}
	}

}
