package io.github.zsic.evaluation;

/**
 * Whether one classifier, or one template, is better than another on the same pictures.
 * Pictures that only one of the two evaluations could read are left out.
 *
 * @param both how many pictures both answered right
 * @param onlyFirst how many pictures only the first answered right
 * @param onlySecond how many pictures only the second answered right
 * @param neither how many pictures neither answered right
 */
public record Comparison(long both, long onlyFirst, long onlySecond, long neither) {

	/**
	 * Compares two results.
	 * @param first a result
	 * @param second another one, of the same pictures and labels
	 * @return the comparison
	 * @throws IllegalArgumentException if the labels differ, or no picture is in both
	 */
	public static Comparison of(EvaluationResult first, EvaluationResult second) {
		if (!first.labels()
			.stream()
			.map(EvaluationResult.LabelResult::label)
			.toList()
			.equals(second.labels().stream().map(EvaluationResult.LabelResult::label).toList())) {
			throw new IllegalArgumentException("Results with different labels cannot be compared");
		}
		long[] counts = first.answers().compare(second.answers());
		if (counts[0] + counts[1] + counts[2] + counts[3] == 0) {
			throw new IllegalArgumentException("Results without a common picture cannot be compared");
		}
		return new Comparison(counts[0], counts[1], counts[2], counts[3]);
	}

	/**
	 * How probable a difference like this one, or a larger one, is by chance alone if
	 * both are equally good: the exact, two-sided test of McNemar. Below 0.05 it is
	 * common to speak of a difference; with many comparisons some are that low by chance.
	 * @return a probability, 1 if no picture makes a difference
	 */
	public double pValue() {
		long differing = this.onlyFirst + this.onlySecond;
		long fewer = Math.min(this.onlyFirst, this.onlySecond);
		// The logarithm of a binomial probability, as it may be too small for a number.
		double logarithm = -differing * Math.log(2);
		double sum = 0;
		for (long i = 0; i <= fewer; i++) {
			sum += Math.exp(logarithm);
			logarithm += Math.log((double) (differing - i) / (i + 1));
		}
		return Math.min(1, 2 * sum);
	}

}
