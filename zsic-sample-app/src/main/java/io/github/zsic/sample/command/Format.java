package io.github.zsic.sample.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

import io.github.zsic.Prediction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * How results are written: one record for each picture.
 */
enum Format {

	/**
	 * RFC 4180, with a header. Behind the name of the file are the labels with their
	 * scores, best first. Text that a spreadsheet would run as a formula begins with an
	 * apostrophe.
	 */
	CSV {
		@Override
		String header(int columns) {
			StringBuilder header = new StringBuilder("file");
			for (int i = 1; i <= columns; i++) {
				header.append(",label").append(i).append(",score").append(i);
			}
			return header.append(END).toString();
		}

		@Override
		String write(String file, List<Prediction> predictions, int columns) {
			StringBuilder line = new StringBuilder(field(file));
			for (int i = 0; i < columns; i++) {
				if (i < predictions.size()) {
					Prediction prediction = predictions.get(i);
					line.append(',').append(field(prediction.label())).append(',').append(prediction.score());
				}
				else {
					line.append(",,");
				}
			}
			return line.append(END).toString();
		}

		@Override
		boolean quotesLineEnds() {
			return true;
		}

		@Override
		String file(String line) {
			if (!line.startsWith("\"")) {
				return unguarded(line.substring(0, line.indexOf(',')));
			}
			StringBuilder file = new StringBuilder();
			for (int i = 1; i < line.length(); i++) {
				if (line.charAt(i) == '"' && line.charAt(++i) != '"') {
					break;
				}
				file.append(line.charAt(i));
			}
			return unguarded(file.toString());
		}
	},

	/**
	 * A JSON object on each line.
	 */
	JSONL {
		@Override
		String header(int columns) {
			return "";
		}

		@Override
		String write(String file, List<Prediction> predictions, int columns) {
			Map<String, Object> line = new LinkedHashMap<>();
			line.put("file", file);
			line.put("predictions", predictions);
			return JSON.writeValueAsString(line) + "\n";
		}

		@Override
		boolean quotesLineEnds() {
			return false;
		}

		@Override
		String file(String line) {
			JsonNode file = JSON.readTree(line).get("file");
			if (file == null) {
				throw new IllegalArgumentException("A line without a file");
			}
			return file.stringValue();
		}
	};

	private static final String END = "\r\n";

	/** In front of what a spreadsheet would run. */
	private static final String GUARD = "'";

	/**
	 * What a spreadsheet takes for a formula, also in full width. With guards of its own
	 * it gets one more, so that no two texts become the same.
	 */
	private static final Pattern FORMULA = Pattern.compile("'*[=+\\-@\t\r\uff1d\uff0b\uff0d\uff20]");

	private static final JsonMapper JSON = JsonMapper.shared();

	static Format of(@Nullable String output, @Nullable String format) {
		Format byName = (output != null) ? ofFile(output.toLowerCase(Locale.ROOT)) : null;
		Format asked = (format != null) ? ofOption(format.strip().toLowerCase(Locale.ROOT)) : byName;
		if (byName != null && asked != byName) {
			throw CommandException
				.usage("The name of the file '" + output + "' says " + byName.option() + ", but '--format' says "
						+ Objects.requireNonNull(asked).option() + "; leave out '--format', or name another file.");
		}
		if (asked == null && output != null) {
			throw CommandException.usage("The name of the file '" + output
					+ "' ends in neither .csv nor .jsonl; add --format=csv or " + "--format=jsonl.");
		}
		return (asked != null) ? asked : CSV;
	}

	private static @Nullable Format ofFile(String name) {
		if (name.endsWith(".csv")) {
			return CSV;
		}
		return (name.endsWith(".jsonl") || name.endsWith(".ndjson")) ? JSONL : null;
	}

	private static Format ofOption(String format) {
		return switch (format) {
			case "csv" -> CSV;
			case "jsonl", "ndjson" -> JSONL;
			default -> throw CommandException.usage("'--format' is csv or jsonl, not '" + format + "'.");
		};
	}

	private String option() {
		return name().toLowerCase(Locale.ROOT);
	}

	private static String field(String text) {
		String guarded = FORMULA.matcher(text).lookingAt() ? GUARD + text : text;
		boolean plain = guarded.chars()
			.noneMatch((character) -> character == '"' || character == ',' || character == '\r' || character == '\n');
		return (plain && guarded.equals(guarded.strip())) ? guarded : '"' + guarded.replace("\"", "\"\"") + '"';
	}

	/** What {@link #field} was given. */
	private static String unguarded(String field) {
		return (field.startsWith(GUARD) && FORMULA.matcher(field).lookingAt()) ? field.substring(GUARD.length())
				: field;
	}

	/**
	 * What stands before the records.
	 */
	abstract String header(int columns);

	/**
	 * The record of a picture.
	 * @param file the name of its file
	 * @param predictions what was found, best first
	 * @param columns how many predictions a picture has at most
	 */
	abstract String write(String file, List<Prediction> predictions, int columns);

	/**
	 * Whether a line end between quotes is part of a record.
	 */
	abstract boolean quotesLineEnds();

	/**
	 * The name of the file in a record.
	 * @throws JacksonException or another runtime exception if it is no such record
	 */
	abstract String file(String line);

}
