package io.github.zsic.evaluation;

import java.util.Arrays;

/**
 * Which pictures with a label had the right answer, as {@link Comparison} needs it. Of
 * each eight bytes are kept: a hash of its name and one bit. Immutable and thread-safe.
 */
public final class Answers {

	private final long[] sorted;

	/**
	 * Keeps answers.
	 * @param keys of each picture what {@link #key} makes of it; becomes part of the
	 * object
	 */
	Answers(long[] keys) {
		Arrays.sort(keys);
		this.sorted = keys;
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
		return other instanceof Answers answers && Arrays.equals(this.sorted, answers.sorted);
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
