package io.github.zsic.engine;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import io.github.zsic.QueueFullException;

/**
 * A call that the queue of a model has admitted, for pictures to encode. To be closed
 * when it has its results.
 */
public final class ImageRequest implements AutoCloseable {

	/**
	 * Decode the pictures of requests that have several; a single one is decoded by the
	 * thread that waits for it. Shared by all models, as cores are.
	 */
	private static final ThreadPoolExecutor DECODERS = decoders("zsic-decode-");

	/**
	 * Decode single pictures that no thread waits for, beside those of large requests.
	 */
	private static final ThreadPoolExecutor SINGLE_DECODERS = decoders("zsic-decode-single-");

	/**
	 * For those who decode themselves. More at the same time than there are cores would
	 * only all be done later.
	 */
	private static final Semaphore CORES = new Semaphore(Runtime.getRuntime().availableProcessors(), true);

	private final BatchQueue queue;

	private final UnaryOperator<DualEncoder.Picture> preparation;

	private final Flow flow;

	private final Kind kind;

	/** That is waited for, or for the next picture. Not used by single pictures. */
	private volatile @Nullable CompletableFuture<Flow> place;

	private volatile boolean abandoned;

	ImageRequest(BatchQueue queue, UnaryOperator<DualEncoder.Picture> preparation, Flow flow, Kind kind) {
		this.queue = queue;
		this.preparation = preparation;
		this.flow = flow;
		this.kind = kind;
	}

	/**
	 * Asks a queue to admit a call.
	 * @param queue the queue
	 * @param preparation makes of a decoded picture what is queued
	 * @param pictures how many pictures the call has
	 * @return the call
	 * @throws QueueFullException if there is no room for it
	 */
	static ImageRequest admit(BatchQueue queue, UnaryOperator<DualEncoder.Picture> preparation, int pictures) {
		Flow flow = new Flow();
		if (!((pictures == 1) ? queue.takePlace() : queue.enter(flow))) {
			throw new QueueFullException(queue.capacity());
		}
		return new ImageRequest(queue, preparation, flow, (pictures == 1) ? Kind.SINGLE : Kind.SEVERAL);
	}

	Flow flow() {
		return this.flow;
	}

	private static ThreadPoolExecutor decoders(String name) {
		int cores = Runtime.getRuntime().availableProcessors();
		AtomicInteger number = new AtomicInteger();
		ThreadPoolExecutor executor = new ThreadPoolExecutor(cores, cores, 30, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(null, task, name + number.incrementAndGet(), 0, false);
					thread.setDaemon(true);
					thread.setContextClassLoader(ImageRequest.class.getClassLoader());
					return thread;
				});
		executor.allowCoreThreadTimeOut(true);
		return executor;
	}

	/**
	 * Reads, decodes and encodes pictures, several at a time, and hands on the results in
	 * the order of the pictures. Only a few are ahead of the engine. What fails first in
	 * that order ends the request; this method returns when nothing of it is under way
	 * any more.
	 * @param <T> what a picture is read from
	 * @param sources what the pictures are read from, at least one
	 * @param reader reads one of them, in the calling thread, and returns what decodes
	 * it, in another thread if there are several
	 * @param consumer takes the results, in the calling thread
	 * @throws CancellationException if the calling thread is interrupted and there are
	 * several pictures; the result of a single one it waits for
	 * @throws io.github.zsic.InferenceException if the engine fails
	 * @throws RuntimeException what reader, decoder and consumer throw
	 */
	public <T> void encode(List<T> sources, Function<T, Source> reader, Consumer<EncodedImage> consumer) {
		if (this.kind == Kind.SINGLE) {
			consumer.accept(join(startAlone(sources.get(0), reader)));
			return;
		}
		LookAhead<T, EncodedImage> ahead = new LookAhead<>(sources.iterator(), this.queue::window, this::havePlace,
				(source) -> start(source, reader));
		try {
			for (Optional<EncodedImage> image = await(ahead::next); image.isPresent(); image = await(ahead::next)) {
				consumer.accept(image.get());
			}
		}
		finally {
			abandon(ahead.underWay());
		}
	}

	/**
	 * Reads one picture, and has it decoded and encoded while no thread waits for it. One
	 * of a flow waits for a place after it is read, so that slow sources hold none.
	 * @param <T> what the picture is read from
	 * @param source what the picture is read from
	 * @param reader reads it, in the calling thread
	 * @return completed in any thread, and only when nothing of it is under way any more;
	 * fails with what reader and decoder throw, an
	 * {@link io.github.zsic.InferenceException}, or a {@link CancellationException} after
	 * {@link #abandon()}
	 */
	public <T> CompletableFuture<EncodedImage> encode(T source, Function<T, Source> reader) {
		requireWanted();
		long start = System.nanoTime();
		Source decoder = reader.apply(source);
		Duration read = Duration.ofNanos(System.nanoTime() - start);
		if (this.kind == Kind.SINGLE) {
			return (decoder.isSmall() ? CompletableFuture.completedFuture(decode(decoder, read)) : CompletableFuture
				.supplyAsync(() -> decodeInTurn(decoder, read, start + read.toNanos()), SINGLE_DECODERS))
				.thenCompose(this::enqueue);
		}
		CompletableFuture<Flow> wish = this.queue.awaitPlace(this.flow);
		this.place = wish;
		if (this.abandoned) {
			this.queue.withdrawPlace(this.flow, wish);
		}
		return wish.thenCompose((granted) -> inPlace(decodeAside(decoder, read)));
	}

	/**
	 * Gives up what has not begun, of a picture that no thread waits for.
	 */
	public void abandon() {
		this.abandoned = true;
		CompletableFuture<Flow> wish = this.place;
		if (wish != null) {
			this.queue.withdrawPlace(this.flow, wish);
		}
		this.queue.withdraw(this);
	}

	private void requireWanted() {
		if (this.abandoned) {
			throw new CancellationException();
		}
	}

	/** Reads the picture in the calling thread, and decodes it there. */
	private <T> CompletableFuture<EncodedImage> startAlone(T source, Function<T, Source> reader) {
		long start = System.nanoTime();
		Source decoder = reader.apply(source);
		Duration read = Duration.ofNanos(System.nanoTime() - start);
		return enqueue(decoder.isSmall() ? decode(decoder, read) : decodeInTurn(decoder, read, System.nanoTime()));
	}

	/** In the place that was waited for. */
	private <T> CompletableFuture<EncodedImage> start(T source, Function<T, Source> reader) {
		this.place = null;
		CompletableFuture<EncodedImage> result;
		try {
			long start = System.nanoTime();
			Source decoder = reader.apply(source);
			Duration read = Duration.ofNanos(System.nanoTime() - start);
			result = decodeAside(decoder, read);
		}
		catch (RuntimeException | Error ex) {
			// Its turn comes after the pictures before it.
			result = CompletableFuture.failedFuture(ex);
		}
		return inPlace(result);
	}

	private CompletableFuture<EncodedImage> decodeAside(Source decoder, Duration read) {
		return CompletableFuture.supplyAsync(() -> decode(decoder, read), DECODERS).thenCompose(this::enqueue);
	}

	private CompletableFuture<EncodedImage> inPlace(CompletableFuture<EncodedImage> result) {
		return result.whenComplete((image, failure) -> this.queue.leavePlace(this.flow));
	}

	/** Waits for a place only where there is no result to wait for. */
	private boolean havePlace(boolean first) {
		CompletableFuture<Flow> next = this.place;
		if (next == null) {
			next = this.queue.awaitPlace(this.flow);
			this.place = next;
		}
		if (first) {
			await(next::get);
		}
		return next.isDone();
	}

	private static EncodedImage join(CompletableFuture<EncodedImage> future) {
		try {
			return future.join();
		}
		catch (CompletionException ex) {
			throw failure((ex.getCause() != null) ? ex.getCause() : ex);
		}
	}

	private static <T> T await(Waiting<T> waiting) {
		try {
			return waiting.get();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for the engine.");
		}
		catch (ExecutionException ex) {
			throw failure((ex.getCause() != null) ? ex.getCause() : ex);
		}
	}

	private Decoded decodeInTurn(Source decoder, Duration read, long since) {
		requireWanted();
		awaitCore(since);
		try {
			return decode(decoder, read);
		}
		finally {
			CORES.release();
		}
	}

	/** Also when interrupted, as a single picture is not given up. */
	private void awaitCore(long since) {
		Duration maximumWait = this.queue.maximumWait();
		if (maximumWait == null) {
			CORES.acquireUninterruptibly();
			return;
		}
		boolean interrupted = false;
		long end = since + TimeUnit.NANOSECONDS.convert(maximumWait);
		try {
			while (true) {
				try {
					if (CORES.tryAcquire(end - System.nanoTime(), TimeUnit.NANOSECONDS)) {
						return;
					}
					throw new QueueFullException(this.queue.capacity(), maximumWait);
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

	private Decoded decode(Source decoder, Duration read) {
		requireWanted();
		float[] embedding = decoder.embedding();
		if (embedding != null) {
			return new Decoded(null, embedding, read);
		}
		long start = System.nanoTime();
		DualEncoder.Picture picture = this.preparation.apply(decoder.decode());
		return new Decoded(picture, null, read.plusNanos(System.nanoTime() - start));
	}

	private CompletableFuture<EncodedImage> enqueue(Decoded decoded) {
		requireWanted();
		if (decoded.picture == null) {
			return CompletableFuture.completedFuture(new EncodedImage(Objects.requireNonNull(decoded.embedding),
					decoded.time, Duration.ZERO, Duration.ZERO, 0));
		}
		return this.queue.add(this, decoded.picture).thenApply((encoded) -> encoded.withDecode(decoded.time));
	}

	private static RuntimeException failure(Throwable cause) {
		if (cause instanceof Error error) {
			throw error;
		}
		return (cause instanceof RuntimeException failure) ? failure : new IllegalStateException(cause);
	}

	private void abandon(List<CompletableFuture<EncodedImage>> underWay) {
		if (underWay.isEmpty()) {
			return;
		}
		this.abandoned = true;
		this.queue.withdraw(this);
		CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).exceptionally((ex) -> null).join();
	}

	/** Ends the call for the queue. */
	@Override
	public void close() {
		if (this.kind == Kind.SINGLE) {
			this.queue.leavePlace();
		}
		else if (this.kind == Kind.SEVERAL) {
			CompletableFuture<Flow> next = this.place;
			if (next != null && !this.queue.withdrawPlace(this.flow, next)) {
				this.queue.leavePlace(this.flow);
			}
			this.queue.exit(this.flow);
		}
	}

	/** How a call gets its places. */
	enum Kind {

		/** Has taken the one that it needs. */
		SINGLE,

		/** Waits for one for each picture, in its only thread. */
		SEVERAL,

		/** Waits for the one that it needs, in no thread. */
		ONE_OF_FLOW

	}

	/**
	 * A picture or what is known of it, and how long it took to be decoded.
	 */
	private record Decoded(DualEncoder.@Nullable Picture picture, float @Nullable [] embedding, Duration time) {

	}

	/** Waits for something. */
	@FunctionalInterface
	private interface Waiting<T> {

		T get() throws ExecutionException, InterruptedException;

	}

	/**
	 * A picture that is read and not decoded yet.
	 */
	@FunctionalInterface
	public interface Source {

		/**
		 * Decodes the picture.
		 * @return the picture
		 */
		DualEncoder.Picture decode();

		/**
		 * Whether decoding takes so little that it need not wait for a core that decodes
		 * other pictures: ordinary requests are answered while all cores are busy with
		 * large pictures.
		 * @return whether it is small
		 */
		default boolean isSmall() {
			return false;
		}

		/**
		 * The embedding, if the picture was encoded before; it is not decoded then.
		 * @return the embedding, {@code null} if it is not known
		 */
		default float @Nullable [] embedding() {
			return null;
		}

		/**
		 * A picture that was encoded before.
		 * @param embedding its embedding, handed on as it is
		 * @return the source
		 */
		static Source known(float[] embedding) {
			return new Source() {

				@Override
				public DualEncoder.Picture decode() {
					throw new IllegalStateException("The picture is not there");
				}

				@Override
				public boolean isSmall() {
					return true;
				}

				@Override
				public float[] embedding() {
					return embedding;
				}

			};
		}

	}

}
