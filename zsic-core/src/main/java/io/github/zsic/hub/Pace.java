package io.github.zsic.hub;

import java.io.IOException;
import java.time.Duration;

/**
 * Watches that contents come at a pace at which they will ever be complete. A byte now
 * and then keeps the timeout for silence from running out, for years.
 */
final class Pace {

	/** Bytes in a second, less than which no line has that a model is fetched over. */
	static final int MINIMUM = 1000;

	private final Duration window;

	private long begin = System.nanoTime();

	private long bytes;

	/**
	 * Begins to watch.
	 * @param window the time over which bytes are counted
	 */
	Pace(Duration window) {
		this.window = window;
	}

	/**
	 * Counts bytes that came.
	 * @param count how many
	 * @throws TooSlow if too few came
	 */
	void count(int count) throws TooSlow {
		this.bytes += count;
		long now = System.nanoTime();
		if (now - this.begin >= this.window.toNanos()) {
			if (this.bytes < MINIMUM * this.window.toMillis() / 1000) {
				throw new TooSlow(this.bytes, this.window);
			}
			this.begin = now;
			this.bytes = 0;
		}
	}

	/**
	 * Bytes come too slowly, which is no progress.
	 */
	static final class TooSlow extends IOException {

		private static final long serialVersionUID = 1L;

		TooSlow(long bytes, Duration window) {
			super("only " + bytes + " bytes came in " + Errors.seconds(window));
		}

	}

}
