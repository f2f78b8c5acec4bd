package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.github.zsic.CheckpointException;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.HubException;
import io.github.zsic.InferenceException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ManagedClassifier}.
 */
@ExtendWith(OutputCaptureExtension.class)
class ManagedClassifierTests {

	private static final ModelSelection FIRST = new ModelSelection("first", null, "cpu", Precision.AUTO);

	private static final ModelSelection SECOND = new ModelSelection("second", "v2", "cpu", Precision.AUTO);

	private static final ModelSelection THIRD = new ModelSelection("third", null, "cpu", Precision.AUTO);

	private static final ModelSelection BROKEN = new ModelSelection("broken", null, "cpu", Precision.AUTO);

	private final TestClassifier first = new TestClassifier(FIRST, 0.1f);

	private final TestClassifier second = new TestClassifier(SECOND, 0.2f);

	private final TestClassifier third = new TestClassifier(THIRD, 0.3f);

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final List<ModelSelection> loaded = new CopyOnWriteArrayList<>();

	private volatile CountDownLatch load = new CountDownLatch(1);

	private final AtomicReference<Thread> loadThread = new AtomicReference<>();

	private volatile RuntimeException failure;

	private ManagedClassifier managed;

	@AfterEach
	void close() {
		this.load.countDown();
		this.executor.shutdownNow();
		if (this.managed != null) {
			this.managed.close();
		}
	}

	@Test
	void eagerIsReadyWhenItIsThere() {
		this.load.countDown();
		start(Startup.EAGER);
		assertThat(this.loadThread).hasValue(Thread.currentThread());
		assertThat(this.managed.classifier().status().state()).isEqualTo(State.READY);
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.1f);
	}

	@Test
	void eagerFailsWhenTheModelDoes() {
		this.load.countDown();
		this.failure = new CheckpointException("No weights.", "Get them.");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> start(Startup.EAGER));
	}

	@Test
	void isStartedOnce() {
		this.load.countDown();
		start(Startup.EAGER);
		this.failure = new CheckpointException("No weights.", "Get them.");
		assertThat(this.managed.start()).isSameAs(this.managed.classifier());
	}

	@Test
	void backgroundLoadsInAThreadOfItsOwn() {
		ClassLoader loader = new ClassLoader() {
		};
		ClassLoader before = Thread.currentThread().getContextClassLoader();
		Thread.currentThread().setContextClassLoader(loader);
		try {
			start(Startup.BACKGROUND);
		}
		finally {
			Thread.currentThread().setContextClassLoader(before);
		}
		await().until(() -> this.loadThread.get() != null);
		assertThat(this.loadThread.get().getName()).isEqualTo("zsic-load-night");
		assertThat(this.loadThread.get().isDaemon()).isTrue();
		assertThat(this.loadThread.get().getContextClassLoader()).isSameAs(loader);
		assertThat(this.managed.classifier().status().state()).isEqualTo(State.LOADING);
		CompletableFuture<Float> answer = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		this.load.countDown();
		assertThat(answer).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(0.1f);
	}

	@Test
	void backgroundReportsFailure(CapturedOutput output) {
		this.failure = new CheckpointException("No weights.", "Get them.");
		this.load.countDown();
		start(Startup.BACKGROUND);
		await().until(() -> this.managed.classifier().status().state() == State.FAILED);
		assertThatExceptionOfType(ModelNotReadyException.class)
			.isThrownBy(() -> TestClassifier.ask(this.managed.classifier()))
			.withMessage("There is no model. No weights. Get them.");
		await().untilAsserted(() -> assertThat(output).contains("No weights. Get them."));
	}

	@Test
	void backgroundTriesAgainWhenTheHubIsAway(CapturedOutput output) {
		this.failure = new HubException(HubException.Reason.UNAVAILABLE, "No answer.", "Check the network.");
		this.load.countDown();
		start(Startup.BACKGROUND);
		await().untilAsserted(() -> assertThat(output).contains("tried again in 30 seconds"));
		this.failure = null;
		// The message comes a moment before the next load is possible.
		await().ignoreExceptions().untilAsserted(() -> this.managed.swap(SECOND));
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.2f);
	}

	@Test
	void lazyLoadsOnFirstUse() {
		this.load.countDown();
		start(Startup.LAZY);
		assertThat(this.managed.classifier().status().state()).isEqualTo(State.IDLE);
		assertThat(this.loadThread).hasNullValue();
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.1f);
		assertThat(this.loadThread.get()).isNotSameAs(Thread.currentThread());
	}

	@Test
	void swapsAndClosesTheOldModel() {
		this.load.countDown();
		start(Startup.EAGER);
		this.managed.swap(SECOND);
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.2f);
		assertThat(this.managed.selection()).isEqualTo(SECOND);
		assertThat(this.managed.classifier().model().revision()).isEqualTo("v2");
		assertThat(this.first.closed).isTrue();
	}

	@Test
	void swapToAModelThatCannotBeLoadedChangesNothing() {
		this.load.countDown();
		start(Startup.EAGER);
		this.failure = new CheckpointException("No weights.", "Get them.");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> this.managed.swap(SECOND));
		assertThat(this.managed.selection()).isEqualTo(FIRST);
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.1f);
		assertThat(this.managed.classifier().status().failure()).hasMessageContaining("No weights.");
	}

	@Test
	void swapToAModelThatFailsItsSelfTestChangesNothing() {
		this.load.countDown();
		start(Startup.EAGER);
		this.second.score = Float.NaN;
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> this.managed.swap(SECOND))
			.withMessageContaining("self-test");
		assertThat(this.second.closed).isTrue();
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.1f);
	}

	@Test
	void theLastSwapWins() throws Exception {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		CompletableFuture<Float> waiting = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		Future<?> superseded = this.executor.submit(() -> this.managed.swap(THIRD));
		await().until(() -> this.loaded.contains(THIRD));
		Future<?> swap = this.executor.submit(() -> this.managed.swap(SECOND));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> superseded.get(10, TimeUnit.SECONDS))
			.withCauseInstanceOf(SwapRefusedException.class)
			.withMessageContaining("'third' was given up, because the program asked for 'second'");
		assertThat(this.managed.wanted()).isEqualTo(SECOND);
		this.load.countDown();
		swap.get(10, TimeUnit.SECONDS);
		assertThat(waiting).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(0.2f);
		assertThat(this.managed.selection()).isEqualTo(SECOND);
		assertThat(this.managed.swaps()).isEqualTo(1);
		assertThat(this.managed.failedSwaps()).isZero();
		assertThat(this.loaded).containsExactly(FIRST, THIRD, SECOND);
	}

	@Test
	void modelThatNobodyWantsAnyMoreIsClosed() throws Exception {
		this.load.countDown();
		start(Startup.EAGER);
		this.third.entered = new CountDownLatch(1);
		this.third.hold = new CountDownLatch(1);
		Future<?> superseded = this.executor.submit(() -> this.managed.swap(THIRD));
		this.third.entered.await();
		Future<?> swap = this.executor.submit(() -> this.managed.swap(SECOND));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> superseded.get(10, TimeUnit.SECONDS));
		swap.get(10, TimeUnit.SECONDS);
		assertThat(this.third.closed).isTrue();
	}

	@Test
	void swapThatFailsDuringTheStartDoesNotStopIt() throws Exception {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		CompletableFuture<Float> waiting = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> this.managed.swap(BROKEN));
		this.load.countDown();
		await().ignoreExceptions().until(() -> this.managed.classifier().model().checkpoint().equals("first"));
		assertThat(waiting).isNotCancelled();
		assertThat(this.managed.selection()).isEqualTo(FIRST);
	}

	@Test
	void refreshDuringALoadIsNotLost() {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		this.managed.refresh(SECOND);
		assertThat(this.managed.wanted()).isEqualTo(SECOND);
		this.load.countDown();
		await().ignoreExceptions().until(() -> this.managed.classifier().model().checkpoint().equals("second"));
		await().until(() -> this.managed.selection().equals(SECOND));
	}

	@Test
	void interruptedSwapIsGivenUp() throws Exception {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		AtomicReference<Throwable> failure = new AtomicReference<>();
		Thread thread = new Thread(() -> {
			try {
				this.managed.swap(SECOND);
			}
			catch (SwapRefusedException ex) {
				failure.set(Thread.currentThread().isInterrupted() ? ex : null);
			}
		});
		thread.start();
		await().until(() -> this.loaded.contains(SECOND));
		thread.interrupt();
		thread.join(10_000);
		assertThat(failure.get()).hasMessageContaining("interrupted");
		this.load.countDown();
		await().ignoreExceptions().until(() -> this.managed.classifier().model().checkpoint().equals("first"));
	}

	@Test
	void closingStopsASwapAndWaitsForIt() {
		this.load.countDown();
		start(Startup.EAGER);
		this.load = new CountDownLatch(1);
		Future<?> swap = this.executor.submit(() -> this.managed.swap(SECOND));
		await().until(() -> this.loaded.contains(SECOND));
		this.managed.close();
		assertThat(this.loadThread.get().isAlive()).isFalse();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> swap.get(10, TimeUnit.SECONDS))
			.withCauseInstanceOf(ClassifierClosedException.class);
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> this.managed.swap(SECOND));
		assertThat(this.first.closed).isTrue();
	}

	@Test
	void durationsMayBeEndless() {
		Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
		ManagedClassifier patient = new ManagedClassifier("", FIRST, (selection, listener) -> this.first,
				new ManagedClassifier.Settings(Startup.LAZY, forEver, forEver, false));
		patient.start();
		assertThat(TestClassifier.ask(patient.classifier())).isEqualTo(0.1f);
		await().until(() -> patient.selfTest(forEver) != null);
		patient.close();
		assertThat(this.first.closed).isTrue();
	}

	@Test
	void resultOfASelfTestBelongsToItsModel() throws Exception {
		this.load.countDown();
		start(Startup.EAGER);
		this.first.selfTestFailure = new InferenceException("It is off.", "");
		assertThat(this.managed.runSelfTestNow().failure()).isNotNull();
		assertThat(this.managed.selfTest(Duration.ofHours(1)).failure()).isNotNull();
		this.first.entered = new CountDownLatch(1);
		this.first.hold = new CountDownLatch(1);
		CompletableFuture<Float> slow = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		this.first.entered.await();
		Future<?> swap = this.executor.submit(() -> this.managed.swap(SECOND));
		await().until(() -> this.managed.classifier().model().checkpoint().equals("second"));
		// The old one is still there, for the call that uses it.
		SelfTestResult result = this.managed.runSelfTestNow();
		assertThat(result.failure()).isNull();
		assertThat(this.managed.selfTest(Duration.ofHours(1))).isSameAs(result);
		this.first.hold.countDown();
		assertThat(slow).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(0.1f);
		swap.get(10, TimeUnit.SECONDS);
		assertThat(this.managed.classifier().calls(Duration.ofHours(1)).failuresInARow()).isZero();
	}

	@Test
	void tellsTheLogOfSwaps(CapturedOutput output) {
		Logger logger = (Logger) LoggerFactory.getLogger(ManagedClassifier.class);
		logger.setLevel(Level.INFO);
		this.load.countDown();
		start(Startup.EAGER);
		this.managed.swap(SECOND, "the endpoint");
		assertThat(output).contains("Classifier 'night' runs 'second' (revision v2, cpu, float32) instead of "
				+ "'first' (cpu, float32), which is freed; the endpoint asked for it");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> this.managed.swap(BROKEN));
		assertThat(output).contains("Classifier 'night' keeps 'second' (revision v2, cpu, float32); "
				+ "'broken' (cpu, auto), which the program asked for, was refused. It is broken. Mend it.");
		logger.setLevel(null);
	}

	@Test
	void unloadsFirstIfToldSo() {
		this.load.countDown();
		start(Startup.EAGER, true);
		this.managed.swap(SECOND);
		assertThat(this.first.closed).isTrue();
		assertThat(TestClassifier.ask(this.managed.classifier())).isEqualTo(0.2f);
	}

	@Test
	void loadsTheOldModelAgainAfterUnloadingItForNothing() {
		this.load.countDown();
		start(Startup.EAGER, true);
		this.second.score = 7;
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> this.managed.swap(SECOND));
		assertThat(this.managed.classifier().status().state()).isEqualTo(State.READY);
		assertThat(this.managed.classifier().model().checkpoint()).isEqualTo("first");
	}

	@Test
	void loadingTheOldModelAgainIsGivenUpForAnotherSwap() throws Exception {
		this.load.countDown();
		start(Startup.EAGER, true);
		this.load = new CountDownLatch(1);
		Future<?> failed = this.executor.submit(() -> this.managed.swap(BROKEN));
		await().until(() -> this.loaded.equals(List.of(FIRST, BROKEN, FIRST)));
		CompletableFuture<Float> waiting = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		Future<?> swap = this.executor.submit(() -> this.managed.swap(SECOND));
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> failed.get(10, TimeUnit.SECONDS))
			.withCauseInstanceOf(CheckpointException.class);
		this.load.countDown();
		swap.get(10, TimeUnit.SECONDS);
		assertThat(waiting).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(0.2f);
	}

	@Test
	void closingInterruptsALoad() {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		this.managed.close();
		assertThat(this.loadThread.get().isAlive()).isFalse();
		assertThat(this.managed.classifier().status().state()).isEqualTo(State.CLOSED);
	}

	@Test
	void closingGivesUpOnACallThatHangs() {
		this.load.countDown();
		start(Startup.EAGER);
		this.first.entered = new CountDownLatch(1);
		this.first.hold = new CountDownLatch(1);
		CompletableFuture<Float> answer = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		await().until(() -> this.first.entered.getCount() == 0);
		this.managed.close();
		assertThat(this.first.closed).isFalse();
		this.first.hold.countDown();
		assertThat(answer).succeedsWithin(10, TimeUnit.SECONDS).isEqualTo(0.1f);
		await().until(() -> this.first.closed);
	}

	@Test
	void selfTestIsRepeatedWhenItsResultIsTooOld() {
		this.load.countDown();
		start(Startup.EAGER);
		assertThat(this.managed.selfTest(Duration.ofHours(1))).isNull();
		await().until(() -> this.managed.selfTest(Duration.ofHours(1)) != null);
		SelfTestResult passed = this.managed.selfTest(Duration.ofHours(1));
		assertThat(passed.failure()).isNull();
		this.first.score = 0.5f;
		assertThat(this.managed.selfTest(Duration.ofHours(1))).isSameAs(passed);
		await().until(() -> this.managed.selfTest(Duration.ofNanos(1)).failure() != null);
		assertThat(this.managed.selfTest(Duration.ofHours(1)).failure()).isInstanceOf(InferenceException.class);
		this.first.score = 0.1f;
		await().until(() -> this.managed.selfTest(Duration.ofNanos(1)).failure() == null);
	}

	private void start(Startup startup) {
		start(startup, false);
	}

	private void start(Startup startup, boolean unloadBeforeSwap) {
		this.managed = new ManagedClassifier("night", FIRST, (selection, listener) -> {
			this.loadThread.set(Thread.currentThread());
			this.loaded.add(selection);
			if (selection.equals(BROKEN)) {
				throw new CheckpointException("It is broken.", "Mend it.");
			}
			try {
				this.load.await();
			}
			catch (InterruptedException ex) {
				throw new HubException(HubException.Reason.INTERRUPTED, "Interrupted.", "");
			}
			if (this.failure != null) {
				throw this.failure;
			}
			TestClassifier model = selection.equals(FIRST) ? this.first
					: selection.equals(SECOND) ? this.second : this.third;
			model.closed = false;
			return model;
		}, new ManagedClassifier.Settings(startup, Duration.ofSeconds(20), Duration.ofMillis(200), unloadBeforeSwap));
		this.managed.start();
	}

}
