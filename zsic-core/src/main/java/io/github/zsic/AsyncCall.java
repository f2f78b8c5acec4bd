package io.github.zsic;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A call whose result comes later. Cancelling it, or a stage that depends on it, gives up
 * what has not begun.
 * <p>
 * A stage that has been cancelled does not run its action any more. So what has to be
 * done at the end of a call in any case belongs to a stage that no caller gets: a
 * {@linkplain #copy() copy} is for callers.
 * <p>
 * Why: docs/decisions/0020.
 *
 * @param <T> the result
 */
final class AsyncCall<T> extends CompletableFuture<T> {

	/**
	 * Read pictures, score and run what depends on a call. As many as there are calls
	 * that do this at the moment, which the places of the queues bound: pictures may come
	 * from slow sources, and what depends on a call may block, without holding up others.
	 */
	static final ExecutorService THREADS = threads();

	private volatile Runnable giveUp;

	/**
	 * Creates a call.
	 * @param giveUp is run when the call is cancelled, any number of times, also after
	 * its end
	 */
	AsyncCall(Runnable giveUp) {
		this.giveUp = giveUp;
	}

	private static ExecutorService threads() {
		AtomicInteger number = new AtomicInteger();
		return new ThreadPoolExecutor(0, Integer.MAX_VALUE, 30, TimeUnit.SECONDS, new SynchronousQueue<>(), (task) -> {
			Thread thread = new Thread(null, task, "zsic-call-" + number.incrementAndGet(), 0, false);
			thread.setDaemon(true);
			thread.setContextClassLoader(AsyncCall.class.getClassLoader());
			return thread;
		});
	}

	/**
	 * Runs a task that blocks in a thread of its own, which is interrupted when the call
	 * is cancelled.
	 */
	static <T> AsyncCall<T> run(Supplier<T> task) {
		AsyncCall<T> call = new AsyncCall<>(() -> {
		});
		AtomicBoolean begun = new AtomicBoolean();
		Future<?> running = THREADS.submit(() -> {
			if (begun.compareAndSet(false, true)) {
				call.completeWith(task);
			}
		});
		call.giveUp = () -> {
			if (begun.compareAndSet(false, true)) {
				call.completeExceptionally(new CancellationException());
			}
			else if (!call.isDone() || call.isCancelled()) {
				running.cancel(true);
			}
		};
		return call;
	}

	/** Completes this call with what a task returns or throws. */
	void completeWith(Supplier<T> task) {
		T result;
		try {
			result = task.get();
		}
		catch (RuntimeException | Error ex) {
			completeExceptionally(cause(ex));
			return;
		}
		complete(result);
	}

	/**
	 * Waits for a call, and cancels it if the thread is interrupted meanwhile.
	 * @throws CancellationException if the thread is interrupted
	 * @throws RuntimeException why the call failed
	 */
	static <T> T await(CompletableFuture<T> call) {
		try {
			return call.get();
		}
		catch (InterruptedException ex) {
			call.cancel(true);
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for a picture.");
		}
		catch (ExecutionException ex) {
			throw unchecked(ex);
		}
	}

	/** Throws or returns why a stage failed. */
	static RuntimeException unchecked(Throwable failure) {
		Throwable cause = cause(failure);
		if (cause instanceof Error error) {
			throw error;
		}
		return (cause instanceof RuntimeException known) ? known : new IllegalStateException(cause);
	}

	/** Why a stage failed, without what stages put around it. */
	static Throwable cause(Throwable failure) {
		Throwable cause = failure;
		while ((cause instanceof CompletionException || cause instanceof ExecutionException)
				&& cause.getCause() != null) {
			cause = cause.getCause();
		}
		return cause;
	}

	@Override
	public boolean cancel(boolean mayInterruptIfRunning) {
		boolean cancelled = super.cancel(mayInterruptIfRunning);
		if (cancelled) {
			this.giveUp.run();
		}
		return cancelled;
	}

	@Override
	public <U> CompletableFuture<U> newIncompleteFuture() {
		return new AsyncCall<>(() -> this.giveUp.run());
	}

}
