package io.github.zsic;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * How the calls of a {@link SwappableClassifier} fare, at one moment. A failure here is
 * one of the engine or of memory; what a caller did wrong, such as an unreadable picture,
 * is not counted. {@linkplain SwappableClassifier#test Tests} of the model are no calls,
 * but what tells whether the model works includes them: the time of the longest, and the
 * recent, consecutive and last failures.
 *
 * @param running how many calls are running
 * @param longestRunning for how long the oldest of them has been running, zero if none is
 * @param successes how many calls have succeeded
 * @param failures how many calls have failed
 * @param rejections how many calls were refused because the queue was full, which is no
 * failure
 * @param recentFailures how many of those failed within the window that was asked for, at
 * most {@value #MAXIMUM_RECENT_FAILURES}
 * @param failuresInARow how many have failed since the last success, or test that passed
 * @param lastSuccess when the last call succeeded, {@code null} if none has
 * @param lastFailure when the last call failed, {@code null} if none has
 * @param lastFailureCause why, {@code null} if none has
 */
public record CallStatistics(int running, Duration longestRunning, long successes, long failures, long rejections,
		int recentFailures, long failuresInARow, @Nullable Instant lastSuccess, @Nullable Instant lastFailure,
		@Nullable Throwable lastFailureCause) {

	/**
	 * Up to how many failures within a window are counted.
	 */
	public static final int MAXIMUM_RECENT_FAILURES = 1000;

}
