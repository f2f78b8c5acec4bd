package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ZsicException;
import org.jspecify.annotations.Nullable;

/**
 * The one thread in which the models of a classifier are loaded, there as long as there
 * is something to load. The last wish wins: one that waits, or is being fulfilled, is
 * given up when another one comes. So is everything when the classifier is closed.
 * Thread-safe.
 * <p>
 * Why: docs/decisions/0031.
 */
final class LoadThread {

	private final Function<Runnable, Thread> threads;

	private final Consumer<Wish> task;

	/** Guards everything below. */
	private final ReentrantLock lock = new ReentrantLock();

	private final Condition changed = this.lock.newCondition();

	/** The last one. */
	private @Nullable Thread thread;

	/** Whether that takes wishes. */
	private boolean active;

	private @Nullable Wish running;

	private @Nullable Wish next;

	/** When the next one is due, {@code null} for at once. */
	private @Nullable Long due;

	private boolean closed;

	/**
	 * Creates it without a thread.
	 * @param threads makes threads
	 * @param task fulfils a wish and completes its outcome
	 */
	LoadThread(Function<Runnable, Thread> threads, Consumer<Wish> task) {
		this.threads = threads;
		this.task = task;
	}

	/** Takes a wish, and gives up those before. */
	void want(Wish wish) {
		this.lock.lock();
		try {
			if (this.closed) {
				wish.giveUp(closed(wish));
				wish.outcome.completeExceptionally(closed(wish));
				return;
			}
			String reason = "because " + wish.origin + " asked for '" + wish.selection.checkpoint()
					+ "' before it was loaded.";
			giveUpNext((older) -> givenUp(older, reason));
			giveUpRunning((older) -> givenUp(older, reason));
			this.next = wish;
			this.due = null;
			begin();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Takes a wish only if there is no other, but for one that asks for this itself.
	 * @param delay when to begin
	 */
	void wantIfIdle(Wish wish, Duration delay) {
		this.lock.lock();
		try {
			boolean idle = this.running == null || this.thread == Thread.currentThread();
			if (!this.closed && idle && this.next == null) {
				this.next = wish;
				this.due = System.nanoTime() + delay.toNanos();
				begin();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** What is to be loaded in the end, {@code null} if that is done. */
	@Nullable Wish wanted() {
		this.lock.lock();
		try {
			boolean done = this.running == null || this.running.outcome.isDone();
			return (this.next != null) ? this.next : done ? null : this.running;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits until a wish is fulfilled. If the thread is interrupted meanwhile the wish is
	 * given up, and it remains interrupted.
	 * @throws RuntimeException if it was not fulfilled
	 */
	void await(Wish wish) {
		if (isThis(Thread.currentThread())) {
			throw new IllegalStateException("A model that is being loaded cannot wait for the next one");
		}
		boolean interrupted = false;
		try {
			while (true) {
				try {
					wish.outcome.get();
					return;
				}
				catch (InterruptedException ex) {
					interrupted = true;
					withdraw(wish);
				}
			}
		}
		catch (ExecutionException ex) {
			if (ex.getCause() instanceof Error error) {
				throw error;
			}
			if (ex.getCause() instanceof RuntimeException failure) {
				throw failure;
			}
			throw new CompletionException(ex.getCause());
		}
		finally {
			if (interrupted) {
				Thread.currentThread().interrupt();
			}
		}
	}

	private boolean isThis(Thread thread) {
		this.lock.lock();
		try {
			return this.thread == thread;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void withdraw(Wish wish) {
		this.lock.lock();
		try {
			String reason = "because the thread that waited for it was interrupted.";
			if (wish == this.next) {
				giveUpNext((given) -> givenUp(given, reason));
			}
			else if (wish == this.running) {
				giveUpRunning((given) -> givenUp(given, reason));
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/** Gives up all wishes, takes no more, and returns at once. */
	void close() {
		this.lock.lock();
		try {
			this.closed = true;
			giveUpNext(LoadThread::closed);
			giveUpRunning(LoadThread::closed);
			this.changed.signalAll();
		}
		finally {
			this.lock.unlock();
		}
	}

	boolean isClosed() {
		this.lock.lock();
		try {
			return this.closed;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Waits for the end of the thread: a load in native code cannot be stopped.
	 * @param nanos how long to wait
	 */
	void awaitEnd(long nanos) throws InterruptedException {
		Thread last;
		this.lock.lock();
		try {
			last = this.thread;
		}
		finally {
			this.lock.unlock();
		}
		if (last != null) {
			TimeUnit.NANOSECONDS.timedJoin(last, nanos);
		}
	}

	private void giveUpNext(Function<Wish, ZsicException> reason) {
		Wish wish = this.next;
		if (wish != null) {
			this.next = null;
			ZsicException given = reason.apply(wish);
			wish.giveUp(given);
			wish.outcome.completeExceptionally(given);
		}
	}

	private void giveUpRunning(Function<Wish, ZsicException> reason) {
		if (this.running != null && this.thread != null && this.running.givenUp == null) {
			this.running.giveUp(reason.apply(this.running));
			// Ends a download. What native code loads is thrown away when it is there.
			this.thread.interrupt();
		}
	}

	private static ZsicException closed(Wish wish) {
		return new ClassifierClosedException(wish.selection.checkpoint());
	}

	private static ZsicException givenUp(Wish wish, String reason) {
		return new SwapRefusedException("Checkpoint '" + wish.selection.checkpoint() + "' was given up, " + reason,
				"Ask for it again, if it is still wanted.");
	}

	private void begin() {
		if (!this.active) {
			this.active = true;
			this.thread = this.threads.apply(this::run);
			this.thread.start();
		}
		this.changed.signalAll();
	}

	private void run() {
		Wish wish;
		while ((wish = take()) != null) {
			try {
				this.task.accept(wish);
			}
			catch (RuntimeException | Error ex) {
				// The thread must not end with it: the next wish counts on it.
				wish.outcome.completeExceptionally(ex);
			}
		}
	}

	private @Nullable Wish take() {
		this.lock.lock();
		try {
			this.running = null;
			while (this.next != null && this.due != null && this.due - System.nanoTime() > 0) {
				awaitChange(this.due - System.nanoTime());
			}
			this.running = this.next;
			this.next = null;
			this.due = null;
			this.active = this.running != null;
			// Those that come from now on are meant for this wish.
			Thread.interrupted();
			return this.running;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void awaitChange(long nanos) {
		try {
			this.changed.awaitNanos(nanos);
		}
		catch (InterruptedException ex) {
			// Meant for the wish before, which has ended.
		}
	}

	/** Why a wish is there. */
	enum Purpose {

		/** The first model; also that one again, where no other could take its place. */
		START,

		/** Another model, for whoever waits for it. */
		SWAP,

		/** What the configuration says now. */
		REFRESH

	}

	/**
	 * That a model be loaded.
	 */
	static final class Wish {

		private final ModelSelection selection;

		private final Purpose purpose;

		private final String origin;

		private final CompletableFuture<@Nullable Void> outcome = new CompletableFuture<>();

		private volatile @Nullable ZsicException givenUp;

		/**
		 * Creates a wish.
		 * @param selection the model
		 * @param purpose why it is there
		 * @param origin who has it, for people, such as "the endpoint"
		 */
		Wish(ModelSelection selection, Purpose purpose, String origin) {
			this.selection = selection;
			this.purpose = purpose;
			this.origin = origin;
		}

		ModelSelection selection() {
			return this.selection;
		}

		Purpose purpose() {
			return this.purpose;
		}

		String origin() {
			return this.origin;
		}

		/** How it ended. */
		CompletableFuture<@Nullable Void> outcome() {
			return this.outcome;
		}

		/** Why nobody has it any more, {@code null} if somebody does. */
		@Nullable ZsicException givenUp() {
			return this.givenUp;
		}

		/** To be asked again and again while it is being fulfilled. */
		void check() {
			ZsicException reason = this.givenUp;
			if (reason != null) {
				throw new CancellationException(reason.getMessage());
			}
		}

		private void giveUp(ZsicException reason) {
			this.givenUp = reason;
		}

	}

}
