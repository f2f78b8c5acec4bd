package io.github.zsic.sample.command;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.github.zsic.ClassificationOutcome;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Classifies the pictures of a folder on the command line.
 * <p>
 * The results are written in the order of the names.
 */
public final class FolderCommand {

	static final int EXIT_FAILURE = 1;

	static final int EXIT_USAGE = 2;

	static final int EXIT_UNREADABLE = 3;

	/** The engine may fail for one picture, but not for all. */
	private static final int MAXIMUM_FAILURES_IN_A_ROW = 20;

	/** What its options say. */
	private static final Map<String, String> PROPERTIES_WITHOUT_EFFECT = Map.of("zsic.top", "use --top",
			"zsic.threshold", "use --threshold", "zsic.thresholds", "use --threshold", "zsic.labels",
			"use --labels or --labels-file", "zsic.batch.queue-capacity", "use --parallel");

	/** How long an interrupted run may take to write what is in work. */
	private static final Duration GRACE = Duration.ofSeconds(10);

	private final FolderOptions options;

	private final PrintStream err;

	private final List<String> failures = new ArrayList<>();

	private @Nullable EmbeddingFile embeddings;

	private volatile boolean interrupted;

	/** Whether there is work to finish when the run is interrupted. */
	private volatile boolean classifying;

	private int failuresInARow;

	private FolderCommand(FolderOptions options, PrintStream err) {
		this.options = options;
		this.err = err;
	}

	/**
	 * Whether the arguments of the application are meant for the command.
	 * @param args the arguments
	 * @return {@code false} if they are properties only
	 */
	public static boolean isMeantBy(String... args) {
		return FolderOptions.areMeantBy(args);
	}

	/**
	 * Runs the command. Results go to the standard output or to a file, everything else
	 * to the standard error.
	 * @param args the arguments of the application
	 * @return the exit code
	 */
	public static int run(String... args) {
		PrintStream out = System.out;
		PrintStream err = System.err;
		// What libraries print must not get between results.
		System.setOut(err);
		try {
			if (EvaluateOptions.areMeantBy(args)) {
				return EvaluateCommand.run(out, err, args);
			}
			FolderOptions options = FolderOptions.parse(args);
			if (options == null) {
				out.print(FolderOptions.USAGE);
				out.flush();
				return 0;
			}
			return new FolderCommand(options, err).run(out);
		}
		catch (CommandException ex) {
			err.println("Error: " + printable(String.valueOf(ex.getMessage())));
			return ex.exitCode();
		}
		finally {
			System.setOut(out);
		}
	}

	private int run(PrintStream out) {
		PictureFiles files = pictures();
		if (files.pictures().isEmpty()) {
			throw CommandException.failure("There are no pictures in '" + this.options.folder() + "'"
					+ (this.options.recursive() ? "." : "; --recursive looks into its subfolders."));
		}
		CountDownLatch finished = new CountDownLatch(1);
		Thread interruption = new Thread(() -> {
			this.interrupted = true;
			if (this.classifying) {
				await(finished);
			}
		}, "interruption");
		Runtime.getRuntime().addShutdownHook(interruption);
		try (ConfigurableApplicationContext context = start(this.options.properties(), PROPERTIES_WITHOUT_EFFECT,
				this.options.parallel())) {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			RunSettings settings = settings(classifier, context.getBean(ZsicProperties.class), files.root());
			Path output = this.options.output();
			// Nothing but failures is worth a line from here on, and these are reported.
			LoggingSystem.get(FolderCommand.class.getClassLoader()).setLogLevel(null, LogLevel.OFF);
			try (EmbeddingFile embeddings = openEmbeddings(classifier, files.root());
					ResultFile results = (output != null) ? ResultFile.open(output, this.options, settings)
							: ResultFile.to(out, this.options)) {
				this.embeddings = embeddings;
				this.classifying = true;
				return classify(classifier, files, results);
			}
			catch (IOException ex) {
				throw CommandException.failure(
						"The results cannot be written: " + reason(ex) + "." + ((output != null && this.classifying)
								? " The same command goes on where this one stopped." : ""));
			}
		}
		finally {
			finished.countDown();
			try {
				Runtime.getRuntime().removeShutdownHook(interruption);
			}
			catch (IllegalStateException ex) {
				// It runs.
			}
		}
	}

	private @Nullable EmbeddingFile openEmbeddings(ZeroShotClassifier classifier, Path root) {
		Path path = this.options.embeddings();
		try {
			return (path != null) ? EmbeddingFile.open(path, classifier, root, ImageInput.of(probe())) : null;
		}
		catch (IOException ex) {
			throw CommandException.failure("The file '" + path + "' cannot be used: " + reason(ex) + ".");
		}
	}

	private PictureFiles pictures() {
		try {
			return PictureFiles.in(this.options.folder(), this.options.recursive());
		}
		catch (IOException ex) {
			throw CommandException
				.failure("The folder '" + this.options.folder() + "' cannot be read: " + reason(ex) + ".");
		}
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await(GRACE.toSeconds(), TimeUnit.SECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	static ConfigurableApplicationContext start(List<String> properties, Map<String, String> withoutEffect,
			int parallel) {
		PropertyCheck.check(withoutEffect, properties.toArray(String[]::new));
		List<String> all = new ArrayList<>(properties);
		all.add("--zsic.startup=eager");
		all.add("--zsic.enabled=true");
		// Of which many pictures have half.
		all.add("--zsic.batch.queue-capacity=" + 2 * parallel);
		// Nobody else asks, so that to be refused would only end the run.
		all.add("--zsic.batch.queue-timeout=365d");
		try {
			return new SpringApplicationBuilder(Classifier.class).web(WebApplicationType.NONE)
				.bannerMode(Banner.Mode.OFF)
				.logStartupInfo(false)
				.registerShutdownHook(false)
				.profiles("command-line")
				.run(all.toArray(String[]::new));
		}
		catch (RuntimeException ex) {
			throw CommandException.failure("The classifier cannot be started. " + describe(ex));
		}
	}

	static String describe(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof ZsicException known) {
				return String.valueOf(known.getMessage());
			}
		}
		return firstLine(root(failure)) + ".";
	}

	static Throwable root(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		return root;
	}

	static String firstLine(Throwable failure) {
		String message = failure.getMessage();
		return (message != null) ? message.lines().findFirst().orElse("").replaceFirst("\\.$", "")
				: failure.getClass().getSimpleName();
	}

	/**
	 * Tries the labels out, which also has them encoded before pictures compete for the
	 * engine.
	 */
	private RunSettings settings(ZeroShotClassifier classifier, ZsicProperties properties, Path root) {
		try {
			List<Prediction> cosines = classifier
				.classify(request(ImageInput.of(probe())).scoring(Scoring.COSINE).build())
				.get(0)
				.predictions();
			List<Float> probe = new ArrayList<>();
			for (String label : this.options.labels().subList(0, Math.min(8, this.options.labels().size()))) {
				cosines.stream()
					.filter((prediction) -> prediction.label().equals(label))
					.findFirst()
					.ifPresent((prediction) -> probe.add(prediction.score()));
			}
			List<String> templates = this.options.templates().isEmpty() ? properties.getTemplates()
					: this.options.templates();
			Scoring scoring = (this.options.scoring() != null) ? this.options.scoring() : properties.getScoring();
			return RunSettings.of(this.options, root.toString(), classifier.model(), templates,
					scoring.name().toLowerCase(Locale.ROOT), properties, probe);
		}
		catch (InvalidLabelException ex) {
			throw CommandException.usage(String.valueOf(ex.getMessage()));
		}
		catch (ZsicException ex) {
			throw CommandException.failure(String.valueOf(ex.getMessage()));
		}
	}

	private static BufferedImage probe() {
		BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
		for (int y = 0; y < 64; y++) {
			for (int x = 0; x < 64; x++) {
				boolean inside = (x - 32) * (x - 32) + (y - 32) * (y - 32) < 400;
				image.setRGB(x, y, inside ? 0xE0A020 : (4 * x << 8) | (4 * y));
			}
		}
		return image;
	}

	private ClassificationRequest.Builder request(ImageInput image) {
		return ClassificationRequest.builder()
			.image(image)
			.labels(this.options.labels())
			.templates(this.options.templates());
	}

	private int classify(ZeroShotClassifier classifier, PictureFiles files, ResultFile results) throws IOException {
		List<Path> pending = files.pictures().stream().filter((file) -> !results.isDone(files.name(file))).toList();
		int total = files.pictures().size();
		int before = total - pending.size();
		say(count(total, "picture") + " in '" + this.options.folder() + "'"
				+ ((before > 0) ? String.format(Locale.ROOT, ", %,d of them done before", before) : "")
				+ ((files.others() > 0) ? "; " + count(files.others(), "other file") + " left out" : ""));
		// Results on a terminal are a progress of their own.
		boolean silent = this.options.output() == null && Terminal.OUTPUT.isThere();
		Progress progress = new Progress((!silent && Terminal.ERROR.isThere()) ? this.err : null, silent ? (line) -> {
		} : this::say, System::nanoTime, before, total);
		long start = System.nanoTime();
		int done = before;
		List<Path> again = new ArrayList<>();
		Stream<ImageInput> images = ((this.embeddings != null)
				? this.embeddings.inputs(pending, files::name, this.options.parallel())
				: pending.stream().map((file) -> input(file, files.name(file))))
			.takeWhile((image) -> !this.interrupted);
		try (Stream<ClassificationOutcome> stream = classifier.classifyEach(images, this::ask)) {
			Iterator<ClassificationOutcome> outcomes = stream.iterator();
			for (Path file : pending) {
				Outcome outcome = outcome(file, outcomes);
				if (outcome == null) {
					break;
				}
				if (outcome.lackedMemory()) {
					again.add(outcome.file());
				}
				else if (finish(outcome, files, results)) {
					done++;
				}
				progress.update(done, this.failures.size());
			}
			// A large picture may fit into the memory when it is alone.
			for (Path file : again) {
				if (!this.interrupted && finish(classify(classifier, file, files.name(file)), files, results)) {
					done++;
				}
			}
		}
		finally {
			progress.clear();
		}
		return report(files, done, done - before, (System.nanoTime() - start) / 1e9);
	}

	private ImageInput input(Path file, String name) {
		return (this.embeddings != null) ? this.embeddings.input(file, name)
				: ImageInput.of(name, () -> Files.newInputStream(file));
	}

	private void ask(ClassificationRequest.Builder request) {
		request.labels(this.options.labels())
			.templates(this.options.templates())
			.threshold(this.options.threshold())
			.top(this.options.top());
		if (this.options.scoring() != null) {
			request.scoring(this.options.scoring());
		}
	}

	private Outcome classify(ZeroShotClassifier classifier, Path file, String name) {
		ClassificationRequest.Builder request = ClassificationRequest.builder().image(input(file, name));
		ask(request);
		try {
			return new Outcome(file, classifier.classify(request.build()).get(0).predictions(), null);
		}
		catch (InvalidImageException | InferenceException ex) {
			return new Outcome(file, null, ex);
		}
		catch (OutOfMemoryError ex) {
			return lacksMemory(file, name, ex);
		}
	}

	private static Outcome lacksMemory(Path file, String name, OutOfMemoryError error) {
		return new Outcome(file, null,
				new InvalidImageException(InvalidImageException.Reason.TOO_LARGE,
						"The picture '" + name + "' needs more memory than there is.",
						"Give Java a larger heap, such as -Xmx4g before -jar.", error));
	}

	/** What became of the next picture, {@code null} if there are no more. */
	private static @Nullable Outcome outcome(Path file, Iterator<ClassificationOutcome> outcomes) {
		try {
			if (!outcomes.hasNext()) {
				return null;
			}
			ClassificationOutcome next = outcomes.next();
			Throwable failure = next.failure();
			if (failure instanceof OutOfMemoryError error) {
				return lacksMemory(file, next.image().description(), error);
			}
			return (failure instanceof InvalidImageException || failure instanceof InferenceException)
					? new Outcome(file, null, (ZsicException) failure)
					: new Outcome(file, next.orElseThrow().predictions(), null);
		}
		catch (CancellationException ex) {
			throw CommandException.failure("The run was interrupted.");
		}
		catch (RuntimeException | Error ex) {
			throw CommandException.failure(describe(ex));
		}
	}

	/**
	 * Writes a result or notes a failure.
	 * @return whether there was a result
	 */
	private boolean finish(Outcome outcome, PictureFiles files, ResultFile results) throws IOException {
		if (outcome.predictions() != null) {
			results.write(files.name(outcome.file()), outcome.predictions());
			this.failuresInARow = 0;
			return true;
		}
		ZsicException failure = outcome.failure();
		if (failure != null) {
			this.failures.add(failure.getDescription());
			this.failuresInARow = (failure instanceof InferenceException) ? this.failuresInARow + 1 : 0;
			if (this.failuresInARow >= MAXIMUM_FAILURES_IN_A_ROW) {
				throw CommandException.failure(String.valueOf(failure.getMessage()));
			}
		}
		return false;
	}

	private int report(PictureFiles files, int done, int now, double seconds) {
		int failed = this.failures.size() + files.unreadable().size();
		if (failed > 0) {
			say(String.format(Locale.ROOT, "%,d could not be read:", failed));
			this.failures.forEach((failure) -> say("  " + failure));
			files.unreadable().forEach((folder) -> say("  " + files.name(folder) + ": The folder may not be read."));
		}
		Path output = this.options.output();
		boolean complete = done + this.failures.size() == files.pictures().size();
		say((complete ? "" : "Interrupted. ") + count(now, "picture") + " classified in "
				+ Progress.time(Math.round(seconds))
				+ ((now > 0) ? " (" + Progress.rate(now / Math.max(seconds, 1e-9)) + ")" : "")
				+ ((output != null) ? ", results in '" + output + "'." : "."));
		if (!complete) {
			if (output != null) {
				say("The same command goes on where this one stopped.");
			}
			return EXIT_FAILURE;
		}
		return (failed > 0) ? EXIT_UNREADABLE : 0;
	}

	static String count(long number, String what) {
		return String.format(Locale.ROOT, "%,d %s%s", number, what, (number == 1) ? "" : "s");
	}

	private void say(String line) {
		this.err.println(printable(line));
	}

	/** Names of files may hold anything, also what a terminal takes for a command. */
	static String printable(String text) {
		return text.replaceAll("\\p{Cntrl}", "?");
	}

	/** Without the path, which the messages of files are. */
	static String reason(IOException ex) {
		if (ex instanceof NoSuchFileException) {
			return "it does not exist";
		}
		if (ex instanceof AccessDeniedException) {
			return "permission denied";
		}
		String reason = (ex instanceof FileSystemException file) ? file.getReason() : ex.getMessage();
		return (reason != null) ? reason : ex.getClass().getSimpleName().replaceFirst("Exception$", "");
	}

	/**
	 * What became of a picture: predictions or a failure.
	 */
	private record Outcome(Path file, @Nullable List<Prediction> predictions, @Nullable ZsicException failure) {

		boolean lackedMemory() {
			return this.failure instanceof InvalidImageException && this.failure.getCause() instanceof OutOfMemoryError;
		}

	}

	/**
	 * The classifier and nothing else. No component, as the web application would find
	 * it.
	 */
	@ImportAutoConfiguration(ZsicAutoConfiguration.class)
	static class Classifier {

	}

}
