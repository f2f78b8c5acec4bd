package io.github.zsic;

import java.util.List;

/**
 * The labels of a request with their scores for one picture.
 *
 * @param predictions best first; equal scores keep the order in which the labels were
 * passed; empty only if none reached {@link ClassificationRequest#threshold()} or beat
 * the {@link ClassificationRequest#background()}
 * @param timings how long it took
 */
public record Classification(List<Prediction> predictions, Timings timings) {

	public Classification {
		predictions = (predictions instanceof RankedPredictions) ? predictions : List.copyOf(predictions);
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
