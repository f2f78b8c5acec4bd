package io.github.zsic.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiPredicate;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.DownloadListener;
import io.github.zsic.CheckpointException;
import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * Gets the files that a classifier needs from a repository of the Hugging Face Hub into
 * the cache that Python's {@code huggingface_hub} uses, too. Thread-safe.
 */
public final class Hub {

	private static final Logger logger = LoggerFactory.getLogger(Hub.class);

	private static final String DEFAULT_REVISION = "main";

	private static final int PARALLEL_FILES = 4;

	/** With these answers a revision that is in the cache is still what was wanted. */
	private static final Set<Reason> FALL_BACK = Set.of(Reason.UNAVAILABLE, Reason.RATE_LIMITED, Reason.NOT_A_HUB,
			Reason.REPOSITORY_NOT_FOUND, Reason.GATED, Reason.TOKEN_REFUSED, Reason.DISABLED,
			Reason.CACHE_NOT_WRITABLE);

	private static final AtomicInteger threads = new AtomicInteger();

	private final HubSettings settings;

	private final DownloadListener listener;

	private final Retries retries;

	/**
	 * Reads settings from options and environment variables.
	 * @param options what the program sets
	 * @param listener who is told of progress
	 * @throws HubException if a setting is malformed
	 */
	public Hub(HubOptions options, DownloadListener listener) {
		this(HubSettings.of(options, System::getenv), listener, Retries.DEFAULT);
	}

	Hub(HubSettings settings, DownloadListener listener, Retries retries) {
		this.settings = settings;
		this.listener = listener;
		this.retries = retries;
	}

	/**
	 * Whether a name can be that of a repository: {@code owner/name}.
	 * @param name the name
	 * @return whether it can
	 */
	public static boolean isRepository(String name) {
		return RepositoryNames.isRepository(name);
	}

	/**
	 * Makes a revision of a repository complete in the cache. A commit that is there
	 * makes no request; another revision makes one, to learn which commit it is, and the
	 * one of last time is used, with a warning, if that fails.
	 * @param repository the name of the repository
	 * @param revision a branch, tag, reference or commit, or {@code null} for the default
	 * @param check sees the folder when it has the configuration and before anything else
	 * is fetched, and the names of all files; tells whether those of OpenCLIP's layout
	 * are the model's; its exception ends the download
	 * @return the folder
	 * @throws HubException if the revision cannot be had
	 */
	public Snapshot snapshot(String repository, @Nullable String revision, BiPredicate<Path, Set<String>> check) {
		RepositoryNames.requireRepository(repository);
		String name = (revision == null || revision.isBlank()) ? DEFAULT_REVISION : revision.strip();
		RepositoryNames.requireRevision(name);
		RepositoryCache cache = new RepositoryCache(this.settings, repository);
		Snapshot cached = cached(cache, name, check);
		if (cached != null && (this.settings.offline() || RepositoryNames.isCommit(name))) {
			return cached;
		}
		if (this.settings.offline()) {
			throw offline(cache, name, check);
		}
		try {
			return download(cache, repository, name, check, cached == null);
		}
		catch (HubException ex) {
			if (cached == null || !FALL_BACK.contains(ex.getReason())) {
				throw ex;
			}
			logger.warn("Using commit {} of '{}' from the cache, which may not be the latest of revision '{}': {}",
					cached.commit(), repository, name, ex.getDescription());
			return cached;
		}
	}

	private @Nullable Snapshot cached(RepositoryCache cache, String revision, BiPredicate<Path, Set<String>> check) {
		String commit = cache.commit(revision);
		return (commit != null && missing(cache, commit, check) == null) ? new Snapshot(cache.snapshot(commit), commit)
				: null;
	}

	/** What a snapshot lacks, told from its own files; weights come last into it. */
	private static @Nullable HubException missing(RepositoryCache cache, String commit,
			BiPredicate<Path, Set<String>> check) {
		try {
			Set<String> names = cache.files(commit);
			Path folder = cache.snapshot(commit);
			FileSelection.configs(names);
			FileSelection.of(names, check.test(folder, names)).weightFiles(folder, names);
			return null;
		}
		catch (HubException ex) {
			return ex;
		}
		catch (CheckpointException ex) {
			// It lacks nothing that would make it usable; whoever opens it tells why.
			logger.debug("Commit {} in the cache is refused", commit, ex);
			return null;
		}
		catch (IOException ex) {
			return Errors.cache(cache.cacheDir(), 0, ex);
		}
	}

	private static HubException offline(RepositoryCache cache, String revision, BiPredicate<Path, Set<String>> check) {
		String commit = cache.commit(revision);
		HubException missing = (commit != null) ? missing(cache, commit, check) : null;
		String finding = (missing != null)
				? "is not complete in the cache '" + cache.cacheDir() + "' (" + missing.getDescription() + ")"
				: "is not in the cache '" + cache.cacheDir() + "'";
		return new HubException(Reason.OFFLINE,
				"Revision '" + revision + "' " + finding + ", and requests are switched off.",
				"Download it where there is a network, with the same cache folder, or allow requests: "
						+ "zsic.hub.offline or the environment variable HF_HUB_OFFLINE switch them off.",
				missing);
	}

	private Snapshot download(RepositoryCache cache, String repository, String revision,
			BiPredicate<Path, Set<String>> check, boolean patient) {
		try (HubClient client = new HubClient(this.settings, this.retries)) {
			HubClient.Listing listing = client.listing(repository, revision, patient);
			new SnapshotDownload(client, cache, repository, listing).run(check);
			remember(cache, revision, listing.commit());
			return new Snapshot(cache.snapshot(listing.commit()), listing.commit());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw Errors.interrupted(ex);
		}
	}

	/**
	 * Only now that the commit is complete: until then the one before is what there is to
	 * fall back on.
	 */
	private void remember(RepositoryCache cache, String revision, String commit) {
		try {
			cache.writeCommit(revision, commit);
		}
		catch (IOException ex) {
			logger.warn("Cannot note in the cache '{}' that revision '{}' is commit {}, which is needed only without "
					+ "the Hub: {}", cache.cacheDir(), revision, commit, Errors.reason(ex));
		}
	}

	/**
	 * A revision of a repository that is completely in the cache.
	 *
	 * @param folder the folder of its files
	 * @param commit the commit it is
	 */
	public record Snapshot(Path folder, String commit) {

	}

	/**
	 * Gets what a commit lacks, the configuration first and the weights last, several
	 * files at a time.
	 */
	private final class SnapshotDownload {

		private final HubClient client;

		private final RepositoryCache cache;

		private final String repository;

		private final HubClient.Listing listing;

		private final ProgressTracker progress;

		SnapshotDownload(HubClient client, RepositoryCache cache, String repository, HubClient.Listing listing) {
			this.client = client;
			this.cache = cache;
			this.repository = repository;
			this.listing = listing;
			this.progress = new ProgressTracker(Hub.this.listener, repository, listing.commit());
		}

		void run(BiPredicate<Path, Set<String>> check) throws InterruptedException {
			Set<String> names = this.listing.files().keySet();
			fetch(FileSelection.configs(names));
			Path folder = this.cache.snapshot(this.listing.commit());
			FileSelection selection = FileSelection.of(names, check.test(folder, names));
			List<String> known = new ArrayList<>(selection.settings());
			if (names.contains(selection.weights()) && !known.contains(selection.weights())) {
				known.add(selection.weights());
			}
			expect(known);
			warnIfFull(known);
			fetch(selection.settings());
			List<String> weights = selection.weightFiles(folder, names);
			expect(weights);
			fetch(weights);
			markMissing(names);
		}

		/** The progress has all of them before the first byte comes. */
		private void expect(Collection<String> files) {
			Map<String, OptionalLong> sizes = new LinkedHashMap<>();
			for (String file : files) {
				if (!isThere(file)) {
					sizes.put(file, size(file));
				}
			}
			this.progress.expect(sizes);
		}

		/**
		 * Only a warning: what a file system says of its free space is not always true.
		 */
		private void warnIfFull(Collection<String> files) {
			long needed = files.stream()
				.filter((file) -> !isThere(file))
				.mapToLong((file) -> size(file).orElse(0))
				.sum();
			try {
				long free = Files.getFileStore(this.cache.cacheDir()).getUsableSpace();
				if (needed > free) {
					logger.warn("The cache '{}' has {} of free space, and the download needs {}", this.cache.cacheDir(),
							Sizes.format(free), Sizes.format(needed));
				}
			}
			catch (IOException ex) {
				logger.debug("Cannot tell the free space of '{}'", this.cache.cacheDir(), ex);
			}
		}

		private OptionalLong size(String file) {
			return this.listing.files().getOrDefault(file, OptionalLong.empty());
		}

		private boolean isThere(String file) {
			return this.cache.has(this.listing.commit(), file, size(file));
		}

		private void fetch(Collection<String> files) throws InterruptedException {
			List<String> missing = files.stream().filter((file) -> !isThere(file)).toList();
			if (missing.isEmpty()) {
				return;
			}
			prepare(missing);
			ExecutorService executor = Executors.newFixedThreadPool(Math.min(PARALLEL_FILES, missing.size()),
					(task) -> {
						Thread thread = new Thread(task, "zsic-download-" + threads.incrementAndGet());
						thread.setDaemon(true);
						return thread;
					});
			boolean complete = false;
			try {
				ExecutorCompletionService<String> downloads = new ExecutorCompletionService<>(executor);
				for (String file : missing) {
					FileDownload download = new FileDownload(this.client, this.cache, Hub.this.retries, this.progress,
							this.repository, this.listing.commit(), file);
					downloads.submit(() -> {
						download.run();
						return file;
					});
				}
				for (int i = 0; i < missing.size(); i++) {
					downloads.take().get();
				}
				complete = true;
			}
			catch (ExecutionException ex) {
				throw rethrown(ex);
			}
			finally {
				// After a failure the others end at once; what they have stays for next
				// time.
				executor.shutdownNow();
				if (!complete) {
					this.client.close();
				}
				awaitTermination(executor);
			}
		}

		private static RuntimeException rethrown(ExecutionException ex) {
			Throwable cause = ex.getCause();
			if (cause instanceof HubException failure) {
				return failure;
			}
			if (cause instanceof Error error) {
				throw error;
			}
			return new IllegalStateException("A download failed in an unexpected way", cause);
		}

		/** Files of the cache are left alone only when no thread writes to them. */
		private static void awaitTermination(ExecutorService executor) {
			boolean interrupted = false;
			boolean terminated = false;
			while (!terminated) {
				try {
					terminated = executor.awaitTermination(1, TimeUnit.MINUTES);
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}

		private void prepare(List<String> missing) {
			try {
				this.cache.prepare();
			}
			catch (IOException ex) {
				throw Errors.cache(this.cache.cacheDir(),
						missing.stream().mapToLong((file) -> size(file).orElse(0)).sum(), ex);
			}
		}

		/** The reference need not ask for these any more, nor miss them when offline. */
		private void markMissing(Set<String> names) {
			try {
				for (String file : FileSelection.OPTIONAL) {
					if (!names.contains(file)) {
						this.cache.markMissing(this.listing.commit(), file);
					}
				}
			}
			catch (IOException ex) {
				logger.debug("Cannot note which files '{}' does not have", this.repository, ex);
			}
		}

	}

}
