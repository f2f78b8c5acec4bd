package io.github.zsic.evaluation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.zsic.evaluation.EvaluationResult.LabelResult;
import io.github.zsic.evaluation.EvaluationResult.LabelThreshold;

/**
 * What was answered, as {@link Comparison} and
 * {@link EvaluationResult#thresholdsFor(double)} need it. Of each picture 16 bytes are
 * kept: a hash of its name, and answer and score, each with one bit that tells whether
 * the answer is right. Immutable and thread-safe.
 */
public final class Answers {

	private static final int LABEL_SHIFT = 33;

	private static final long SCORE_MASK = 0xFFFF_FFFFL;

	private final long[] sorted;

	/** By label, and the highest score first. */
	private final long[] ranked;

	/**
	 * Keeps answers. The arrays become part of the object.
	 * @param keys of each picture with a label what {@link #key} makes of it
	 * @param ranks of each picture with an answer what {@link #rank} makes of it
	 */
	Answers(long[] keys, long[] ranks) {
		Arrays.sort(keys);
		this.sorted = keys;
		Arrays.sort(ranks);
		this.ranked = ranks;
	}

	/** Flipping the sign makes bits without one of the order of the scores. */
	static long rank(int answer, float score, boolean right) {
		long descending = (~Tally.ordered(score) ^ Integer.MIN_VALUE) & SCORE_MASK;
		return (long) answer << LABEL_SHIFT | descending << 1 | (right ? 1 : 0);
	}

	/**
	 * For each label the lowest threshold with which a share of the answers is right.
	 * @param labels the labels
	 * @param accuracy the share
	 */
	List<LabelThreshold> thresholds(List<LabelResult> labels, double accuracy) {
		List<LabelThreshold> thresholds = new ArrayList<>();
		int next = 0;
		for (int label = 0; label < labels.size(); label++) {
			LabelThreshold lowest = null;
			long right = 0;
			for (int begin = next; next < this.ranked.length && this.ranked[next] >> LABEL_SHIFT == label; next++) {
				right += this.ranked[next] & 1;
				int answered = next + 1 - begin;
				boolean ties = next + 1 < this.ranked.length && this.ranked[next] >> 1 == this.ranked[next + 1] >> 1;
				if (!ties && answered >= EvaluationResult.MINIMUM_ANSWERS
						&& EvaluationResult.share(right, answered) >= accuracy) {
					lowest = new LabelThreshold(labels.get(label).label(), score(this.ranked[next]), answered, right);
				}
			}
			if (lowest != null) {
				thresholds.add(lowest);
			}
		}
		return thresholds;
	}

	private static float score(long rank) {
		return Tally.score((long) ((int) (rank >> 1) ^ Integer.MIN_VALUE) << 1);
	}

	/** Two of a million names are the same once in ten million cases. */
	static long key(String name, boolean right) {
		// FNV-1a, and the end of SplitMix64 for short names.
		long hash = 0xcbf29ce484222325L;
		for (int i = 0; i < name.length(); i++) {
			hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
		}
		hash = (hash ^ (hash >>> 30)) * 0xbf58476d1ce4e5b9L;
		hash = (hash ^ (hash >>> 27)) * 0x94d049bb133111ebL;
		return ((hash ^ (hash >>> 31)) & ~1L) | (right ? 1 : 0);
	}

	/**
	 * Counts pictures that both have, by whether this one and the other one are right.
	 * @return both, only this, only the other, neither
	 */
	long[] compare(Answers other) {
		long[] counts = new long[4];
		int i = 0;
		int j = 0;
		while (i < this.sorted.length && j < other.sorted.length) {
			long mine = this.sorted[i];
			long others = other.sorted[j];
			if (mine >> 1 == others >> 1) {
				counts[(int) (2 * (1 - (mine & 1)) + 1 - (others & 1))]++;
				i++;
				j++;
			}
			else if (mine < others) {
				i++;
			}
			else {
				j++;
			}
		}
		return counts;
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof Answers answers && Arrays.equals(this.sorted, answers.sorted)
				&& Arrays.equals(this.ranked, answers.ranked);
	}

	@Override
	public int hashCode() {
		return Arrays.hashCode(this.sorted);
	}

	@Override
	public String toString() {
		return this.sorted.length + " pictures";
	}

}
