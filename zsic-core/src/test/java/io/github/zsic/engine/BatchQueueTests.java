package io.github.zsic.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.jspecify.annotations.Nullable;

import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is computed together, in which order, and what becomes of the rest: with an
 * encoder that waits for the test, in the threads of the engine.
 */
@Timeout(60)
class BatchQueueTests {

	/** The embedding of a picture is its width. */
	private final Semaphore batches = new Semaphore(0);

	private final AtomicInteger beingComputed = new AtomicInteger();

	private final ConcurrentLinkedQueue<List<Integer>> computed = new ConcurrentLinkedQueue<>();

	private final ExecutorService callers = Executors.newCachedThreadPool();

	private final EngineThreads threads = EngineThreads.share(1, 1, new TorchDevice("cpu"));

	@BeforeAll
	static void loadLibrary() {
		TorchRuntime.engine();
	}

	@AfterEach
	void endThreads() {
		this.batches.release(10_000);
		this.callers.shutdown();
		this.threads.close();
	}

	@Test
	void gathersWhatWaitsUpToTheMaximumSize() throws Exception {
		BatchQueue queue = queue(4, Duration.ZERO, 100);
		List<Future<List<Integer>>> calls = new ArrayList<>();
		for (int i = 1; i <= 8; i++) {
			calls.add(call(queue, i));
			awaitWaiting(queue, i - 1);
		}
		this.batches.release(10_000);
		for (int i = 1; i <= 8; i++) {
			assertThat(calls.get(i - 1).get()).containsExactly(i);
		}
		assertThat(this.computed).containsExactly(List.of(1), List.of(2, 3, 4, 5), List.of(6, 7, 8));
	}

	@Test
	void waitsForOthersIfAllowed() throws Exception {
		BatchQueue queue = queue(3, Duration.ofSeconds(50), 100);
		this.batches.release(10_000);
		Future<List<Integer>> first = call(queue, 1);
		while (queue.waiting() == 0) {
			Thread.sleep(1);
		}
		Future<List<Integer>> others = call(queue, 2, 3);
		assertThat(first.get()).containsExactly(1);
		assertThat(others.get()).containsExactly(2, 3);
		assertThat(this.computed).hasSize(1);
	}

	@Test
	void waitsNoLongerThanAllowed() throws Exception {
		BatchQueue queue = queue(3, Duration.ofMillis(20), 100);
		this.batches.release(10_000);
		assertThat(call(queue, 1).get()).containsExactly(1);
	}

	/**
	 * Adaptive: a picture that is being decoded is worth a wait, an empty house is not.
	 */
	@Test
	void waitsByItselfOnlyWhileOthersAreDecoded() throws Exception {
		BatchQueue queue = queue(3, null, 100);
		this.batches.release(10_000);
		assertThat(call(queue, 1).get()).containsExactly(1);
		assertThat(queue.taken()).isZero();
	}

	/** As a text does, or another model, under load that does not end. */
	@Test
	void otherWorkOfTheThreadsGetsItsTurn() throws Exception {
		BatchQueue queue = queue(4, Duration.ZERO, 100);
		AtomicBoolean done = new AtomicBoolean();
		for (int i = 0; i < 8; i++) {
			this.callers.submit(() -> {
				while (!done.get()) {
					encode(queue, UnaryOperator.identity(), 1);
				}
			});
		}
		this.batches.release(200);
		while (this.computed.size() < 200) {
			Thread.sleep(1);
		}
		Future<Boolean> other = this.callers.submit(() -> this.threads.call(() -> true));
		for (int i = 0; i < 20 && !other.isDone(); i++) {
			this.batches.release();
			Thread.sleep(50);
		}
		assertThat(other.isDone()).isTrue();
		done.set(true);
	}

	@Test
	void requestsTakeTurns() throws Exception {
		BatchQueue queue = queue(2, Duration.ZERO, 100);
		Future<List<Integer>> running = call(queue, 99);
		awaitWaiting(queue, 0);
		Future<List<Integer>> large = call(queue, 1, 1, 1, 1, 1, 1, 1, 1);
		awaitWaiting(queue, queue.window());
		Future<List<Integer>> small = call(queue, 7);
		awaitWaiting(queue, queue.window() + 1);
		this.batches.release(2);
		assertThat(small.get()).containsExactly(7);
		assertThat(large).isNotDone();
		this.batches.release(10_000);
		assertThat(large.get()).hasSize(8);
		assertThat(running.get()).containsExactly(99);
	}

	@Test
	void refusesWhenAllPlacesAreTaken() throws Exception {
		BatchQueue queue = queue(1, Duration.ZERO, 2);
		Future<List<Integer>> one = call(queue, 1);
		Future<List<Integer>> other = call(queue, 2);
		awaitWaiting(queue, 1);
		assertThat(queue.takePlace()).isFalse();
		assertThat(queue.taken()).isEqualTo(2);
		this.batches.release(10_000);
		one.get();
		other.get();
		assertThat(queue.taken()).isZero();
		assertThat(call(queue, 3).get()).containsExactly(3);
	}

	/** One with a thousand pictures gets along with the one place that is left. */
	@Test
	void aRequestNeedsOnePlaceOnly() throws Exception {
		BatchQueue queue = queue(8, Duration.ZERO, 1);
		this.batches.release(10_000);
		int[] widths = IntStream.rangeClosed(1, 1000).toArray();
		assertThat(call(queue, widths).get()).hasSize(1000).isSorted();
	}

	/**
	 * A single picture waits for no more batches than behind as many single ones, however
	 * many pictures others bring.
	 */
	@Test
	void callsWithManyPicturesLeaveRoomForSingleOnes() throws Exception {
		int capacity = 16;
		int size = 4;
		BatchQueue queue = queue(size, Duration.ZERO, capacity);
		List<Future<List<Integer>>> bulk = new ArrayList<>();
		for (int i = 1; i <= 16; i++) {
			int[] pictures = new int[100];
			Arrays.fill(pictures, i);
			bulk.add(call(queue, pictures));
		}
		int inWork = capacity / 2;
		for (int single = 1001; single <= 1040; single++) {
			awaitInWork(queue, inWork);
			Future<List<Integer>> call = call(queue, single);
			awaitInWork(queue, inWork + 1);
			int batches = 0;
			while (!isComputed(single)) {
				computeOne();
				batches++;
			}
			assertThat(call.get()).containsExactly(single);
			assertThat(batches).isLessThanOrEqualTo(1 + (inWork + size) / size);
		}
		// And they take turns with each other.
		int[] computed = new int[17];
		this.computed.forEach((batch) -> batch.stream().filter((i) -> i <= 16).forEach((i) -> computed[i]++));
		int most = Arrays.stream(computed).max().orElseThrow();
		assertThat(Arrays.stream(computed).skip(1).min().orElseThrow()).isGreaterThanOrEqualTo(most / 2);
		this.batches.release(10_000);
		for (Future<List<Integer>> call : bulk) {
			assertThat(call.get()).hasSize(100);
		}
		assertThat(queue.taken()).isZero();
	}

	@Test
	void aCallWithManyPicturesGivesPlacesBackThatOthersNeed() throws Exception {
		BatchQueue queue = queue(4, Duration.ZERO, 16);
		Future<List<Integer>> bulk = call(queue, new int[1000]);
		awaitInWork(queue, 8);
		for (int i = 0; i < 6; i++) {
			assertThat(queue.takePlace()).isTrue();
		}
		// Three quarters of all, of which it has what is left.
		while (queue.taken() > 12) {
			computeOne();
		}
		int singles = 6;
		while (queue.takePlace()) {
			singles++;
			computeOne();
		}
		// One is kept for it, so that it goes on.
		assertThat(singles).isEqualTo(15);
		assertThat(queue.taken()).isEqualTo(16);
		this.batches.release(10_000);
		assertThat(bulk.get()).hasSize(1000);
		for (int i = 0; i < singles; i++) {
			queue.leavePlace();
		}
		assertThat(queue.taken()).isZero();
	}

	@Test
	void onlyAFewPicturesAreDecodedAhead() throws Exception {
		BatchQueue queue = queue(4, Duration.ZERO, 100);
		AtomicInteger decoded = new AtomicInteger();
		Future<List<Integer>> running = call(queue, 99);
		awaitWaiting(queue, 0);
		Future<List<Integer>> call = this.callers.submit(() -> encode(queue, (picture) -> {
			decoded.incrementAndGet();
			return picture;
		}, IntStream.rangeClosed(1, 50).toArray()));
		awaitWaiting(queue, queue.window());
		assertThat(decoded).hasValue(queue.window());
		this.batches.release(10_000);
		assertThat(call.get()).hasSize(50);
		assertThat(running.get()).containsExactly(99);
	}

	@Test
	void aPictureThatFailsFailsAlone() throws Exception {
		BatchQueue queue = queue(4, Duration.ZERO, 100);
		Future<List<Integer>> running = call(queue, 1);
		awaitWaiting(queue, 0);
		Future<List<Integer>> bad = call(queue, -1);
		Future<List<Integer>> good = call(queue, 2);
		awaitWaiting(queue, 2);
		this.batches.release(10_000);
		assertThat(running.get()).containsExactly(1);
		assertThat(good.get()).containsExactly(2);
		assertThat(bad).failsWithin(Duration.ofSeconds(10))
			.withThrowableThat()
			.havingCause()
			.isInstanceOf(InferenceException.class)
			.withMessageContaining("negative width");
		assertThat(queue.taken()).isZero();
	}

	@Test
	void theFirstFailureEndsARequest() {
		BatchQueue queue = queue(4, Duration.ZERO, 100);
		this.batches.release(10_000);
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> encode(queue, (picture) -> {
			if (picture.width() >= 3) {
				throw new InvalidImageException(InvalidImageException.Reason.UNREADABLE, "Picture " + picture.width(),
						"");
			}
			return picture;
		}, 1, 2, 3, 4, 5)).withMessage("Picture 3");
		assertThat(queue.taken()).isZero();
		assertThat(queue.waiting()).isZero();
	}

	@Test
	void anInterruptedCallTakesBackWhatWaits() throws Exception {
		BatchQueue queue = queue(1, Duration.ZERO, 100);
		Future<List<Integer>> running = call(queue, 1);
		awaitWaiting(queue, 0);
		CountDownLatch ended = new CountDownLatch(1);
		Thread caller = new Thread(() -> {
			try {
				encode(queue, UnaryOperator.identity(), 2, 3, 4);
			}
			catch (CancellationException ex) {
				if (Thread.currentThread().isInterrupted()) {
					ended.countDown();
				}
			}
		});
		caller.start();
		awaitWaiting(queue, queue.window());
		caller.interrupt();
		ended.await();
		assertThat(queue.waiting()).isZero();
		assertThat(queue.taken()).isOne();
		this.batches.release(10_000);
		assertThat(running.get()).containsExactly(1);
		assertThat(this.computed).containsExactly(List.of(1));
	}

	/** The model might be closed when the call has ended. */
	@Test
	void anInterruptedCallEndsAfterWhatIsBeingComputed() throws Exception {
		BatchQueue queue = queue(1, Duration.ZERO, 100);
		CountDownLatch ended = new CountDownLatch(1);
		List<Integer> computedAtTheEnd = new ArrayList<>();
		Thread caller = new Thread(() -> {
			try {
				encode(queue, this::secondAfterFirstIsBeingComputed, 1, 2);
			}
			catch (CancellationException ex) {
				this.computed.forEach(computedAtTheEnd::addAll);
				ended.countDown();
			}
		});
		caller.start();
		awaitWaiting(queue, 1);
		caller.interrupt();
		assertThat(ended.await(100, TimeUnit.MILLISECONDS)).isFalse();
		this.batches.release();
		ended.await();
		assertThat(computedAtTheEnd).containsExactly(1);
	}

	/** Pictures are decoded by several threads, and computed as they come. */
	private DualEncoder.Picture secondAfterFirstIsBeingComputed(DualEncoder.Picture picture) {
		while (picture.width() == 2 && !this.batches.hasQueuedThreads()) {
			Thread.onSpinWait();
		}
		return picture;
	}

	/** Until so many pictures are being computed or wait. */
	private void awaitInWork(BatchQueue queue, int pictures) throws InterruptedException {
		while (queue.waiting() + this.beingComputed.get() != pictures) {
			Thread.sleep(1);
		}
	}

	private boolean isComputed(int width) {
		return this.computed.stream().anyMatch((batch) -> batch.contains(width));
	}

	/** Lets one batch go, and waits for it. */
	private void computeOne() throws InterruptedException {
		int before = this.computed.size();
		this.batches.release();
		while (this.computed.size() == before) {
			Thread.sleep(1);
		}
	}

	private BatchQueue queue(int maximumSize, @Nullable Duration maximumDelay, int capacity) {
		return new BatchQueue(this.threads, new Batching(maximumSize, maximumDelay, capacity), (pictures) -> {
			this.beingComputed.set(pictures.size());
			this.batches.acquireUninterruptibly();
			this.beingComputed.set(0);
			List<Integer> widths = pictures.stream().map(DualEncoder.Picture::width).toList();
			if (widths.contains(-1)) {
				throw new IllegalStateException("negative width");
			}
			this.computed.add(widths);
			return widths.stream().map((width) -> new float[] { width }).toArray(float[][]::new);
		});
	}

	private Future<List<Integer>> call(BatchQueue queue, int... widths) {
		return this.callers.submit(() -> encode(queue, UnaryOperator.identity(), widths));
	}

	private static List<Integer> encode(BatchQueue queue, UnaryOperator<DualEncoder.Picture> decoder, int... widths) {
		List<Integer> results = new ArrayList<>();
		try (ImageRequest request = ImageRequest.admit(queue, UnaryOperator.identity(), widths.length)) {
			request.encode(
					IntStream.of(widths).mapToObj((width) -> new DualEncoder.Picture(new byte[0], width, 1)).toList(),
					(picture) -> () -> decoder.apply(picture), (image) -> results.add((int) image.embedding()[0]));
		}
		return results;
	}

	/** Until a batch is being computed and so many pictures wait besides. */
	private void awaitWaiting(BatchQueue queue, int waiting) throws InterruptedException {
		while (queue.waiting() != waiting || this.batches.getQueueLength() == 0) {
			Thread.sleep(1);
		}
	}

}
