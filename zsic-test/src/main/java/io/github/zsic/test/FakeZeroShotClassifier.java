package io.github.zsic.test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelInfo;
import io.github.zsic.Precision;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.Timings;
import io.github.zsic.ZeroShotClassifier;

/**
 * A classifier without a model, for tests. It answers at once, by a rule:
 *
 * <pre>{@code
 * ZeroShotClassifier classifier = FakeZeroShotClassifier
 *     .choosing((image, labels) -> image.description().contains("owl") ? "owl" : labels.get(0));
 * }</pre>
 *
 * It never reads a picture: a rule knows its {@linkplain ImageInput#description()
 * description}, such as the name of its file. For a picture that cannot be read, the rule
 * throws the {@link io.github.zsic.InvalidImageException} that the program is to see. The
 * limits of a request, {@link ClassificationRequest#top()} and
 * {@link ClassificationRequest#threshold(String)}, hold as they do with a model; its
 * templates, scoring, temperature and background have no effect. Thread-safe.
 */
public final class FakeZeroShotClassifier implements ZeroShotClassifier {

	private static final int DIMENSION = 16;

	private static final ModelInfo MODEL = new ModelInfo("fake", null, "fake", "cpu", Precision.FLOAT32, DIMENSION,
			Scoring.SOFTMAX, List.of());

	private static final float BEST = 0.9f;

	private final List<ClassificationRequest> requests = new CopyOnWriteArrayList<>();

	private volatile Rule rule;

	private volatile boolean closed;

	private FakeZeroShotClassifier(Rule rule) {
		this.rule = rule;
	}

	/**
	 * Makes a classifier that answers by a rule.
	 * @param rule what it answers
	 * @return a new classifier
	 */
	public static FakeZeroShotClassifier answering(Rule rule) {
		return new FakeZeroShotClassifier(rule);
	}

	/**
	 * Makes a classifier for which one label is the best. It gets the score 0.9, and the
	 * others share the rest.
	 * @param best chooses the best one of the labels for a picture
	 * @return a new classifier
	 */
	public static FakeZeroShotClassifier choosing(BiFunction<ImageInput, List<String>, String> best) {
		return new FakeZeroShotClassifier((image, labels) -> answer(best.apply(image, labels), labels));
	}

	/**
	 * Makes a classifier for which the first label is the best.
	 * @return a new classifier
	 */
	public static FakeZeroShotClassifier choosingFirst() {
		return choosing((image, labels) -> labels.get(0));
	}

	private static Classification answer(String best, List<String> labels) {
		int place = labels.indexOf(best);
		if (place < 0) {
			throw new IllegalArgumentException(
					"The rule of the test chooses '" + best + "', which is none of " + labels);
		}
		float others = (1 - BEST) / Math.max(1, labels.size() - 1);
		return Classification.of(IntStream.range(0, labels.size())
			.mapToObj((i) -> new Prediction(labels.get(i), (i != place) ? others : (labels.size() > 1) ? BEST : 1))
			.toArray(Prediction[]::new));
	}

	/**
	 * Answers by another rule from now on, for a classifier that several tests share.
	 * @param rule what it answers
	 */
	public void answer(Rule rule) {
		this.rule = rule;
	}

	/**
	 * What it has been asked.
	 * @return the requests since the beginning, or since they were cleared, in their
	 * order
	 */
	public List<ClassificationRequest> requests() {
		return List.copyOf(this.requests);
	}

	/**
	 * Forgets the requests, for a classifier that several tests share.
	 */
	public void clearRequests() {
		this.requests.clear();
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		requireOpen();
		this.requests.add(request);
		List<Classification> results = new ArrayList<>();
		for (int i = 0; i < request.images().size(); i++) {
			List<String> labels = request.labels(i);
			if (labels.isEmpty()) {
				throw new InvalidLabelException("The request has no labels.",
						"Pass at least one. A fake classifier has none of its own.");
			}
			Classification answer = this.rule.answer(request.images().get(i), labels);
			results.add(new Classification(answer.predictions()
				.stream()
				.limit(request.top())
				.filter((prediction) -> prediction.score() >= request.threshold(prediction.label()))
				.toList(), Timings.NONE, MODEL));
		}
		return results;
	}

	/**
	 * {@inheritDoc} Here it depends on the description of the picture alone.
	 */
	@Override
	public float[] embedImage(ImageInput image) {
		return embed("image " + image.description());
	}

	/**
	 * {@inheritDoc} Here it depends on the text alone; embeddings of texts with a similar
	 * meaning are not similar.
	 */
	@Override
	public float[] embedText(String text) {
		if (text.isBlank()) {
			throw new InvalidLabelException("The text is blank.", "Leave it out.");
		}
		return embed("text " + text);
	}

	private float[] embed(String seed) {
		requireOpen();
		Random random = new Random(seed.hashCode());
		double[] numbers = random.doubles(DIMENSION, -1, 1).toArray();
		double norm = 0;
		for (double number : numbers) {
			norm += number * number;
		}
		float[] embedding = new float[DIMENSION];
		for (int i = 0; i < DIMENSION; i++) {
			embedding[i] = (float) (numbers[i] / Math.sqrt(norm));
		}
		return embedding;
	}

	@Override
	public ModelInfo model() {
		return MODEL;
	}

	private void requireOpen() {
		if (this.closed) {
			throw new ClassifierClosedException(MODEL.checkpoint());
		}
	}

	@Override
	public void close() {
		this.closed = true;
	}

	/**
	 * What a fake classifier answers.
	 */
	@FunctionalInterface
	public interface Rule {

		/**
		 * Answers for one picture, or throws what the program is to see.
		 * @param image the picture, which is not read
		 * @param labels the labels to choose from, at least one
		 * @return the answer, such as one of {@link Classification#of(Prediction...)}
		 */
		Classification answer(ImageInput image, List<String> labels);

	}

}
