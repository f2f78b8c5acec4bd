package io.github.zsic.engine;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * How the pictures that calls bring are gathered into batches.
 *
 * @param maximumSize how many pictures are computed together at most, 0 to choose by the
 * device
 * @param maximumDelay how long a picture waits for others if a batch is not full,
 * {@code null} to choose by the device: not at all on a CPU, where there is little to
 * gain; elsewhere up to half the time that a batch takes, and only while other pictures
 * are being decoded
 * @param capacity how many pictures may be decoded, wait and be computed at the same time
 * @param maximumWait how long a call with one picture waits until that is decoded,
 * {@code null} for any time
 */
public record Batching(int maximumSize, @Nullable Duration maximumDelay, int capacity, @Nullable Duration maximumWait) {

	/** What was measured to be enough: larger batches take longer and gain nothing. */
	private static final int SIZE_ON_CPU = 8;

	private static final int SIZE_ON_GPU = 32;

	Batching(int maximumSize, @Nullable Duration maximumDelay, int capacity) {
		this(maximumSize, maximumDelay, capacity, null);
	}

	/** With everything chosen, but for an adaptive delay. */
	Batching on(TorchDevice device) {
		boolean cpu = "cpu".equals(device.name());
		int size = (this.maximumSize > 0) ? this.maximumSize : cpu ? SIZE_ON_CPU : SIZE_ON_GPU;
		Duration delay = (this.maximumDelay == null && cpu) ? Duration.ZERO : this.maximumDelay;
		return new Batching(size, delay, this.capacity, this.maximumWait);
	}

}
