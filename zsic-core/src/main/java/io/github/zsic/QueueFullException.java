package io.github.zsic;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A call came while as many pictures as allowed were being classified, or would have had
 * to wait for too long, and was refused before anything was done for it. The same call
 * may succeed a little later.
 */
public class QueueFullException extends ZsicException {

	private final int capacity;

	public QueueFullException(int capacity) {
		super("The classifier is busy: all " + capacity + " places of its queue are taken.",
				"Try again a little later. If that happens often, classify on more machines, or raise the capacity of the queue.",
				null);
		this.capacity = capacity;
	}

	public QueueFullException(int capacity, Duration waited) {
		super("The classifier is busy: work on the picture or the prompts of the call did not begin within "
				+ TimeUnit.MILLISECONDS.convert(waited) + " ms.",
				"Try again a little later. If that happens often, classify on more machines, or allow a longer wait.",
				null);
		this.capacity = capacity;
	}

	/**
	 * How many places the queue has.
	 * @return the number of pictures that may be in work at the same time
	 */
	public int getCapacity() {
		return this.capacity;
	}

}
