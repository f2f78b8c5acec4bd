package io.github.zsic.evaluation;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;

import org.jspecify.annotations.Nullable;

/**
 * The rows of a CSV file as RFC 4180 has them, one after the other. Empty lines are left
 * out.
 */
final class CsvPictures implements LabelledPictures.Source {

	private final Path csv;

	private final Path folder;

	private final Map<String, Integer> positions;

	private final BufferedReader reader;

	/** The next character, negative at the end. */
	private int character;

	private int line = 1;

	/** Where the last row began. */
	private int begin;

	private final int fileColumn;

	private final int labelColumn;

	private @Nullable List<String> row;

	private String label = "";

	/**
	 * Opens the file.
	 * @param csv the file
	 * @param folder what names of pictures are relative to
	 * @param positions those of the labels; others are none of them
	 */
	CsvPictures(Path csv, Path folder, Map<String, Integer> positions) {
		this.csv = csv;
		this.folder = folder;
		this.positions = positions;
		try {
			this.reader = Files.newBufferedReader(csv, StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw unreadable(ex);
		}
		boolean opened = false;
		try {
			read();
			// Spreadsheets begin with a byte order mark.
			if (this.character == '\uFEFF') {
				read();
			}
			List<String> header = nextRow();
			this.fileColumn = (header != null) ? header.indexOf("file") : -1;
			this.labelColumn = (header != null) ? header.indexOf("label") : -1;
			if (this.fileColumn < 0 || this.labelColumn < 0) {
				throw new EvaluationException(
						"The first line of '" + csv + "' does not name the columns 'file' and 'label'.",
						"Begin the file with the line file,label.");
			}
			this.row = nextRow();
			opened = true;
		}
		finally {
			if (!opened) {
				close();
			}
		}
	}

	@Override
	public boolean hasNext() {
		return this.row != null;
	}

	@Override
	public LabelledPicture next() {
		List<String> current = this.row;
		if (current == null) {
			throw new NoSuchElementException();
		}
		String file = field(current, this.fileColumn);
		this.label = field(current, this.labelColumn);
		if (file.isBlank() || this.label.isBlank()) {
			throw malformed("has no file or no label");
		}
		Path path = path(file);
		this.row = nextRow();
		return new LabelledPicture(path, file, this.positions.getOrDefault(this.label, LabelledPicture.NONE));
	}

	private Path path(String file) {
		try {
			return this.folder.resolve(file);
		}
		catch (InvalidPathException ex) {
			// Perhaps the locale has no such characters. A URI of this form is not asked
			// for them.
			try {
				URI relative = new URI(null, null, file.startsWith("/") ? file : "./" + file, null);
				URI absolute = this.folder.toUri().resolve(relative.toASCIIString());
				return Path.of(URI.create("file://" + absolute.getRawPath()));
			}
			catch (URISyntaxException | IllegalArgumentException impossible) {
				throw malformed("has a file that cannot be: " + ex.getReason());
			}
		}
	}

	private static String field(List<String> row, int column) {
		return (column < row.size()) ? row.get(column) : "";
	}

	/**
	 * The label of the last picture.
	 */
	String label() {
		return this.label;
	}

	private @Nullable List<String> nextRow() {
		while (this.character >= 0) {
			this.begin = this.line;
			List<String> fields = fields();
			if (fields.size() > 1 || !fields.get(0).isEmpty()) {
				return fields;
			}
		}
		return null;
	}

	private List<String> fields() {
		List<String> fields = new ArrayList<>();
		StringBuilder field = new StringBuilder();
		boolean quoted = false;
		while (this.character >= 0) {
			int current = this.character;
			read();
			if (current == '\n') {
				this.line++;
			}
			if (quoted) {
				if (current != '"') {
					field.append((char) current);
				}
				else if (this.character == '"') {
					field.append('"');
					read();
				}
				else {
					quoted = false;
				}
			}
			else if (current == '"' && field.isEmpty()) {
				quoted = true;
			}
			else if (current == ',') {
				fields.add(field.toString());
				field.setLength(0);
			}
			else if (current == '\n') {
				break;
			}
			else if (current != '\r' || this.character != '\n') {
				field.append((char) current);
			}
		}
		if (quoted) {
			throw malformed("has a quote that does not end");
		}
		fields.add(field.toString());
		return fields;
	}

	private void read() {
		try {
			this.character = this.reader.read();
		}
		catch (IOException ex) {
			throw unreadable(ex);
		}
	}

	private EvaluationException unreadable(IOException ex) {
		return new EvaluationException(
				"The file '" + this.csv + "' cannot be read: " + LabelledPictures.reason(ex) + ".",
				"Name a CSV file in UTF-8 whose first line is file,label.", ex);
	}

	private EvaluationException malformed(String problem) {
		return new EvaluationException("Line " + this.begin + " of '" + this.csv + "' " + problem + ".",
				"Mend the line; the label of pictures of something else is " + LabelledPictures.NONE + ".");
	}

	@Override
	public void close() {
		try {
			this.reader.close();
		}
		catch (IOException ex) {
			throw unreadable(ex);
		}
	}

}
