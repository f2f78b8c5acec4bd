package io.github.zsic.evaluation;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

import org.jspecify.annotations.Nullable;

/**
 * The files below some folders, as the file system has them, without a list of them.
 */
final class FolderWalk implements LabelledPictures.Source {

	private final Path root;

	private final List<Path> folders;

	/** The folders beyond this one hold what is none of the labels. */
	private final int labels;

	private int started;

	private final Deque<Level> levels = new ArrayDeque<>();

	private @Nullable LabelledPicture next;

	FolderWalk(Path root, List<Path> folders, int labels) {
		this.root = root;
		this.folders = folders;
		this.labels = labels;
	}

	@Override
	public boolean hasNext() {
		while (this.next == null && (!this.levels.isEmpty() || this.started < this.folders.size())) {
			this.next = this.levels.isEmpty() ? enter(this.folders.get(this.started++))
					: advance(this.levels.element());
		}
		return this.next != null;
	}

	@Override
	public LabelledPicture next() {
		LabelledPicture picture = hasNext() ? this.next : null;
		if (picture == null) {
			throw new NoSuchElementException();
		}
		this.next = null;
		return picture;
	}

	private @Nullable LabelledPicture advance(Level level) {
		try {
			if (!level.children.hasNext()) {
				this.levels.remove().close();
				return null;
			}
			Path child = level.children.next();
			if (LabelledPictures.isHidden(child)) {
				return null;
			}
			if (Files.isDirectory(child, LinkOption.NOFOLLOW_LINKS)) {
				return enter(child);
			}
			// A link that leads nowhere is reported as a picture that is not there.
			return (Files.isRegularFile(child) || !Files.exists(child)) ? picture(child) : null;
		}
		catch (DirectoryIteratorException ex) {
			this.levels.remove().close();
			return picture(level.folder);
		}
	}

	/** A folder that cannot be read is a picture that cannot. */
	private @Nullable LabelledPicture enter(Path folder) {
		try {
			DirectoryStream<Path> stream = Files.newDirectoryStream(folder);
			this.levels.push(new Level(folder, stream, stream.iterator()));
			return null;
		}
		catch (IOException ex) {
			return picture(folder);
		}
	}

	private LabelledPicture picture(Path file) {
		int label = (this.started <= this.labels) ? this.started - 1 : LabelledPicture.NONE;
		return new LabelledPicture(file, LabelledPictures.name(this.root, file), label);
	}

	@Override
	public void close() {
		this.levels.forEach(Level::close);
		this.levels.clear();
	}

	/**
	 * A folder that is being read.
	 */
	private record Level(Path folder, DirectoryStream<Path> stream, Iterator<Path> children) {

		void close() {
			try {
				this.stream.close();
			}
			catch (IOException ex) {
				throw new EvaluationException(
						"The folder '" + this.folder + "' cannot be read: " + LabelledPictures.reason(ex) + ".", "",
						ex);
			}
		}

	}

}
