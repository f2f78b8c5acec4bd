package io.github.zsic;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.RandomAccess;

/**
 * Predictions, best first, that become objects when they are looked at: of 20,000 a
 * caller mostly wants a few. Immutable.
 */
final class RankedPredictions extends AbstractList<Prediction> implements RandomAccess {

	private static final int INDEX_BITS = 32;

	private final List<String> labels;

	/**
	 * Score and position of the label in one number, so that sorting needs neither
	 * objects nor comparators: the less, the better, and of equal scores the first label.
	 */
	private final long[] ranks;

	private RankedPredictions(List<String> labels, long[] ranks) {
		this.labels = labels;
		this.ranks = ranks;
	}

	/**
	 * Ranks labels.
	 * @param labels the labels
	 * @param scores their scores, finite numbers, perhaps followed by others
	 * @param lowest of each label the lowest score to keep
	 * @param top of how many of the best to keep what reaches its lowest score
	 */
	static RankedPredictions of(List<String> labels, float[] scores, float[] lowest, int top) {
		float minimum = Float.POSITIVE_INFINITY;
		for (float score : lowest) {
			minimum = Math.min(minimum, score);
		}
		long[] ranks = new long[labels.size()];
		int ranked = 0;
		for (int i = 0; i < ranks.length; i++) {
			// What is behind the first that is left out here is left out anyway.
			if (scores[i] >= minimum) {
				ranks[ranked++] = rank(scores[i], i);
			}
		}
		Arrays.sort(ranks, 0, ranked);
		int count = 0;
		for (int i = 0; i < Math.min(ranked, top); i++) {
			int label = (int) ranks[i];
			if (scores[label] >= lowest[label]) {
				ranks[count++] = ranks[i];
			}
		}
		return new RankedPredictions(labels, Arrays.copyOf(ranks, count));
	}

	private static long rank(float score, int index) {
		// Adding zero makes one of the two zeros.
		return ((long) ~ordered(Float.floatToRawIntBits(score + 0f)) << INDEX_BITS) | index;
	}

	/** Bits of a float to an integer of the same order, and back. */
	private static int ordered(int bits) {
		return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
	}

	@Override
	public Prediction get(int position) {
		long rank = this.ranks[position];
		return new Prediction(this.labels.get((int) rank), Float.intBitsToFloat(ordered(~(int) (rank >> INDEX_BITS))));
	}

	@Override
	public int size() {
		return this.ranks.length;
	}

}
