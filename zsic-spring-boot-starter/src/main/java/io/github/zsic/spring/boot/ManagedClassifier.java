package io.github.zsic.spring.boot;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.DownloadListener;
import io.github.zsic.HubException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.QueueFullException;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A classifier in the hands of the program that runs it: started, watched, exchanged and
 * closed here, used through {@link #classifier()}. Thread-safe.
 * <p>
 * A model that is loaded has to pass a self-test before it answers calls. Loading in the
 * background is tried again after a while if the Hub cannot be reached.
 */
public final class ManagedClassifier implements AutoCloseable {

	/**
	 * What the only or main classifier is called where each has a name.
	 */
	public static final String MAIN = "default";

	private static final Log logger = LogFactory.getLog(ManagedClassifier.class);

	private static final Duration RETRY = Duration.ofSeconds(30);

	private final String name;

	private final Loader loader;

	private final Settings settings;

	private final SwappableClassifier classifier;

	/** Threads that load or test see the classes that the context sees. */
	private final @Nullable ClassLoader classLoader = Thread.currentThread().getContextClassLoader();

	/** Held while a model is loaded. */
	private final ReentrantLock loading = new ReentrantLock();

	private final CountDownLatch closing = new CountDownLatch(1);

	private volatile ModelSelection selection;

	private final AtomicLong swaps = new AtomicLong();

	private final AtomicLong failedSwaps = new AtomicLong();

	private final Set<Thread> loaders = ConcurrentHashMap.newKeySet();

	/** Until when it must be closed, once that is known. */
	private final AtomicReference<@Nullable Long> closeBy = new AtomicReference<>();

	private volatile @Nullable SelfTest selfTest;

	private final ReentrantLock selfTestLock = new ReentrantLock();

	private volatile @Nullable SelfTestResult selfTestResult;

	private volatile @Nullable Thread selfTestThread;

	/**
	 * Creates a classifier and starts it.
	 * @param name what to call it, empty for the only or main one
	 * @param selection the model
	 * @param loader loads models
	 * @param settings how to treat it
	 * @throws ZsicException if the start-up is eager and the model cannot be loaded
	 */
	public ManagedClassifier(String name, ModelSelection selection, Loader loader, Settings settings) {
		this.name = name;
		this.selection = selection;
		this.loader = loader;
		this.settings = settings;
		this.classifier = new SwappableClassifier(settings.maximumWait(),
				(settings.startup() == Startup.LAZY) ? this::startLoading : null);
		switch (settings.startup()) {
			case EAGER -> load(selection);
			case BACKGROUND -> startLoading();
			case LAZY -> logger.debug("The first call loads checkpoint '" + selection.checkpoint() + "'");
		}
	}

	/**
	 * Its name.
	 * @return the name, empty for the only or main one
	 */
	public String name() {
		return this.name;
	}

	/**
	 * Its name, for people.
	 * @return the name, {@value #MAIN} for the only or main one
	 */
	public String displayName() {
		return this.name.isEmpty() ? MAIN : this.name;
	}

	/**
	 * The classifier, which knows its status.
	 * @return the same object each time, owned by this one
	 */
	public SwappableClassifier classifier() {
		return this.classifier;
	}

	/**
	 * The model that was chosen: the one that answers calls, or is to do so when it is
	 * loaded.
	 * @return the choice
	 */
	public ModelSelection selection() {
		return this.selection;
	}

	/**
	 * Loads another model beside the current one, tests it and exchanges them, in the
	 * calling thread. Calls that run finish on the old model, which is then freed. If
	 * anything fails the old one stays. With {@link Settings#unloadBeforeSwap()} the old
	 * model is freed before, calls wait, and after a failure it is loaded again.
	 * @param selection the model
	 * @throws SwapRefusedException if a model is being loaded already
	 * @throws ZsicException if the model cannot be loaded, or fails its self-test
	 */
	public void swap(ModelSelection selection) {
		if (!this.loading.tryLock()) {
			throw new SwapRefusedException("Checkpoint '" + this.classifier.status().loading()
					+ "' is being loaded; only one model is loaded at a time.", "Try again when it is done.");
		}
		try {
			boolean unload = this.settings.unloadBeforeSwap() && this.classifier.status().state() == State.READY;
			if (unload) {
				this.classifier.unload();
			}
			try {
				load(selection);
				this.selection = selection;
				this.swaps.incrementAndGet();
			}
			catch (RuntimeException | Error ex) {
				this.failedSwaps.incrementAndGet();
				if (unload) {
					reload(ex);
				}
				throw ex;
			}
		}
		finally {
			this.loading.unlock();
		}
	}

	/**
	 * How many exchanges succeeded.
	 * @return the number
	 */
	public long swaps() {
		return this.swaps.get();
	}

	/**
	 * How many exchanges failed and left the old model in place.
	 * @return the number
	 */
	public long failedSwaps() {
		return this.failedSwaps.get();
	}

	/**
	 * Like {@link #swap}, but in a thread of its own; the log tells of a failure.
	 * @param selection the model
	 */
	public void swapInBackground(ModelSelection selection) {
		thread("zsic-swap", () -> {
			try {
				swap(selection);
			}
			catch (ZsicException ex) {
				logger.error("Checkpoint '" + this.selection.checkpoint() + "' stays, because '"
						+ selection.checkpoint() + "' cannot replace it. " + ex.getMessage());
			}
		}).start();
	}

	private void reload(Throwable failure) {
		try {
			load(this.selection);
		}
		catch (RuntimeException | Error ex) {
			failure.addSuppressed(ex);
			logger.error("Checkpoint '" + this.selection.checkpoint()
					+ "', which was freed to make room for another one, could not be loaded again", ex);
		}
	}

	private void startLoading() {
		thread("zsic-load", this::loadWithRetries).start();
	}

	private Thread thread(String purpose, Runnable task) {
		Thread thread = new Thread(task, this.name.isEmpty() ? purpose : purpose + "-" + this.name);
		thread.setDaemon(true);
		thread.setContextClassLoader(this.classLoader);
		return thread;
	}

	private void loadWithRetries() {
		try {
			while (!loadInBackground()) {
				if (this.closing.await(RETRY.toMillis(), TimeUnit.MILLISECONDS)) {
					return;
				}
			}
		}
		catch (InterruptedException ex) {
			// By close(), and there is nothing left to do.
			Thread.currentThread().interrupt();
		}
	}

	/** Returns whether there is no use in trying again. */
	private boolean loadInBackground() {
		this.loading.lock();
		try {
			if (this.classifier.status().state() == State.IDLE || this.classifier.status().state() == State.FAILED) {
				load(this.selection);
			}
			return true;
		}
		catch (ClassifierClosedException ex) {
			return true;
		}
		catch (HubException ex) {
			if (ex.getReason() == HubException.Reason.INTERRUPTED) {
				return true;
			}
			boolean temporary = ex.getReason() == HubException.Reason.UNAVAILABLE
					|| ex.getReason() == HubException.Reason.RATE_LIMITED;
			logger
				.error(ex.getMessage() + (temporary ? " It is tried again in " + RETRY.toSeconds() + " seconds." : ""));
			return !temporary;
		}
		catch (ZsicException ex) {
			logger.error(ex.getMessage());
			return true;
		}
		catch (RuntimeException | Error ex) {
			logger.error("Checkpoint '" + this.selection.checkpoint() + "' could not be loaded", ex);
			return true;
		}
		finally {
			this.loading.unlock();
		}
	}

	private void load(ModelSelection selection) {
		SelfTest[] test = new SelfTest[1];
		this.loaders.add(Thread.currentThread());
		try {
			if (isClosing()) {
				throw new ClassifierClosedException(selection.checkpoint());
			}
			InternalCalls.run(() -> this.classifier.load(selection.checkpoint(), (listener) -> {
				ZeroShotClassifier model = this.loader.load(selection, listener);
				try {
					test[0] = SelfTest.of(model);
					return model;
				}
				catch (RuntimeException | Error ex) {
					model.close();
					throw ex;
				}
			}));
		}
		catch (CancellationException ex) {
			// By the interruption, while labels were encoded.
			throw isClosing() ? new ClassifierClosedException(selection.checkpoint()) : ex;
		}
		finally {
			this.loaders.remove(Thread.currentThread());
		}
		this.selfTest = Objects.requireNonNull(test[0]);
		this.selfTestResult = null;
	}

	/**
	 * The result of the last self-test. If that is older than allowed, another one is
	 * started, in a thread of its own; this method does not wait for it.
	 * @param maximumAge how old the result may be
	 * @return the result, {@code null} if there is none of the current model yet
	 */
	public @Nullable SelfTestResult selfTest(Duration maximumAge) {
		SelfTestResult result = this.selfTestResult;
		boolean due = result == null || result.time().plus(maximumAge).isBefore(Instant.now());
		if (due && this.selfTest != null && this.selfTestLock.tryLock()) {
			try {
				Thread running = this.selfTestThread;
				if ((running == null || !running.isAlive()) && !isClosing()) {
					Thread thread = thread("zsic-self-test", this::runSelfTest);
					this.selfTestThread = thread;
					thread.start();
				}
			}
			finally {
				this.selfTestLock.unlock();
			}
		}
		return result;
	}

	private void runSelfTest() {
		try {
			runSelfTestNow();
		}
		catch (ModelNotReadyException | ClassifierClosedException | QueueFullException ex) {
			// There is nothing to test any more, or no room to do it.
			logger.debug("The self-test found no model, or one that is busy", ex);
		}
	}

	/**
	 * Runs the self-test and waits for its result.
	 * @return the result, a new one
	 * @throws ModelNotReadyException if there is no model
	 * @throws ClassifierClosedException if there will be none
	 * @throws QueueFullException if it has too much to do for a test
	 */
	public SelfTestResult runSelfTestNow() {
		SelfTest test = this.selfTest;
		if (test == null) {
			this.classifier.model();
			throw new ModelNotReadyException("The model has not been tested yet.", "Try again.");
		}
		Throwable failure = null;
		try {
			this.classifier.test(test::run);
		}
		catch (ClassifierClosedException | QueueFullException ex) {
			throw ex;
		}
		catch (RuntimeException | Error ex) {
			failure = ex;
		}
		SelfTestResult result = new SelfTestResult(Instant.now(), failure);
		// Unless the model was exchanged meanwhile, whose test was another one.
		if (test == this.selfTest) {
			this.selfTestResult = result;
		}
		return result;
	}

	/**
	 * Says that this classifier is going to be closed: no model is loaded any more, a
	 * download is given up, and the time begins that closing may take. Calls go on, for
	 * requests that are still to be answered.
	 */
	public void prepareClose() {
		this.closeBy.compareAndSet(null, System.nanoTime() + this.settings.closeTimeout().toNanos());
		this.closing.countDown();
		this.loaders.forEach(Thread::interrupt);
	}

	private boolean isClosing() {
		return this.closing.getCount() == 0;
	}

	/**
	 * Refuses new calls, gives up a download, waits for running calls and then frees the
	 * model. A call that does not end in time keeps it.
	 */
	@Override
	public void close() {
		prepareClose();
		this.classifier.close(Duration.ofNanos(timeToClose()));
		// A load in native code cannot be stopped, and the JVM must not end during it.
		try {
			if (this.loading.tryLock(timeToClose(), TimeUnit.NANOSECONDS)) {
				this.loading.unlock();
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private long timeToClose() {
		return Math.max(TimeUnit.MILLISECONDS.toNanos(1),
				Objects.requireNonNull(this.closeBy.get()) - System.nanoTime());
	}

	@Override
	public String toString() {
		return "classifier " + (this.name.isEmpty() ? "" : "'" + this.name + "' ") + "of '"
				+ this.selection.checkpoint() + "'";
	}

	/**
	 * Loads models.
	 */
	@FunctionalInterface
	public interface Loader {

		/**
		 * Loads a model.
		 * @param selection the model
		 * @param listener is to be told of the progress of a download
		 * @return the model, which belongs to the caller
		 */
		ZeroShotClassifier load(ModelSelection selection, DownloadListener listener);

	}

	/**
	 * How to treat a classifier.
	 *
	 * @param startup when to load its model
	 * @param maximumWait how long a call waits for the model
	 * @param closeTimeout how long closing waits for calls
	 * @param unloadBeforeSwap whether to free a model before another one is loaded, for a
	 * device that has no memory for two
	 */
	public record Settings(Startup startup, Duration maximumWait, Duration closeTimeout, boolean unloadBeforeSwap) {

	}

	/**
	 * How a self-test ended.
	 *
	 * @param time when
	 * @param failure why it failed, {@code null} if it did not
	 */
	public record SelfTestResult(Instant time, @Nullable Throwable failure) {

	}

}
