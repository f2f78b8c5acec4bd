package io.github.zsic.hub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * One repository in the cache of Python's {@code huggingface_hub}. The layout is <pre>
 * .locks/models--owner--name/&lt;hash&gt;.lock
 * models--owner--name/
 *   blobs/&lt;hash&gt;                   contents
 *   refs/&lt;revision&gt;                the commit of a branch or tag
 *   snapshots/&lt;commit&gt;/&lt;file&gt;      a relative link to the contents, or themselves where there are no links
 *   .no_exist/&lt;commit&gt;/&lt;file&gt;      an empty file for one that the repository does not have
 * </pre> A file that is in a snapshot is complete: it gets there by an atomic rename.
 */
final class RepositoryCache {

	/** To the byte what Python writes. */
	private static final String TAG = """
			Signature: 8a477f597d28d172789f06886806bc55
			# This file is a cache directory tag created by huggingface_hub.
			# For information about cache directory tags, see:
			#\thttps://bford.info/cachedir/
			""";

	private final Path cacheDir;

	private final Path folder;

	private final Path locks;

	private final boolean symlinks;

	RepositoryCache(HubSettings settings, String repository) {
		String name = "models--" + repository.replace("/", "--");
		this.cacheDir = settings.cacheDir();
		this.folder = this.cacheDir.resolve(name);
		this.locks = this.cacheDir.resolve(".locks").resolve(name);
		this.symlinks = settings.symlinks();
	}

	Path cacheDir() {
		return this.cacheDir;
	}

	Path snapshot(String commit) {
		return this.folder.resolve("snapshots").resolve(commit);
	}

	Path blob(String hash) {
		return this.folder.resolve("blobs").resolve(hash);
	}

	Path lock(String hash) {
		return this.locks.resolve(hash + ".lock");
	}

	/**
	 * Where contents grow until they are complete.
	 * @param hash the hash of the contents
	 * @param shared whether downloads one after the other use the same, so that one goes
	 * on where the last was interrupted
	 * @return a path on the file system of the contents
	 */
	Path incomplete(String hash, boolean shared) {
		return blob(hash + (shared ? ".zsic" : "." + random()) + ".incomplete");
	}

	/** The commit that a revision had when it was last asked for. */
	@Nullable String commit(String revision) {
		if (RepositoryNames.isCommit(revision)) {
			return revision;
		}
		Path ref = this.folder.resolve("refs").resolve(revision);
		if (!Files.isRegularFile(ref)) {
			return null;
		}
		try {
			String commit = Files.readString(ref).strip();
			return RepositoryNames.isCommit(commit) ? commit : null;
		}
		catch (IOException ex) {
			// Unreadable is as good as absent: the Hub knows.
			return null;
		}
	}

	void writeCommit(String revision, String commit) throws IOException {
		if (!revision.equals(commit) && !commit.equals(commit(revision))) {
			Path ref = this.folder.resolve("refs").resolve(revision);
			Files.createDirectories(ref.getParent());
			// Without a line break: Python compares the whole file.
			write(ref, ref.resolveSibling(ref.getFileName() + "." + random() + ".tmp"), commit);
		}
	}

	/** The names of the files at the top of a snapshot. */
	Set<String> files(String commit) throws IOException {
		Path snapshot = snapshot(commit);
		Set<String> names = new TreeSet<>();
		if (Files.isDirectory(snapshot)) {
			try (Stream<Path> files = Files.list(snapshot)) {
				// A link to contents that are gone is no file.
				files.filter(Files::isRegularFile).forEach((file) -> names.add(file.getFileName().toString()));
			}
		}
		return names;
	}

	void prepare() throws IOException {
		Files.createDirectories(this.folder.resolve("blobs"));
		Path tag = this.cacheDir.resolve("CACHEDIR.TAG");
		if (!Files.exists(tag)) {
			write(tag, tag.resolveSibling("CACHEDIR.TAG." + random() + ".tmp"), TAG);
		}
	}

	void markMissing(String commit, String file) throws IOException {
		Path marker = this.folder.resolve(".no_exist").resolve(commit).resolve(file);
		if (!Files.exists(marker)) {
			Files.createDirectories(marker.getParent());
			Files.write(marker, new byte[0]);
		}
	}

	/** Verified contents become a file of a snapshot. */
	void store(Path contents, String hash, String commit, String file) throws IOException {
		Path pointer = pointer(commit, file);
		Path blob = blob(hash);
		if (!this.symlinks) {
			move(contents, pointer);
			return;
		}
		// First the contents: Python takes a link to nothing for a damaged cache.
		move(contents, blob);
		if (!link(pointer, blob)) {
			move(blob, pointer);
		}
	}

	/** Contents that are there become a file of a snapshot, too. */
	void reuse(String hash, String commit, String file) throws IOException {
		Path pointer = pointer(commit, file);
		Path blob = blob(hash);
		if (!this.symlinks || !link(pointer, blob)) {
			Path copy = incomplete(hash, false);
			Files.copy(blob, copy);
			move(copy, pointer);
		}
	}

	private Path pointer(String commit, String file) throws IOException {
		Path pointer = snapshot(commit).resolve(file);
		Files.createDirectories(pointer.getParent());
		return pointer;
	}

	/** Whether a file is there, and has its size if that is known. */
	boolean has(String commit, String file, OptionalLong size) {
		Path pointer = snapshot(commit).resolve(file);
		return Files.isRegularFile(pointer) && (size.isEmpty() || hasSize(pointer, size.getAsLong()));
	}

	boolean hasBlob(String hash, long size) {
		return Files.isRegularFile(blob(hash)) && hasSize(blob(hash), size);
	}

	private static boolean hasSize(Path file, long size) {
		try {
			return Files.size(file) == size;
		}
		catch (IOException ex) {
			// What cannot be looked at is as good as absent.
			return false;
		}
	}

	/** Whether the file system has links; where it has, there is one now. */
	private boolean link(Path pointer, Path blob) throws IOException {
		Path target = Objects.requireNonNull(pointer.getParent()).relativize(blob);
		try {
			Files.createSymbolicLink(pointer, target);
			return true;
		}
		catch (FileAlreadyExistsException ex) {
			if (Files.isSymbolicLink(pointer) && Files.readSymbolicLink(pointer).equals(target)) {
				return true;
			}
			Path replacement = incomplete(blob.getFileName().toString(), false);
			Files.createSymbolicLink(replacement, target);
			move(replacement, pointer);
			return true;
		}
		catch (UnsupportedOperationException | IOException ex) {
			// Windows has no better sign that it takes a privilege to make links.
			if (Files.exists(pointer, LinkOption.NOFOLLOW_LINKS)) {
				throw ex;
			}
			return false;
		}
	}

	private static void write(Path file, Path temporary, String text) throws IOException {
		Files.writeString(temporary, text, StandardOpenOption.CREATE_NEW);
		move(temporary, file);
	}

	private static void move(Path source, Path target) throws IOException {
		try {
			Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
		}
		catch (AtomicMoveNotSupportedException ex) {
			throw new IOException("the file system cannot rename files atomically", ex);
		}
	}

	private static String random() {
		return String.format("%08x", ThreadLocalRandom.current().nextInt());
	}

}
