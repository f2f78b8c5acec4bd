package io.github.zsic.evaluation;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.zsic.ModelInfo;
import io.github.zsic.Scoring;
import org.jspecify.annotations.Nullable;

/**
 * How good a classifier is on pictures whose labels are known.
 * <p>
 * The <em>answer</em> for a picture is the first prediction of the classifier, which is
 * the label that was named first where scores are equal. There is no answer, the picture
 * is <em>rejected</em>, if the score of that prediction is below the threshold of its
 * label, or of all, or background prompts of the classifier fit better. A rejected
 * picture that has a label counts as wrong.
 * <p>
 * Pictures that cannot be read count nowhere but in {@link #unreadable()}. Pictures of
 * none of the labels count in {@link LabelResult#precision() precisions}, where they are
 * answered, in {@link #none()} and in {@link #coverage()}, and nowhere else.
 *
 * @param count how many pictures of labels were classified, at least one
 * @param top1 the share of them whose answer is their label: accuracy
 * @param top5 the share of them whose label is among the first five predictions that
 * reach the threshold; with five labels or fewer and nothing rejected this is 1 and says
 * nothing
 * @param meanRecall the mean of the recalls of all labels that have pictures: balanced
 * accuracy, in which rare labels count as much as frequent ones
 * @param labels what became of each label, in the order of their names
 * @param confusion how often pictures of one label were answered with another
 * @param pairs the pairs of labels that are confused most often, at most
 * {@value #MAXIMUM_PAIRS}
 * @param none what became of pictures that are none of the labels; {@code null} if there
 * are none and nothing was rejected
 * @param calibration how far scores are probabilities; {@code null} if they are none,
 * that is, cosines or logits
 * @param coverage what thresholds would do, at most 101 of them, highest first
 * @param unreadable what could not be classified, at most {@value #MAXIMUM_UNREADABLE} of
 * it
 * @param unreadableCount how much of it there is
 * @param duration how long it took, without loading the model
 * @param model what was evaluated
 * @param templates the templates; empty for the classifier's own
 * @param scoring what made the scores, never {@link Scoring#AUTO}
 * @param temperature the temperature, {@code null} for the classifier's own
 * @param threshold the score below which pictures are rejected, negative infinity for
 * none
 * @param thresholds that of labels that have one of their own
 * @param answers what was answered, for a {@link Comparison} and for
 * {@link #thresholdsFor(double)}
 */
public record EvaluationResult(long count, Estimate top1, Estimate top5, Estimate meanRecall, List<LabelResult> labels,
		Confusion confusion, List<ConfusedPair> pairs, @Nullable NoneResult none, @Nullable Calibration calibration,
		List<CoveragePoint> coverage, List<Unreadable> unreadable, long unreadableCount, Duration duration,
		ModelInfo model, List<String> templates, Scoring scoring, @Nullable Float temperature, float threshold,
		Map<String, Float> thresholds, Answers answers) {

	/**
	 * How many pairs of labels are described.
	 */
	public static final int MAXIMUM_PAIRS = 10;

	/**
	 * How many pictures are named for a pair of labels.
	 */
	public static final int MAXIMUM_EXAMPLES = 4;

	/**
	 * How many answers with a label must reach a threshold, for it to tell more than
	 * chance would.
	 */
	public static final int MINIMUM_ANSWERS = 20;

	/**
	 * How much of what cannot be read is named.
	 */
	public static final int MAXIMUM_UNREADABLE = 1000;

	/**
	 * Copies the lists.
	 */
	public EvaluationResult {
		labels = List.copyOf(labels);
		pairs = List.copyOf(pairs);
		coverage = List.copyOf(coverage);
		unreadable = List.copyOf(unreadable);
		templates = List.copyOf(templates);
		thresholds = Map.copyOf(thresholds);
	}

	/**
	 * How many pictures were classified in a second, those of none of the labels
	 * included.
	 * @return a number, 0 or more
	 */
	public double picturesPerSecond() {
		long pictures = this.count + ((this.none != null) ? this.none.count() : 0);
		return pictures / Math.max(this.duration.toNanos() / 1e9, 1e-9);
	}

	/**
	 * The lowest threshold, of those in {@link #coverage()}, with which a wanted share of
	 * the answers is right.
	 * @param accuracy the wanted share, from 0 to 1
	 * @return what it does, {@code null} if no threshold is high enough
	 */
	public @Nullable CoveragePoint thresholdFor(double accuracy) {
		CoveragePoint lowest = null;
		for (CoveragePoint point : this.coverage) {
			lowest = (point.accuracy() >= accuracy) ? point : lowest;
		}
		return lowest;
	}

	/**
	 * For each label the lowest threshold with which a wanted share of the answers with
	 * this label is right, whatever thresholds this evaluation had. Pictures of none of
	 * the labels count, too. Answers with equal scores reach a threshold together.
	 * @param accuracy the wanted share, from 0 to 1
	 * @return thresholds in the order of the labels, none for a label if no threshold is
	 * high enough that at least {@value #MINIMUM_ANSWERS} answers reach
	 */
	public List<LabelThreshold> thresholdsFor(double accuracy) {
		return this.answers.thresholds(this.labels, accuracy);
	}

	/**
	 * The result of a label.
	 * @param label the label
	 * @return its result
	 * @throws IllegalArgumentException if it is no label of the evaluation
	 */
	public LabelResult label(String label) {
		return this.labels.stream()
			.filter((result) -> result.label().equals(label))
			.findFirst()
			.orElseThrow(() -> new IllegalArgumentException("'" + label + "' is no label of this evaluation"));
	}

	/**
	 * A share, with the interval in which it would probably be for other pictures of the
	 * same kind: the 2.5th to the 97.5th percentile of what 1,000 bootstrap samples of
	 * the pictures give. The samples are the same in every run. The interval tells of
	 * chance alone, not of pictures that differ from those that come in use.
	 *
	 * @param value the share, from 0 to 1
	 * @param low the lower end
	 * @param high the upper end
	 */
	public record Estimate(double value, double low, double high) {

	}

	/**
	 * What became of one label.
	 *
	 * @param label the label
	 * @param count how many pictures have it
	 * @param answered for how many pictures it is the answer, those of none of the labels
	 * included
	 * @param correct for how many of its pictures it is the answer
	 * @param rejected how many of its pictures have no answer
	 */
	public record LabelResult(String label, long count, long answered, long correct, long rejected) {

		/**
		 * The share of its pictures for which it is the answer.
		 * @return a number from 0 to 1, 0 if there are no pictures
		 */
		public double recall() {
			return share(this.correct, this.count);
		}

		/**
		 * The share of the pictures with this answer that have the label.
		 * @return a number from 0 to 1, 0 if it never is the answer
		 */
		public double precision() {
			return share(this.correct, this.answered);
		}

		/**
		 * The harmonic mean of precision and recall.
		 * @return a number from 0 to 1, 0 if there are neither pictures nor answers
		 */
		public double f1() {
			return share(2 * this.correct, this.count + this.answered);
		}

	}

	/**
	 * Pictures of one label that were answered with another.
	 *
	 * @param label the label of the pictures
	 * @param answer the answer
	 * @param count how many there are
	 * @param examples those with the highest scores, at most {@value #MAXIMUM_EXAMPLES}
	 */
	public record ConfusedPair(String label, String answer, long count, List<Example> examples) {

		/**
		 * Copies the list.
		 */
		public ConfusedPair {
			examples = List.copyOf(examples);
		}

	}

	/**
	 * A picture with a wrong answer.
	 *
	 * @param name its path in the folder, with slashes
	 * @param file the file
	 * @param score the score of the answer
	 */
	public record Example(String name, Path file, float score) {

	}

	/**
	 * What became of pictures that are none of the labels, and what that costs.
	 *
	 * @param count how many pictures are none of the labels
	 * @param rejected how many of them were rejected, as they should be
	 * @param labelledRejected how many pictures that have a label were rejected, as they
	 * should not be
	 * @param auroc how well the score of the first prediction tells pictures with a label
	 * from those with none, whatever the threshold: the probability that it is higher for
	 * one with a label, equal scores counted half; {@code NaN} if no picture is none of
	 * the labels
	 */
	public record NoneResult(long count, long rejected, long labelledRejected, double auroc) {

		/**
		 * The share of pictures of none of the labels that were rejected.
		 * @return a number from 0 to 1, 0 if there are no such pictures
		 */
		public double rejectionRate() {
			return share(this.rejected, this.count);
		}

	}

	/**
	 * How far the scores of answers are probabilities. Pictures with a label count,
	 * whether the threshold rejects them or not.
	 *
	 * @param ece the expected calibration error: the mean difference between score and
	 * accuracy over the bins, weighted by their pictures
	 * @param bins 15 ranges of scores of equal width, from 0 to 1
	 */
	public record Calibration(double ece, List<Bin> bins) {

		/**
		 * Copies the list.
		 */
		public Calibration {
			bins = List.copyOf(bins);
		}

	}

	/**
	 * Pictures with similar scores.
	 *
	 * @param low the scores are higher than this; the first bin has those of 0, too
	 * @param high the scores are not higher than this
	 * @param count how many pictures there are
	 * @param score the mean of their scores, 0 if there are none
	 * @param accuracy the share of right answers, 0 if there are none
	 */
	public record Bin(double low, double high, long count, double score, double accuracy) {

	}

	/**
	 * What a threshold would do. Pictures of none of the labels count, and are never
	 * answered right. Pictures with equal scores are answered together or not at all.
	 *
	 * @param threshold the lowest score that is answered
	 * @param coverage the share of all pictures that are answered
	 * @param accuracy the share of right answers among those
	 */
	public record CoveragePoint(float threshold, double coverage, double accuracy) {

	}

	/**
	 * What a threshold for answers with one label would do.
	 *
	 * @param label the label
	 * @param threshold the lowest score of an answer
	 * @param answered how many answers with the label reach it
	 * @param correct how many of those are right
	 */
	public record LabelThreshold(String label, float threshold, long answered, long correct) {

		/**
		 * The share of right answers among those that reach the threshold.
		 * @return a number from 0 to 1
		 */
		public double precision() {
			return share(this.correct, this.answered);
		}

	}

	/**
	 * A picture that could not be classified, or a folder that could not be read.
	 *
	 * @param name its path in the folder, with slashes
	 * @param reason why, as a sentence
	 */
	public record Unreadable(String name, String reason) {

	}

	static double share(long part, long whole) {
		return (whole > 0) ? (double) part / whole : 0;
	}

}
