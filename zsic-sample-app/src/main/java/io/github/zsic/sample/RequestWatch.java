package io.github.zsic.sample;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.HttpStatus;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

/**
 * Ends work that nobody waits for any more: its client has gone, it takes longer than a
 * request may, or the application shuts down. The thread that does it is interrupted; the
 * classifier then gives up what it has not computed.
 */
@Component
class RequestWatch implements DisposableBean {

	private static final Log log = LogFactory.getLog(RequestWatch.class);

	private static final Duration INTERVAL = Duration.ofMillis(250);

	/**
	 * A client that has closed its side of the connection may still read the answer, but
	 * hardly one of them does, and none for long.
	 */
	private static final Duration HALF_CLOSED = Duration.ofSeconds(5);

	private final Duration timeout;

	private final Set<Work> works = ConcurrentHashMap.newKeySet();

	private final ScheduledExecutorService executor = Executors
		.newSingleThreadScheduledExecutor(new CustomizableThreadFactory("request-watch-"));

	private volatile boolean closing;

	RequestWatch(SampleProperties properties) {
		this.timeout = properties.requestTimeout();
		this.executor.scheduleWithFixedDelay(this::lookAround, INTERVAL.toMillis(), INTERVAL.toMillis(),
				TimeUnit.MILLISECONDS);
	}

	/**
	 * Does the work for an answer that is given at once.
	 * @param <T> the type of the result
	 * @param request the request, whose body has been read
	 * @param task the work
	 * @return its result
	 * @throws UploadBudget.RefusedException if it was ended for the time it took
	 * @throws Exception what the work throws
	 */
	<T> T call(HttpServletRequest request, Callable<T> task) throws Exception {
		return run(new Work(ClientConnection.of(request), null,
				System.nanoTime() + TimeUnit.NANOSECONDS.convert(this.timeout)), task);
	}

	/**
	 * Does the work for an answer that is given in parts, for as long as the client takes
	 * them.
	 * @param request the request, whose body has been read
	 * @param response the answer
	 * @param task the work
	 * @throws Exception what the work throws
	 */
	void stream(HttpServletRequest request, HttpServletResponse response, Task task) throws Exception {
		run(new Work(ClientConnection.of(request), response, null), () -> {
			task.run();
			return true;
		});
	}

	private <T> T run(Work work, Callable<T> task) throws Exception {
		this.works.add(work);
		try {
			if (this.closing) {
				work.end(Reason.CLOSING);
			}
			return task.call();
		}
		catch (Exception ex) {
			work.throwReason(ex);
			throw ex;
		}
		finally {
			this.works.remove(work);
			work.done();
		}
	}

	private void lookAround() {
		for (Work work : this.works) {
			try {
				work.look();
			}
			catch (RuntimeException ex) {
				// The others are still to be looked after.
				log.warn("A request could not be looked after", ex);
			}
		}
	}

	/**
	 * Ends all work there is, and what comes.
	 */
	void close() {
		this.closing = true;
		this.works.forEach((work) -> work.end(Reason.CLOSING));
	}

	@Override
	public void destroy() {
		this.executor.shutdownNow();
	}

	/** Why work is ended. */
	private enum Reason {

		GONE, LATE, CLOSING

	}

	/**
	 * Work that is being done in the thread that made this object.
	 */
	private final class Work {

		private final Thread thread = Thread.currentThread();

		private final @Nullable ClientConnection connection;

		private final @Nullable HttpServletResponse stream;

		private final @Nullable Long end;

		private @Nullable Long halfClosed;

		private @Nullable Reason reason;

		private boolean done;

		Work(@Nullable ClientConnection connection, @Nullable HttpServletResponse stream, @Nullable Long end) {
			this.connection = connection;
			this.stream = stream;
			this.end = end;
		}

		synchronized void look() {
			if (this.done || this.reason != null) {
				return;
			}
			long now = System.nanoTime();
			if (this.end != null && now - this.end > 0) {
				end(Reason.LATE);
			}
			// Whoever goes away during a stream, the next line finds out.
			else if (this.connection != null && (this.stream == null || !this.stream.isCommitted())
					&& this.connection.hasEnded()) {
				this.halfClosed = (this.halfClosed != null) ? this.halfClosed : Long.valueOf(now);
				if (now - this.halfClosed > HALF_CLOSED.toNanos()) {
					end(Reason.GONE);
				}
			}
		}

		synchronized void end(Reason reason) {
			if (!this.done && this.reason == null) {
				this.reason = reason;
				log.debug("The work of " + this.thread.getName() + " is ended: " + reason);
				this.thread.interrupt();
			}
		}

		/** From here on the thread is not interrupted any more. */
		synchronized void done() {
			this.done = true;
			if (this.reason != null) {
				// It was for this work.
				Thread.interrupted();
			}
		}

		/** What the interruption has led to does not say why. */
		synchronized void throwReason(Exception failure) throws Exception {
			if (this.reason == null) {
				if (failure instanceof CancellationException) {
					throw new UploadBudget.RefusedException(HttpStatus.SERVICE_UNAVAILABLE,
							"The request was given up; try again in a moment.");
				}
				return;
			}
			if (this.stream != null && this.stream.isCommitted()) {
				// It is too late to say so, and must not look like the end.
				if (this.connection != null) {
					this.connection.abort();
				}
				throw new ClientAbortException(failure);
			}
			switch (this.reason) {
				case GONE -> throw new ClientAbortException(failure);
				case LATE -> throw new UploadBudget.RefusedException(HttpStatus.SERVICE_UNAVAILABLE,
						"The request took more than the %d seconds that are allowed; ask for less at once."
							.formatted(RequestWatch.this.timeout.toSeconds()));
				case CLOSING -> throw new UploadBudget.RefusedException(HttpStatus.SERVICE_UNAVAILABLE,
						"The application is shutting down; try again in a moment.");
			}
		}

	}

	/** Work without a result. */
	@FunctionalInterface
	interface Task {

		void run() throws Exception;

	}

}
