package io.github.zsic;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.ClassifierStatus.State;

/**
 * A classifier whose model comes later, and can be exchanged for another one while calls
 * run.
 *
 * <pre>{@code
 * SwappableClassifier classifier = new SwappableClassifier(Duration.ofSeconds(30));
 * executor.execute(() -> classifier.load("openai/clip-vit-base-patch32", (listener) -> ZeroShotClassifier.builder()
 *     .checkpoint("openai/clip-vit-base-patch32").downloadListener(listener).build()));
 * classifier.classify(image, "fox", "owl");   // waits for the model
 * }</pre>
 *
 * Every call runs from its beginning to its end on one model. It takes a lease of the
 * model that is current when it begins; an exchange is atomic, affects only calls that
 * begin later, and the model that is replaced is closed when its last lease has ended. So
 * no call fails because of an exchange, and {@link #close()} waits for running calls.
 * {@linkplain #prepare Prepared} label sets are prepared for the next model before it
 * answers; if that is not possible, it is refused. Of the other texts, those that are
 * used most are encoded before, too, up to a number and a time.
 * <p>
 * Calls that come before the first model wait for it, up to a limit, and then fail with a
 * {@link ModelNotReadyException}; so do calls when it could not be loaded. Thread-safe.
 * Owns the models that it is given. It knows which calls are running and how they end;
 * {@link #status()} and {@link #calls(Duration)} tell.
 */
public final class SwappableClassifier implements ZeroShotClassifier {

	private static final Logger logger = LoggerFactory.getLogger(SwappableClassifier.class);

	/** So many texts in use are encoded for the next model, for so long at most. */
	private static final int CARRIED_TEXTS = 1_000;

	private static final long CARRYING_TIME = TimeUnit.SECONDS.toNanos(10);

	/** After each of these the time is looked at. */
	private static final int CARRIED_TOGETHER = 32;

	private final Duration maximumWait;

	private final Clock clock;

	private final AtomicReference<@Nullable Runnable> firstUse;

	/** Held during a load, so that there is one at a time. */
	private final ReentrantLock loadLock = new ReentrantLock();

	/** Guards everything below; never held while a model works, loads or closes. */
	private final ReentrantLock lock = new ReentrantLock();

	/** The state, or a model's number of leases, has changed. */
	private final Condition changed = this.lock.newCondition();

	private @Nullable Model current;

	/** Prepared, and still referenced by somebody. */
	private final Set<LabelSet> prepared = Collections.newSetFromMap(new WeakHashMap<>());

	/** No set may be added: the last ones are being prepared for the next model. */
	private boolean settling;

	/** Used most of a model that was taken away. */
	private List<String> textsInUse = List.of();

	private State state = State.IDLE;

	private Instant since;

	/** What the last call of {@link #model()} may tell after closing. */
	private @Nullable ModelInfo lastModel;

	private @Nullable String loading;

	private @Nullable DownloadProgress download;

	private @Nullable Throwable failure;

	/** In the order in which they began. */
	private final Set<Lease> leases = new LinkedHashSet<>();

	private final Deque<Instant> recentFailures = new ArrayDeque<>();

	private long successes;

	private long failures;

	private long rejections;

	private long failuresInARow;

	private @Nullable Instant lastSuccess;

	private @Nullable Instant lastFailure;

	private @Nullable Throwable lastFailureCause;

	/**
	 * Creates a classifier without a model.
	 * @param maximumWait how long a call waits for the first model, zero not to wait
	 */
	public SwappableClassifier(Duration maximumWait) {
		this(maximumWait, null);
	}

	/**
	 * Creates a classifier without a model.
	 * @param maximumWait how long a call waits for the first model, zero not to wait
	 * @param firstUse is run once, by the first call, before it waits; meant to start a
	 * {@linkplain #load load} in another thread
	 */
	public SwappableClassifier(Duration maximumWait, @Nullable Runnable firstUse) {
		this(maximumWait, firstUse, Clock.systemUTC());
	}

	SwappableClassifier(Duration maximumWait, @Nullable Runnable firstUse, Clock clock) {
		if (maximumWait.isNegative()) {
			throw new IllegalArgumentException("'maximumWait' must not be negative, but is " + maximumWait);
		}
		this.maximumWait = maximumWait;
		this.firstUse = new AtomicReference<>(firstUse);
		this.clock = clock;
		this.since = clock.instant();
	}

	/**
	 * Loads a model in the calling thread and makes it the current one, the first or the
	 * next. When this method returns, the model that was replaced is closed: it has
	 * waited for the calls that still used it. Loads wait for each other. When a load
	 * fails, the current model stays.
	 * @param checkpoint the name of what is loaded, for messages
	 * @param loader loads it
	 * @throws ClassifierClosedException if this classifier was closed meanwhile; what the
	 * loader returned is closed, too
	 * @throws CancellationException if the loader gives up, or the thread is interrupted
	 * while it encodes texts; calls that wait for the first model go on waiting
	 * @throws RuntimeException what the loader throws
	 */
	public void load(String checkpoint, Loader loader) {
		this.loadLock.lock();
		try {
			beginLoad(checkpoint);
			long start = System.nanoTime();
			Model previous;
			ZeroShotClassifier classifier = null;
			try {
				classifier = loader.load(this::onProgress);
				Set<LabelSet> ready = new HashSet<>();
				prepareAll(classifier, ready, false);
				encodeTextsInUse(classifier);
				prepareAll(classifier, ready, true);
				previous = exchange(
						new Model(classifier, classifier.model(), Duration.ofNanos(System.nanoTime() - start)));
			}
			catch (RuntimeException | Error ex) {
				endFailedLoad(ex);
				if (classifier != null) {
					classifier.close();
				}
				throw ex;
			}
			if (previous != null) {
				retire(previous);
			}
		}
		finally {
			this.loadLock.unlock();
		}
	}

	/**
	 * Prepares what the next model has not prepared yet.
	 * @param finish whether to let nobody add to it until the exchange
	 */
	private void prepareAll(ZeroShotClassifier next, Set<LabelSet> ready, boolean finish) {
		List<LabelSet> sets;
		this.lock.lock();
		try {
			this.settling = finish;
			sets = this.prepared.stream().filter((set) -> !ready.contains(set)).toList();
		}
		finally {
			this.lock.unlock();
		}
		sets.forEach(next::prepare);
		ready.addAll(sets);
	}

	/** The first calls would else wait for the labels that all of them bring. */
	private void encodeTextsInUse(ZeroShotClassifier next) {
		List<String> texts = cachedTexts(CARRIED_TEXTS);
		long start = System.nanoTime();
		int done = 0;
		while (done < texts.size() && System.nanoTime() - start < CARRYING_TIME) {
			if (Thread.currentThread().isInterrupted()) {
				throw new CancellationException("The thread was interrupted while texts were encoded.");
			}
			int end = Math.min(done + CARRIED_TOGETHER, texts.size());
			encode(next, texts.subList(done, end));
			done = end;
		}
		logger.debug("Encoded {} of {} texts in use", done, texts.size());
	}

	private static void encode(ZeroShotClassifier next, List<String> texts) {
		try {
			next.embedTexts(texts);
		}
		catch (InvalidLabelException ex) {
			// One is too long for this model. The others are not lost for that.
			if (texts.size() > 1) {
				int half = texts.size() / 2;
				encode(next, texts.subList(0, half));
				encode(next, texts.subList(half, texts.size()));
			}
		}
	}

	/**
	 * Takes the current model away, if there is one, and frees it when the calls that use
	 * it have ended, for a program that has no memory for two. Calls wait until another
	 * one is {@linkplain #load loaded}.
	 */
	public void unload() {
		this.loadLock.lock();
		try {
			retireCurrent(State.IDLE);
		}
		finally {
			this.loadLock.unlock();
		}
	}

	private void beginLoad(String checkpoint) {
		this.lock.lock();
		try {
			if (this.state == State.CLOSED) {
				throw new ClassifierClosedException(checkpoint);
			}
			this.loading = checkpoint;
			this.failure = null;
			become((this.current != null) ? State.SWAPPING : State.LOADING);
		}
		finally {
			this.lock.unlock();
		}
	}

	private void onProgress(DownloadProgress progress) {
		this.lock.lock();
		try {
			this.download = progress.complete() ? null : progress;
			if (this.state == State.LOADING || this.state == State.DOWNLOADING) {
				State next = progress.complete() ? State.LOADING : State.DOWNLOADING;
				if (this.state != next) {
					become(next);
				}
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void endFailedLoad(Throwable failure) {
		this.lock.lock();
		try {
			this.loading = null;
			this.download = null;
			this.settling = false;
			if (this.state != State.CLOSED) {
				boolean givenUp = failure instanceof CancellationException;
				this.failure = givenUp ? null : failure;
				become((this.current != null) ? State.READY : givenUp ? State.IDLE : State.FAILED);
			}
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	private @Nullable Model exchange(Model next) {
		this.lock.lock();
		try {
			if (this.state == State.CLOSED) {
				throw new ClassifierClosedException(next.info.checkpoint());
			}
			Model previous = this.current;
			this.loading = null;
			this.download = null;
			this.settling = false;
			this.current = next;
			this.lastModel = next.info;
			// Those of another model say nothing about this one.
			this.failuresInARow = 0;
			this.recentFailures.clear();
			become(State.READY);
			return previous;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Waits for the calls of a model that gets no new ones, then frees it. */
	private void retire(Model model) {
		this.lock.lock();
		try {
			while (model.leases > 0) {
				this.changed.awaitUninterruptibly();
			}
		}
		finally {
			this.lock.unlock();
		}
		model.classifier.close();
	}

	private void become(State next) {
		this.state = next;
		this.since = this.clock.instant();
		this.changed.signalAll();
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		return call((classifier) -> classifier.classify(request));
	}

	/**
	 * While there is no model, the call waits for it in a thread of its own.
	 */
	@Override
	public CompletableFuture<List<Classification>> classifyAsync(ClassificationRequest request) {
		Lease lease = leaseAtOnce();
		if (lease == null) {
			return AsyncCall.run(() -> call((classifier) -> AsyncCall.await(classifier.classifyAsync(request))));
		}
		CompletableFuture<List<Classification>> call;
		try {
			call = lease.model.classifier.classifyAsync(request);
		}
		catch (RuntimeException | Error ex) {
			release(lease, ex);
			throw ex;
		}
		// The lease ends with the call, also if the caller does not wait for that.
		return call
			.whenComplete((result, failure) -> release(lease, (failure != null) ? AsyncCall.cause(failure) : null))
			.copy();
	}

	@Override
	public LabelSet prepare(LabelSet labels) {
		while (true) {
			Lease lease = lease(false);
			run(lease, (classifier) -> classifier.prepare(labels));
			if (remember(labels, lease.model)) {
				return labels;
			}
		}
	}

	/** Returns whether the model for which a set was prepared is still to answer. */
	private boolean remember(LabelSet labels, Model model) {
		this.lock.lock();
		try {
			while (this.settling) {
				this.changed.awaitUninterruptibly();
			}
			if (this.current != null && this.current != model) {
				return false;
			}
			this.prepared.add(labels);
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return call((classifier) -> classifier.embedImage(image));
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		return call((classifier) -> classifier.embedImages(images));
	}

	@Override
	public float[] embedText(String text) {
		return call((classifier) -> classifier.embedText(text));
	}

	@Override
	public List<float[]> embedTexts(Collection<String> texts) {
		return call((classifier) -> classifier.embedTexts(texts));
	}

	@Override
	public int countTokens(Collection<String> texts) {
		return call((classifier) -> classifier.countTokens(texts));
	}

	/**
	 * Runs several calls on the same model, even if it is exchanged meanwhile; the
	 * exchange waits.
	 * @param <T> the type of the result
	 * @param task what to do with the model, which must not be kept or closed
	 * @return what the task returned
	 * @throws ModelNotReadyException if there is no model within the time that calls wait
	 */
	public <T> T call(Function<ZeroShotClassifier, T> task) {
		return run(lease(false), task);
	}

	/**
	 * Tests the current model, which an exchange waits for. How it ends tells whether the
	 * model works, and so counts for {@link CallStatistics#failuresInARow()} and the
	 * other members about health, but it is no call.
	 * @param test throws if the model does not work; must not keep or close it
	 * @throws ModelNotReadyException if there is no model within the time that calls wait
	 */
	public void test(Consumer<ZeroShotClassifier> test) {
		run(lease(true), (model) -> {
			test.accept(model);
			return true;
		});
	}

	private <T> T run(Lease lease, Function<ZeroShotClassifier, T> task) {
		try {
			T result = task.apply(lease.model.classifier);
			release(lease, null);
			return result;
		}
		catch (RuntimeException | Error ex) {
			release(lease, ex);
			throw ex;
		}
	}

	private Lease lease(boolean test) {
		Runnable start = this.firstUse.getAndSet(null);
		if (start != null) {
			start.run();
		}
		long left = TimeUnit.NANOSECONDS.convert(this.maximumWait);
		this.lock.lock();
		try {
			while (this.current == null || this.state == State.CLOSED) {
				if (this.state == State.CLOSED) {
					throw new ClassifierClosedException(
							(this.lastModel != null) ? this.lastModel.checkpoint() : "none");
				}
				if (this.state == State.FAILED || left <= 0) {
					throw notReady();
				}
				left = this.changed.awaitNanos(left);
			}
			return begin(this.current, test);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new ModelNotReadyException("The thread was interrupted while it waited for the model.", "",
					this.download, ex);
		}
		finally {
			this.lock.unlock();
		}
	}

	/** A lease of the current model, {@code null} if there is none. */
	private @Nullable Lease leaseAtOnce() {
		this.lock.lock();
		try {
			return (this.current != null) ? begin(this.current, false) : null;
		}
		finally {
			this.lock.unlock();
		}
	}

	private Lease begin(Model model, boolean test) {
		Lease lease = new Lease(model, System.nanoTime(), test);
		model.leases++;
		this.leases.add(lease);
		return lease;
	}

	private ModelNotReadyException notReady() {
		if (this.failure instanceof ZsicException known) {
			return new ModelNotReadyException("There is no model. " + known.getDescription(), known.getAction(), null,
					known);
		}
		if (this.failure != null) {
			return new ModelNotReadyException("There is no model, because loading it failed.",
					"The cause of this exception tells more.", null, this.failure);
		}
		String action = "Try again later.";
		if (this.loading == null) {
			return new ModelNotReadyException("There is no model, and none is being loaded.", action);
		}
		if (this.download == null) {
			return new ModelNotReadyException("The model '" + this.loading + "' is still being loaded.", action);
		}
		return new ModelNotReadyException("The model '" + this.loading + "' is still being downloaded: "
				+ this.download.bytes() + " of " + this.download.size() + " bytes are there.", action, this.download,
				null);
	}

	private void release(Lease lease, @Nullable Throwable outcome) {
		Instant now = this.clock.instant();
		this.lock.lock();
		try {
			this.leases.remove(lease);
			lease.model.leases--;
			this.changed.signalAll();
			if (!lease.test) {
				countCall(outcome, now);
			}
			if (outcome != null && isFailure(outcome)) {
				this.lastFailure = now;
				this.lastFailureCause = outcome;
			}
			if (lease.model == this.current) {
				count(outcome, now);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	private void countCall(@Nullable Throwable outcome, Instant now) {
		if (outcome == null) {
			this.successes++;
			this.lastSuccess = now;
		}
		else if (outcome instanceof QueueFullException) {
			this.rejections++;
		}
		else if (isFailure(outcome)) {
			this.failures++;
		}
	}

	private void count(@Nullable Throwable outcome, Instant now) {
		if (outcome == null) {
			this.failuresInARow = 0;
		}
		else if (isFailure(outcome)) {
			this.failuresInARow++;
			this.recentFailures.add(now);
			if (this.recentFailures.size() > CallStatistics.MAXIMUM_RECENT_FAILURES) {
				this.recentFailures.remove();
			}
		}
	}

	private static boolean isFailure(Throwable outcome) {
		return outcome instanceof InferenceException || outcome instanceof DeviceException
				|| outcome instanceof VirtualMachineError;
	}

	/**
	 * What answers calls now, which may be another model in the next moment.
	 * @throws ModelNotReadyException if there is no model; this method does not wait
	 */
	@Override
	public ModelInfo model() {
		this.lock.lock();
		try {
			if (this.current != null) {
				return this.current.info;
			}
			if (this.state == State.CLOSED && this.lastModel != null) {
				return this.lastModel;
			}
			throw notReady();
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public void selfTest() {
		test(ZeroShotClassifier::selfTest);
	}

	@Override
	public ClassifierStatistics statistics() {
		this.lock.lock();
		try {
			return (this.current != null) ? this.current.classifier.statistics() : ClassifierStatistics.NONE;
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public List<String> cachedTexts(int maximum) {
		this.lock.lock();
		try {
			return (this.current != null) ? this.current.classifier.cachedTexts(maximum)
					: this.textsInUse.subList(0, Math.min(maximum, this.textsInUse.size()));
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Where this classifier stands. Does not wait for anything.
	 * @return the status at this moment
	 */
	public ClassifierStatus status() {
		this.lock.lock();
		try {
			return new ClassifierStatus(this.state, this.since, (this.current != null) ? this.current.info : null,
					(this.current != null) ? this.current.loadTime : null, this.loading, this.download, this.failure);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * How calls fare. Does not wait for anything.
	 * @param window how far back failures count as recent
	 * @return the statistics at this moment
	 */
	public CallStatistics calls(Duration window) {
		Instant now = this.clock.instant();
		this.lock.lock();
		try {
			Duration longest = this.leases.isEmpty() ? Duration.ZERO
					: Duration.ofNanos(System.nanoTime() - this.leases.iterator().next().start);
			int running = (int) this.leases.stream().filter((lease) -> !lease.test).count();
			int recent = (int) this.recentFailures.stream()
				.filter((time) -> Duration.between(time, now).compareTo(window) <= 0)
				.count();
			return new CallStatistics(running, longest, this.successes, this.failures, this.rejections, recent,
					this.failuresInARow, this.lastSuccess, this.lastFailure, this.lastFailureCause);
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Refuses new calls, waits for running ones, then frees the model. A load that is
	 * running is not waited for: it fails when it is done, and frees what it has loaded.
	 * A second call does nothing.
	 */
	@Override
	public void close() {
		retireCurrent(State.CLOSED);
	}

	private void retireCurrent(State next) {
		Model model;
		this.lock.lock();
		try {
			model = this.current;
			if (next == State.IDLE) {
				this.textsInUse = cachedTexts(CARRIED_TEXTS);
			}
			this.current = null;
			if (this.state != State.CLOSED) {
				become(next);
			}
		}
		finally {
			this.lock.unlock();
		}
		if (model != null) {
			retire(model);
		}
	}

	/**
	 * Like {@link #close()}, but stops waiting after a time. A call that is still running
	 * then keeps its model, which is freed when that call ends.
	 * @param timeout how long to wait
	 * @return whether the model is freed
	 */
	public boolean close(Duration timeout) {
		Thread closing = new Thread(this::close, "zsic-close");
		closing.setDaemon(true);
		closing.start();
		try {
			closing.join(Math.max(1, TimeUnit.MILLISECONDS.convert(timeout)));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		if (closing.isAlive()) {
			logger.warn("A call of the classifier has not ended after {} ms; its model is freed when it ends",
					TimeUnit.MILLISECONDS.convert(timeout));
			return false;
		}
		return true;
	}

	/**
	 * Loads a model.
	 */
	@FunctionalInterface
	public interface Loader {

		/**
		 * Loads a model.
		 * @param listener is to be told of the progress of a download
		 * @return the model, owned by the {@link SwappableClassifier} from now on
		 */
		ZeroShotClassifier load(DownloadListener listener);

	}

	/** A model with the number of calls that use it. */
	private static final class Model {

		private final ZeroShotClassifier classifier;

		private final ModelInfo info;

		private final Duration loadTime;

		private int leases;

		Model(ZeroShotClassifier classifier, ModelInfo info, Duration loadTime) {
			this.classifier = classifier;
			this.info = info;
			this.loadTime = loadTime;
		}

	}

	/** One running call, or test. */
	private static final class Lease {

		private final Model model;

		private final long start;

		private final boolean test;

		Lease(Model model, long start, boolean test) {
			this.model = model;
			this.start = start;
			this.test = test;
		}

	}

}
