package io.github.zsic.engine;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import ai.djl.pytorch.jni.JniUtils;

import io.github.zsic.InferenceException;
import io.github.zsic.ZsicException;

/**
 * The platform threads that call libtorch. It keeps memory for each thread that ever
 * called it, and its parallel sections run on a team of threads for each caller, so
 * callers never enter it themselves: they hand over a task and wait. As every caller
 * waits, no more tasks are queued than there are callers.
 */
final class EngineThreads implements AutoCloseable {

	private static final AtomicInteger POOLS = new AtomicInteger();

	private final ThreadPoolExecutor executor;

	EngineThreads(int threads, int intraOpThreads) {
		int pool = POOLS.incrementAndGet();
		AtomicInteger number = new AtomicInteger();
		this.executor = new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				(worker) -> {
					Thread thread = new Thread(() -> {
						prepare(intraOpThreads);
						worker.run();
					}, "zsic-engine-" + pool + "-" + number.incrementAndGet());
					thread.setDaemon(true);
					// DJL looks for its classes and files through the context class
					// loader.
					thread.setContextClassLoader(EngineThreads.class.getClassLoader());
					return thread;
				});
	}

	private static void prepare(int intraOpThreads) {
		JniUtils.setNumThreads(intraOpThreads);
		JniUtils.setGradMode(false);
		// The optimizing executor replaces the program by a rewritten one after a few
		// calls, in each thread by itself: slow calls at the start, and scores that
		// differ in their last bits between calls. The programs are written in the form
		// that is to run.
		JniUtils.setGraphExecutorOptimize(false);
	}

	/**
	 * Runs a task and waits for it, also when interrupted: the result may be shared with
	 * other callers, and a native call cannot be stopped anyway. Not to be called after
	 * {@link #close()}.
	 * @throws InferenceException if the engine fails
	 */
	<T> T call(Callable<T> task) {
		Future<T> future = this.executor.submit(task);
		boolean interrupted = false;
		try {
			while (true) {
				try {
					return future.get();
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		catch (ExecutionException ex) {
			throw translate((ex.getCause() != null) ? ex.getCause() : ex);
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private static ZsicException translate(Throwable failure) {
		if (failure instanceof ZsicException known) {
			return known;
		}
		// libtorch's messages are a TorchScript stack trace around the finding.
		String whole = String.valueOf(failure.getMessage());
		String message = whole.lines()
			.filter((line) -> line.contains("Error: "))
			.reduce((first, second) -> second)
			.orElse(whole);
		boolean memory = failure instanceof OutOfMemoryError || message.contains("out of memory")
				|| message.contains("can't allocate memory");
		return new InferenceException("The engine failed: " + message + ".", memory
				? "Use smaller requests, or a device with more memory." : "The cause of this exception tells more.",
				failure);
	}

	int size() {
		return this.executor.getCorePoolSize();
	}

	int queued() {
		return this.executor.getQueue().size();
	}

	/** Finishes what is queued, then ends the threads. */
	@Override
	public void close() {
		this.executor.shutdown();
		boolean interrupted = false;
		try {
			while (true) {
				try {
					if (this.executor.awaitTermination(1, TimeUnit.DAYS)) {
						return;
					}
				}
				catch (InterruptedException ex) {
					interrupted = true;
				}
			}
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

}
