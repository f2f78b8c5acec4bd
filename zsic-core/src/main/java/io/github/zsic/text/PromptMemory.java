package io.github.zsic.text;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * The part of the Java heap that one call may use for its prompts, their token ids and
 * embeddings. All calls of this JVM share a quarter of the heap: many calls with many
 * prompts each take turns. A full heap is worse here than elsewhere: the tokenizers
 * library ends the process when Java has no memory for its result.
 */
public final class PromptMemory implements AutoCloseable {

	/** A call with so few prompts never waits. */
	private static final int FEW = 64;

	/** What a prompt needs beside its characters and its embedding. */
	private static final int BYTES_OF_PROMPT = 1024;

	/** As a text, in its canonical form, and on the way to the tokenizer. */
	private static final int COPIES_OF_CHARACTERS = 4;

	private static final int UNIT = 1024;

	private static final int ALL_UNITS = (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / 4 / UNIT);

	/** Fair, so that a call with many prompts gets its turn. */
	private static final Semaphore memory = new Semaphore(ALL_UNITS, true);

	private final int units;

	private PromptMemory(int units) {
		this.units = units;
	}

	/**
	 * Waits until there is memory for a call's prompts. A call that needs more than all
	 * calls may use together waits until it is alone.
	 * @param prompts how many prompts the call has
	 * @param characters how many characters they have together
	 * @param dimension the length of an embedding
	 * @param maximumWait how long to wait, {@code null} for as long as it takes
	 * @return to be closed when the prompts and their embeddings are not needed any more;
	 * {@code null} if it took too long
	 * @throws CancellationException if the thread is interrupted while it waits
	 */
	public static @Nullable PromptMemory reserve(long prompts, long characters, int dimension,
			@Nullable Duration maximumWait) {
		if (prompts <= FEW && characters <= FEW * (long) UNIT) {
			return new PromptMemory(0);
		}
		long bytes = prompts * (BYTES_OF_PROMPT + (long) dimension * Float.BYTES) + characters * COPIES_OF_CHARACTERS;
		int units = (int) Math.min(ALL_UNITS, bytes / UNIT);
		try {
			if (maximumWait == null) {
				memory.acquire(units);
			}
			else if (!memory.tryAcquire(units, TimeUnit.NANOSECONDS.convert(maximumWait), TimeUnit.NANOSECONDS)) {
				return null;
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while it waited for memory for its prompts.");
		}
		return new PromptMemory(units);
	}

	@Override
	public void close() {
		memory.release(this.units);
	}

}
