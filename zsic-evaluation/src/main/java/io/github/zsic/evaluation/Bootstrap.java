package io.github.zsic.evaluation;

import java.util.Arrays;
import java.util.SplittableRandom;

import io.github.zsic.evaluation.EvaluationResult.Estimate;

/**
 * Figures with intervals: what they would be if the pictures were drawn again, with
 * replacement, from those that there are. The draws depend on nothing but the counts.
 */
final class Bootstrap {

	private static final long SEED = 20260101;

	private static final int SAMPLES = 1000;

	/**
	 * With more pictures than that, as many are drawn, and the interval is made as much
	 * narrower as it is with all of them.
	 */
	private static final int MAXIMUM_DRAWS = 100_000;

	/** Right, right among five, neither. */
	private static final int OUTCOMES = 3;

	private final Estimate top1;

	private final Estimate top5;

	private final Estimate meanRecall;

	/**
	 * Draws.
	 * @param count how many pictures each label has
	 * @param correct for how many of them it is the first prediction
	 * @param amongFive for how many it is among the first five
	 */
	Bootstrap(long[] count, long[] correct, long[] amongFive) {
		int total = Math.toIntExact(Arrays.stream(count).sum());
		long[] outcomes = new long[OUTCOMES * count.length];
		int[] pictures = new int[total];
		int position = 0;
		for (int i = 0; i < count.length; i++) {
			outcomes[OUTCOMES * i] = correct[i];
			outcomes[OUTCOMES * i + 1] = amongFive[i] - correct[i];
			outcomes[OUTCOMES * i + 2] = count[i] - amongFive[i];
			for (int j = OUTCOMES * i; j < OUTCOMES * (i + 1); j++) {
				Arrays.fill(pictures, position, position + (int) outcomes[j], j);
				position += (int) outcomes[j];
			}
		}
		int draws = Math.min(total, MAXIMUM_DRAWS);
		double scale = Math.sqrt((double) draws / total);
		double[][] figures = new double[OUTCOMES][SAMPLES];
		long[] drawn = new long[outcomes.length];
		SplittableRandom random = new SplittableRandom(SEED);
		for (int i = 0; i < SAMPLES; i++) {
			Arrays.fill(drawn, 0);
			for (int j = 0; j < draws; j++) {
				drawn[pictures[random.nextInt(total)]]++;
			}
			double[] sample = figures(drawn);
			for (int j = 0; j < OUTCOMES; j++) {
				figures[j][i] = sample[j];
			}
		}
		double[] values = figures(outcomes);
		this.top1 = estimate(values[0], figures[0], scale);
		this.top5 = estimate(values[1], figures[1], scale);
		this.meanRecall = estimate(values[2], figures[2], scale);
	}

	/** Top-1, top-5 and mean recall. */
	private static double[] figures(long[] outcomes) {
		long total = 0;
		long right = 0;
		long amongFive = 0;
		double recalls = 0;
		int labels = 0;
		for (int i = 0; i < outcomes.length; i += OUTCOMES) {
			long count = outcomes[i] + outcomes[i + 1] + outcomes[i + 2];
			total += count;
			right += outcomes[i];
			amongFive += outcomes[i] + outcomes[i + 1];
			if (count > 0) {
				recalls += EvaluationResult.share(outcomes[i], count);
				labels++;
			}
		}
		return new double[] { EvaluationResult.share(right, total), EvaluationResult.share(amongFive, total),
				recalls / labels };
	}

	private static Estimate estimate(double value, double[] samples, double scale) {
		Arrays.sort(samples);
		return new Estimate(value, Math.max(0, value + scale * (percentile(samples, 0.025) - value)),
				Math.min(1, value + scale * (percentile(samples, 0.975) - value)));
	}

	/** Between two samples, linear. */
	private static double percentile(double[] sorted, double share) {
		double position = share * (sorted.length - 1);
		int index = (int) position;
		return sorted[index] + (position - index) * (sorted[index + 1] - sorted[index]);
	}

	Estimate top1() {
		return this.top1;
	}

	Estimate top5() {
		return this.top5;
	}

	Estimate meanRecall() {
		return this.meanRecall;
	}

}
