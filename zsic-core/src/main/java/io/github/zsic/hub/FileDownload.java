package io.github.zsic.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * Gets one file into a snapshot: asks what it is, takes contents that are in the cache or
 * fetches them, verifies them, and only then lets them appear under their name.
 * <p>
 * Why: docs/decisions/0015.
 */
final class FileDownload {

	/** Wrong contents may be the fault of a proxy, so they get a second chance. */
	private static final int MAXIMUM_MISMATCHES = 2;

	private static final int PIECE = 512 * 1024;

	private final HubClient client;

	private final RepositoryCache cache;

	private final Retries retries;

	private final ProgressTracker progress;

	private final Errors.Request request;

	private final String commit;

	private final String file;

	FileDownload(HubClient client, RepositoryCache cache, Retries retries, ProgressTracker progress, String repository,
			String commit, String file) {
		this.client = client;
		this.cache = cache;
		this.retries = retries;
		this.progress = progress;
		this.request = new Errors.Request(repository, commit, file);
		this.commit = commit;
		this.file = file;
	}

	/**
	 * Downloads the file.
	 * @throws HubException if that fails
	 * @throws InterruptedException if the thread is interrupted
	 */
	void run() throws InterruptedException {
		HubClient.FileMetadata metadata = metadata();
		try (BlobLock lock = BlobLock.acquire(this.cache.lock(metadata.hash()))) {
			if (!this.cache.has(this.commit, this.file, OptionalLong.of(metadata.size()))) {
				if (this.cache.hasBlob(metadata.hash(), metadata.size())) {
					this.cache.reuse(metadata.hash(), this.commit, this.file);
				}
				else {
					fetch(metadata, lock.exclusive());
				}
			}
		}
		catch (IOException ex) {
			throw Errors.cache(this.cache.cacheDir(), metadata.size(), ex);
		}
		this.progress.complete(this.file, metadata.size());
	}

	private HubClient.FileMetadata metadata() throws InterruptedException {
		return this.client.metadata(this.request.repository(), this.commit, this.file);
	}

	private void fetch(HubClient.FileMetadata metadata, boolean exclusive) throws IOException, InterruptedException {
		Path incomplete = this.cache.incomplete(metadata.hash(), exclusive);
		boolean stored = false;
		try {
			try (PartialFile partial = new PartialFile(this.cache.cacheDir(), incomplete, metadata)) {
				fill(partial, metadata);
			}
			this.cache.store(incomplete, metadata.hash(), this.commit, this.file);
			stored = true;
		}
		finally {
			if (!stored && !exclusive) {
				Files.deleteIfExists(incomplete);
			}
		}
	}

	private void fill(PartialFile partial, HubClient.FileMetadata metadata) throws InterruptedException {
		HubClient.FileMetadata current = metadata;
		int failures = 0;
		int mismatches = 0;
		while (true) {
			long before = partial.size();
			try {
				if (!partial.isFull()) {
					receive(partial, current);
				}
				if (partial.verify()) {
					return;
				}
				partial.restart();
				if (++mismatches == MAXIMUM_MISMATCHES) {
					throw new HubException(Reason.CHECKSUM_MISMATCH,
							"'" + this.file + "' arrived " + mismatches + " times with another checksum than '"
									+ metadata.hash() + "', which the Hub names.",
							"Something on the way changes it, such as a proxy or a virus scanner; "
									+ "a mirror may have a damaged copy.");
				}
				current = again(metadata);
			}
			catch (IOException ex) {
				// What creeps in would else be waited for without end.
				boolean progress = partial.size() > before && !(ex instanceof Pace.TooSlow);
				failures = progress ? 1 : failures + 1;
				if (!this.retries.pause(failures, this.file, ex)) {
					throw this.client.errors().unavailable(this.request, ex);
				}
				if (ex instanceof HubClient.RangeRefused) {
					partial.restart();
				}
				if (ex instanceof HubClient.AddressExpired) {
					current = again(metadata);
				}
			}
		}
	}

	/** The address of the contents is good for some minutes only. */
	private HubClient.FileMetadata again(HubClient.FileMetadata first) throws InterruptedException {
		HubClient.FileMetadata metadata = metadata();
		if (!metadata.hash().equals(first.hash()) || metadata.size() != first.size()) {
			throw this.client.errors().notAHub("names two checksums of one file of one commit");
		}
		return metadata;
	}

	private void receive(PartialFile partial, HubClient.FileMetadata metadata)
			throws IOException, InterruptedException {
		HubClient.Contents contents = this.client.contents(metadata, this.request, partial.size());
		try (Answer body = contents.body()) {
			if (contents.offset() != partial.size()) {
				partial.restart();
			}
			Pace pace = this.client.pace();
			// One is hashed while the other is filled.
			ByteBuffer next = ByteBuffer.allocate(PIECE);
			ByteBuffer other = ByteBuffer.allocate(PIECE);
			while (body.read(next).hasRemaining()) {
				if (Thread.currentThread().isInterrupted()) {
					throw new InterruptedException();
				}
				int count = next.remaining();
				partial.append(next);
				pace.count(count);
				this.progress.update(this.file, partial.size(), metadata.size());
				ByteBuffer filled = next;
				next = other;
				other = filled;
			}
		}
		if (!partial.isFull()) {
			throw new IOException("the connection ended after " + partial.size() + " of " + metadata.size() + " bytes");
		}
	}

}
