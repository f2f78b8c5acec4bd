package io.github.zsic.hub;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often to try again, and how long to wait before: longer after each failure, or as
 * long as the server says.
 *
 * @param attempts how many attempts without progress there are
 * @param first the wait after the first failure, doubled after each further one
 * @param longest the longest wait that is not the server's wish
 */
record Retries(int attempts, Duration first, Duration longest) {

	static final Retries DEFAULT = new Retries(6, Duration.ofSeconds(1), Duration.ofSeconds(8));

	/** A server that wants more than this is not worth waiting for. */
	private static final Duration LONGEST_WISH = Duration.ofMinutes(5);

	private static final Logger logger = LoggerFactory.getLogger(Retries.class);

	/** One attempt, for when there is something to fall back on. */
	Retries once() {
		return new Retries(1, this.first, this.longest);
	}

	/**
	 * Waits before the next attempt, if there is to be one.
	 * @param failures how many attempts failed since there was progress
	 * @param what what is being attempted
	 * @param failure the last failure
	 * @return whether to try again
	 * @throws InterruptedException if the thread is interrupted
	 */
	boolean pause(int failures, String what, IOException failure) throws InterruptedException {
		Duration wish = (failure instanceof Refusal refusal) ? refusal.retryAfter() : null;
		if (failures >= this.attempts || (failure instanceof Refusal refusal && !refusal.temporary())
				|| (wish != null && wish.compareTo(LONGEST_WISH) > 0)) {
			return false;
		}
		Duration wait = (wish != null) ? wish : wait(failures);
		logger.info("{}: {}; trying again in {}", what, Errors.reason(failure), Errors.seconds(wait));
		Thread.sleep(wait.toMillis());
		return true;
	}

	private Duration wait(int failures) {
		Duration wait = this.first.multipliedBy(1L << Math.min(failures - 1, 20));
		return (wait.compareTo(this.longest) < 0) ? wait : this.longest;
	}

}
