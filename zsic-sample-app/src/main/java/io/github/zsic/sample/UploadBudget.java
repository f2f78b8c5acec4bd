package io.github.zsic.sample;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.util.Assert;

/**
 * How much of what clients send may be here at the same time, of all requests together.
 * Limits for each request do not bound that.
 */
final class UploadBudget {

	private static final String ATTRIBUTE = UploadBudget.class.getName();

	/**
	 * What of it is kept for requests that are small, so that the large ones leave room
	 * for them.
	 */
	private static final int RESERVE = 16;

	/** Of the budget, what is small. */
	private static final int SMALL = 128;

	private final long maximum;

	private final AtomicLong used = new AtomicLong();

	UploadBudget(long maximum) {
		this.maximum = maximum;
	}

	/**
	 * Starts a share.
	 * @return the share, to be closed when what it counts is gone
	 */
	Share open() {
		return new Share();
	}

	/**
	 * Starts the share of a request, which lasts until the request has its answer.
	 */
	Share open(HttpServletRequest request) {
		Share share = open();
		request.setAttribute(ATTRIBUTE, share);
		return share;
	}

	/**
	 * The share of a request.
	 */
	static Share of(HttpServletRequest request) {
		Object share = request.getAttribute(ATTRIBUTE);
		Assert.state(share instanceof Share, "The request has no share");
		return (Share) share;
	}

	/**
	 * What one request has of the budget. Nothing is added any more after it is closed,
	 * as whoever would take it away again has done so. Thread-safe.
	 */
	final class Share implements AutoCloseable {

		private long bytes;

		private boolean closed;

		/**
		 * Looks ahead, so that no work is begun that cannot be finished now.
		 */
		void expect(long more) throws RefusedException {
			long maximum = UploadBudget.this.maximum;
			boolean small = this.bytes + more <= maximum / SMALL;
			if (UploadBudget.this.used.get() + more > (small ? maximum : maximum - maximum / RESERVE)) {
				throw new RefusedException(HttpStatus.SERVICE_UNAVAILABLE,
						"The server has too many pictures at hand; try again in a moment.");
			}
		}

		synchronized void add(long more) throws RefusedException {
			if (this.closed) {
				throw new RefusedException(HttpStatus.SERVICE_UNAVAILABLE, "The request has ended.");
			}
			this.bytes += more;
			UploadBudget.this.used.addAndGet(more);
			// Not before it is added, as others add theirs meanwhile.
			expect(0);
		}

		@Override
		public synchronized void close() {
			UploadBudget.this.used.addAndGet(-this.bytes);
			this.bytes = 0;
			this.closed = true;
		}

	}

	/**
	 * The body of a request is not read any further.
	 */
	static final class RefusedException extends IOException {

		private final HttpStatus status;

		RefusedException(HttpStatus status, String detail) {
			super(detail);
			this.status = status;
		}

		HttpStatus status() {
			return this.status;
		}

		/**
		 * Finds this exception behind what libraries made of it.
		 */
		static @Nullable RefusedException in(Throwable failure) {
			for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
				if (cause instanceof RefusedException refused) {
					return refused;
				}
			}
			return null;
		}

	}

}
