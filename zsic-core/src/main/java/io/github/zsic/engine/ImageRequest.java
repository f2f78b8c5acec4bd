package io.github.zsic.engine;

import java.time.Duration;
import java.util.List;
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
 * A call that the queue of a model has admitted, for pictures to encode. To be used by
 * one thread and closed by it.
 */
public final class ImageRequest implements AutoCloseable {

	/**
	 * Decode the pictures of requests that have several; a single one is decoded by the
	 * thread that wants it. Shared by all models, as cores are.
	 */
	private static final ThreadPoolExecutor DECODERS = decoders();

	/**
	 * For those who decode themselves. More at the same time than there are cores would
	 * only all be done later.
	 */
	private static final Semaphore CORES = new Semaphore(Runtime.getRuntime().availableProcessors(), true);

	private final BatchQueue queue;

	private final UnaryOperator<DualEncoder.Picture> preparation;

	private final BatchQueue.Flow flow = new BatchQueue.Flow();

	private final boolean single;

	/** For the next picture, if there are several. */
	private @Nullable CompletableFuture<BatchQueue.Flow> place;

	private volatile boolean abandoned;

	private ImageRequest(BatchQueue queue, UnaryOperator<DualEncoder.Picture> preparation, boolean single) {
		this.queue = queue;
		this.preparation = preparation;
		this.single = single;
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
		ImageRequest request = new ImageRequest(queue, preparation, pictures == 1);
		if (!(request.single ? queue.takePlace() : queue.enter(request.flow))) {
			throw new QueueFullException(queue.capacity());
		}
		return request;
	}

	BatchQueue.Flow flow() {
		return this.flow;
	}

	private static ThreadPoolExecutor decoders() {
		int cores = Runtime.getRuntime().availableProcessors();
		AtomicInteger number = new AtomicInteger();
		ThreadPoolExecutor executor = new ThreadPoolExecutor(cores, cores, 30, TimeUnit.SECONDS,
				new LinkedBlockingQueue<>(), (task) -> {
					Thread thread = new Thread(null, task, "zsic-decode-" + number.incrementAndGet(), 0, false);
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
		if (this.single) {
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

	/** Reads the picture in the calling thread, and decodes it there. */
	private <T> CompletableFuture<EncodedImage> startAlone(T source, Function<T, Source> reader) {
		long start = System.nanoTime();
		Source decoder = reader.apply(source);
		Duration read = Duration.ofNanos(System.nanoTime() - start);
		return enqueue(decoder.isSmall() ? decode(decoder, read) : decodeInTurn(decoder, read));
	}

	/** In the place that was waited for. */
	private <T> CompletableFuture<EncodedImage> start(T source, Function<T, Source> reader) {
		this.place = null;
		CompletableFuture<EncodedImage> result;
		try {
			long start = System.nanoTime();
			Source decoder = reader.apply(source);
			Duration read = Duration.ofNanos(System.nanoTime() - start);
			result = CompletableFuture.supplyAsync(() -> decode(decoder, read), DECODERS).thenCompose(this::enqueue);
		}
		catch (RuntimeException | Error ex) {
			// Its turn comes after the pictures before it.
			result = CompletableFuture.failedFuture(ex);
		}
		return result.whenComplete((image, failure) -> this.queue.leavePlace(this.flow));
	}

	/** Waits for a place only where there is no result to wait for. */
	private boolean havePlace(boolean first) {
		CompletableFuture<BatchQueue.Flow> next = this.place;
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

	private Decoded decodeInTurn(Source decoder, Duration read) {
		awaitCore();
		try {
			return decode(decoder, read);
		}
		finally {
			CORES.release();
		}
	}

	/** Also when interrupted, as a single picture is not given up. */
	private void awaitCore() {
		Duration maximumWait = this.queue.maximumWait();
		if (maximumWait == null) {
			CORES.acquireUninterruptibly();
			return;
		}
		boolean interrupted = false;
		long end = System.nanoTime() + maximumWait.toNanos();
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
		if (this.abandoned) {
			throw new CancellationException();
		}
		long start = System.nanoTime();
		DualEncoder.Picture picture = this.preparation.apply(decoder.decode());
		return new Decoded(picture, read.plusNanos(System.nanoTime() - start));
	}

	private CompletableFuture<EncodedImage> enqueue(Decoded decoded) {
		if (this.abandoned) {
			throw new CancellationException();
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
		if (this.single) {
			this.queue.leavePlace();
			return;
		}
		if (this.place != null) {
			this.queue.cancelPlace(this.flow, this.place);
		}
		this.queue.exit(this.flow);
	}

	/**
	 * A picture, and how long it took to be decoded.
	 */
	private record Decoded(DualEncoder.Picture picture, Duration time) {

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

	}

}
