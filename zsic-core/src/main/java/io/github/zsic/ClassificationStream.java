package io.github.zsic;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Spliterator;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;

import io.github.zsic.engine.LookAhead;

/**
 * Classifies pictures of a stream, each in a call of its own, a few ahead of the one
 * whose result is asked for. So every picture is classified by the model that is current
 * when it is read, and between pictures nothing is held that closing or exchanging a
 * model would wait for.
 * <p>
 * Its requests refer to it, by which a classifier knows those that belong together.
 */
final class ClassificationStream implements Spliterator<ClassificationOutcome> {

	/** Until a model says what it makes use of. */
	private static final int WINDOW = 8;

	/** A slow source is no reason to have a thread for each picture. */
	private static final int MAXIMUM_READERS = 4;

	private final ZeroShotClassifier classifier;

	private final ClassificationRequest settings;

	private final LookAhead<ImageInput, ClassificationOutcome> ahead;

	private final Executor readers = new Readers();

	private volatile int window = WINDOW;

	private volatile boolean closed;

	private ClassificationStream(ZeroShotClassifier classifier, Stream<ImageInput> images,
			ClassificationRequest settings) {
		this.classifier = classifier;
		this.settings = settings;
		this.ahead = new LookAhead<>(images.sequential().iterator(), () -> this.window, (first) -> true, this::start);
	}

	static Stream<ClassificationOutcome> of(ZeroShotClassifier classifier, Stream<ImageInput> images,
			ClassificationRequest settings) {
		ClassificationStream outcomes = new ClassificationStream(classifier, images, settings);
		return StreamSupport.stream(outcomes, false).onClose(outcomes::close).onClose(images::close);
	}

	/**
	 * Tells how many pictures a model makes use of at the same time.
	 */
	void window(int window) {
		this.window = window;
	}

	/** Runs what reads pictures. */
	Executor readers() {
		return this.readers;
	}

	private CompletableFuture<ClassificationOutcome> start(ImageInput image) {
		CompletableFuture<List<Classification>> call = begin(image);
		AsyncCall<ClassificationOutcome> outcome = new AsyncCall<>(() -> call.cancel(true));
		call.whenComplete((results, failure) -> {
			if (results != null) {
				outcome.complete(new ClassificationOutcome(image, results.get(0), null));
				return;
			}
			Throwable cause = AsyncCall.cause(Objects.requireNonNull(failure));
			if (endsAll(cause)) {
				outcome.completeExceptionally(cause);
			}
			else {
				outcome.complete(new ClassificationOutcome(image, null, cause));
			}
		});
		if (this.closed) {
			outcome.cancel(true);
		}
		return outcome;
	}

	private CompletableFuture<List<Classification>> begin(ImageInput image) {
		try {
			return this.classifier.classifyAsync(this.settings.forPicture(image, this));
		}
		catch (RuntimeException | Error ex) {
			return CompletableFuture.failedFuture(ex);
		}
	}

	/** Whether it is not about one picture. */
	private static boolean endsAll(Throwable failure) {
		return failure instanceof CancellationException || (failure instanceof ZsicException
				&& !(failure instanceof InvalidImageException) && !(failure instanceof InferenceException));
	}

	@Override
	public boolean tryAdvance(Consumer<? super ClassificationOutcome> action) {
		if (this.closed) {
			return false;
		}
		Optional<ClassificationOutcome> next;
		try {
			next = this.ahead.next();
		}
		catch (InterruptedException ex) {
			close();
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for a picture.");
		}
		catch (ExecutionException ex) {
			close();
			throw AsyncCall.unchecked(ex);
		}
		catch (RuntimeException | Error ex) {
			close();
			throw ex;
		}
		next.ifPresent(action);
		return next.isPresent();
	}

	private void close() {
		this.closed = true;
		this.ahead.underWay().forEach((outcome) -> outcome.cancel(true));
	}

	@Override
	public @Nullable Spliterator<ClassificationOutcome> trySplit() {
		return null;
	}

	@Override
	public long estimateSize() {
		return Long.MAX_VALUE;
	}

	@Override
	public int characteristics() {
		return ORDERED | NONNULL;
	}

	/** So many tasks at a time in the threads of calls. */
	private static final class Readers implements Executor {

		/** Guards itself and the number. */
		private final Deque<Runnable> waiting = new ArrayDeque<>();

		private int running;

		@Override
		public void execute(Runnable task) {
			synchronized (this.waiting) {
				if (this.running == MAXIMUM_READERS) {
					this.waiting.add(task);
					return;
				}
				this.running++;
			}
			AsyncCall.THREADS.execute(() -> run(task));
		}

		private void run(Runnable first) {
			for (Runnable task = first; task != null; task = next()) {
				task.run();
			}
		}

		private @Nullable Runnable next() {
			synchronized (this.waiting) {
				Runnable next = this.waiting.poll();
				if (next == null) {
					this.running--;
				}
				return next;
			}
		}

	}

}
