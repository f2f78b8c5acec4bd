package io.github.zsic.evaluation;

import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;

import io.github.zsic.ClassificationOutcome;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.LabelSet;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import org.jspecify.annotations.Nullable;

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

	/** A few batches of the engine. */
	private static final int EMBEDDED_TOGETHER = 64;

	/** What {@link EvaluationResult#top5()} looks at. */
	private static final int TOP = 5;

	private final ZeroShotClassifier classifier;

	private final List<String> templates = new ArrayList<>();

	private Scoring scoring = Scoring.AUTO;

	private @Nullable Float temperature;

	private float threshold = Float.NEGATIVE_INFINITY;

	private final Map<String, Float> thresholds = new TreeMap<>();

	private Listener listener = (done, failed) -> {
	};

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
	 * Sets the temperature. It changes neither answers nor accuracy, but what a threshold
	 * means and the calibration.
	 * @param temperature a number from 1e-6 to 1e6; the classifier's own by default
	 * @return this object
	 * @see #fitTemperature(LabelledPictures)
	 */
	public Evaluation temperature(float temperature) {
		this.temperature = temperature;
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
	 * Sets the lowest score of answers with certain labels, in place of the
	 * {@linkplain #threshold(float) common} one. The next best label is no answer then,
	 * as with {@code top(1)} of a request.
	 * @param thresholds scores by label, in the range of the scoring; labels that the
	 * pictures have not got do not matter
	 * @return this object
	 */
	public Evaluation thresholds(Map<String, Float> thresholds) {
		this.thresholds.putAll(thresholds);
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
	 * some 25 bytes.
	 * @param pictures the pictures
	 * @return how good the classifier is
	 * @throws EvaluationException if no picture of a label can be read
	 * @throws InferenceException if the engine fails for many pictures in a row
	 * @throws io.github.zsic.InvalidLabelException if a label cannot be used
	 * @throws io.github.zsic.InvalidTemplateException if a template cannot be used
	 */
	public EvaluationResult run(LabelledPictures pictures) {
		LabelSet labels = prepare(pictures);
		Scoring effective = (this.scoring != Scoring.AUTO) ? this.scoring : this.classifier.model().scoring();
		Tally tally = new Tally(pictures.labels(), effective, this.threshold, this.thresholds);
		long start = System.nanoTime();
		// The threshold is the tally's, which also needs the scores below it.
		classify(pictures, (request) -> {
			request.labels(labels).scoring(this.scoring).top(TOP).threshold(Float.NEGATIVE_INFINITY);
			if (this.temperature != null) {
				request.temperature(this.temperature);
			}
		}, tally::add, tally::addUnreadable);
		return tally.result(System.nanoTime() - start, this.classifier.model(), this.templates, this.temperature);
	}

	/**
	 * Finds the temperature at which softmax scores come nearest to probabilities: the
	 * labels of the pictures are most likely then. Answers do not change. Pictures of
	 * none of the labels do not count, nor do scoring, temperature and threshold of this
	 * object.
	 * @param pictures the pictures, preferably others than those to evaluate
	 * @return what {@code zsic.temperature} or
	 * {@link ClassificationRequest.Builder#temperature} should be
	 * @throws EvaluationException if no picture of a label can be read, or all are
	 * answered right
	 */
	public float fitTemperature(LabelledPictures pictures) {
		LabelSet labels = prepare(pictures);
		TemperatureFit fit = new TemperatureFit();
		classify(pictures,
				(request) -> request.labels(labels)
					.scoring(Scoring.COSINE)
					.top(Integer.MAX_VALUE)
					.threshold(Float.NEGATIVE_INFINITY),
				(picture, cosines) -> {
					// Background prompts leave nothing to learn from.
					if (picture.label() != LabelledPicture.NONE && !cosines.isEmpty()) {
						fit.add(pictures.labels().get(picture.label()), cosines);
					}
				}, (name, reason) -> {
				});
		return fit.best();
	}

	/**
	 * Computes the embeddings of pictures and keeps them in memory, so that evaluations
	 * with other templates neither read nor encode a picture again. Each takes 2 KB with
	 * a model of 512 numbers.
	 * @param pictures the pictures
	 * @return the same pictures, to be evaluated with this classifier as long as it has
	 * its model; what cannot be read is among them, and is reported by each evaluation
	 */
	public LabelledPictures embed(LabelledPictures pictures) {
		List<LabelledPicture> embedded = new ArrayList<>();
		try (Stream<LabelledPicture> stream = pictures.pictures()) {
			Iterator<LabelledPicture> all = stream.iterator();
			long known = 0;
			while (all.hasNext()) {
				List<LabelledPicture> next = new ArrayList<>();
				while (all.hasNext() && next.size() < EMBEDDED_TOGETHER) {
					next.add(all.next());
				}
				List<LabelledPicture> done = embed(next);
				embedded.addAll(done);
				known += done.stream().filter((picture) -> picture.embedding() != null).count();
				this.listener.update(known, embedded.size() - known);
			}
		}
		return pictures.with(List.copyOf(embedded));
	}

	/** One that cannot be read must not disturb the others. */
	private List<LabelledPicture> embed(List<LabelledPicture> pictures) {
		try {
			List<float[]> embeddings = this.classifier.embedImages(pictures.stream().map(Evaluation::input).toList());
			List<LabelledPicture> embedded = new ArrayList<>();
			for (int i = 0; i < embeddings.size(); i++) {
				embedded.add(pictures.get(i).withEmbedding(embeddings.get(i)));
			}
			return embedded;
		}
		catch (InvalidImageException | InferenceException ex) {
			int half = pictures.size() / 2;
			return (half == 0) ? pictures
					: Stream.of(embed(pictures.subList(0, half)), embed(pictures.subList(half, pictures.size())))
						.flatMap(List::stream)
						.toList();
		}
	}

	private LabelSet prepare(LabelledPictures pictures) {
		return this.classifier.prepare(LabelSet.builder().labels(pictures.labels()).templates(this.templates).build());
	}

	private void classify(LabelledPictures pictures, Consumer<ClassificationRequest.Builder> request,
			BiConsumer<LabelledPicture, List<Prediction>> results, BiConsumer<String, String> failures) {
		// Pictures are taken by this thread, some ahead of the outcomes.
		Queue<LabelledPicture> ahead = new ArrayDeque<>();
		Stream<ImageInput> images = pictures.pictures().peek(ahead::add).map(Evaluation::input);
		int failuresInARow = 0;
		long classified = 0;
		long unreadable = 0;
		try (Stream<ClassificationOutcome> stream = this.classifier.classifyEach(images, request)) {
			Iterator<ClassificationOutcome> outcomes = stream.iterator();
			while (outcomes.hasNext()) {
				ClassificationOutcome outcome = outcomes.next();
				LabelledPicture picture = ahead.remove();
				if (outcome.failure() instanceof ZsicException failure
						&& (failure instanceof InvalidImageException || failure instanceof InferenceException)) {
					failuresInARow = (failure instanceof InferenceException) ? failuresInARow + 1 : 0;
					if (failuresInARow >= MAXIMUM_FAILURES_IN_A_ROW) {
						throw failure;
					}
					failures.accept(picture.name(), failure.getDescription());
					unreadable++;
				}
				else {
					results.accept(picture, outcome.orElseThrow().predictions());
					failuresInARow = 0;
					classified++;
				}
				this.listener.update(classified, unreadable);
			}
		}
	}

	private static ImageInput input(LabelledPicture picture) {
		if (picture.embedding() != null) {
			return ImageInput.ofEmbedding(picture.name(), picture.embedding());
		}
		return ImageInput.of(picture.name(), () -> Files.newInputStream(picture.file()));
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
