package io.github.zsic.evaluation;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * How often pictures of one label were answered with one label, by the positions of the
 * labels in {@link EvaluationResult#labels()}. Only what happened takes memory, so there
 * may be many labels. Immutable and thread-safe.
 */
public final class Confusion {

	private final int size;

	private final TreeMap<Long, Long> counts;

	/**
	 * Keeps counts.
	 * @param size the number of labels
	 * @param counts the counts by {@link #cell}
	 */
	Confusion(int size, Map<Long, Long> counts) {
		this.size = size;
		this.counts = new TreeMap<>(counts);
	}

	static long cell(int label, int answer) {
		return (long) label << Integer.SIZE | answer;
	}

	/**
	 * The number of labels.
	 * @return two or more
	 */
	public int size() {
		return this.size;
	}

	/**
	 * How often pictures of a label had an answer.
	 * @param label the position of the label
	 * @param answer the position of the answer
	 * @return a number, 0 or more
	 */
	public long count(int label, int answer) {
		return this.counts.getOrDefault(cell(label, answer), 0L);
	}

	/**
	 * One row of the matrix.
	 * @param label the position of the label
	 * @return how often its pictures had each answer
	 */
	public long[] row(int label) {
		long[] row = new long[this.size];
		this.counts.subMap(cell(label, 0), cell(label + 1, 0)).forEach((cell, count) -> row[answer(cell)] = count);
		return row;
	}

	/**
	 * Shows all pairs of different labels that were confused.
	 */
	void errors(BiConsumer<Long, Long> visitor) {
		this.counts.forEach((cell, count) -> {
			if (label(cell) != answer(cell)) {
				visitor.accept(cell, count);
			}
		});
	}

	static int label(long cell) {
		return (int) (cell >> Integer.SIZE);
	}

	static int answer(long cell) {
		return (int) cell;
	}

}
