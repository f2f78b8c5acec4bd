package io.github.zsic.sample.command;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

import io.github.zsic.Scoring;
import io.github.zsic.sample.text.TextList;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

/**
 * What the command is asked to do.
 *
 * @param folder the folder with the pictures
 * @param recursive whether its subfolders count
 * @param labels the candidate labels
 * @param templates the templates, empty for those of the configuration
 * @param scoring the scoring, {@code null} for that of the configuration
 * @param top how many predictions to write for each picture
 * @param threshold the lowest score to write
 * @param output the file to write, {@code null} for the standard output
 * @param format what to write
 * @param byteOrderMark whether to begin a new file with one
 * @param embeddings the file that keeps the embeddings of the pictures, {@code null} for
 * none
 * @param restart whether to begin anew
 * @param parallel how many pictures are in work at the same time
 * @param properties arguments for Spring Boot
 */
record FolderOptions(Path folder, boolean recursive, List<String> labels, List<String> templates,
		@Nullable Scoring scoring, int top, float threshold, @Nullable Path output, Format format,
		boolean byteOrderMark, @Nullable Path embeddings, boolean restart, int parallel, List<String> properties) {

	static final String USAGE = """
			Usage: java -jar zsic-sample-app.jar --classify=FOLDER --labels=LABEL,LABEL,… [OPTION]…
			Classifies the pictures of a folder. An interrupted run goes on when the same command is given again.

			  --classify=FOLDER     the folder with the pictures
			  --recursive           also those of its subfolders
			  --labels=A,B,…        labels, separated by commas, or a JSON list; or repeated, with one label in each
			  --labels-file=FILE    labels, one on each line, in UTF-8
			  --template=TEXT       a hypothesis template with {} or {0} for the label; repeated for an ensemble
			  --scoring=SCORING     auto, softmax, sigmoid, cosine or logits
			  --top=N               write only the N best labels of each picture
			  --threshold=SCORE     write only labels with at least this score
			  --output=FILE         a file that ends in .csv or .jsonl; without it, the standard output
			  --format=FORMAT       csv (the default) or jsonl, if the file's name does not tell
			  --byte-order-mark     begin a CSV with one, by which spreadsheets know that it is UTF-8
			  --embeddings=FILE     keep what the model makes of the pictures, so that other labels take no time
			  --restart             begin anew, and replace the file of results
			  --parallel=N          how many pictures are in work at the same time, at most 1024
			  --help, -h            this text
			  --zsic.…=…            a property of zsic, such as --zsic.checkpoint=openai/clip-vit-base-patch32

			--evaluate --help tells how to find out how good it is on pictures whose labels are known.

			Exit codes: 0 all pictures were classified, 1 the run failed, 2 the command was not understood,
			3 some pictures could not be read, 130 it was interrupted (Ctrl+C), 143 it was terminated.
			""";

	private static final Set<String> REPEATABLE = Set.of("labels", "labels-file", "template", "compare",
			"compare-template");

	private static final Set<String> SWITCHES = Set.of("recursive", "byte-order-mark", "restart", "help");

	private static final List<String> NAMES = List.of("classify", "evaluate", "recursive", "labels", "labels-file",
			"template", "scoring", "top", "threshold", "output", "format", "byte-order-mark", "embeddings", "restart",
			"parallel", "help");

	/** More pixels than that fill any heap, and keep no engine busier. */
	static final int MAXIMUM_PARALLEL = 1024;

	/** Arguments without a dot that are Spring Boot's own. */
	private static final Set<String> OF_SPRING_BOOT = Set.of("debug", "trace");

	/** What a property may begin with here. */
	private static final Pattern PROPERTY = Pattern.compile("(zsic|spring|logging)\\..+");

	/** Of names that may have been confused. */
	private static final int MAXIMUM_DISTANCE = 4;

	private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

	/**
	 * Whether arguments are meant for the command and not for the web application: one is
	 * no property. The web application would ignore it.
	 */
	static boolean areMeantBy(String... args) {
		return Arrays.stream(args).anyMatch((arg) -> !arg.startsWith("--") || !isProperty(name(arg)));
	}

	private static boolean isProperty(String name) {
		return name.contains(".") || OF_SPRING_BOOT.contains(name);
	}

	/**
	 * Reads the arguments.
	 * @return {@code null} if help is asked for
	 * @throws CommandException if they cannot be understood
	 */
	static @Nullable FolderOptions parse(String... args) {
		List<String> properties = new ArrayList<>();
		Map<String, List<String>> values = values(NAMES, properties, args);
		if (values == null) {
			return null;
		}
		String output = last(values, "output");
		Format format = Format.of(output, last(values, "format"));
		String embeddings = last(values, "embeddings");
		boolean byteOrderMark = isOn(values, "byte-order-mark");
		if (byteOrderMark && format != Format.CSV) {
			throw CommandException.usage("'--byte-order-mark' is for CSV; programs that read JSON lines refuse it.");
		}
		return new FolderOptions(folder(last(values, "classify")), isOn(values, "recursive"), labels(values),
				templates(values), scoring(last(values, "scoring")), top(last(values, "top")),
				threshold(last(values, "threshold")), (output != null) ? output("output", output) : null, format,
				byteOrderMark, (embeddings != null) ? output("embeddings", embeddings) : null, isOn(values, "restart"),
				parallel(last(values, "parallel")), List.copyOf(properties));
	}

	/**
	 * Reads the arguments of a command.
	 * @param names the options it has
	 * @param properties takes the arguments for Spring Boot
	 * @param args the arguments
	 * @return the values of each option, {@code null} if help is asked for
	 * @throws CommandException if an argument is not known
	 */
	static @Nullable Map<String, List<String>> values(List<String> names, List<String> properties, String... args) {
		Map<String, List<String>> values = new LinkedHashMap<>();
		for (String arg : args) {
			String name = name(arg);
			if (arg.equals("-h")) {
				return null;
			}
			if (!arg.startsWith("--") || name.isEmpty()) {
				throw CommandException
					.usage("'" + arg + "' is no option. Options are written as --name=value; " + (arg.startsWith("-D")
							? "those of the JVM stand before -jar." : "put quotes around an option with blanks."));
			}
			if (OF_SPRING_BOOT.contains(name) || PROPERTY.matcher(name).matches()) {
				properties.add(arg);
			}
			else if (names.contains(name)) {
				List<String> given = values.computeIfAbsent(name, (key) -> new ArrayList<>());
				given.add(value(arg, name));
				if (given.size() > 1 && !REPEATABLE.contains(name)) {
					throw CommandException.usage("'--" + name + "' must be given only once.");
				}
			}
			else {
				throw CommandException.usage("There is no option '--" + name + "'." + suggestion(name, names));
			}
		}
		return isOn(values, "help") ? null : values;
	}

	static String name(String arg) {
		String option = arg.replaceFirst("^-+", "");
		int end = option.indexOf('=');
		return (end < 0) ? option : option.substring(0, end);
	}

	private static String value(String arg, String name) {
		int start = arg.indexOf('=') + 1;
		if (start == 0 && SWITCHES.contains(name)) {
			return "true";
		}
		String value = arg.substring(start);
		if (start == 0 || value.isBlank()) {
			throw CommandException.usage("'--" + name + "' has no value; write --" + name + "=…");
		}
		if (value.indexOf('\uFFFD') >= 0) {
			throw CommandException.usage("'--" + name + "' has characters that do not belong to the system's locale; "
					+ "set a UTF-8 locale such as LC_ALL=C.UTF-8"
					+ (name.equals("labels") ? ", or use --labels-file." : "."));
		}
		return value;
	}

	private static String suggestion(String name, List<String> names) {
		String nearest = nearest(name, names);
		return (nearest != null) ? " Did you mean '--" + nearest + "'?" : " --help lists them.";
	}

	/**
	 * What a misspelt name may have been meant to be.
	 */
	static @Nullable String nearest(String name, Collection<String> names) {
		return names.stream()
			.filter((other) -> distance(name, other) <= Math.max(1, Math.min(name.length() / 3, MAXIMUM_DISTANCE)))
			.min(Comparator.comparingInt((other) -> distance(name, other)))
			.orElse(null);
	}

	/** Levenshtein's. */
	private static int distance(String a, String b) {
		int[] row = new int[b.length() + 1];
		Arrays.setAll(row, (i) -> i);
		for (int i = 1; i <= a.length(); i++) {
			int diagonal = row[0];
			row[0] = i;
			for (int j = 1; j <= b.length(); j++) {
				int replaced = diagonal + ((a.charAt(i - 1) == b.charAt(j - 1)) ? 0 : 1);
				diagonal = row[j];
				row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
			}
		}
		return row[b.length()];
	}

	private static boolean isOn(Map<String, List<String>> values, String name) {
		String value = last(values, name);
		if (value == null || value.equalsIgnoreCase("false")) {
			return false;
		}
		if (value.equalsIgnoreCase("true")) {
			return true;
		}
		throw CommandException.usage("'--" + name + "' is true or false, not '" + value + "'.");
	}

	static @Nullable String last(Map<String, List<String>> values, String name) {
		List<String> given = values.get(name);
		return (given != null) ? given.get(given.size() - 1) : null;
	}

	static Path path(String name, String value) {
		try {
			return Path.of(value);
		}
		catch (InvalidPathException ex) {
			throw CommandException.usage("'--" + name + "' is no path: " + ex.getMessage() + ".");
		}
	}

	/** Looked at now, and not after the model was loaded. */
	static Path output(String name, String value) {
		Path output = path(name, value);
		Path parent = output.toAbsolutePath().getParent();
		if (parent != null && !Files.isDirectory(parent)) {
			throw CommandException
				.usage("There is no folder '" + parent + "' to write '" + value + "' to; make it first.");
		}
		if (Files.isDirectory(output)) {
			throw CommandException.usage("'" + value + "' is a folder; '--" + name + "' takes a file.");
		}
		if (!Files.isWritable((Files.exists(output) || parent == null) ? output : parent)) {
			throw CommandException.usage("The file '" + value + "' cannot be written: permission denied.");
		}
		return output;
	}

	private static Path folder(@Nullable String value) {
		if (value == null) {
			throw CommandException.usage("'--classify=FOLDER' is missing.");
		}
		Path folder = path("classify", value);
		if (!Files.isDirectory(folder)) {
			throw CommandException.usage(Files.exists(folder)
					? "'" + value + "' is a file; '--classify' takes the folder that holds the pictures."
					: "There is no folder '" + value + "'.");
		}
		return folder;
	}

	private static List<String> labels(Map<String, List<String>> values) {
		List<String> labels = new ArrayList<>(texts(values, "labels", TextList::labels));
		for (String value : values.getOrDefault("labels-file", List.of())) {
			labels.addAll(lines(value));
		}
		List<String> stripped = labels.stream().map(String::strip).filter(StringUtils::hasText).toList();
		if (stripped.isEmpty()) {
			throw CommandException.usage(
					"There are no labels; write --labels=fox,owl or --labels-file=FILE with one label on each line.");
		}
		return stripped;
	}

	private static List<String> lines(String value) {
		try {
			// Editors of Windows put a byte order mark at the beginning.
			return Files.readString(path("labels-file", value)).replaceFirst("^\uFEFF", "").lines().toList();
		}
		catch (CharacterCodingException ex) {
			throw CommandException.usage("The file '" + value + "' is not in UTF-8.");
		}
		catch (NoSuchFileException ex) {
			throw CommandException.usage("There is no file '" + value + "'.");
		}
		catch (IOException ex) {
			throw CommandException.usage("The file '" + value + "' cannot be read: " + FolderCommand.reason(ex) + ".");
		}
	}

	static List<String> templates(Map<String, List<String>> values) {
		return List.copyOf(texts(values, "template", TextList::texts));
	}

	private static List<String> texts(Map<String, List<String>> values, String name,
			UnaryOperator<List<String>> reader) {
		try {
			return reader.apply(values.getOrDefault(name, List.of()));
		}
		catch (IllegalArgumentException ex) {
			throw CommandException.usage("'--" + name + "' " + ex.getMessage());
		}
	}

	static @Nullable Scoring scoring(@Nullable String value) {
		if (value == null) {
			return null;
		}
		for (Scoring scoring : Scoring.values()) {
			if (scoring.name().equalsIgnoreCase(value.strip())) {
				return scoring;
			}
		}
		throw CommandException.usage("'--scoring' is one of %s, not '%s'."
			.formatted(Arrays.toString(Scoring.values()).toLowerCase(Locale.ROOT), value));
	}

	private static int top(@Nullable String value) {
		return (value != null) ? positive("top", value) : Integer.MAX_VALUE;
	}

	/**
	 * Enough that the engine always has a batch to work on while others are read and
	 * decoded, but not so many that their pixels fill the memory.
	 */
	static int parallel(@Nullable String value) {
		if (value == null) {
			return Math.max(4, Math.min(32, 2 * Runtime.getRuntime().availableProcessors()));
		}
		int parallel = positive("parallel", value);
		if (parallel > MAXIMUM_PARALLEL) {
			throw CommandException.usage("'--parallel' is at most " + MAXIMUM_PARALLEL + ", not '" + value + "'.");
		}
		return parallel;
	}

	private static int positive(String name, String value) {
		try {
			int number = Integer.parseInt(value.strip());
			if (number >= 1) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// told below
		}
		throw CommandException.usage("'--" + name + "' is a whole number, 1 or more, not '" + value + "'.");
	}

	static float threshold(@Nullable String value) {
		if (value == null) {
			return Float.NEGATIVE_INFINITY;
		}
		if (NUMBER.matcher(value.strip()).matches()) {
			float threshold = Float.parseFloat(value.strip());
			if (Float.isFinite(threshold)) {
				return threshold;
			}
		}
		throw CommandException.usage("'--threshold' is a number such as 0.5, not '" + value + "'.");
	}

	/** How many predictions a picture has at most. */
	int columns() {
		return Math.min(this.top, this.labels.size());
	}

}
