package io.github.zsic.engine;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
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

import io.github.zsic.QueueFullException;

/**
 * A call that has a place in the queue of a model, for pictures to encode. To be used by
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

	/** Of the queue, and guarded by it. */
	long turn = -1;

	private int places = 1;

	private volatile boolean abandoned;

	/**
	 * Creates a request, which has taken one place.
	 */
	ImageRequest(BatchQueue queue, UnaryOperator<DualEncoder.Picture> preparation) {
		this.queue = queue;
		this.preparation = preparation;
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
		Deque<CompletableFuture<EncodedImage>> underWay = new ArrayDeque<>();
		int next = 0;
		try {
			for (int done = 0; done < sources.size(); done++) {
				while (next < sources.size() && underWay.size() < this.queue.window()
						&& havePlaceFor(underWay.size())) {
					underWay.add(start(sources.get(next++), reader, sources.size() > 1));
				}
				EncodedImage image = await(underWay.element(), sources.size() > 1);
				underWay.remove();
				consumer.accept(image);
			}
		}
		finally {
			abandon(underWay);
		}
	}

	private <T> CompletableFuture<EncodedImage> start(T source, Function<T, Source> reader, boolean oneOfSeveral) {
		try {
			long start = System.nanoTime();
			Source decoder = reader.apply(source);
			Duration read = Duration.ofNanos(System.nanoTime() - start);
			return oneOfSeveral
					? CompletableFuture.supplyAsync(() -> decode(decoder, read), DECODERS).thenCompose(this::enqueue)
					: enqueue(decoder.isSmall() ? decode(decoder, read) : decodeInTurn(decoder, read));
		}
		catch (RuntimeException | Error ex) {
			// Its turn comes after the pictures before it.
			return CompletableFuture.failedFuture(ex);
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

	/** The first place is always there, more only as long as nobody else needs them. */
	private boolean havePlaceFor(int underWay) {
		if (underWay == this.places && this.queue.takePlace()) {
			this.places++;
		}
		return underWay < this.places;
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

	private static EncodedImage await(CompletableFuture<EncodedImage> future, boolean interruptibly) {
		try {
			return interruptibly ? future.get() : future.join();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for the engine.");
		}
		catch (ExecutionException | CompletionException ex) {
			if (ex.getCause() instanceof Error error) {
				throw error;
			}
			if (ex.getCause() instanceof RuntimeException failure) {
				throw failure;
			}
			throw new IllegalStateException(ex.getCause());
		}
	}

	private void abandon(Deque<CompletableFuture<EncodedImage>> underWay) {
		if (underWay.isEmpty()) {
			return;
		}
		this.abandoned = true;
		this.queue.withdraw(this);
		CompletableFuture.allOf(underWay.toArray(CompletableFuture[]::new)).exceptionally((ex) -> null).join();
	}

	/** Gives the places back. */
	@Override
	public void close() {
		this.queue.leavePlaces(this.places);
		this.places = 0;
	}

	/**
	 * A picture, and how long it took to be decoded.
	 */
	private record Decoded(DualEncoder.Picture picture, Duration time) {

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
