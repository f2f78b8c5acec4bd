package io.github.zsic;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

/**
 * Embeddings to predictions. A label's cosine does not depend on the labels beside it, to
 * the last bit.
 */
final class Scorer {

	/**
	 * Multiplications from which on other threads help. So many embeddings are in no
	 * cache any more when their turn comes, and one core cannot read fast enough.
	 */
	private static final long WORTH_HELP = 2_000_000;

	private final float logitScale;

	private final float logitBias;

	private final Scoring trained;

	private final Scoring scoring;

	private final int top;

	private final float threshold;

	private final Map<String, Float> thresholds;

	/**
	 * Creates a scorer.
	 * @param logitScale the model's factor from cosine to logit
	 * @param logitBias what the model adds
	 * @param trained what {@link Scoring#AUTO} means for the model
	 * @param scoring what is used unless a request says otherwise
	 * @param temperature what is used instead of the factor, {@code null} for the factor
	 * @param top how many predictions there are at most unless a request says otherwise
	 * @param threshold the lowest score unless a request says otherwise
	 * @param thresholds that of labels that have their own
	 */
	Scorer(float logitScale, float logitBias, Scoring trained, Scoring scoring, @Nullable Float temperature, int top,
			float threshold, Map<String, Float> thresholds) {
		this.logitScale = (temperature != null) ? 1 / temperature : logitScale;
		this.logitBias = logitBias;
		this.trained = trained;
		this.scoring = scoring;
		this.top = top;
		this.threshold = threshold;
		this.thresholds = thresholds;
	}

	/**
	 * Scores labels for one picture.
	 * @param request how to score
	 * @param labels the labels
	 * @param texts their embeddings
	 * @param background embeddings of what is none of them
	 * @param image the embedding of the picture
	 * @return the predictions that the request asks for, best first
	 */
	List<Prediction> score(ClassificationRequest request, List<String> labels, float[][] texts, float[][] background,
			float[] image) {
		float[] scores = scores(request, texts, background, image);
		float competitor = Float.NEGATIVE_INFINITY;
		for (int i = texts.length; i < scores.length; i++) {
			competitor = Math.max(competitor, scores[i]);
		}
		float[] lowest = thresholds(request, labels);
		for (int i = 0; i < lowest.length; i++) {
			lowest[i] = Math.max(lowest[i], competitor);
		}
		return RankedPredictions.of(labels, scores, lowest, request.topOr(this.top));
	}

	/** A threshold of the request takes the place of all that the classifier has. */
	private float[] thresholds(ClassificationRequest request, List<String> labels) {
		float[] thresholds = new float[labels.size()];
		Arrays.fill(thresholds, request.hasThreshold() ? request.threshold() : this.threshold);
		if (!request.hasThreshold()) {
			replace(thresholds, labels, this.thresholds);
		}
		replace(thresholds, labels, request.thresholds());
		return thresholds;
	}

	private static void replace(float[] thresholds, List<String> labels, Map<String, Float> own) {
		for (int i = 0; i < thresholds.length && !own.isEmpty(); i++) {
			thresholds[i] = own.getOrDefault(labels.get(i), thresholds[i]);
		}
	}

	/** Those of the background stand behind those of the labels. */
	private float[] scores(ClassificationRequest request, float[][] texts, float[][] background, float[] image) {
		Scoring scoring = (request.scoring() != null) ? request.scoring() : this.scoring;
		if (scoring == Scoring.AUTO) {
			scoring = this.trained;
		}
		float scale = (request.temperature() != null) ? 1 / request.temperature() : this.logitScale;
		float[] scores = new float[texts.length + background.length];
		IntStream indices = IntStream.range(0, scores.length);
		if ((long) scores.length * image.length > WORTH_HELP) {
			indices = indices.parallel();
		}
		boolean plain = scoring == Scoring.COSINE;
		indices.forEach((i) -> {
			float cosine = cosine((i < texts.length) ? texts[i] : background[i - texts.length], image);
			scores[i] = plain ? cosine : scale * cosine + this.logitBias;
		});
		if (scoring == Scoring.SOFTMAX) {
			softmax(scores);
		}
		else if (scoring == Scoring.SIGMOID) {
			for (int i = 0; i < scores.length; i++) {
				scores[i] = (float) (1 / (1 + Math.exp(-scores[i])));
			}
		}
		return scores;
	}

	/** The largest logit becomes 0, so that none overflows. */
	private static void softmax(float[] logits) {
		float maximum = Float.NEGATIVE_INFINITY;
		for (float logit : logits) {
			maximum = Math.max(maximum, logit);
		}
		double[] powers = new double[logits.length];
		double sum = 0;
		for (int i = 0; i < logits.length; i++) {
			powers[i] = Math.exp(logits[i] - maximum);
			sum += powers[i];
		}
		for (int i = 0; i < logits.length; i++) {
			logits[i] = (float) (powers[i] / sum);
		}
	}

	/**
	 * The direction of the mean of unit vectors.
	 */
	static float[] direction(List<float[]> vectors) {
		double[] sum = new double[vectors.get(0).length];
		for (float[] vector : vectors) {
			for (int i = 0; i < sum.length; i++) {
				sum[i] += vector[i];
			}
		}
		double norm = Math.sqrt(Arrays.stream(sum).map((value) -> value * value).sum());
		float[] result = new float[sum.length];
		for (int i = 0; i < result.length; i++) {
			result[i] = (float) (sum[i] / norm);
		}
		return result;
	}

	/**
	 * Of a picture that has several embeddings, one behind the other, the nearest counts.
	 */
	private static float cosine(float[] label, float[] image) {
		float nearest = Float.NEGATIVE_INFINITY;
		for (int offset = 0; offset < image.length; offset += label.length) {
			nearest = Math.max(nearest, dot(label, image, offset));
		}
		return nearest;
	}

	/** Several sums, because the JIT compiler does not reorder the additions of one. */
	private static float dot(float[] a, float[] b, int offset) {
		float s0 = 0;
		float s1 = 0;
		float s2 = 0;
		float s3 = 0;
		float s4 = 0;
		float s5 = 0;
		float s6 = 0;
		float s7 = 0;
		int i = 0;
		for (; i + 7 < a.length; i += 8) {
			s0 += a[i] * b[offset + i];
			s1 += a[i + 1] * b[offset + i + 1];
			s2 += a[i + 2] * b[offset + i + 2];
			s3 += a[i + 3] * b[offset + i + 3];
			s4 += a[i + 4] * b[offset + i + 4];
			s5 += a[i + 5] * b[offset + i + 5];
			s6 += a[i + 6] * b[offset + i + 6];
			s7 += a[i + 7] * b[offset + i + 7];
		}
		for (; i < a.length; i++) {
			s0 += a[i] * b[offset + i];
		}
		return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
	}

}
