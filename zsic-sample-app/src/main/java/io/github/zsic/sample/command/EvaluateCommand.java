package io.github.zsic.sample.command;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

import io.github.zsic.LabelSet;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Comparison;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationReport;
import io.github.zsic.evaluation.EvaluationResult;
import io.github.zsic.evaluation.EvaluationResult.Calibration;
import io.github.zsic.evaluation.EvaluationResult.CoveragePoint;
import io.github.zsic.evaluation.EvaluationResult.Estimate;
import io.github.zsic.evaluation.EvaluationResult.LabelThreshold;
import io.github.zsic.evaluation.EvaluationResult.NoneResult;
import io.github.zsic.evaluation.LabelledPictures;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;

import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Tells how good a model is on the pictures of a labelled folder. The figures go to the
 * standard output and to files, everything else to the standard error.
 */
final class EvaluateCommand {

	/** So that a build can tell a model that is not good enough from a mistake. */
	private static final int EXIT_BELOW_MINIMUM = 1;

	/** What the pictures and the machine say. */
	private static final Map<String, String> PROPERTIES_WITHOUT_EFFECT = Map.of("zsic.top",
			"the figures are of the best label and of the best five", "zsic.labels",
			"the names of the subfolders are the labels, or use --csv", "zsic.batch.queue-capacity",
			"it follows from the number of processors");

	private final EvaluateOptions options;

	private final PrintStream out;

	private final PrintStream err;

	private EvaluateCommand(EvaluateOptions options, PrintStream out, PrintStream err) {
		this.options = options;
		this.out = out;
		this.err = err;
	}

	/**
	 * Runs the command.
	 * @return the exit code
	 * @throws CommandException if anything goes wrong, always with the same exit code
	 */
	static int run(PrintStream out, PrintStream err, String... args) {
		EvaluateOptions options = EvaluateOptions.parse(args);
		if (options == null) {
			out.print(EvaluateOptions.USAGE);
			out.flush();
			return 0;
		}
		try {
			return new EvaluateCommand(options, out, err).run();
		}
		catch (CommandException ex) {
			throw CommandException.usage(String.valueOf(ex.getMessage()));
		}
		catch (RuntimeException | Error ex) {
			// A JVM that ends with it would say that the model is below the minimum.
			throw CommandException.usage(FolderCommand.describe(ex));
		}
	}

	private int run() {
		Path csv = this.options.csv();
		LabelledPictures pictures = (csv != null) ? LabelledPictures.csv(csv, this.options.folder())
				: LabelledPictures.in(this.options.folder());
		long total = pictures.count();
		say(FolderCommand.count(total, "picture") + " of " + pictures.labels().size() + " labels in '"
				+ this.options.folder() + "'");
		if (total == 0) {
			throw CommandException.failure("There are no pictures.");
		}
		// Before anything takes long.
		this.options.compareTemplate()
			.forEach((template) -> LabelSet.builder().labels(pictures.labels()).templates(template).build());
		List<EvaluationResult> results = evaluate(pictures, total, this.options.properties(),
				this.options.compareTemplate());
		EvaluationResult result = results.get(0);
		print(result);
		if (this.options.calibrate() != null) {
			print(result, this.options.calibrate());
		}
		List<EvaluationResult> others = new ArrayList<>(results.subList(1, results.size()));
		others.forEach((other) -> compare(result, other, String.join(", ", other.templates())));
		write(result, others);
		for (String checkpoint : this.options.compare()) {
			EvaluationResult other = evaluate(pictures, total, properties(checkpoint), List.of()).get(0);
			compare(result, other, other.model().checkpoint());
			others.add(other);
			write(result, others);
		}
		if (result.top1().value() < this.options.minimumTop1()) {
			say(String.format(Locale.ROOT, "Top-1 is %.4f, below the minimum of %s.", result.top1().value(),
					this.options.minimumTop1()));
			return EXIT_BELOW_MINIMUM;
		}
		return 0;
	}

	/** The same as for the first checkpoint, apart from what depends on it. */
	private List<String> properties(String checkpoint) {
		List<String> properties = new ArrayList<>(this.options.properties());
		properties.removeIf((property) -> property.startsWith("--zsic.checkpoint=")
				|| property.startsWith("--zsic.revision=") || property.startsWith("--zsic.temperature="));
		properties.add("--zsic.checkpoint=" + checkpoint);
		return properties;
	}

	/**
	 * Evaluates a checkpoint.
	 * @param templates others that its own are to be compared with
	 * @return the result with its own, and then one for each other
	 */
	private List<EvaluationResult> evaluate(LabelledPictures pictures, long total, List<String> arguments,
			List<String> templates) {
		// They are those of one checkpoint and one temperature.
		boolean thresholds = !Float.isFinite(this.options.threshold()) && this.options.calibrate() == null
				&& this.options.compare().isEmpty() && this.options.compareTemplate().isEmpty();
		Map<String, String> withoutEffect = new LinkedHashMap<>(PROPERTIES_WITHOUT_EFFECT);
		if (!thresholds) {
			withoutEffect.put("zsic.threshold", "use --threshold");
			withoutEffect.put("zsic.thresholds", "use --threshold");
		}
		try (ConfigurableApplicationContext context = FolderCommand.start(arguments, withoutEffect,
				FolderOptions.parallel(null))) {
			ZsicProperties properties = context.getBean(ZsicProperties.class);
			// Nothing but failures is worth a line from here on, and these are reported.
			LoggingSystem.get(EvaluateCommand.class.getClassLoader()).setLogLevel(null, LogLevel.OFF);
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			Evaluation evaluation = evaluation(classifier, properties, thresholds)
				.templates(this.options.templates().isEmpty() ? properties.getTemplates() : this.options.templates());
			LabelledPictures embedded = templates.isEmpty() ? pictures
					: watched(evaluation, total, () -> evaluation.embed(pictures));
			if (this.options.calibrate() != null) {
				float temperature = watched(evaluation, total, () -> evaluation.fitTemperature(embedded));
				evaluation.scoring(Scoring.SOFTMAX).temperature(temperature);
			}
			List<EvaluationResult> results = new ArrayList<>();
			results.add(watched(evaluation, total, () -> evaluation.run(embedded)));
			long start = System.nanoTime();
			for (String template : templates) {
				Evaluation other = evaluation(classifier, properties, thresholds).templates(List.of(template));
				results.add(watched(other, total, () -> other.run(embedded)));
			}
			if (!templates.isEmpty()) {
				say(FolderCommand.count(templates.size(), "template") + " compared in "
						+ Progress.time(Math.round((System.nanoTime() - start) / 1e9)));
			}
			return results;
		}
	}

	private Evaluation evaluation(ZeroShotClassifier classifier, ZsicProperties properties, boolean thresholds) {
		Evaluation evaluation = Evaluation.with(classifier)
			.scoring((this.options.scoring() != null) ? this.options.scoring() : properties.getScoring())
			.threshold(this.options.threshold());
		if (thresholds) {
			evaluation.thresholds(properties.getThresholds());
			if (properties.getThreshold() != null) {
				evaluation.threshold(properties.getThreshold());
			}
		}
		return evaluation;
	}

	private <T> T watched(Evaluation evaluation, long total, Supplier<T> run) {
		Progress progress = new Progress(Terminal.ERROR.isThere() ? this.err : null, this::say, System::nanoTime, 0,
				(int) total);
		evaluation.listener((classified, unreadable) -> progress.update((int) classified, (int) unreadable));
		try {
			return run.get();
		}
		finally {
			progress.clear();
		}
	}

	private void compare(EvaluationResult first, EvaluationResult second, String name) {
		Comparison comparison = Comparison.of(first, second);
		this.out.printf(Locale.ROOT, "%-15s%.4f  %s%n", "compared", second.top1().value(),
				FolderCommand.printable(name));
		this.out.printf(Locale.ROOT, "%-15sright only before: %,d, only here: %,d; p = %.4f (McNemar)%n", "",
				comparison.onlyFirst(), comparison.onlySecond(), comparison.pValue());
	}

	/** As lines of application.yml. */
	private void print(EvaluationResult result, double wanted) {
		CoveragePoint point = result.thresholdFor(wanted);
		this.out.println("zsic:");
		if (result.model().scoring() != Scoring.SOFTMAX) {
			this.out.println("  scoring: softmax");
		}
		this.out.println("  temperature: " + result.temperature());
		if (point != null) {
			this.out.printf(Locale.ROOT,
					"  threshold: %s # %.4f of the answers are right, %.4f of the pictures answered%n",
					String.valueOf(point.threshold()), point.accuracy(), point.coverage());
		}
		else {
			this.out.println("  # no threshold is high enough for " + wanted);
		}
		List<LabelThreshold> own = result.thresholdsFor(wanted);
		if (own.stream().map(LabelThreshold::label).anyMatch(EvaluateCommand::isName)) {
			this.out
				.println("  top: 1 # so that the next best label does not take the place of one below its threshold");
			this.out.println("  thresholds:");
		}
		own.forEach(this::print);
		int others = result.labels().size() - own.size();
		if (others > 0) {
			this.out.printf(Locale.ROOT,
					"  # without their own: %s, for which no threshold is high enough that %d answers " + "reach%n",
					FolderCommand.count(others, "label"), EvaluationResult.MINIMUM_ANSWERS);
		}
	}

	private void print(LabelThreshold threshold) {
		String label = threshold.label();
		this.out.printf(Locale.ROOT, "    %s%s: %s # %.4f of the %,d answers that reach it are right%n",
				isName(label) ? "" : "# no name of a property: ", key(label), String.valueOf(threshold.threshold()),
				threshold.precision(), threshold.answered());
	}

	/** Spring Boot reads a name up to the bracket that closes the first one. */
	private static boolean isName(String label) {
		int open = 0;
		for (int i = 0; i < label.length() && open >= 0; i++) {
			open += (label.charAt(i) == '[') ? 1 : (label.charAt(i) == ']') ? -1 : 0;
		}
		return open == 0;
	}

	/**
	 * In brackets, so that Spring Boot leaves it as it is, and those in quotes for YAML.
	 */
	private static String key(String label) {
		StringBuilder key = new StringBuilder("\"[");
		for (char character : label.toCharArray()) {
			if (Character.isISOControl(character) || character == 0xFEFF || character >= 0xFFFE) {
				key.append(String.format("\\u%04X", (int) character));
			}
			else {
				key.append((character == '"' || character == '\\') ? "\\" : "").append(character);
			}
		}
		return key.append("]\"").toString();
	}

	private void print(EvaluationResult result) {
		if (result.unreadableCount() > 0) {
			say(String.format(Locale.ROOT, "%,d could not be read:", result.unreadableCount()));
			result.unreadable().forEach((unreadable) -> say("  " + unreadable.reason()));
			if (result.unreadableCount() > result.unreadable().size()) {
				say("  …");
			}
		}
		say(FolderCommand.count(result.count(), "picture") + " with a label classified in "
				+ Progress.time(Math.round(result.duration().toMillis() / 1e3)) + " ("
				+ Progress.rate(result.picturesPerSecond()) + ")");
		figure("top-1", result.top1());
		figure("top-5", result.top5());
		figure("mean recall", result.meanRecall());
		Calibration calibration = result.calibration();
		if (calibration != null) {
			this.out.printf(Locale.ROOT, "%-15s%.4f%n", "ECE", calibration.ece());
		}
		NoneResult none = result.none();
		if (none != null) {
			this.out.printf(Locale.ROOT, "%-15s%,d of %,d rejected; %,d of %,d pictures with a label, too%n",
					"none of these", none.rejected(), none.count(), none.labelledRejected(), result.count());
		}
		List<EvaluationResult.ConfusedPair> pairs = result.pairs();
		for (EvaluationResult.ConfusedPair pair : pairs.subList(0, Math.min(3, pairs.size()))) {
			this.out.println(FolderCommand.printable(String.format(Locale.ROOT, "%-15s'%s' taken for '%s': %,d",
					"mistake", pair.label(), pair.answer(), pair.count())));
		}
		this.out.flush();
	}

	private void figure(String name, Estimate estimate) {
		this.out.printf(Locale.ROOT, "%-15s%.4f  (95 %% interval %.4f to %.4f)%n", name, estimate.value(),
				estimate.low(), estimate.high());
	}

	private void write(EvaluationResult result, List<EvaluationResult> others) {
		Path report = this.options.report();
		if (report != null) {
			try {
				Files.writeString(report, EvaluationReport.html(result, others));
			}
			catch (IOException ex) {
				throw unwritable("report", report, ex);
			}
		}
		Path json = this.options.json();
		if (json != null) {
			try (Writer writer = new BufferedWriter(
					new OutputStreamWriter(Files.newOutputStream(json), StandardCharsets.UTF_8))) {
				EvaluationReport.json(result, others, writer);
			}
			catch (IOException ex) {
				throw unwritable("JSON file", json, ex);
			}
		}
	}

	private static CommandException unwritable(String what, Path file, IOException ex) {
		return CommandException
			.failure("The " + what + " '" + file + "' cannot be written: " + FolderCommand.reason(ex) + ".");
	}

	private void say(String line) {
		this.err.println(FolderCommand.printable(line));
	}

}
