package io.github.zsic.hub;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

/**
 * A question to the Hub with its answer, redirects included, that may take so long and no
 * longer. A timeout of reading does not bound that, as it begins anew with each byte, and
 * a blocking read looks at nothing else; so the question is asked in a thread of its own,
 * which is left to itself when time is up. It ends when its connection is closed under
 * it, or with the next byte that comes.
 * <p>
 * Why: docs/decisions/0014.
 */
final class Exchange {

	/** How often the server may use up the time that it may be silent. */
	private static final int SILENCES = 6;

	/** Where somebody wants silence to last for ever. */
	private static final Duration LONGEST = Duration.ofDays(1);

	private static final AtomicInteger threads = new AtomicInteger();

	private volatile @Nullable HttpURLConnection waiting;

	private volatile boolean over;

	private Exchange() {
	}

	/**
	 * The time that an answer may take in all.
	 * @param silence how long the server may be silent
	 */
	static Duration limit(Duration silence) {
		return (silence.compareTo(LONGEST) < 0) ? silence.multipliedBy(SILENCES) : LONGEST.multipliedBy(SILENCES);
	}

	/**
	 * Asks a question and waits for the answer.
	 * @param silence how long the server may be silent
	 * @param question asks and reads
	 * @return the answer
	 * @throws IOException if that fails, or takes too long
	 * @throws InterruptedException if the thread is interrupted
	 */
	static <T> T run(Duration silence, Question<T> question) throws IOException, InterruptedException {
		Exchange exchange = new Exchange();
		FutureTask<T> task = new FutureTask<>(() -> question.ask(exchange));
		Thread thread = new Thread(task, "zsic-hub-" + threads.incrementAndGet());
		thread.setDaemon(true);
		thread.start();
		try {
			return task.get(limit(silence).toNanos(), TimeUnit.NANOSECONDS);
		}
		catch (TimeoutException ex) {
			throw new HttpTimeoutException("no complete answer in " + Errors.seconds(limit(silence)));
		}
		catch (ExecutionException ex) {
			throw rethrown(ex.getCause());
		}
		finally {
			exchange.end();
		}
	}

	private static IOException rethrown(@Nullable Throwable cause) throws InterruptedException {
		if (cause instanceof IOException failure) {
			return failure;
		}
		if (cause instanceof InterruptedException interruption) {
			throw interruption;
		}
		if (cause instanceof RuntimeException failure) {
			throw failure;
		}
		if (cause instanceof Error error) {
			throw error;
		}
		throw new IllegalStateException("A request failed in an unexpected way", cause);
	}

	/**
	 * Notes a connection that has no answer yet, and can be closed by another thread.
	 * @param connection the connection
	 * @throws HttpTimeoutException if nobody waits for the answer any more
	 */
	void awaits(HttpURLConnection connection) throws HttpTimeoutException {
		this.waiting = connection;
		requireTime();
	}

	/**
	 * Notes that the answer has begun. From here on closing the connection would wait for
	 * whoever reads.
	 * @param answer the answer
	 * @return the answer
	 * @throws HttpTimeoutException if nobody waits for it any more
	 */
	Answer answered(Answer answer) throws HttpTimeoutException {
		this.waiting = null;
		if (this.over) {
			answer.close();
		}
		requireTime();
		return answer;
	}

	/**
	 * Ends the thread when nobody waits for it any more.
	 * @throws HttpTimeoutException if that is so
	 */
	void requireTime() throws HttpTimeoutException {
		if (this.over) {
			throw new HttpTimeoutException("nobody waits for the answer any more");
		}
	}

	private void end() {
		this.over = true;
		HttpURLConnection connection = this.waiting;
		if (connection != null) {
			connection.disconnect();
		}
	}

	/**
	 * Asks and reads, in the thread of an exchange.
	 *
	 * @param <T> what it brings
	 */
	@FunctionalInterface
	interface Question<T> {

		T ask(Exchange exchange) throws IOException, InterruptedException;

	}

}
