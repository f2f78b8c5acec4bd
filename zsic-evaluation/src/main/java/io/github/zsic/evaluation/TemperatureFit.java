package io.github.zsic.evaluation;

import java.util.Arrays;
import java.util.List;

import io.github.zsic.Prediction;

/**
 * Finds the temperature at which softmax scores make the labels of pictures most likely.
 * Likelihoods are summed for a row of temperatures, so that no picture need be kept.
 */
final class TemperatureFit {

	private static final double LOWEST = 1e-4;

	private static final double HIGHEST = 10;

	private static final int STEPS = 200;

	private static final double STEP = Math.log(HIGHEST / LOWEST) / STEPS;

	private final double[] losses = new double[STEPS + 1];

	/**
	 * Adds a picture.
	 * @param label its label
	 * @param cosines all labels with their cosines
	 */
	void add(String label, List<Prediction> cosines) {
		double[] values = cosines.stream().mapToDouble(Prediction::score).toArray();
		double right = cosines.stream()
			.filter((prediction) -> prediction.label().equals(label))
			.mapToDouble(Prediction::score)
			.findFirst()
			.orElseThrow();
		double best = Arrays.stream(values).max().orElseThrow();
		for (int i = 0; i <= STEPS; i++) {
			double temperature = temperature(i);
			double sum = 0;
			for (double value : values) {
				sum += Math.exp((value - best) / temperature);
			}
			this.losses[i] += Math.log(sum) - (right - best) / temperature;
		}
	}

	private static double temperature(double step) {
		return LOWEST * Math.exp(STEP * step);
	}

	/**
	 * The best temperature.
	 * @throws EvaluationException if there is none
	 */
	float best() {
		int lowest = 0;
		for (int i = 1; i <= STEPS; i++) {
			lowest = (this.losses[i] < this.losses[lowest]) ? i : lowest;
		}
		if (lowest == 0 || lowest == STEPS) {
			throw new EvaluationException(
					(lowest == 0) ? "A temperature cannot be fitted: all pictures are answered right."
							: "A temperature cannot be fitted: the answers are no better than chance.",
					"Take more pictures, and some that are difficult.");
		}
		// The lowest point of the parabola through three points.
		double before = this.losses[lowest - 1] - this.losses[lowest];
		double after = this.losses[lowest + 1] - this.losses[lowest];
		return (float) temperature(lowest + 0.5 * (before - after) / (before + after));
	}

}
