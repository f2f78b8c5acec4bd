package io.github.zsic.engine;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

import ai.djl.pytorch.jni.JniUtils;

import io.github.zsic.InferenceException;
import io.github.zsic.ZsicException;

/**
 * The platform threads that call libtorch. It keeps memory for each thread that ever
 * called it, and its parallel sections run on a team of threads for each caller, so
 * callers never enter it themselves: they hand over a task and wait.
 * <p>
 * All models of the JVM that want the same threads share them, so that several do not
 * fight for the same cores. Each user closes its own hold; the last one ends the threads.
 * <p>
 * Why: docs/decisions/0019.
 */
final class EngineThreads implements AutoCloseable {

	private static final int CORES_OF_ONE = 4;

	private static final Map<Settings, Pool> POOLS = new HashMap<>();

	private final Settings settings;

	private final ThreadPoolExecutor executor;

	private boolean closed;

	private EngineThreads(Settings settings, ThreadPoolExecutor executor) {
		this.settings = settings;
		this.executor = executor;
	}

	/**
	 * Takes hold of the threads that compute. By default there is one for every
	 * {@value #CORES_OF_ONE} cores, at least one. They share out the cores; one that
	 * works while the others have nothing to do takes up to {@value #CORES_OF_ONE}.
	 * @param threads how many batches run at the same time, 0 for the default
	 * @param intraOpThreads how many cores each of them uses, 0 for the default
	 * @param device where the model runs
	 * @return the hold, to be closed by the caller
	 */
	static EngineThreads share(int threads, int intraOpThreads, TorchDevice device) {
		int cores = Runtime.getRuntime().availableProcessors();
		int chosen = (threads > 0) ? threads : defaultThreads(cores, intraOpThreads, device);
		int together = (intraOpThreads > 0) ? intraOpThreads : Math.max(1, cores / chosen);
		int alone = (intraOpThreads > 0) ? intraOpThreads : Math.max(together, Math.min(cores, CORES_OF_ONE));
		return share(new Settings("zsic-engine", chosen, together, alone));
	}

	private static int defaultThreads(int cores, int intraOpThreads, TorchDevice device) {
		if (device.isGpu()) {
			// One gets pictures ready while the other has them computed.
			return 2;
		}
		// More threads than cores, with their teams, make OpenMP give up spinning: on two
		// cores, two threads that take turns need twice the time of one for a picture in
		// int8.
		return Math.max(1, cores / ((intraOpThreads > 0) ? intraOpThreads : CORES_OF_ONE));
	}

	/**
	 * Takes hold of the threads that prepare large pictures, one for each core.
	 * @return the hold, to be closed by the caller
	 */
	static EngineThreads shareForPreparation() {
		return share(new Settings("zsic-prepare", Runtime.getRuntime().availableProcessors(), 1, 1));
	}

	private static EngineThreads share(Settings settings) {
		synchronized (POOLS) {
			Pool pool = POOLS.computeIfAbsent(settings, (key) -> new Pool(executor(key)));
			pool.holds++;
			return new EngineThreads(settings, pool.executor);
		}
	}

	private static ThreadPoolExecutor executor(Settings settings) {
		return new ThreadPoolExecutor(settings.threads(), settings.threads(), 0, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> new Worker(task, settings.name(), settings.alone()));
	}

	/**
	 * Runs a long task, such as loading a model, in a thread of its own, so that the
	 * models that share these threads go on meanwhile. Waits for it, as {@link #call}.
	 * @throws InferenceException if the engine fails
	 */
	<T> T callAside(Callable<T> task) {
		ThreadPoolExecutor aside = executor(new Settings("zsic-load", 1, this.settings.alone(), this.settings.alone()));
		try {
			return await(aside.submit(task));
		}
		finally {
			aside.shutdown();
		}
	}

	/**
	 * Runs a task and waits for it, also when interrupted: the result may be shared with
	 * other callers, and a native call cannot be stopped anyway. Not to be called after
	 * {@link #close()}.
	 * @throws InferenceException if the engine fails
	 */
	<T> T call(Callable<T> task) {
		return await(this.executor.submit(task));
	}

	/**
	 * Runs a task when the tasks that came before have begun and a thread is free. Not to
	 * be called after {@link #close()}.
	 */
	void execute(Runnable task) {
		this.executor.execute(task);
	}

	private static <T> T await(Future<T> future) {
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

	static ZsicException translate(Throwable failure) {
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

	/**
	 * Decides how many cores the calling thread, which is one of these, uses for what it
	 * is about to compute.
	 * @param divisible whether that is enough work for several
	 */
	void shareCores(boolean divisible) {
		if (Thread.currentThread() instanceof Worker worker) {
			boolean alone = this.executor.getActiveCount() <= 1 && this.executor.getQueue().isEmpty();
			worker.use(!divisible ? 1 : alone ? this.settings.alone() : this.settings.together());
		}
	}

	int size() {
		return this.settings.threads();
	}

	/** About how many threads have nothing to do; the one that asks counts as free. */
	int free() {
		return Math.max(1, this.settings.threads() - this.executor.getActiveCount() + 1);
	}

	/**
	 * Lets go of the threads. They end with the last hold, after what is queued; this
	 * method waits for that.
	 */
	@Override
	public void close() {
		synchronized (POOLS) {
			if (this.closed) {
				return;
			}
			this.closed = true;
			Pool pool = POOLS.get(this.settings);
			if (pool == null || --pool.holds > 0) {
				return;
			}
			POOLS.remove(this.settings);
		}
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

	/**
	 * How many threads, and how many cores each of them uses while others work, too, and
	 * while they do not.
	 */
	private record Settings(String name, int threads, int together, int alone) {

	}

	/** Threads and how many hold them. */
	private static final class Pool {

		private final ThreadPoolExecutor executor;

		private int holds;

		Pool(ThreadPoolExecutor executor) {
			this.executor = executor;
		}

	}

	/**
	 * A thread that calls libtorch, and the team of OpenMP that works for it.
	 */
	private static final class Worker extends Thread {

		/** Those that threads have, of whatever pool. */
		private static final BitSet NUMBERS = new BitSet();

		private final CoreContention contention = new CoreContention();

		private final int number;

		private int cores;

		/**
		 * {@link CoreContention} finds the team of a thread by its name, of which Linux
		 * keeps 15 characters. So no two threads have the same, and numbers are used
		 * again, to stay short.
		 */
		Worker(Runnable task, String name, int cores) {
			super(null, task, "", 0, false);
			synchronized (NUMBERS) {
				this.number = NUMBERS.nextClearBit(1);
				NUMBERS.set(this.number);
			}
			setName(name + "-" + this.number);
			this.cores = cores;
			setDaemon(true);
			// DJL looks for its classes and files through the context class loader.
			// Threads may outlive whoever needed them first, so it must not be an
			// application's, and nothing else is inherited.
			setContextClassLoader(EngineThreads.class.getClassLoader());
		}

		@Override
		public void run() {
			// libtorch's first look at the number, in each thread, takes over whatever
			// any
			// thread set last; only after that does a thread keep its own.
			JniUtils.getNumThreads();
			JniUtils.setNumThreads(this.cores);
			JniUtils.setGradMode(false);
			// The optimizing executor replaces the program by a rewritten one after a few
			// calls, in each thread by itself: slow calls at the start, and scores that
			// differ in their last bits between calls. The programs are written in the
			// form that is to run.
			JniUtils.setGraphExecutorOptimize(false);
			try {
				super.run();
			}
			finally {
				synchronized (NUMBERS) {
					NUMBERS.clear(this.number);
				}
			}
		}

		/**
		 * A team waits for its slowest member. Where another process has one of the
		 * cores, a single thread is faster than a team.
		 */
		void use(int cores) {
			int chosen = this.contention.isContended(this.cores) ? 1 : cores;
			if (chosen != this.cores) {
				JniUtils.setNumThreads(chosen);
				this.cores = chosen;
			}
		}

	}

}
