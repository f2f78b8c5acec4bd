package io.github.zsic.spring.boot;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.DownloadListener;
import io.github.zsic.HubException;
import io.github.zsic.ModelInfo;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.LoadThread.Purpose;
import io.github.zsic.spring.boot.LoadThread.Wish;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * A classifier in the hands of the program that runs it: {@linkplain #start() started},
 * watched, exchanged and closed here, used through {@link #classifier()}. Thread-safe.
 * <p>
 * A model that is loaded has to pass a self-test before it answers calls, and one that
 * replaces another what its {@linkplain Loader#requireGoodEnough loader} asks for. Models
 * are loaded one at a time, in a thread of their own, and the last one that was asked for
 * wins: what was asked for before and is not there yet is given up. What nobody waits
 * for, such as a start in the background, is tried again after a while if the Hub cannot
 * be reached.
 */
public final class ManagedClassifier implements AutoCloseable {

	/**
	 * What the only or main classifier is called where each has a name.
	 */
	public static final String MAIN = "default";

	/**
	 * How many pixels the picture of the self-test has, so that a limit on pictures must
	 * not be lower.
	 */
	public static final int SELF_TEST_PIXELS = SelfTest.SIDE * SelfTest.SIDE;

	private static final Log logger = LogFactory.getLog(ManagedClassifier.class);

	private static final Duration RETRY = Duration.ofSeconds(30);

	private final String name;

	private final Settings settings;

	private final SwappableClassifier classifier;

	/** Threads that load or test see the classes that the context sees. */
	private final @Nullable ClassLoader classLoader = Thread.currentThread().getContextClassLoader();

	private final LoadThread loads = new LoadThread((task) -> thread("zsic-load", task), this::fulfil);

	private final AtomicBoolean started = new AtomicBoolean();

	/** Loaded what is there, together with the selection. */
	private volatile Loader loader;

	private volatile ModelSelection selection;

	/** The settings are no longer those of the start. */
	private volatile boolean refreshed;

	private final AtomicLong swaps = new AtomicLong();

	private final AtomicLong failedSwaps = new AtomicLong();

	/** Until when it must be closed, once that is known. */
	private final AtomicReference<@Nullable Long> closeBy = new AtomicReference<>();

	/** Of the models that may be called now, or are about to be. */
	private final Map<ModelInfo, SelfTest> selfTests = Collections.synchronizedMap(new IdentityHashMap<>());

	private final ReentrantLock selfTestLock = new ReentrantLock();

	private volatile @Nullable Thread selfTestThread;

	/**
	 * Creates a classifier, without a model until it is started.
	 * @param name what to call it, empty for the only or main one
	 * @param selection the model
	 * @param loader loads models
	 * @param settings how to treat it
	 */
	public ManagedClassifier(String name, ModelSelection selection, Loader loader, Settings settings) {
		this.name = name;
		this.selection = selection;
		this.loader = loader;
		this.settings = settings;
		this.classifier = new SwappableClassifier(settings.maximumWait(),
				(settings.startup() == Startup.LAZY) ? this::startLoading : null);
	}

	/**
	 * Loads the model, or begins to, when {@link Settings#startup()} says so. Whoever is
	 * going to use the classifier does this first; where a test has put a mock in its
	 * place, nobody does, and no model is loaded. Does nothing the second time.
	 * @return the classifier
	 * @throws ZsicException if the start-up is eager and the model cannot be loaded
	 */
	public SwappableClassifier start() {
		if (this.started.compareAndSet(false, true)) {
			switch (this.settings.startup()) {
				case EAGER -> load(first(), this.selection, this.loader, false);
				case BACKGROUND -> startLoading();
				case LAZY -> logger.debug("The first call loads checkpoint '" + this.selection.checkpoint() + "'");
			}
		}
		return this.classifier;
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
	 * The model that is to answer calls in the end.
	 * @return what was asked for last, unless that failed or is done: then
	 * {@link #selection()}
	 */
	public ModelSelection wanted() {
		Wish wish = this.loads.wanted();
		return (wish != null) ? wish.selection() : this.selection;
	}

	/**
	 * Like {@link #swap(ModelSelection, String)}, for the program.
	 * @param selection the model
	 * @throws SwapRefusedException if another model is asked for meanwhile, or the thread
	 * is interrupted
	 * @throws ZsicException if the model cannot be loaded, or fails its self-test
	 */
	public void swap(ModelSelection selection) {
		swap(selection, "the program");
	}

	/**
	 * Loads another model beside the current one, tests it, exchanges them, and waits for
	 * that. Calls that run finish on the old model, which is then freed. If anything
	 * fails the old one stays. With {@link Settings#unloadBeforeSwap()} the old model is
	 * freed before, calls wait, and after a failure it is loaded again. What was asked
	 * for before and is not there yet is given up.
	 * @param selection the model
	 * @param origin who asks for it, for the log, such as "the endpoint"
	 * @throws SwapRefusedException if another model is asked for meanwhile, or the thread
	 * is interrupted
	 * @throws ClassifierClosedException if this classifier is closed meanwhile
	 * @throws ZsicException if the model cannot be loaded, or fails its self-test
	 */
	public void swap(ModelSelection selection, String origin) {
		Wish wish = wish(selection, Purpose.SWAP, origin);
		this.loads.want(wish);
		this.loads.await(wish);
	}

	/**
	 * Takes over what the configuration says now: this model is loaded like another one,
	 * but this method does not wait for it, and the log tells how it ends. If the Hub
	 * cannot be reached it is tried again after a while. This and all models that are
	 * loaded later get the settings of their time.
	 * @param selection the model, which may be the one that is there, to be loaded again
	 * with other settings; {@code null} to load nothing now
	 * @see Loader#refreshed()
	 */
	public void refresh(@Nullable ModelSelection selection) {
		this.refreshed = true;
		if (selection != null) {
			this.loads.want(wish(selection, Purpose.REFRESH, "a refresh of the configuration"));
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

	private void startLoading() {
		this.loads.wantIfIdle(first(), Duration.ZERO);
	}

	private Wish first() {
		return wish(this.selection, Purpose.START, "the configuration");
	}

	private Wish wish(ModelSelection selection, Purpose purpose, String origin) {
		Wish wish = new Wish(selection, purpose, origin);
		wish.outcome().whenComplete((nothing, failure) -> {
			if (failure != null) {
				logFailure(wish, failure);
			}
		});
		return wish;
	}

	private Thread thread(String purpose, Runnable task) {
		Thread thread = new Thread(task, this.name.isEmpty() ? purpose : purpose + "-" + this.name);
		thread.setDaemon(true);
		thread.setContextClassLoader(this.classLoader);
		return thread;
	}

	/** In the thread for it. */
	private void fulfil(Wish wish) {
		ModelInfo before = this.classifier.status().model();
		if (wish.purpose() == Purpose.START && before != null) {
			wish.outcome().complete(null);
			return;
		}
		boolean unload = this.settings.unloadBeforeSwap() && before != null;
		try {
			Loader next = this.refreshed ? this.loader.refreshed() : this.loader;
			wish.check();
			if (unload) {
				this.classifier.unload();
			}
			load(wish, wish.selection(), next, wish.purpose() != Purpose.START);
			this.loader = next;
			this.selection = wish.selection();
			if (wish.purpose() != Purpose.START) {
				this.swaps.incrementAndGet();
			}
			if (before != null) {
				logger.info("Classifier '" + displayName() + "' runs " + describe(this.classifier.model())
						+ " instead of " + describe(before) + ", which is freed; " + wish.origin() + " asked for it");
			}
			wish.outcome().complete(null);
		}
		catch (RuntimeException | Error ex) {
			endFailed(wish, ex, unload);
		}
	}

	private void endFailed(Wish wish, Throwable failure, boolean unloaded) {
		ZsicException givenUp = wish.givenUp();
		if (givenUp != null) {
			wish.outcome().completeExceptionally(givenUp);
		}
		else if (wish.purpose() != Purpose.SWAP && isTemporary(failure) && !unloaded) {
			logger.error(
					refusal(wish) + failure.getMessage() + " It is tried again in " + RETRY.toSeconds() + " seconds.");
			this.loads.wantIfIdle(wish, RETRY);
		}
		else {
			if (wish.purpose() != Purpose.START) {
				this.failedSwaps.incrementAndGet();
			}
			if (unloaded) {
				reload(wish, failure);
			}
			wish.outcome().completeExceptionally(failure);
		}
		if (wish.purpose() != Purpose.START && this.classifier.status().model() == null) {
			// Whoever asked for another one must not have stopped the first one.
			this.loads.wantIfIdle(first(), Duration.ZERO);
		}
	}

	private static boolean isTemporary(Throwable failure) {
		return failure instanceof HubException ex && ex.isTemporary();
	}

	/** Given up with the wish, too: what is wanted instead is loaded then. */
	private void reload(Wish wish, Throwable failure) {
		try {
			load(wish, this.selection, this.loader, false);
		}
		catch (CancellationException ex) {
			failure.addSuppressed(ex);
		}
		catch (RuntimeException | Error ex) {
			failure.addSuppressed(ex);
			logger.error("Checkpoint '" + this.selection.checkpoint()
					+ "', which was freed to make room for another one, could not be loaded again", ex);
		}
	}

	private void logFailure(Wish wish, Throwable failure) {
		String message = refusal(wish);
		if (wish.givenUp() != null) {
			logger.info(message + failure.getMessage());
		}
		else if (failure instanceof ZsicException) {
			logger.error(message + failure.getMessage());
		}
		else {
			logger.error(message + "The reason is unexpected.", failure);
		}
	}

	private String refusal(Wish wish) {
		ModelInfo current = this.classifier.status().model();
		ModelSelection wanted = wish.selection();
		return "Classifier '" + displayName() + "' "
				+ ((current != null) ? "keeps " + describe(current) : "has no model") + "; "
				+ describe(wanted.checkpoint(), wanted.revision(), wanted.device(), wanted.precision()) + ", which "
				+ wish.origin() + " asked for, was refused. ";
	}

	private static String describe(ModelInfo model) {
		return describe(model.checkpoint(), model.revision(), model.device(), model.precision());
	}

	private static String describe(String checkpoint, @Nullable String revision, String device, Precision precision) {
		return "'%s' (%s%s, %s)".formatted(checkpoint, (revision != null) ? "revision " + revision + ", " : "", device,
				precision);
	}

	private void load(Wish wish, ModelSelection selection, Loader loader, boolean exchange) {
		ModelInfo[] loaded = new ModelInfo[1];
		try {
			InternalCalls.run(() -> this.classifier.load(selection.checkpoint(), (listener) -> {
				ZeroShotClassifier model = load(wish, selection, loader, exchange, listener);
				loaded[0] = model.model();
				return model;
			}));
			// Those of the model before, which has ended.
			this.selfTests.keySet().removeIf((model) -> model != loaded[0]);
		}
		catch (RuntimeException | Error ex) {
			this.selfTests.remove(loaded[0]);
			throw ex;
		}
	}

	private ZeroShotClassifier load(Wish wish, ModelSelection selection, Loader loader, boolean exchange,
			DownloadListener listener) {
		wish.check();
		ZeroShotClassifier model = null;
		try {
			model = loader.load(selection, listener);
			wish.check();
			SelfTest test = SelfTest.of(model);
			wish.check();
			if (exchange) {
				loader.requireGoodEnough(model);
				wish.check();
			}
			this.selfTests.put(model.model(), test);
			return model;
		}
		catch (RuntimeException | Error ex) {
			if (model != null) {
				model.close();
			}
			// What it is an exception of does not matter then.
			wish.check();
			throw ex;
		}
	}

	/**
	 * The result of the last self-test. If that is older than allowed, another one is
	 * started, in a thread of its own; this method does not wait for it.
	 * @param maximumAge how old the result may be
	 * @return the result, {@code null} if there is none of the current model yet
	 */
	public @Nullable SelfTestResult selfTest(Duration maximumAge) {
		ModelInfo model = this.classifier.status().model();
		SelfTest test = (model != null) ? this.selfTests.get(model) : null;
		if (test == null) {
			return null;
		}
		SelfTestResult result = test.result();
		boolean due = result == null || Duration.between(result.time(), Instant.now()).compareTo(maximumAge) > 0;
		if (due && this.selfTestLock.tryLock()) {
			try {
				Thread running = this.selfTestThread;
				if ((running == null || !running.isAlive()) && !this.loads.isClosed()) {
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
	 * Runs the self-test of the model that answers calls now, and waits for its result.
	 * @return the result, a new one
	 * @throws ModelNotReadyException if there is no model
	 * @throws ClassifierClosedException if there will be none
	 * @throws QueueFullException if it has too much to do for a test
	 */
	public SelfTestResult runSelfTestNow() {
		// Does not wait for one.
		this.classifier.model();
		SelfTest[] test = new SelfTest[1];
		Throwable failure = null;
		try {
			this.classifier.test((model) -> {
				test[0] = Objects.requireNonNull(this.selfTests.get(model.model()),
						"A model must return the same information each time");
				test[0].run(model);
			});
		}
		catch (ClassifierClosedException | QueueFullException ex) {
			throw ex;
		}
		catch (RuntimeException | Error ex) {
			if (test[0] == null) {
				throw ex;
			}
			failure = ex;
		}
		SelfTestResult result = new SelfTestResult(Instant.now(), failure);
		test[0].tell(result);
		return result;
	}

	/**
	 * Says that this classifier is going to be closed: no model is loaded any more, a
	 * download is given up, and the time begins that closing may take. Calls go on, for
	 * requests that are still to be answered.
	 */
	public void prepareClose() {
		this.closeBy.compareAndSet(null,
				System.nanoTime() + TimeUnit.NANOSECONDS.convert(this.settings.closeTimeout()));
		this.loads.close();
	}

	/**
	 * Refuses new calls, gives up a load, waits for running calls and then frees the
	 * model. A call that does not end in time keeps it.
	 */
	@Override
	public void close() {
		prepareClose();
		this.classifier.close(Duration.ofNanos(timeToClose()));
		try {
			// The JVM must not end during a load in native code.
			this.loads.awaitEnd(timeToClose());
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

		/**
		 * Decides on a model that was asked for while the application runs, and has
		 * passed its self-test: whether it may take the place of another one. By default
		 * any may. The model of the start is not asked for.
		 * @param model the model
		 * @throws ZsicException if it may not
		 */
		default void requireGoodEnough(ZeroShotClassifier model) {
		}

		/**
		 * What loads models with the settings as they are now. By default they do not
		 * change.
		 * @return a loader, which may be this one
		 * @throws ZsicException if these settings cannot be used
		 */
		default Loader refreshed() {
			return this;
		}

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
