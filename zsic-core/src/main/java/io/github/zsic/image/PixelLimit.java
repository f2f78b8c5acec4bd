package io.github.zsic.image;

import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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

	/** The heap is not for pictures alone. */
	private static final long ALL_BYTES = Runtime.getRuntime().maxMemory() / 2;

	private static final int UNIT = 1024;

	private static final int ALL_UNITS = (int) Math.min(Integer.MAX_VALUE, ALL_BYTES / UNIT);

	/**
	 * Memory of all pictures that are being decoded in this JVM, in units, each part for
	 * pictures of a size: those that need little, as most do, must not wait for those
	 * that need much, or behind them. Fair, so that every picture gets its turn.
	 */
	private static final Semaphore tiny = new Semaphore(ALL_UNITS / 16, true);

	private static final Semaphore small = new Semaphore(ALL_UNITS / 8, true);

	private static final int UNITS_OF_LARGE = ALL_UNITS - ALL_UNITS / 16 - ALL_UNITS / 8;

	private static final Semaphore large = new Semaphore(UNITS_OF_LARGE, true);

	/** Of a picture that is tiny: a few hundred pixels wide and high. */
	private static final int TINY_UNITS = Math.min(ALL_UNITS / 16 / 4, 1024);

	/** Of a picture that is small. */
	private static final int SMALL_UNITS = Math.min(ALL_UNITS / 8 / 2, 16 * 1024);

	private final long maximumPixels;

	private final Duration maximumTime;

	private long end;

	private boolean peeking;

	private long pixels;

	private int reserved;

	private Semaphore memory = small;

	/**
	 * Starts the time.
	 * @param maximumPixels the largest product of width and height
	 * @param maximumTime how long decoding may take, without the wait for other pictures
	 */
	PixelLimit(long maximumPixels, Duration maximumTime) {
		this.maximumPixels = maximumPixels;
		this.maximumTime = maximumTime;
		this.end = System.nanoTime() + TimeUnit.NANOSECONDS.convert(maximumTime);
	}

	/**
	 * For a picture that is not decoded: whatever its size, it is refused when that is
	 * known.
	 */
	static PixelLimit peeking() {
		PixelLimit limit = new PixelLimit(Integer.MAX_VALUE, Duration.ofDays(1));
		limit.peeking = true;
		return limit;
	}

	/**
	 * How many pixels the picture has.
	 * @return the number, 0 as long as it is not known
	 */
	long pixels() {
		return this.pixels;
	}

	/**
	 * Checks a size, and waits until there is memory for so many pixels.
	 * @param width the width
	 * @param height the height
	 * @param bytesPerPixel what decoding allocates for each
	 */
	void check(long width, long height, long bytesPerPixel) throws DecodingException {
		check(width, height);
		reserve(width * height * bytesPerPixel);
	}

	/**
	 * Checks the size of a picture that may be made smaller while it is decoded. That one
	 * may have four times as many pixels, as few of them are ever in memory.
	 * @param width the width
	 * @param height the height
	 * @param eighths how many samples are made of 8 in each direction
	 */
	void checkScaled(long width, long height, int eighths) throws DecodingException {
		long limit = Math.min(this.maximumPixels, ADDRESSABLE);
		checkSize(width, height, (eighths <= 4) ? 4 * limit : limit);
	}

	/**
	 * Checks a size.
	 * @param width the width
	 * @param height the height
	 */
	void check(long width, long height) throws DecodingException {
		checkSize(width, height, Math.min(this.maximumPixels, ADDRESSABLE));
	}

	private void checkSize(long width, long height, long limit) throws DecodingException {
		if (width <= 0 || height <= 0) {
			throw DecodingException.damaged("its size is %d x %d pixels".formatted(width, height));
		}
		this.pixels = width * height;
		if (this.peeking) {
			throw DecodingException.tooLarge("is not to be decoded");
		}
		if (width > limit / height) {
			throw DecodingException.tooLarge(String.format(Locale.ROOT,
					"has %d x %d pixels, more than the %,d that are allowed", width, height, limit));
		}
	}

	/**
	 * Waits until there is memory that other pictures do not need.
	 * @param bytes all that decoding allocates from now on, beside what does not grow
	 * with the picture
	 * @throws DecodingException if there will never be so much
	 */
	void reserve(long bytes) throws DecodingException {
		if (bytes / UNIT > UNITS_OF_LARGE) {
			throw DecodingException.tooLarge(String.format(Locale.ROOT,
					"needs %,d MB of memory to be decoded, more than pictures may take of the %,d MB that the Java runtime has (-Xmx)",
					bytes >> 20, ALL_BYTES >> 19));
		}
		int units = (int) (bytes / UNIT);
		if (units > this.reserved) {
			long start = System.nanoTime();
			// Whoever waited for more while holding some could wait for its like.
			close();
			this.memory = (units <= TINY_UNITS) ? tiny : (units <= SMALL_UNITS) ? small : large;
			this.memory.acquireUninterruptibly(units);
			this.reserved = units;
			this.end += System.nanoTime() - start;
		}
	}

	/**
	 * Checks that there is time left.
	 */
	void checkTime() throws DecodingException {
		if (isLate()) {
			throw DecodingException
				.tooLarge(String.format(Locale.ROOT, "takes more than the %,d ms to decode that are allowed",
						TimeUnit.MILLISECONDS.convert(this.maximumTime)));
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

	/** Whether the time is over. */
	boolean isLate() {
		return System.nanoTime() - this.end > 0;
	}

	@Override
	public void close() {
		this.memory.release(this.reserved);
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
