package io.github.zsic.evaluation;

import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;

import io.github.zsic.ClassificationOutcome;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.LabelSet;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;

/**
 * Finds out how good a classifier is on pictures whose labels are known:
 *
 * <pre>{@code
 * EvaluationResult result = Evaluation.of(classifier, LabelledPictures.in(Path.of("pictures")));
 * result.top1();
 * Files.writeString(Path.of("report.html"), EvaluationReport.html(result));
 * }</pre>
 *
 * An instance holds settings and may run any number of evaluations. It is not
 * thread-safe.
 */
public final class Evaluation {

	/** The engine may fail for one picture, but not for all. */
	private static final int MAXIMUM_FAILURES_IN_A_ROW = 20;

	/** What {@link EvaluationResult#top5()} looks at. */
	private static final int TOP = 5;

	private final ZeroShotClassifier classifier;

	private final List<String> templates = new ArrayList<>();

	private Scoring scoring = Scoring.AUTO;

	private float threshold = Float.NEGATIVE_INFINITY;

	private Listener listener = (done, failed) -> {
	};

	private int failuresInARow;

	private Evaluation(ZeroShotClassifier classifier) {
		this.classifier = classifier;
	}

	/**
	 * Evaluates a classifier with its own templates and the scoring that its model was
	 * trained for.
	 * @param classifier the classifier, which stays open
	 * @param pictures the pictures
	 * @return how good it is
	 * @throws EvaluationException if no picture of a label can be read
	 */
	public static EvaluationResult of(ZeroShotClassifier classifier, LabelledPictures pictures) {
		return with(classifier).run(pictures);
	}

	/**
	 * Starts the settings.
	 * @param classifier the classifier, which stays open
	 * @return settings to change and run
	 */
	public static Evaluation with(ZeroShotClassifier classifier) {
		return new Evaluation(classifier);
	}

	/**
	 * Adds templates.
	 * @param templates the templates, none for the classifier's own
	 * @return this object
	 * @see ClassificationRequest.Builder#templates(String...)
	 */
	public Evaluation templates(Collection<String> templates) {
		this.templates.addAll(templates);
		return this;
	}

	/**
	 * Sets the scoring. It changes neither answers nor accuracy, but what a threshold
	 * means and the calibration.
	 * @param scoring the scoring; {@link Scoring#AUTO} by default, whatever the
	 * classifier was built with
	 * @return this object
	 */
	public Evaluation scoring(Scoring scoring) {
		this.scoring = scoring;
		return this;
	}

	/**
	 * Sets the lowest score of an answer.
	 * @param threshold a score in the range of the scoring; none by default, whatever the
	 * classifier was built with
	 * @return this object
	 */
	public Evaluation threshold(float threshold) {
		this.threshold = threshold;
		return this;
	}

	/**
	 * Sets who is told how far the evaluation is.
	 * @param listener is called after each picture, in the thread that runs the
	 * evaluation
	 * @return this object
	 */
	public Evaluation listener(Listener listener) {
		this.listener = listener;
		return this;
	}

	/**
	 * Classifies all pictures. Of each little more is kept than label, answer and score,
	 * some 15 bytes.
	 * @param pictures the pictures
	 * @return how good the classifier is
	 * @throws EvaluationException if no picture of a label can be read
	 * @throws InferenceException if the engine fails for many pictures in a row
	 * @throws io.github.zsic.InvalidLabelException if a label cannot be used
	 * @throws io.github.zsic.InvalidTemplateException if a template cannot be used
	 */
	public EvaluationResult run(LabelledPictures pictures) {
		LabelSet labels = this.classifier
			.prepare(LabelSet.builder().labels(pictures.labels()).templates(this.templates).build());
		Scoring effective = (this.scoring != Scoring.AUTO) ? this.scoring : this.classifier.model().scoring();
		Tally tally = new Tally(pictures.labels(), effective, this.threshold);
		this.failuresInARow = 0;
		long start = System.nanoTime();
		// Pictures are taken by this thread, some ahead of the outcomes.
		Queue<LabelledPicture> ahead = new ArrayDeque<>();
		Stream<ImageInput> images = pictures.pictures().peek(ahead::add).map(Evaluation::input);
		try (Stream<ClassificationOutcome> outcomes = this.classifier.classifyEach(images,
				(request) -> ask(request, labels))) {
			outcomes.forEach((outcome) -> {
				add(ahead.remove(), outcome, tally);
				this.listener.update(tally.classified(), tally.unreadable());
			});
		}
		return tally.result(System.nanoTime() - start, this.classifier.model(), this.templates);
	}

	private static ImageInput input(LabelledPicture picture) {
		return ImageInput.of(picture.name(), () -> Files.newInputStream(picture.file()));
	}

	private void ask(ClassificationRequest.Builder request, LabelSet labels) {
		// The threshold is the tally's, which also needs the scores below it.
		request.labels(labels).scoring(this.scoring).top(TOP).threshold(Float.NEGATIVE_INFINITY);
	}

	private void add(LabelledPicture picture, ClassificationOutcome outcome, Tally tally) {
		Throwable failure = outcome.failure();
		if (failure instanceof InvalidImageException || failure instanceof InferenceException) {
			fail(picture, (ZsicException) failure, tally);
			return;
		}
		tally.add(picture, outcome.orElseThrow().predictions());
		this.failuresInARow = 0;
	}

	private void fail(LabelledPicture picture, ZsicException failure, Tally tally) {
		this.failuresInARow = (failure instanceof InferenceException) ? this.failuresInARow + 1 : 0;
		if (this.failuresInARow >= MAXIMUM_FAILURES_IN_A_ROW) {
			throw failure;
		}
		tally.addUnreadable(picture.name(), failure.getDescription());
	}

	/**
	 * Is told how far an evaluation is.
	 */
	@FunctionalInterface
	public interface Listener {

		/**
		 * One more picture is done.
		 * @param classified how many were classified so far
		 * @param unreadable how many could not be
		 */
		void update(long classified, long unreadable);

	}

}
