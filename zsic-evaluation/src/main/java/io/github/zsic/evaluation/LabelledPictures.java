package io.github.zsic.evaluation;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Pictures whose labels are known. They are looked up whenever they are needed and never
 * listed in memory, so there may be millions.
 * <p>
 * Pictures with the label {@value #NONE} show none of the other labels. They are no label
 * to choose; they tell how well a threshold or background prompts refuse what does not
 * belong.
 * <p>
 * Immutable and thread-safe, as long as the files stay.
 */
public final class LabelledPictures {

	/**
	 * The label of pictures that show none of the labels.
	 */
	public static final String NONE = "_none";

	private final List<String> labels;

	private final Supplier<Stream<LabelledPicture>> opener;

	private LabelledPictures(List<String> labels, Supplier<Stream<LabelledPicture>> opener) {
		this.labels = List.copyOf(labels);
		this.opener = opener;
	}

	/**
	 * Takes the pictures of a folder that has one subfolder for each label, with the
	 * label as its name, as it is. Every file in it, and in its own subfolders, counts as
	 * a picture, except those whose names begin with a dot. Subfolders of the folder may
	 * be links; links further down are followed to files only.
	 * @param folder the folder
	 * @return its pictures, with the labels in the order of their characters
	 * @throws EvaluationException if it is no such folder, or has fewer than two labels
	 */
	public static LabelledPictures in(Path folder) {
		List<Path> folders = new ArrayList<>();
		try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
			for (Path child : children) {
				if (Files.isDirectory(child) && !isHidden(child)) {
					folders.add(child);
				}
			}
		}
		catch (IOException | DirectoryIteratorException ex) {
			throw new EvaluationException("The folder '" + folder + "' cannot be read: " + reason(ex) + ".",
					"Name the folder that has one subfolder for each label.", ex);
		}
		if (folders.isEmpty()) {
			throw new EvaluationException("The folder '" + folder + "' has no subfolders.",
					"Make one for each label, with the label as its name, and move the pictures into them.");
		}
		Map<String, Path> byLabel = new HashMap<>();
		folders.forEach((child) -> byLabel.put(name(folder, child), child));
		List<String> labels = labels(byLabel.keySet(), "The folder '" + folder + "'", "subfolder");
		return new LabelledPictures(labels, () -> {
			List<Path> roots = new ArrayList<>(labels.stream().map(byLabel::get).toList());
			Path none = byLabel.get(NONE);
			if (none != null) {
				roots.add(none);
			}
			return stream(new FolderWalk(folder, roots, labels.size()));
		});
	}

	/**
	 * Takes the pictures that a CSV file names. Its first line names its columns, of
	 * which there are {@code file} and {@code label}; others are ignored. Fields with
	 * commas, quotes or line ends are quoted, as in RFC 4180.
	 * @param csv the CSV file, in UTF-8
	 * @param folder what the names of files are relative to
	 * @return its pictures, with the labels in the order of their characters
	 * @throws EvaluationException if it cannot be read, or has fewer than two labels
	 */
	public static LabelledPictures csv(Path csv, Path folder) {
		TreeSet<String> found = new TreeSet<>();
		try (CsvPictures rows = new CsvPictures(csv, folder, Map.of())) {
			rows.forEachRemaining((picture) -> found.add(rows.label()));
		}
		List<String> labels = labels(found, "The file '" + csv + "'", "label");
		Map<String, Integer> positions = new HashMap<>();
		for (String label : labels) {
			positions.put(label, positions.size());
		}
		return new LabelledPictures(labels, () -> stream(new CsvPictures(csv, folder, positions)));
	}

	private static List<String> labels(Iterable<String> found, String where, String what) {
		TreeSet<String> labels = new TreeSet<>();
		found.forEach(labels::add);
		labels.remove(NONE);
		for (String label : labels) {
			if (label.indexOf('\uFFFD') >= 0) {
				throw new EvaluationException(where + " has a " + what + " '" + label + "' that is not in UTF-8.",
						"Rename it.");
			}
		}
		if (labels.size() < 2) {
			throw new EvaluationException(where + " has "
					+ (labels.isEmpty() ? "no label" : "only one label, '" + labels.first() + "'") + ".",
					"There must be two to choose from at least.");
		}
		return List.copyOf(labels);
	}

	/**
	 * The labels, without that for none of them.
	 * @return two or more
	 */
	public List<String> labels() {
		return this.labels;
	}

	/**
	 * Counts the files, without opening them.
	 * @return how many pictures there are, those that cannot be read included
	 */
	public long count() {
		try (Stream<LabelledPicture> pictures = pictures()) {
			return pictures.mapToLong((picture) -> 1).sum();
		}
	}

	/**
	 * All pictures, in no particular order, to be closed. What cannot be opened, such as
	 * a folder, comes as a picture.
	 */
	Stream<LabelledPicture> pictures() {
		return this.opener.get();
	}

	/** The same labels with these pictures. */
	LabelledPictures with(List<LabelledPicture> pictures) {
		return new LabelledPictures(this.labels, pictures::stream);
	}

	private static Stream<LabelledPicture> stream(Source pictures) {
		return StreamSupport.stream(Spliterators.spliteratorUnknownSize(pictures, Spliterator.NONNULL), false)
			.onClose(pictures::close);
	}

	static boolean isHidden(Path file) {
		return String.valueOf(file.getFileName()).startsWith(".");
	}

	/**
	 * By URI, as {@link Path#toString()} decodes names by the locale, with losses if that
	 * is not UTF-8.
	 */
	static String name(Path root, Path file) {
		return root.toUri().relativize(file.toUri()).getPath().replaceFirst("/$", "");
	}

	/** Without the path, which messages of files are. */
	static String reason(Exception failure) {
		Throwable ex = (failure instanceof DirectoryIteratorException)
				? Objects.requireNonNullElse(failure.getCause(), failure) : failure;
		if (ex instanceof NoSuchFileException) {
			return "it does not exist";
		}
		if (ex instanceof AccessDeniedException) {
			return "permission denied";
		}
		if (ex instanceof NotDirectoryException) {
			return "it is no folder";
		}
		if (ex instanceof CharacterCodingException) {
			return "it is not in UTF-8";
		}
		String reason = (ex instanceof FileSystemException file) ? file.getReason() : ex.getMessage();
		return (reason != null) ? reason : ex.getClass().getSimpleName();
	}

	/**
	 * Pictures, one after the other.
	 */
	interface Source extends Iterator<LabelledPicture>, AutoCloseable {

		@Override
		void close();

	}

}
