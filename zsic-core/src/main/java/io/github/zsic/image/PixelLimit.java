package io.github.zsic.image;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Semaphore;

import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadProgressListener;

/**
 * What decoding one picture may take: pixels, memory beside other pictures that are being
 * decoded, and time. Every decoder asks it with the numbers from the header, before it
 * allocates anything that grows with them, and those that take their time now and then
 * whether there is any left. Used by one thread.
 */
final class PixelLimit implements AutoCloseable {

	/** The pixels of one picture are one Java array. */
	private static final long ADDRESSABLE = (Integer.MAX_VALUE - 16) / 3;

	/**
	 * What a pixel takes while it is decoded: as the reader stores it, as RGB, and once
	 * more when it is turned; doubled, as the heap is not for pictures alone.
	 */
	private static final int BYTES_PER_PIXEL = 20;

	private static final int ALL_PIXELS = (int) Math.min(ADDRESSABLE,
			Math.max(1, Runtime.getRuntime().maxMemory() / BYTES_PER_PIXEL));

	/**
	 * Pixels of all pictures that are being decoded in this JVM. Fair, so that a large
	 * picture gets its turn. One that is larger than all is decoded alone.
	 */
	private static final Semaphore pixels = new Semaphore(ALL_PIXELS, true);

	private final long maximumPixels;

	private final Duration maximumTime;

	private long end;

	private int reserved;

	/**
	 * Starts the time.
	 * @param maximumPixels the largest product of width and height
	 * @param maximumTime how long decoding may take, without the wait for other pictures
	 */
	PixelLimit(long maximumPixels, Duration maximumTime) {
		this.maximumPixels = maximumPixels;
		this.maximumTime = maximumTime;
		this.end = System.nanoTime() + maximumTime.toNanos();
	}

	/**
	 * Checks a size, and waits until there is room for so many pixels.
	 */
	void check(long width, long height) throws DecodingException {
		if (width <= 0 || height <= 0) {
			throw DecodingException.damaged("its size is %d x %d pixels".formatted(width, height));
		}
		long limit = Math.min(this.maximumPixels, ADDRESSABLE);
		if (width > limit / height) {
			throw DecodingException.tooLarge(String.format(Locale.ROOT,
					"has %d x %d pixels, more than the %,d that are allowed", width, height, limit));
		}
		reserve((int) Math.min(ALL_PIXELS, width * height));
	}

	private void reserve(int count) {
		if (count > this.reserved) {
			long start = System.nanoTime();
			// Whoever waited for more while holding some could wait for its like.
			close();
			pixels.acquireUninterruptibly(count);
			this.reserved = count;
			this.end += System.nanoTime() - start;
		}
	}

	/**
	 * Checks that there is time left.
	 */
	void checkTime() throws DecodingException {
		if (isLate()) {
			throw DecodingException.tooLarge(String.format(Locale.ROOT,
					"takes more than the %,d ms to decode that are allowed", this.maximumTime.toMillis()));
		}
	}

	/**
	 * Stops a reader when the time is over. What it returns then is only a part of the
	 * picture, so {@link #checkTime()} must be asked afterwards.
	 * @return how far the reader came
	 */
	ReadProgress watch(ImageReader reader) {
		ReadProgress progress = new ReadProgress();
		reader.addIIOReadProgressListener(progress);
		return progress;
	}

	private boolean isLate() {
		return System.nanoTime() - this.end > 0;
	}

	@Override
	public void close() {
		pixels.release(this.reserved);
		this.reserved = 0;
	}

	/**
	 * How far a reader came.
	 */
	final class ReadProgress implements IIOReadProgressListener {

		private float percentage;

		private ReadProgress() {
		}

		/**
		 * Whether the last row was reached, for readers that tell of each.
		 */
		boolean isComplete() {
			return this.percentage >= 100;
		}

		@Override
		public void imageProgress(ImageReader source, float percentageDone) {
			this.percentage = percentageDone;
			if (isLate()) {
				source.abort();
			}
		}

		@Override
		public void imageStarted(ImageReader source, int imageIndex) {
		}

		@Override
		public void imageComplete(ImageReader source) {
		}

		@Override
		public void readAborted(ImageReader source) {
		}

		@Override
		public void sequenceStarted(ImageReader source, int minIndex) {
		}

		@Override
		public void sequenceComplete(ImageReader source) {
		}

		@Override
		public void thumbnailStarted(ImageReader source, int imageIndex, int thumbnailIndex) {
		}

		@Override
		public void thumbnailProgress(ImageReader source, float percentageDone) {
		}

		@Override
		public void thumbnailComplete(ImageReader source) {
		}

	}

}
