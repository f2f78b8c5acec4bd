package io.github.zsic.engine;

import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * Starts one task for each of any number of sources, a few ahead of the one whose result
 * is asked for, and hands out the results in the order of the sources. Sources are read
 * in the thread that asks, and only as far ahead as the window allows. To be used by one
 * thread at a time.
 *
 * @param <T> what a task is made of
 * @param <R> the result of a task
 */
public final class LookAhead<T, R> {

	private final Iterator<? extends T> sources;

	private final IntSupplier window;

	private final Predicate<Boolean> admission;

	private final Function<T, CompletableFuture<R>> start;

	private final Deque<CompletableFuture<R>> underWay = new LinkedBlockingDeque<>();

	/** Of the sources, and told after what was read before it. */
	private @Nullable Throwable failure;

	/**
	 * Creates a look-ahead.
	 * @param sources what tasks are made of
	 * @param window how many tasks may be under way, at least one
	 * @param admission is asked before each task, with whether no other is under way;
	 * then it has to wait until it can say yes
	 * @param start starts a task, and never throws
	 */
	public LookAhead(Iterator<? extends T> sources, IntSupplier window, Predicate<Boolean> admission,
			Function<T, CompletableFuture<R>> start) {
		this.sources = sources;
		this.window = window;
		this.admission = admission;
		this.start = start;
	}

	/**
	 * The result of the next task. Starts at least one more, and others only as long as
	 * this result is not there, so that slow sources do not hold it back.
	 * @return the result, empty if there are no more
	 * @throws ExecutionException if that task failed; the next call goes on with the next
	 * one
	 * @throws InterruptedException if the thread is interrupted while it waits
	 * @throws RuntimeException what the sources throw
	 */
	public Optional<R> next() throws ExecutionException, InterruptedException {
		boolean more = true;
		while (more && this.underWay.size() < this.window.getAsInt() && hasNext()
				&& this.admission.test(this.underWay.isEmpty())) {
			startNext();
			CompletableFuture<R> head = this.underWay.peek();
			more = head != null && !head.isDone();
		}
		CompletableFuture<R> head = this.underWay.peek();
		if (head == null) {
			if (this.failure instanceof Error error) {
				throw error;
			}
			if (this.failure != null) {
				throw (RuntimeException) this.failure;
			}
			return Optional.empty();
		}
		try {
			return Optional.of(head.get());
		}
		finally {
			if (head.isDone()) {
				this.underWay.remove();
			}
		}
	}

	private boolean hasNext() {
		try {
			return this.failure == null && this.sources.hasNext();
		}
		catch (RuntimeException | Error ex) {
			this.failure = ex;
			return false;
		}
	}

	private void startNext() {
		T source;
		try {
			source = this.sources.next();
		}
		catch (RuntimeException | Error ex) {
			this.failure = ex;
			return;
		}
		this.underWay.add(this.start.apply(source));
	}

	/**
	 * What has been started and not been asked for yet. Any thread may ask.
	 * @return the tasks in their order
	 */
	public List<CompletableFuture<R>> underWay() {
		return List.copyOf(this.underWay);
	}

}
