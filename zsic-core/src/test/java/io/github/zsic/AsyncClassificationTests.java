package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Calls that no thread waits for, and pictures that come one by one.
 */
@Timeout(120)
class AsyncClassificationTests {

	private static final String[] LABELS = { "fox", "bear", "seagull", "owl" };

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "tiny.png", "wide.png");

	/** What four bytes stand for: a picture whose decoding waits for the test. */
	private static final byte[] SLOW = new byte[4];

	private static final AtomicInteger decoding = new AtomicInteger();

	private static volatile CountDownLatch proceed = new CountDownLatch(0);

	private static ZeroShotClassifier classifier;

	@BeforeAll
	static void load() {
		classifier = builder().build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	@AfterEach
	void holdsNothing() throws InterruptedException {
		proceed.countDown();
		await(() -> classifier.statistics().queuePlaces() == 0);
	}

	private static ZeroShotClassifierBuilder builder() {
		return ZeroShotClassifier.builder()
			.checkpoint(TestCheckpoints.checkpoint("quickgelu-legacy-eos").toString())
			.imageDecoders(List.of(AsyncClassificationTests::decode));
	}

	private static BufferedImage decode(byte[] bytes) {
		if (bytes.length != SLOW.length) {
			return null;
		}
		decoding.incrementAndGet();
		try {
			proceed.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			decoding.decrementAndGet();
		}
		return new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
	}

	@Test
	void anAsynchronousCallHasTheSameResult() {
		for (String name : PICTURES) {
			Classification expected = classifier.classify(picture(name), LABELS);
			assertThat(classifier.classifyAsync(picture(name), LABELS).join().predictions())
				.isEqualTo(expected.predictions());
			assertThat(classifier.classifyAsync(picture(name), LabelSet.of(LABELS)).join().model())
				.isEqualTo(classifier.model());
		}
		ClassificationRequest several = ClassificationRequest.builder()
			.images(PICTURES.stream().map(AsyncClassificationTests::picture).toList())
			.labels(LABELS)
			.build();
		assertThat(classifier.classifyAsync(several).join()).extracting(Classification::predictions)
			.isEqualTo(classifier.classify(several).stream().map(Classification::predictions).toList());
	}

	@Test
	void anAsynchronousCallFailsInItsFuture() {
		assertFailure(classifier.classifyAsync(ImageInput.of(new byte[] { 1, 2 }), LABELS),
				InvalidImageException.class);
		assertFailure(classifier.classifyAsync(picture("missing.png"), LABELS), InvalidImageException.class);
		assertFailure(classifier.classifyAsync(picture("tiny.png"), "x".repeat(9000)), InvalidLabelException.class);
		assertFailure(classifier.classifyAsync(ImageInput.of("broken", () -> {
			throw new IllegalStateException("source");
		}), LABELS), IllegalStateException.class);
		ZeroShotClassifier closed = builder().build();
		closed.close();
		assertFailure(closed.classifyAsync(picture("tiny.png"), LABELS), ClassifierClosedException.class);
	}

	/** Which is not the engine's, so it may do anything. */
	@Test
	void whatDependsOnACallRunsInAThreadOfItsOwn() {
		ZeroShotClassifier own = builder().build();
		List<String> threads = Collections.synchronizedList(new ArrayList<>());
		CompletableFuture<Void> closed = own.classifyAsync(picture("landscape.png"), LABELS).thenAccept((result) -> {
			threads.add(Thread.currentThread().getName());
			own.close();
		});
		closed.join();
		assertThat(threads).singleElement().asString().doesNotContain("engine").doesNotContain("decode");
	}

	@Test
	void callsThatWaitHaveNoThread() throws Exception {
		proceed = new CountDownLatch(1);
		int cores = Runtime.getRuntime().availableProcessors();
		int before = ((ThreadPoolExecutor) AsyncCall.THREADS).getActiveCount();
		List<CompletableFuture<Classification>> calls = IntStream.range(0, 100)
			.mapToObj((i) -> classifier.classifyAsync(ImageInput.of(SLOW), LABELS))
			.toList();
		await(() -> decoding.get() == cores);
		await(() -> ((ThreadPoolExecutor) AsyncCall.THREADS).getActiveCount() <= before);
		assertThat(classifier.statistics().queuePlaces()).isEqualTo(100);
		proceed.countDown();
		calls.forEach((call) -> assertThat(call.join().predictions()).hasSize(LABELS.length));
	}

	@Test
	void aCancelledCallGivesUpWhatHasNotBegun() throws Exception {
		proceed = new CountDownLatch(1);
		int cores = Runtime.getRuntime().availableProcessors();
		List<CompletableFuture<String>> calls = IntStream.range(0, cores + 20)
			.mapToObj((i) -> classifier.classifyAsync(ImageInput.of(SLOW), LABELS)
				.thenApply((result) -> result.best().label()))
			.toList();
		await(() -> decoding.get() == cores);
		// Those that wait go, and it is the caller's stage that was cancelled.
		calls.forEach((call) -> assertThat(call.cancel(true)).isTrue());
		proceed.countDown();
		await(() -> classifier.statistics().queuePlaces() == 0);
		assertThat(calls).allMatch(CompletableFuture::isCancelled);
	}

	@Test
	void aFullQueueFailsTheFuture() throws Exception {
		proceed = new CountDownLatch(1);
		try (ZeroShotClassifier small = builder().queueCapacity(1).build()) {
			CompletableFuture<Classification> first = small.classifyAsync(ImageInput.of(SLOW), LABELS);
			assertFailure(small.classifyAsync(picture("tiny.png"), LABELS), QueueFullException.class);
			proceed.countDown();
			assertThat(first.join().predictions()).hasSize(LABELS.length);
		}
	}

	@Test
	void closingWaitsForAsynchronousCalls() throws Exception {
		proceed = new CountDownLatch(1);
		ZeroShotClassifier own = builder().build();
		CompletableFuture<Classification> call = own.classifyAsync(ImageInput.of(SLOW), LABELS);
		await(() -> decoding.get() == 1);
		CompletableFuture<Void> closing = CompletableFuture.runAsync(own::close);
		assertFailure(awaitClosing(own), ClassifierClosedException.class);
		assertThat(closing).isNotDone();
		proceed.countDown();
		closing.join();
		assertThat(call.join().predictions()).hasSize(LABELS.length);
	}

	private static CompletableFuture<Classification> awaitClosing(ZeroShotClassifier own) {
		while (true) {
			CompletableFuture<Classification> refused = own.classifyAsync(picture("tiny.png"), LABELS);
			if (catchThrowable(refused::join) != null) {
				return refused;
			}
		}
	}

	@Test
	void eachPictureHasItsResultOrFailureInItsPlace() {
		List<ImageInput> images = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			images.add((i % 10 == 3) ? ImageInput.of("damaged", new byte[] { 1, 2 })
					: (i % 10 == 5) ? ImageInput.of("broken", () -> {
						throw new IllegalStateException("source");
					}) : picture(PICTURES.get(i % PICTURES.size())));
		}
		AtomicBoolean closed = new AtomicBoolean();
		List<ClassificationOutcome> outcomes;
		try (Stream<ClassificationOutcome> stream = classifier.classifyEach(
				images.stream().onClose(() -> closed.set(true)), (request) -> request.labels(LABELS).top(2))) {
			outcomes = stream.toList();
		}
		assertThat(closed).isTrue();
		assertThat(outcomes).extracting(ClassificationOutcome::image).isEqualTo(images);
		for (int i = 0; i < 100; i++) {
			ClassificationOutcome outcome = outcomes.get(i);
			if (i % 10 == 3) {
				assertThat(outcome.failure()).isInstanceOf(InvalidImageException.class);
				assertThatExceptionOfType(InvalidImageException.class).isThrownBy(outcome::orElseThrow);
			}
			else if (i % 10 == 5) {
				assertThat(outcome.failure()).hasMessage("source");
			}
			else {
				assertThat(outcome.orElseThrow().predictions())
					.isEqualTo(classifier.classify(images.get(i), LABELS).predictions().subList(0, 2));
			}
		}
	}

	@Test
	void picturesAreReadAFewAheadOfTheirResults() throws Exception {
		AtomicInteger taken = new AtomicInteger();
		AtomicInteger opened = new AtomicInteger();
		AtomicInteger open = new AtomicInteger();
		AtomicInteger mostOpen = new AtomicInteger();
		Stream<ImageInput> endless = Stream.generate(() -> {
			taken.incrementAndGet();
			return ImageInput.of("picture", () -> {
				opened.incrementAndGet();
				mostOpen.accumulateAndGet(open.incrementAndGet(), Math::max);
				Thread.yield();
				open.decrementAndGet();
				return Files.newInputStream(TestCheckpoints.picture("tiny.png"));
			});
		});
		try (Stream<ClassificationOutcome> stream = classifier.classifyEach(endless, LABELS)) {
			assertThat(taken).hasValue(0);
			Iterator<ClassificationOutcome> outcomes = stream.iterator();
			for (int i = 0; i < 50; i++) {
				assertThat(outcomes.next().failure()).isNull();
				assertThat(taken.get()).isLessThan(i + 100);
			}
			// What nobody asks for is ready, and holds nothing.
			await(() -> classifier.statistics().queuePlaces() == 0);
			await(() -> opened.get() == taken.get());
		}
		assertThat(mostOpen.get()).isBetween(1, 4);
	}

	/** Sources that do not answer have no place in the queue, so others have. */
	@Test
	void slowSourcesHoldUpNoOthers() throws Exception {
		CountDownLatch answer = new CountDownLatch(1);
		AtomicInteger waiting = new AtomicInteger();
		List<Thread> readers = new ArrayList<>();
		try (ZeroShotClassifier small = builder().queueCapacity(2).build()) {
			for (int i = 0; i < 20; i++) {
				Stream<ImageInput> slow = Stream.generate(() -> ImageInput.of("slow", () -> {
					waiting.incrementAndGet();
					await(answer);
					throw new IOException("no answer");
				})).limit(6);
				Thread reader = new Thread(() -> {
					try (Stream<ClassificationOutcome> outcomes = small.classifyEach(slow, LABELS)) {
						assertThat(outcomes.filter((outcome) -> outcome.failure() != null)).hasSize(6);
					}
				});
				readers.add(reader);
				reader.start();
			}
			await(() -> waiting.get() == 80);
			try (Stream<ClassificationOutcome> others = small.classifyEach(pictures(40), LABELS)) {
				assertThat(others).hasSize(40).allMatch((outcome) -> outcome.classification() != null);
			}
			assertThat(small.classify(picture("tiny.png"), LABELS).predictions()).hasSize(LABELS.length);
			answer.countDown();
			for (Thread reader : readers) {
				reader.join();
			}
		}
	}

	@Test
	void aSmallQueueRefusesNoStream() {
		try (ZeroShotClassifier small = builder().queueCapacity(1).build();
				Stream<ClassificationOutcome> one = small.classifyEach(pictures(30), LABELS);
				Stream<ClassificationOutcome> two = small.classifyEach(pictures(30), LABELS)) {
			Iterator<ClassificationOutcome> other = two.iterator();
			one.forEach((outcome) -> {
				assertThat(outcome.failure()).isNull();
				assertThat(other.next().failure()).isNull();
			});
			assertThat(other).isExhausted();
			assertThat(small.statistics().queuePlaces()).isZero();
		}
	}

	/** Also where something is around the classifier that knows nothing of streams. */
	@Test
	void aDecoratorNeedNotKnowOfStreams() {
		try (ZeroShotClassifier small = builder().queueCapacity(1).build()) {
			AtomicInteger calls = new AtomicInteger();
			ZeroShotClassifier decorated = new Decorator(small, calls);
			try (Stream<ClassificationOutcome> outcomes = decorated.classifyEach(pictures(30), LABELS)) {
				assertThat(outcomes).hasSize(30).allMatch((outcome) -> outcome.classification() != null);
			}
			assertThat(calls).hasValue(30);
			assertThat(decorated.classifyAsync(picture("tiny.png"), LABELS).join().predictions())
				.hasSize(LABELS.length);
		}
	}

	@Test
	void whatIsNotAboutOnePictureEndsTheStream() {
		AtomicInteger taken = new AtomicInteger();
		try (Stream<ClassificationOutcome> stream = classifier
			.classifyEach(pictures(1000).peek((image) -> taken.incrementAndGet()), "x".repeat(9000))) {
			assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(stream::toList);
		}
		try (Stream<ClassificationOutcome> stream = classifier.classifyEach(pictures(1000))) {
			assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(stream::toList)
				.withMessageContaining("no labels");
		}
		ZeroShotClassifier closed = builder().build();
		closed.close();
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> closed.classifyEach(pictures(1000), LABELS).toList());
		assertThat(taken.get()).isLessThan(100);
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.classifyEach(pictures(1), "fox", " "));
		assertThatIllegalArgumentException()
			.isThrownBy(() -> classifier.classifyEach(pictures(1), (request) -> request.image(picture("tiny.png"))))
			.withMessageContaining("images");
	}

	@Test
	void theFailureOfTheSourceComesAfterWhatWasBeforeIt() {
		Stream<ImageInput> failing = IntStream.range(0, 10).mapToObj((i) -> {
			if (i == 5) {
				throw new UncheckedIOException(new IOException("folder"));
			}
			return picture("tiny.png");
		});
		List<ClassificationOutcome> outcomes = new ArrayList<>();
		assertThatExceptionOfType(UncheckedIOException.class)
			.isThrownBy(() -> classifier.classifyEach(failing, LABELS).forEach(outcomes::add));
		assertThat(outcomes).hasSize(5);
	}

	@Test
	void closingTheStreamGivesUpWhatIsUnderWay() throws Exception {
		proceed = new CountDownLatch(1);
		AtomicInteger taken = new AtomicInteger();
		Stream<ClassificationOutcome> stream = classifier
			.classifyEach(Stream.generate(() -> ImageInput.of(SLOW)).peek((image) -> taken.incrementAndGet()), LABELS);
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread reader = new Thread(() -> failure.complete(catchThrowable(() -> stream.iterator().next())));
		reader.start();
		await(() -> decoding.get() > 0);
		stream.close();
		assertThat(failure.join()).isInstanceOf(CancellationException.class);
		proceed.countDown();
		await(() -> classifier.statistics().queuePlaces() == 0);
		assertThat(taken.get()).isLessThan(100);
	}

	@Test
	void anInterruptedReaderGivesUp() throws Exception {
		proceed = new CountDownLatch(1);
		AtomicBoolean interrupted = new AtomicBoolean();
		CompletableFuture<Throwable> failure = new CompletableFuture<>();
		Thread reader = new Thread(() -> {
			Throwable ex = catchThrowable(
					() -> classifier.classifyEach(Stream.generate(() -> ImageInput.of(SLOW)), LABELS).toList());
			interrupted.set(Thread.currentThread().isInterrupted());
			failure.complete(ex);
		});
		reader.start();
		await(() -> decoding.get() > 0);
		reader.interrupt();
		assertThat(failure.join()).isInstanceOf(CancellationException.class);
		assertThat(interrupted).isTrue();
	}

	@Test
	void aForgottenStreamHoldsNothing() {
		ZeroShotClassifier own = builder().build();
		Iterator<ClassificationOutcome> forgotten = own.classifyEach(pictures(1000), LABELS).iterator();
		assertThat(forgotten.next().failure()).isNull();
		own.close();
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> forgotten.forEachRemaining((next) -> {
			}));
	}

	@Test
	void backgroundPromptsHoldForAsynchronousCallsAndStreams() {
		ZeroShotClassifier background = classifier.withBackground("a photo of something else");
		Classification expected = background.classify(picture("landscape.png"), LABELS);
		assertThat(background.classifyAsync(picture("landscape.png"), LABELS).join().predictions())
			.isEqualTo(expected.predictions());
		try (Stream<ClassificationOutcome> stream = background.classifyEach(Stream.of(picture("landscape.png")),
				LABELS)) {
			assertThat(stream.findFirst().orElseThrow().orElseThrow().predictions()).isEqualTo(expected.predictions());
		}
	}

	/** The stream goes on with the next model, and the exchange does not wait for it. */
	@Test
	void aStreamLastsLongerThanAModel() {
		try (SwappableClassifier swappable = new SwappableClassifier(java.time.Duration.ofSeconds(20))) {
			swappable.load("first", (listener) -> builder().build());
			try (Stream<ClassificationOutcome> stream = swappable.classifyEach(pictures(200), LABELS)) {
				Iterator<ClassificationOutcome> outcomes = stream.iterator();
				List<ModelInfo> models = new ArrayList<>();
				models.add(outcomes.next().orElseThrow().model());
				swappable.load("second",
						(listener) -> ZeroShotClassifier.builder()
							.checkpoint(TestCheckpoints.checkpoint("siglip").toString())
							.build());
				outcomes.forEachRemaining((outcome) -> models.add(outcome.orElseThrow().model()));
				assertThat(models).hasSize(200);
				assertThat(models.get(0).modelType()).isEqualTo("clip");
				assertThat(models.get(199).modelType()).isEqualTo("siglip");
			}
			assertThat(swappable.calls(java.time.Duration.ofMinutes(1)).successes()).isEqualTo(200);
			assertThat(swappable.calls(java.time.Duration.ofMinutes(1)).running()).isZero();
		}
	}

	private static Stream<ImageInput> pictures(int count) {
		return IntStream.range(0, count).mapToObj((i) -> picture(PICTURES.get(i % PICTURES.size())));
	}

	private static ImageInput picture(String name) {
		Path file = TestCheckpoints.picture(name);
		return ImageInput.of(file);
	}

	private static void assertFailure(CompletableFuture<?> future, Class<? extends Exception> type) {
		assertThatExceptionOfType(CompletionException.class).isThrownBy(future::join).withCauseInstanceOf(type);
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void await(BooleanSupplier condition) throws InterruptedException {
		while (!condition.getAsBoolean()) {
			Thread.sleep(2);
		}
	}

	/** As users write them, with what the interface demands. */
	private record Decorator(ZeroShotClassifier decorated, AtomicInteger calls) implements ZeroShotClassifier {

		@Override
		public List<Classification> classify(ClassificationRequest request) {
			this.calls.incrementAndGet();
			return this.decorated.classify(request);
		}

		@Override
		public float[] embedImage(ImageInput image) {
			return this.decorated.embedImage(image);
		}

		@Override
		public float[] embedText(String text) {
			return this.decorated.embedText(text);
		}

		@Override
		public ModelInfo model() {
			return this.decorated.model();
		}

		@Override
		public void close() {
			this.decorated.close();
		}

	}

}
