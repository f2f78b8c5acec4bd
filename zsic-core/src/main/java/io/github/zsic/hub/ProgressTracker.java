package io.github.zsic.hub;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;

/**
 * Gathers what the threads of a download report, and tells the listener, now and then.
 * Thread-safe.
 */
final class ProgressTracker {

	private static final Logger logger = LoggerFactory.getLogger(ProgressTracker.class);

	private static final long NANOSECONDS_BETWEEN_REPORTS = 100_000_000;

	private final DownloadListener listener;

	private final String repository;

	private final String commit;

	private final ReentrantLock lock = new ReentrantLock();

	private final Map<String, DownloadProgress.File> files = new LinkedHashMap<>();

	private boolean failed;

	private volatile long lastReport = System.nanoTime();

	ProgressTracker(DownloadListener listener, String repository, String commit) {
		this.listener = listener;
		this.repository = repository;
		this.commit = commit;
	}

	/** Files that are to be fetched. */
	void expect(Map<String, OptionalLong> sizes) {
		this.lock.lock();
		try {
			sizes.forEach((name, size) -> this.files.putIfAbsent(name,
					new DownloadProgress.File(name, 0, size.orElse(0), false)));
			report();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** So many bytes are there. */
	void update(String name, long bytes, long size) {
		if (System.nanoTime() - this.lastReport < NANOSECONDS_BETWEEN_REPORTS) {
			return;
		}
		this.lock.lock();
		try {
			this.files.computeIfPresent(name, (key, file) -> new DownloadProgress.File(key, bytes, size, false));
			if (System.nanoTime() - this.lastReport >= NANOSECONDS_BETWEEN_REPORTS) {
				report();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** A file is there and verified. One that was not expected is too small to tell. */
	void complete(String name, long size) {
		this.lock.lock();
		try {
			if (this.files.computeIfPresent(name,
					(key, file) -> new DownloadProgress.File(key, size, size, true)) != null) {
				report();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void report() {
		this.lastReport = System.nanoTime();
		if (this.files.isEmpty() || this.failed) {
			return;
		}
		try {
			this.listener
				.onProgress(new DownloadProgress(this.repository, this.commit, this.files.values().stream().toList()));
		}
		catch (RuntimeException ex) {
			this.failed = true;
			logger.warn("The download listener failed, the download goes on without it", ex);
		}
	}

}
