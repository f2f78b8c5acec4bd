package io.github.zsic;

import java.util.List;

/**
 * The labels of a request with their scores for one picture.
 *
 * @param predictions best first; equal scores keep the order in which the labels were
 * passed; empty only if {@link ClassificationRequest#threshold()} left none
 * @param timings how long it took
 */
public record Classification(List<Prediction> predictions, Timings timings) {

	public Classification {
		predictions = List.copyOf(predictions);
	}

	/**
	 * The best prediction.
	 * @return the prediction with the highest score
	 * @throws IllegalStateException if no label reached the request's threshold
	 */
	public Prediction best() {
		if (this.predictions.isEmpty()) {
			throw new IllegalStateException("No label reached the threshold of the request");
		}
		return this.predictions.get(0);
	}

}
