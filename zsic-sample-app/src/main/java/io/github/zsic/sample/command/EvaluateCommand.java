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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Comparison;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationReport;
import io.github.zsic.evaluation.EvaluationResult;
import io.github.zsic.evaluation.EvaluationResult.Calibration;
import io.github.zsic.evaluation.EvaluationResult.CoveragePoint;
import io.github.zsic.evaluation.EvaluationResult.Estimate;
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
		EvaluationResult result = evaluate(pictures, total, this.options.properties());
		print(result);
		if (this.options.calibrate() != null) {
			print(result, this.options.calibrate());
		}
		write(result);
		for (String checkpoint : this.options.compare()) {
			compare(result, evaluate(pictures, total, properties(checkpoint)));
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

	private EvaluationResult evaluate(LabelledPictures pictures, long total, List<String> arguments) {
		try (ConfigurableApplicationContext context = FolderCommand.start(arguments, PROPERTIES_WITHOUT_EFFECT,
				FolderOptions.parallel(null))) {
			ZsicProperties properties = context.getBean(ZsicProperties.class);
			// Nothing but failures is worth a line from here on, and these are reported.
			LoggingSystem.get(EvaluateCommand.class.getClassLoader()).setLogLevel(null, LogLevel.OFF);
			Evaluation evaluation = Evaluation.with(context.getBean(ZeroShotClassifier.class))
				.templates(this.options.templates().isEmpty() ? properties.getTemplates() : this.options.templates())
				.scoring((this.options.scoring() != null) ? this.options.scoring() : properties.getScoring())
				.threshold(this.options.threshold());
			if (this.options.calibrate() != null) {
				float temperature = watched(evaluation, total, () -> evaluation.fitTemperature(pictures));
				evaluation.scoring(Scoring.SOFTMAX).temperature(temperature);
			}
			return watched(evaluation, total, () -> evaluation.run(pictures));
		}
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

	private void compare(EvaluationResult first, EvaluationResult second) {
		Comparison comparison = Comparison.of(first, second);
		this.out.printf(Locale.ROOT, "%-15s%.4f  %s%n", "compared", second.top1().value(),
				FolderCommand.printable(second.model().checkpoint()));
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

	private void write(EvaluationResult result) {
		Path report = this.options.report();
		if (report != null) {
			try {
				Files.writeString(report, EvaluationReport.html(result));
			}
			catch (IOException ex) {
				throw unwritable("report", report, ex);
			}
		}
		Path json = this.options.json();
		if (json != null) {
			try (Writer writer = new BufferedWriter(
					new OutputStreamWriter(Files.newOutputStream(json), StandardCharsets.UTF_8))) {
				EvaluationReport.json(result, writer);
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
