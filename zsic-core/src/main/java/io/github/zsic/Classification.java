package io.github.zsic;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * The labels of a request with their scores for one picture.
 *
 * @param predictions best first; equal scores keep the order in which the labels were
 * passed; empty only if none reached {@link ClassificationRequest#threshold()} or beat
 * the {@link ClassificationRequest#background()}
 * @param timings how long it took
 * @param model what answered; {@link ModelInfo#NONE} if no model did
 */
public record Classification(List<Prediction> predictions, Timings timings, ModelInfo model) {

	/**
	 * Keeps a copy of the list.
	 */
	public Classification {
		predictions = (predictions instanceof RankedPredictions) ? predictions : List.copyOf(predictions);
	}

	/**
	 * A result that no model made, for tests.
	 * @param predictions in any order; those with equal scores keep it
	 * @return the result, with its predictions best first, {@link Timings#NONE} and
	 * {@link ModelInfo#NONE}
	 */
	public static Classification of(Prediction... predictions) {
		List<Prediction> sorted = Arrays.stream(predictions)
			.sorted(Comparator.comparingDouble(Prediction::score).reversed())
			.toList();
		return new Classification(sorted, Timings.NONE, ModelInfo.NONE);
	}

	/**
	 * Whether the picture shows none of the labels, as far as a threshold or background
	 * prompts of the request can tell.
	 * @return whether there are no predictions
	 */
	public boolean noneOfThese() {
		return this.predictions.isEmpty();
	}

	/**
	 * The best prediction.
	 * @return the prediction with the highest score
	 * @throws IllegalStateException if there is none, because the request has a threshold
	 * or background prompts
	 */
	public Prediction best() {
		if (this.predictions.isEmpty()) {
			throw new IllegalStateException("No label reached the threshold of the request or beat its background");
		}
		return this.predictions.get(0);
	}

}
