package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.github.zsic.CheckpointException;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.HubException;
import io.github.zsic.InferenceException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

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

	private final TestClassifier first = new TestClassifier(FIRST, 0.1f);

	private final TestClassifier second = new TestClassifier(SECOND, 0.2f);

	private final CountDownLatch load = new CountDownLatch(1);

	private final AtomicReference<Thread> loadThread = new AtomicReference<>();

	private volatile RuntimeException failure;

	private ManagedClassifier managed;

	@AfterEach
	void close() {
		this.load.countDown();
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
	void oneSwapAtATime() {
		start(Startup.BACKGROUND);
		await().until(() -> this.loadThread.get() != null);
		assertThatExceptionOfType(SwapRefusedException.class).isThrownBy(() -> this.managed.swap(SECOND))
			.withMessageContaining("'first' is being loaded");
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
			try {
				this.load.await();
			}
			catch (InterruptedException ex) {
				throw new HubException(HubException.Reason.INTERRUPTED, "Interrupted.", "");
			}
			if (this.failure != null) {
				throw this.failure;
			}
			TestClassifier model = selection.equals(FIRST) ? this.first : this.second;
			model.closed = false;
			return model;
		}, new ManagedClassifier.Settings(startup, Duration.ofSeconds(20), Duration.ofMillis(200), unloadBeforeSwap));
	}

}
