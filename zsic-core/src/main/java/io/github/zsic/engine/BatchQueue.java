package io.github.zsic.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * The pictures of all calls that wait for one model, computed in batches. A batch is made
 * up at the moment when a thread of the engine is free for it, of what waits then; the
 * calls take turns in it, so that one with a thousand pictures delays one with a single
 * picture by no more than a batch or two. When a batch fails, each of its pictures is
 * computed alone, and only those fail that fail alone.
 * <p>
 * It has a fixed number of places, one for each picture in work, from before it is
 * decoded until its embedding is there, so places bound the memory that pictures take. A
 * call with a single picture takes a place or is refused. Those with many, which are
 * {@linkplain Flow flows}, wait for a place for each picture and never have more than
 * half of the places together; so single calls find one. Where these need more than a
 * quarter, flows take no further places than one for each of them, which is kept for them
 * so that they go on.
 * <p>
 * Why: docs/decisions/0021.
 */
final class BatchQueue {

	/** Bounds what a guess can cost a picture. */
	private static final long MAXIMUM_ADAPTIVE_DELAY = Duration.ofMillis(10).toNanos();

	private final EngineThreads threads;

	private final Function<List<DualEncoder.Picture>, float[][]> encoder;

	private final int maximumSize;

	/** Negative for an adaptive one. */
	private final long maximumDelay;

	private final int capacity;

	private final @Nullable Duration maximumWait;

	/** How many places flows may have together. */
	private final int share;

	/** Guards everything below. */
	private final ReentrantLock lock = new ReentrantLock();

	private final Condition arrived = this.lock.newCondition();

	private final PriorityQueue<Entry> waiting = new PriorityQueue<>();

	/** Places of calls with a single picture. */
	private int singles;

	/** Places of flows. */
	private int shared;

	/** How many flows there are. */
	private int flows;

	/** Flows that wait for places, in the order in which they get one. */
	private final Set<Flow> shortOfPlaces = new LinkedHashSet<>();

	private int running;

	/** Tasks of this queue that wait for a thread. */
	private int scheduled;

	/** The turn of the picture that was taken last. */
	private long turn;

	private long entries;

	/** How long the last batch took. */
	private long batchTime;

	/**
	 * Creates a queue.
	 * @param threads where batches are computed
	 * @param batching sizes, all chosen
	 * @param encoder computes the embeddings of one batch, called in those threads
	 */
	BatchQueue(EngineThreads threads, Batching batching, Function<List<DualEncoder.Picture>, float[][]> encoder) {
		this.threads = threads;
		this.encoder = encoder;
		this.maximumSize = batching.maximumSize();
		this.maximumDelay = (batching.maximumDelay() != null) ? TimeUnit.NANOSECONDS.convert(batching.maximumDelay())
				: -1;
		this.capacity = batching.capacity();
		this.maximumWait = batching.maximumWait();
		this.share = Math.max(1, this.capacity / 2);
	}

	/**
	 * Takes a place for a call with a single picture.
	 * @return whether there was one
	 */
	boolean takePlace() {
		this.lock.lock();
		try {
			if (taken() >= this.capacity) {
				return false;
			}
			this.singles++;
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Gives back what {@link #takePlace()} took. */
	void leavePlace() {
		change(() -> this.singles--);
	}

	/**
	 * Admits a call with several pictures, whose flow exists until {@link #exit}.
	 * @return whether there was room for it
	 */
	boolean enter(Flow flow) {
		this.lock.lock();
		try {
			if (taken() >= this.capacity || this.flows >= this.capacity) {
				return false;
			}
			hold(flow);
			return true;
		}
		finally {
			this.lock.unlock();
		}
	}

	void exit(Flow flow) {
		change(() -> release(flow));
	}

	/**
	 * Asks for a place for a picture of a flow.
	 * @return completed when the flow has it, in any thread, with what is to be given to
	 * {@link #leavePlace(Flow)} later
	 */
	CompletableFuture<Flow> awaitPlace(Flow flow) {
		CompletableFuture<Flow> place = new CompletableFuture<>();
		change(() -> {
			hold(flow);
			flow.waiting.add(place);
			this.shortOfPlaces.add(flow);
		});
		return place;
	}

	/**
	 * Takes back the wish for a place.
	 * @param place from {@link #awaitPlace}
	 * @return whether the flow had not got it yet
	 */
	boolean withdrawPlace(Flow flow, CompletableFuture<Flow> place) {
		AtomicBoolean waited = new AtomicBoolean();
		change(() -> {
			if (flow.waiting.remove(place)) {
				waited.set(true);
				if (flow.waiting.isEmpty()) {
					this.shortOfPlaces.remove(flow);
				}
				release(flow);
			}
		});
		if (waited.get()) {
			place.cancel(false);
		}
		return waited.get();
	}

	/** Gives back a place of a flow. */
	void leavePlace(Flow flow) {
		change(() -> leave(flow));
	}

	private void hold(Flow flow) {
		if (flow.holds++ == 0) {
			this.flows++;
		}
	}

	private void release(Flow flow) {
		if (--flow.holds == 0) {
			this.flows--;
		}
	}

	private void leave(Flow flow) {
		flow.places--;
		this.shared--;
		release(flow);
	}

	/** Changes the numbers of places, and gives out those that are free then. */
	private void change(Runnable change) {
		List<Runnable> given = new ArrayList<>();
		this.lock.lock();
		try {
			change.run();
			while (!this.shortOfPlaces.isEmpty() && hasPlaceForFlow()) {
				given.add(givePlace());
			}
		}
		finally {
			this.lock.unlock();
		}
		given.forEach(Runnable::run);
	}

	private boolean hasPlaceForFlow() {
		int all = this.singles + this.shared;
		return all < this.capacity
				&& (this.shared < reserved() || (this.shared < this.share && all < this.capacity - this.capacity / 4));
	}

	/** The flow that has least is next. */
	private Runnable givePlace() {
		Flow flow = this.shortOfPlaces.stream().min(Comparator.comparingInt((each) -> each.places)).orElseThrow();
		CompletableFuture<Flow> place = flow.waiting.remove();
		this.shortOfPlaces.remove(flow);
		if (!flow.waiting.isEmpty()) {
			this.shortOfPlaces.add(flow);
		}
		flow.places++;
		this.shared++;
		return () -> place.complete(flow);
	}

	/** The places that are kept for flows, so that they go on. */
	private int reserved() {
		return Math.min(this.flows, this.share);
	}

	/** How many places a request can make use of. */
	int window() {
		// As many as can be computed at once, and the same again that get ready
		// meanwhile.
		return 2 * this.maximumSize * this.threads.size();
	}

	/**
	 * Queues a picture of a request.
	 * @return completed in a thread of the engine
	 */
	CompletableFuture<EncodedImage> add(ImageRequest request, DualEncoder.Picture picture) {
		Entry entry;
		boolean schedule;
		this.lock.lock();
		try {
			Flow flow = request.flow();
			flow.turn = Math.max(this.turn, flow.turn + 1);
			entry = new Entry(request, flow.turn, this.entries++, picture);
			this.waiting.add(entry);
			this.arrived.signalAll();
			schedule = schedules();
		}
		finally {
			this.lock.unlock();
		}
		if (schedule) {
			this.threads.execute(this::runBatch);
		}
		return entry.result;
	}

	/**
	 * Whether one more task is to be given to the threads, which counts as done. There is
	 * one at least as long as a picture waits, and never more than threads: each computes
	 * one batch and then goes to the end of their queue, so that other work gets its
	 * turn. More would pile up, as a task takes many pictures.
	 */
	private boolean schedules() {
		if (this.waiting.isEmpty() || this.scheduled >= this.threads.size()) {
			return false;
		}
		this.scheduled++;
		return true;
	}

	/** Takes back what waits of a request. What is being computed goes on. */
	void withdraw(ImageRequest request) {
		List<Entry> withdrawn = new ArrayList<>();
		this.lock.lock();
		try {
			this.waiting.removeIf((entry) -> entry.request == request && withdrawn.add(entry));
		}
		finally {
			this.lock.unlock();
		}
		withdrawn.forEach((entry) -> entry.result.completeExceptionally(new CancellationException()));
	}

	private void runBatch() {
		List<Entry> batch = takeBatch();
		if (batch.isEmpty()) {
			return;
		}
		long start = System.nanoTime();
		try {
			run(batch, start);
		}
		finally {
			this.lock.lock();
			try {
				this.running -= batch.size();
				this.batchTime = System.nanoTime() - start;
			}
			finally {
				this.lock.unlock();
			}
		}
	}

	private List<Entry> takeBatch() {
		List<Entry> batch = new ArrayList<>();
		boolean schedule;
		this.lock.lock();
		try {
			this.scheduled--;
			gather();
			// What waits is shared out among the threads that are free.
			int free = this.threads.free();
			int size = Math.min(this.maximumSize, (this.waiting.size() + free - 1) / free);
			while (batch.size() < size) {
				Entry entry = this.waiting.remove();
				this.turn = entry.turn;
				batch.add(entry);
			}
			this.running += batch.size();
			schedule = schedules();
		}
		finally {
			this.lock.unlock();
		}
		if (schedule) {
			this.threads.execute(this::runBatch);
		}
		return batch;
	}

	/** Waits for a fuller batch, as long as that is allowed. */
	private void gather() {
		Entry first;
		while ((first = this.waiting.peek()) != null && this.waiting.size() < this.maximumSize) {
			long left = delay() - (System.nanoTime() - first.start);
			if (left <= 0) {
				return;
			}
			try {
				this.arrived.awaitNanos(left);
			}
			catch (InterruptedException ex) {
				return;
			}
		}
	}

	private long delay() {
		if (this.maximumDelay >= 0) {
			return this.maximumDelay;
		}
		boolean moreToCome = this.singles + this.shared > this.waiting.size() + this.running;
		return moreToCome ? Math.min(this.batchTime / 2, MAXIMUM_ADAPTIVE_DELAY) : 0;
	}

	private void run(List<Entry> batch, long start) {
		float[][] embeddings;
		try {
			embeddings = this.encoder.apply(batch.stream().map((entry) -> entry.picture).toList());
		}
		catch (RuntimeException | Error ex) {
			if (batch.size() == 1) {
				batch.get(0).result.completeExceptionally(EngineThreads.translate(ex));
			}
			else {
				batch.forEach((entry) -> run(List.of(entry), System.nanoTime()));
			}
			return;
		}
		Duration time = Duration.ofNanos(System.nanoTime() - start);
		for (int i = 0; i < embeddings.length; i++) {
			Entry entry = batch.get(i);
			entry.result.complete(new EncodedImage(embeddings[i], Duration.ZERO, Duration.ofNanos(start - entry.start),
					time, embeddings.length));
		}
	}

	/** How many pictures wait. */
	int waiting() {
		this.lock.lock();
		try {
			return this.waiting.size();
		}
		finally {
			this.lock.unlock();
		}
	}

	/** How many places are taken or kept. */
	int taken() {
		this.lock.lock();
		try {
			return this.singles + Math.max(this.shared, reserved());
		}
		finally {
			this.lock.unlock();
		}
	}

	int capacity() {
		return this.capacity;
	}

	/** How long a single picture waits for its decoding, {@code null} for any time. */
	@Nullable Duration maximumWait() {
		return this.maximumWait;
	}

	/** A picture that waits. */
	private static final class Entry implements Comparable<Entry> {

		private final ImageRequest request;

		private final long turn;

		private final long number;

		private final DualEncoder.Picture picture;

		private final long start = System.nanoTime();

		private final CompletableFuture<EncodedImage> result = new CompletableFuture<>();

		Entry(ImageRequest request, long turn, long number, DualEncoder.Picture picture) {
			this.request = request;
			this.turn = turn;
			this.number = number;
			this.picture = picture;
		}

		@Override
		public int compareTo(Entry other) {
			int byTurn = Long.compare(this.turn, other.turn);
			return (byTurn != 0) ? byTurn : Long.compare(this.number, other.number);
		}

	}

}
