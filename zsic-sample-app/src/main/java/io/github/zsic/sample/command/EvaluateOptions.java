package io.github.zsic.sample.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import io.github.zsic.Scoring;
import org.jspecify.annotations.Nullable;

/**
 * What {@link EvaluateCommand} is asked to do.
 *
 * @param folder the folder with the pictures
 * @param csv the file with their labels, {@code null} if subfolders have them
 * @param templates the templates, empty for those of the configuration
 * @param scoring the scoring, {@code null} for that of the configuration
 * @param threshold the lowest score of an answer
 * @param report the page to write, {@code null} for none
 * @param json the JSON file to write, {@code null} for none
 * @param minimumTop1 the lowest accuracy that is good enough, 0 for any
 * @param calibrate the share of answers that should be right, {@code null} to leave
 * temperature and threshold as they are
 * @param compare other checkpoints to compare with
 * @param compareTemplate other templates to compare with, each for itself
 * @param properties arguments for Spring Boot
 */
record EvaluateOptions(Path folder, @Nullable Path csv, List<String> templates, @Nullable Scoring scoring,
		float threshold, @Nullable Path report, @Nullable Path json, double minimumTop1, @Nullable Double calibrate,
		List<String> compare, List<String> compareTemplate, List<String> properties) {

	static final String USAGE = """
			Usage: java -jar zsic-sample-app.jar --evaluate=FOLDER [OPTION]…
			Tells how good a model is on pictures whose labels are known.

			  --evaluate=FOLDER     a folder with one subfolder for each label, which has the label as its name;
			                        pictures that are none of them are in the subfolder _none
			  --csv=FILE            takes the labels from a CSV with the columns file and label, in UTF-8;
			                        files are relative to the folder, which needs no subfolders then
			  --template=TEXT       a hypothesis template with {} or {0} for the label; repeated for an ensemble
			  --scoring=SCORING     auto, softmax, sigmoid, cosine or logits
			  --threshold=SCORE     pictures with lower scores count as none of the labels; without it, zsic.threshold
			                        and zsic.thresholds say which, but none do with --calibrate, --compare
			                        and --compare-template
			  --report=FILE         a page for people, in one HTML file
			  --json=FILE           all figures for programs
			  --minimum-top1=SHARE  the lowest share of right answers that is good enough, such as 0.6
			  --calibrate=SHARE     finds the temperature, and the thresholds with which this share of answers is
			                        right, such as 0.95, and prints them for application.yml
			  --compare=CHECKPOINT  tells whether another checkpoint is better on the same pictures; repeatable
			  --compare-template=TEXT
			                        tells whether another template is better; repeatable, and pictures are encoded
			                        once for all
			  --help, -h            this text
			  --zsic.…=…            a property of zsic, such as --zsic.checkpoint=openai/clip-vit-base-patch32

			Exit codes: 0 it is good enough, 1 it is below the minimum, 2 the command was not understood or failed,
			130 it was interrupted (Ctrl+C), 143 it was terminated.
			""";

	private static final List<String> NAMES = List.of("evaluate", "csv", "template", "scoring", "threshold", "report",
			"json", "minimum-top1", "calibrate", "compare", "compare-template", "help");

	/**
	 * Whether arguments are meant for this command.
	 */
	static boolean areMeantBy(String... args) {
		return Arrays.stream(args).map(FolderOptions::name).anyMatch("evaluate"::equals);
	}

	/**
	 * Reads the arguments.
	 * @return {@code null} if help is asked for
	 * @throws CommandException if they cannot be understood
	 */
	static @Nullable EvaluateOptions parse(String... args) {
		if (Arrays.stream(args).map(FolderOptions::name).anyMatch("classify"::equals)) {
			throw CommandException.usage("'--classify' and '--evaluate' are two commands; give one of them.");
		}
		// "--evaluate --help" has no folder to name.
		if (Arrays.asList(args).contains("--help")) {
			return null;
		}
		List<String> properties = new ArrayList<>();
		Map<String, List<String>> values = FolderOptions.values(NAMES, properties, args);
		if (values == null) {
			return null;
		}
		String csv = FolderOptions.last(values, "csv");
		Path report = output(values, "report");
		Path json = output(values, "json");
		if (report != null && json != null
				&& report.toAbsolutePath().normalize().equals(json.toAbsolutePath().normalize())) {
			throw CommandException.usage("'--report' and '--json' name the same file.");
		}
		Double minimum = share(values, "minimum-top1");
		Scoring scoring = FolderOptions.scoring(FolderOptions.last(values, "scoring"));
		Double calibrate = share(values, "calibrate");
		if (calibrate != null && scoring != null) {
			throw CommandException.usage("'--calibrate' is for softmax; leave out '--scoring'.");
		}
		return new EvaluateOptions(
				FolderOptions.path("evaluate", String.valueOf(FolderOptions.last(values, "evaluate"))),
				(csv != null) ? FolderOptions.path("csv", csv) : null, FolderOptions.templates(values), scoring,
				FolderOptions.threshold(FolderOptions.last(values, "threshold")), report, json,
				(minimum != null) ? minimum : 0, calibrate, List.copyOf(values.getOrDefault("compare", List.of())),
				List.copyOf(values.getOrDefault("compare-template", List.of())), List.copyOf(properties));
	}

	private static @Nullable Path output(Map<String, List<String>> values, String name) {
		String value = FolderOptions.last(values, name);
		return (value != null) ? FolderOptions.output(name, value) : null;
	}

	private static @Nullable Double share(Map<String, List<String>> values, String name) {
		String value = FolderOptions.last(values, name);
		if (value == null) {
			return null;
		}
		try {
			double share = Double.parseDouble(value.strip());
			if (share >= 0 && share <= 1) {
				return share;
			}
		}
		catch (NumberFormatException ex) {
			// told below
		}
		throw CommandException.usage("'--" + name + "' is a number from 0 to 1 such as 0.6, not '" + value + "'.");
	}

}
