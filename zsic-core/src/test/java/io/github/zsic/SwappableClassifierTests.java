package io.github.zsic;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.zsic.ClassifierStatus.State;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link SwappableClassifier} on models that are none.
 */
class SwappableClassifierTests {

	private static final ClassificationRequest REQUEST = ClassificationRequest.builder()
		.image(ImageInput.of(new byte[0]))
		.labels("owl")
		.build();

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private Instant now = Instant.parse("2026-01-01T00:00:00Z");

	private final Clock clock = new Clock() {

		@Override
		public ZoneOffset getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(java.time.ZoneId zone) {
			return this;
		}

		@Override
		public Instant instant() {
			return SwappableClassifierTests.this.now;
		}

	};

	private final SwappableClassifier classifier = new SwappableClassifier(Duration.ofSeconds(20), null, this.clock);

	@AfterEach
	void stop() {
		this.executor.shutdownNow();
	}

	@Test
	void waitMustNotBeNegative() {
		assertThatIllegalArgumentException().isThrownBy(() -> new SwappableClassifier(Duration.ofMillis(-1)));
	}

	@Test
	void callWaitsForTheFirstModel() throws Exception {
		Future<String> answer = this.executor.submit(() -> answer(this.classifier));
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> answer.get(50, TimeUnit.MILLISECONDS));
		load("a");
		assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("a");
	}

	@Test
	void callFailsWhenTheModelDoesNotComeInTime() {
		try (SwappableClassifier impatient = new SwappableClassifier(Duration.ofMillis(10))) {
			assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> answer(impatient))
				.withMessageContaining("none is being loaded");
			assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(impatient::model);
		}
	}

	@Test
	void callThatFailsInTheMeantimeTellsOfTheDownload() {
		try (SwappableClassifier impatient = new SwappableClassifier(Duration.ZERO)) {
			impatient.load("owner/a", (listener) -> {
				assertThat(impatient.status().state()).isEqualTo(State.LOADING);
				assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> answer(impatient))
					.withMessageContaining("'owner/a' is still being loaded");
				DownloadProgress half = progress(30, 60);
				listener.onProgress(half);
				assertThat(impatient.status().state()).isEqualTo(State.DOWNLOADING);
				assertThat(impatient.status().download()).isSameAs(half);
				assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> answer(impatient))
					.withMessageContaining("'owner/a' is still being downloaded: 30 of 60 bytes")
					.satisfies((ex) -> assertThat(ex.getDownload()).isSameAs(half));
				listener.onProgress(progress(60, 60));
				assertThat(impatient.status().state()).isEqualTo(State.LOADING);
				assertThat(impatient.status().download()).isNull();
				return new Fake("a");
			});
			assertThat(impatient.status().state()).isEqualTo(State.READY);
			assertThat(answer(impatient)).isEqualTo("a");
		}
	}

	@Test
	void interruptedCallFails() throws Exception {
		CountDownLatch started = new CountDownLatch(1);
		AtomicInteger interrupted = new AtomicInteger();
		Thread thread = new Thread(() -> {
			started.countDown();
			try {
				answer(this.classifier);
			}
			catch (ModelNotReadyException ex) {
				interrupted.set(Thread.currentThread().isInterrupted() ? 1 : 2);
			}
		});
		thread.start();
		started.await();
		thread.interrupt();
		thread.join(10_000);
		assertThat(interrupted).hasValue(1);
	}

	@Test
	void firstUseStartsTheLoad() throws Exception {
		AtomicInteger uses = new AtomicInteger();
		SwappableClassifier[] lazy = new SwappableClassifier[1];
		lazy[0] = new SwappableClassifier(Duration.ofSeconds(20), () -> {
			uses.incrementAndGet();
			this.executor.execute(() -> lazy[0].load("a", (listener) -> new Fake("a")));
		});
		assertThat(lazy[0].status().state()).isEqualTo(State.IDLE);
		assertThat(answer(lazy[0])).isEqualTo("a");
		assertThat(answer(lazy[0])).isEqualTo("a");
		assertThat(uses).hasValue(1);
	}

	@Test
	void callsFailAtOnceWhenTheFirstLoadFailed() throws Exception {
		Future<String> waiting = this.executor.submit(() -> answer(this.classifier));
		CheckpointException failure = new CheckpointException("No weights.", "Get them.");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> this.classifier.load("a", (listener) -> {
			throw failure;
		})).isSameAs(failure);
		assertThat(this.classifier.status().state()).isEqualTo(State.FAILED);
		assertThat(this.classifier.status().failure()).isSameAs(failure);
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
			.withCauseInstanceOf(ModelNotReadyException.class);
		assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> answer(this.classifier))
			.withMessage("There is no model. No weights. Get them.")
			.withCause(failure);
		load("b");
		assertThat(answer(this.classifier)).isEqualTo("b");
		assertThat(this.classifier.status().failure()).isNull();
	}

	@Test
	void failedSwapChangesNothing() {
		Fake first = load("a");
		assertThatIllegalStateException().isThrownBy(() -> this.classifier.load("b", (listener) -> {
			assertThat(this.classifier.status().state()).isEqualTo(State.SWAPPING);
			listener.onProgress(progress(1, 2));
			assertThat(this.classifier.status().state()).isEqualTo(State.SWAPPING);
			assertThat(this.classifier.status().download()).isNotNull();
			assertThat(answer(this.classifier)).isEqualTo("a");
			throw new IllegalStateException("broken");
		}));
		assertThat(this.classifier.status().state()).isEqualTo(State.READY);
		assertThat(this.classifier.status().download()).isNull();
		assertThat(this.classifier.status().failure()).hasMessage("broken");
		assertThat(this.classifier.model().checkpoint()).isEqualTo("a");
		assertThat(answer(this.classifier)).isEqualTo("a");
		assertThat(first.closed).isFalse();
	}

	@Test
	void runningCallFinishesOnItsModelWhichIsClosedThen() throws Exception {
		Fake first = load("a");
		first.hold = new CountDownLatch(1);
		Future<String> slow = this.executor.submit(() -> answer(this.classifier));
		first.entered.await();
		Future<?> swap = this.executor.submit(() -> load("b"));
		while (!this.classifier.model().checkpoint().equals("b")) {
			Thread.onSpinWait();
		}
		assertThat(answer(this.classifier)).isEqualTo("b");
		assertThat(first.closed).isFalse();
		assertThat(swap.isDone()).isFalse();
		first.hold.countDown();
		assertThat(slow.get(10, TimeUnit.SECONDS)).isEqualTo("a");
		swap.get(10, TimeUnit.SECONDS);
		assertThat(first.closed).isTrue();
	}

	@Test
	void severalCallsOnOneModel() {
		load("a");
		List<String> answers = this.classifier.call((model) -> {
			String before = answer(model);
			Future<?> swap = this.executor.submit(() -> load("b"));
			while (!this.classifier.model().checkpoint().equals("b")) {
				Thread.onSpinWait();
			}
			assertThat(swap.isDone()).isFalse();
			return List.of(before, answer(model), answer(this.classifier));
		});
		assertThat(answers).containsExactly("a", "a", "b");
	}

	@Test
	void asynchronousCallWaitsForTheFirstModelInAnotherThread() throws Exception {
		CompletableFuture<List<Classification>> call = this.classifier.classifyAsync(REQUEST);
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> call.get(50, TimeUnit.MILLISECONDS));
		load("a");
		assertThat(call.get(10, TimeUnit.SECONDS).get(0).best().label()).isEqualTo("a");
		this.classifier.close();
		assertThat(this.classifier.classifyAsync(REQUEST)).failsWithin(10, TimeUnit.SECONDS)
			.withThrowableThat()
			.withCauseInstanceOf(ClassifierClosedException.class);
	}

	/** Whoever waits for the result, or does not any more. */
	@Test
	void asynchronousCallHoldsItsModelToItsEnd() throws Exception {
		Fake first = load("a");
		first.hold = new CountDownLatch(1);
		CompletableFuture<List<Classification>> call = this.classifier.classifyAsync(REQUEST);
		first.entered.await();
		Future<Fake> second = this.executor.submit(() -> load("b"));
		while (!this.classifier.model().checkpoint().equals("b")) {
			Thread.sleep(1);
		}
		assertThat(answer(this.classifier)).isEqualTo("b");
		assertThat(second).isNotDone();
		assertThat(first.closed).isFalse();
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).running()).isOne();
		assertThat(call.cancel(true)).isTrue();
		second.get(10, TimeUnit.SECONDS);
		assertThat(first.closed).isTrue();
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).running()).isZero();
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).failures()).isZero();
	}

	@Test
	void countsWhatFailsInAsynchronousCalls() {
		Fake model = load("a");
		model.failure = new InferenceException("engine", "");
		assertThat(this.classifier.classifyAsync(REQUEST)).failsWithin(10, TimeUnit.SECONDS)
			.withThrowableThat()
			.withCauseInstanceOf(InferenceException.class);
		model.failure = null;
		assertThat(this.classifier.classifyAsync(REQUEST)).succeedsWithin(10, TimeUnit.SECONDS);
		CallStatistics calls = this.classifier.calls(Duration.ofMinutes(1));
		assertThat(calls.failures()).isOne();
		assertThat(calls.successes()).isOne();
	}

	@Test
	void unloadedModelIsFreedBeforeTheNextIsLoaded() throws Exception {
		Fake first = load("a");
		this.classifier.unload();
		assertThat(first.closed).isTrue();
		Future<String> answer = this.executor.submit(() -> answer(this.classifier));
		load("b");
		assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("b");
	}

	@Test
	void closingWaitsForRunningCalls() throws Exception {
		Fake model = load("a");
		model.hold = new CountDownLatch(1);
		Future<String> slow = this.executor.submit(() -> answer(this.classifier));
		model.entered.await();
		assertThat(this.classifier.close(Duration.ofMillis(20))).isFalse();
		assertThat(model.closed).isFalse();
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> answer(this.classifier));
		model.hold.countDown();
		assertThat(slow.get(10, TimeUnit.SECONDS)).isEqualTo("a");
		while (!model.closed) {
			Thread.onSpinWait();
		}
		assertThat(this.classifier.close(Duration.ofSeconds(10))).isTrue();
		assertThat(this.classifier.status().state()).isEqualTo(State.CLOSED);
		assertThat(this.classifier.model().checkpoint()).isEqualTo("a");
	}

	@Test
	void closingDuringALoadFreesWhatItLoads() {
		Fake late = new Fake("a");
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> this.classifier.load("a", (listener) -> {
				this.classifier.close();
				return late;
			}));
		assertThat(late.closed).isTrue();
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> load("b"));
	}

	@Test
	void closingEndsTheWaitForTheFirstModel() {
		Future<String> answer = this.executor.submit(() -> answer(this.classifier));
		this.classifier.close();
		assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
			.withCauseInstanceOf(ClassifierClosedException.class);
	}

	@Test
	void countsWhatTheEngineFails() {
		Fake model = load("a");
		answer(this.classifier);
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).lastSuccess()).isEqualTo(this.now);
		fail(model, new InvalidLabelException("Blank.", ""));
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).failures()).isZero();
		fail(model, new InferenceException("Lost device.", ""));
		this.now = this.now.plusSeconds(50);
		fail(model, new OutOfMemoryError());
		CallStatistics calls = this.classifier.calls(Duration.ofMinutes(1));
		assertThat(calls.successes()).isEqualTo(1);
		assertThat(calls.failures()).isEqualTo(2);
		assertThat(calls.recentFailures()).isEqualTo(2);
		assertThat(calls.failuresInARow()).isEqualTo(2);
		assertThat(calls.lastFailure()).isEqualTo(this.now);
		assertThat(calls.lastFailureCause()).isInstanceOf(OutOfMemoryError.class);
		this.now = this.now.plusSeconds(20);
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).recentFailures()).isEqualTo(1);
		model.failure = null;
		answer(this.classifier);
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).failuresInARow()).isZero();
	}

	@Test
	void testsTellWhetherTheModelWorksButAreNoCalls() {
		Fake model = load("a");
		fail(model, new InferenceException("Lost device.", ""));
		this.classifier.test((tested) -> {
			assertThat(tested).isSameAs(model);
			assertThat(this.classifier.calls(Duration.ofMinutes(1)).running()).isZero();
		});
		CallStatistics passed = this.classifier.calls(Duration.ofMinutes(1));
		assertThat(passed.failuresInARow()).isZero();
		assertThat(passed.successes()).isZero();
		assertThat(passed.lastSuccess()).isNull();
		InferenceException failure = new InferenceException("Lost device again.", "");
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> this.classifier.test((tested) -> {
			throw failure;
		}));
		CallStatistics failed = this.classifier.calls(Duration.ofMinutes(1));
		assertThat(failed.failures()).isEqualTo(1);
		assertThat(failed.failuresInARow()).isEqualTo(1);
		assertThat(failed.recentFailures()).isEqualTo(2);
		assertThat(failed.lastFailureCause()).isSameAs(failure);
		assertThatExceptionOfType(QueueFullException.class).isThrownBy(() -> this.classifier.test((tested) -> {
			throw new QueueFullException(1);
		}));
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).rejections()).isZero();
	}

	@Test
	void failuresOfTheFormerModelAreForgotten() {
		Fake model = load("a");
		fail(model, new InferenceException("Lost device.", ""));
		load("b");
		CallStatistics calls = this.classifier.calls(Duration.ofMinutes(1));
		assertThat(calls.failuresInARow()).isZero();
		assertThat(calls.recentFailures()).isZero();
		assertThat(calls.failures()).isEqualTo(1);
	}

	@Test
	void tellsForHowLongTheOldestCallRuns() throws Exception {
		Fake model = load("a");
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).longestRunning()).isZero();
		model.hold = new CountDownLatch(1);
		Future<String> slow = this.executor.submit(() -> answer(this.classifier));
		model.entered.await();
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).running()).isEqualTo(1);
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).longestRunning()).isPositive();
		model.hold.countDown();
		slow.get(10, TimeUnit.SECONDS);
		assertThat(this.classifier.calls(Duration.ofMinutes(1)).running()).isZero();
	}

	@Test
	void durationsMayBeEndless() {
		Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
		SwappableClassifier patient = new SwappableClassifier(forEver);
		patient.load("a", (listener) -> new Fake("a"));
		assertThat(answer(patient)).isEqualTo("a");
		Fake broken = new Fake("b");
		broken.failure = new InferenceException("Lost device.", "");
		patient.load("b", (listener) -> broken);
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> answer(patient));
		assertThat(patient.calls(forEver).recentFailures()).isEqualTo(1);
		assertThat(patient.close(forEver)).isTrue();
	}

	@Test
	void setThatIsPreparedDuringALoadIsPreparedForTheNextModel() {
		load("a");
		Fake next = new Fake("b");
		LabelSet early = this.classifier.labels("fox", "owl");
		LabelSet[] late = new LabelSet[2];
		next.onPrepare = () -> late[1] = (late[1] != null) ? late[1] : this.classifier.labels("ox", "ant");
		this.classifier.load("b", (listener) -> {
			late[0] = this.classifier.labels("bear", "seagull");
			return next;
		});
		assertThat(next.prepared).containsExactlyInAnyOrder(early, late[0], late[1]);
	}

	@Test
	void setIsPreparedAgainIfItsModelIsReplacedMeanwhile() throws Exception {
		Fake first = load("a");
		Fake second = new Fake("b");
		CountDownLatch entered = new CountDownLatch(1);
		CountDownLatch hold = new CountDownLatch(1);
		first.onPrepare = () -> {
			entered.countDown();
			await(hold);
		};
		Future<LabelSet> set = this.executor.submit(() -> this.classifier.labels("fox", "owl"));
		entered.await();
		Future<?> swap = this.executor.submit(() -> this.classifier.load("b", (listener) -> second));
		while (!this.classifier.model().checkpoint().equals("b")) {
			Thread.onSpinWait();
		}
		hold.countDown();
		assertThat(second.prepared).containsExactly(set.get(10, TimeUnit.SECONDS));
		swap.get(10, TimeUnit.SECONDS);
		Fake third = load("c");
		assertThat(third.prepared).containsExactly(set.get());
	}

	@Test
	void setThatTheNextModelCannotPrepareRefusesIt() {
		load("a");
		Fake next = new Fake("b");
		next.onPrepare = () -> {
			throw new InvalidLabelException("Too long.", "");
		};
		LabelSet[] set = new LabelSet[1];
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> this.classifier.load("b", (listener) -> {
				set[0] = this.classifier.labels("fox", "owl");
				return next;
			}));
		assertThat(next.closed).isTrue();
		assertThat(answer(this.classifier)).isEqualTo("a");
		assertThat(this.classifier.labels("ox", "ant")).isNotNull();
	}

	@Test
	void textsInUseAreEncodedForTheNextModel() {
		Fake first = load("a");
		first.cached = IntStream.range(0, 5_000).mapToObj((i) -> "text " + i).toList();
		Fake next = new Fake("b");
		next.tooLong = Set.of("text 7", "text 100");
		this.classifier.load("b", (listener) -> next);
		assertThat(next.encoded).hasSize(998)
			.contains("text 0", "text 6", "text 8", "text 999")
			.doesNotContain("text 7", "text 100");
	}

	@Test
	void textsOfAnUnloadedModelAreEncodedForTheNext() {
		Fake first = load("a");
		first.cached = List.of("a fox", "an owl");
		this.classifier.unload();
		Fake next = load("b");
		assertThat(next.encoded).containsExactly("a fox", "an owl");
	}

	@Test
	void callsGoOnWaitingWhenALoadIsGivenUp() throws Exception {
		Future<String> answer = this.executor.submit(() -> answer(this.classifier));
		assertThatExceptionOfType(CancellationException.class)
			.isThrownBy(() -> this.classifier.load("a", (listener) -> {
				throw new CancellationException();
			}));
		assertThat(this.classifier.status().state()).isEqualTo(State.IDLE);
		assertThat(this.classifier.status().failure()).isNull();
		assertThatExceptionOfType(TimeoutException.class).isThrownBy(() -> answer.get(50, TimeUnit.MILLISECONDS));
		load("b");
		assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("b");
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void fail(Fake model, Throwable failure) {
		model.failure = failure;
		assertThatExceptionOfType(Throwable.class).isThrownBy(() -> answer(this.classifier)).isSameAs(failure);
	}

	private Fake load(String name) {
		Fake model = new Fake(name);
		this.classifier.load(name, (listener) -> model);
		return model;
	}

	private static String answer(ZeroShotClassifier classifier) {
		return classifier.classify(REQUEST).get(0).best().label();
	}

	private static DownloadProgress progress(long bytes, long size) {
		return new DownloadProgress("owner/a", "0123",
				List.of(new DownloadProgress.File("model.safetensors", bytes, size, bytes == size)));
	}

	/**
	 * A model whose only answer is its name.
	 */
	private static final class Fake implements ZeroShotClassifier {

		private final String name;

		private final CountDownLatch entered = new CountDownLatch(1);

		private volatile CountDownLatch hold = new CountDownLatch(0);

		private volatile Throwable failure;

		private volatile boolean closed;

		private final Set<LabelSet> prepared = ConcurrentHashMap.newKeySet();

		private volatile Runnable onPrepare = () -> {
		};

		private volatile List<String> cached = List.of();

		private final List<String> encoded = new ArrayList<>();

		private Set<String> tooLong = Set.of();

		Fake(String name) {
			this.name = name;
		}

		@Override
		public List<Classification> classify(ClassificationRequest request) {
			this.entered.countDown();
			try {
				this.hold.await();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
			if (this.closed) {
				throw new IllegalStateException("used after close");
			}
			if (this.failure instanceof RuntimeException ex) {
				throw ex;
			}
			if (this.failure instanceof Error ex) {
				throw ex;
			}
			return new ArrayList<>(List.of(Classification.of(new Prediction(this.name, 1))));
		}

		@Override
		public LabelSet prepare(LabelSet labels) {
			this.onPrepare.run();
			this.prepared.add(labels);
			return labels;
		}

		@Override
		public List<String> cachedTexts(int maximum) {
			return this.cached.subList(0, Math.min(maximum, this.cached.size()));
		}

		@Override
		public List<float[]> embedTexts(Collection<String> texts) {
			if (texts.stream().anyMatch(this.tooLong::contains)) {
				throw new InvalidLabelException("Too long.", "");
			}
			this.encoded.addAll(texts);
			return texts.stream().map((text) -> new float[0]).toList();
		}

		@Override
		public float[] embedImage(ImageInput image) {
			return new float[0];
		}

		@Override
		public float[] embedText(String text) {
			return new float[0];
		}

		@Override
		public ModelInfo model() {
			return new ModelInfo(this.name, null, "fake", "cpu", Precision.FLOAT32, 1, Scoring.SOFTMAX, List.of());
		}

		@Override
		public void close() {
			this.closed = true;
		}

	}

}
