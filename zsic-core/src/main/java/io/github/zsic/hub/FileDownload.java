package io.github.zsic.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * Gets one file into a snapshot: asks what it is, takes contents that are in the cache or
 * fetches them, verifies them, and only then lets them appear under their name.
 */
final class FileDownload {

	/** Wrong contents may be the fault of a proxy, so they get a second chance. */
	private static final int MAXIMUM_MISMATCHES = 2;

	private final HubClient client;

	private final RepositoryCache cache;

	private final Retries retries;

	private final Duration readTimeout;

	private final ProgressTracker progress;

	private final Errors.Request request;

	FileDownload(HubClient client, RepositoryCache cache, Retries retries, Duration readTimeout,
			ProgressTracker progress, Errors.Request request) {
		this.client = client;
		this.cache = cache;
		this.retries = retries;
		this.readTimeout = readTimeout;
		this.progress = progress;
		this.request = request;
	}

	/**
	 * Downloads the file.
	 * @param file its name
	 * @throws HubException if that fails
	 * @throws InterruptedException if the thread is interrupted
	 */
	void run(String file) throws InterruptedException {
		HubClient.FileMetadata metadata = metadata(file);
		try (BlobLock lock = BlobLock.acquire(this.cache.lock(metadata.hash()))) {
			if (!this.cache.has(this.request.revision(), file, OptionalLong.of(metadata.size()))) {
				if (this.cache.hasBlob(metadata.hash(), metadata.size())) {
					this.cache.reuse(metadata.hash(), this.request.revision(), file);
				}
				else {
					fetch(file, metadata, lock.exclusive());
				}
			}
		}
		catch (IOException ex) {
			throw Errors.cache(this.cache.cacheDir(), metadata.size(), ex);
		}
		this.progress.complete(file, metadata.size());
	}

	private HubClient.FileMetadata metadata(String file) throws InterruptedException {
		return this.client.metadata(this.request.repository(), this.request.revision(), file);
	}

	private void fetch(String file, HubClient.FileMetadata metadata, boolean exclusive)
			throws IOException, InterruptedException {
		Path incomplete = this.cache.incomplete(metadata.hash(), exclusive);
		boolean stored = false;
		try {
			try (PartialFile partial = new PartialFile(this.cache.cacheDir(), incomplete, metadata)) {
				fill(partial, file, metadata);
			}
			this.cache.store(incomplete, metadata.hash(), this.request.revision(), file);
			stored = true;
		}
		finally {
			if (!stored && !exclusive) {
				Files.deleteIfExists(incomplete);
			}
		}
	}

	private void fill(PartialFile partial, String file, HubClient.FileMetadata metadata) throws InterruptedException {
		HubClient.FileMetadata current = metadata;
		int failures = 0;
		int mismatches = 0;
		while (true) {
			long before = partial.size();
			try {
				if (!partial.isFull()) {
					receive(partial, file, current);
				}
				if (partial.verify()) {
					return;
				}
				partial.restart();
				if (++mismatches == MAXIMUM_MISMATCHES) {
					throw new HubException(Reason.CHECKSUM_MISMATCH,
							"'" + file + "' arrived " + mismatches + " times with another checksum than '"
									+ metadata.hash() + "', which the Hub names.",
							"Something on the way changes it, such as a proxy or a virus scanner; "
									+ "a mirror may have a damaged copy.");
				}
				current = again(file, metadata);
			}
			catch (IOException ex) {
				failures = (partial.size() > before) ? 1 : failures + 1;
				if (!this.retries.pause(failures, file, ex)) {
					throw this.client.errors()
						.unavailable(new Errors.Request(this.request.repository(), this.request.revision(), file), ex);
				}
				if (ex instanceof HubClient.RangeRefused) {
					partial.restart();
				}
				if (ex instanceof HubClient.AddressExpired) {
					current = again(file, metadata);
				}
			}
		}
	}

	/** The address of the contents is good for some minutes only. */
	private HubClient.FileMetadata again(String file, HubClient.FileMetadata first) throws InterruptedException {
		HubClient.FileMetadata metadata = metadata(file);
		if (!metadata.hash().equals(first.hash()) || metadata.size() != first.size()) {
			throw this.client.errors().notAHub("names two checksums of one file of one commit");
		}
		return metadata;
	}

	private void receive(PartialFile partial, String file, HubClient.FileMetadata metadata)
			throws IOException, InterruptedException {
		HubClient.Contents contents = this.client.contents(metadata,
				new Errors.Request(this.request.repository(), this.request.revision(), file), partial.size());
		try (BodyReader body = contents.body()) {
			if (contents.offset() != partial.size()) {
				partial.restart();
			}
			for (List<ByteBuffer> buffers = body.read(this.readTimeout); buffers != null; buffers = body
				.read(this.readTimeout)) {
				partial.append(buffers);
				this.progress.update(file, partial.size(), metadata.size());
			}
		}
		if (!partial.isFull()) {
			throw new IOException("the connection ended after " + partial.size() + " of " + metadata.size() + " bytes");
		}
	}

}
