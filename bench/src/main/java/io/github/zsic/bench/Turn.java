package io.github.zsic.bench;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * One turn of a contender: a line of JSON to its process.
 *
 * @param work what to do
 * @param warmup for how many seconds to do it untimed before
 * @param seconds for how long to do it, at least once; 0 for a single call
 */
record Turn(Work work, double warmup, double seconds) {

	/**
	 * The answer, a line that starts with {@link #MARK} so that nothing that a library
	 * prints is taken for one.
	 *
	 * @param ready after how many milliseconds the contender was loaded; only in the
	 * first line of a process
	 * @param nanos how long each call took
	 * @param error why there are no times
	 */
	record Answer(@Nullable Double ready, @Nullable List<Double> nanos, @Nullable String error) {

		static final String MARK = "@bench ";

	}

}
