package io.github.zsic.spring.boot.health;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.github.zsic.Gpu;
import org.jspecify.annotations.Nullable;

/**
 * Tells about GPUs, as {@link Gpu#ask} does.
 */
@FunctionalInterface
public interface GpuDriver {

	/**
	 * Asks about one GPU.
	 * @param index its number
	 * @return what there is to tell
	 * @throws RuntimeException if the driver does not answer properly
	 */
	Gpu ask(int index);

	/**
	 * Asks in a thread of its own, because the driver of a lost GPU may hang.
	 * @param index the number of the GPU
	 * @param milliseconds how long to wait
	 * @return what there is to tell, {@code null} if there was no answer
	 */
	default @Nullable Gpu ask(int index, long milliseconds) {
		CompletableFuture<Gpu> answer = new CompletableFuture<>();
		Thread thread = new Thread(() -> {
			try {
				answer.complete(ask(index));
			}
			catch (RuntimeException | Error ex) {
				answer.completeExceptionally(ex);
			}
		}, "zsic-gpu");
		thread.setDaemon(true);
		thread.start();
		try {
			return answer.get(milliseconds, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
		catch (ExecutionException | TimeoutException ex) {
			return null;
		}
	}

}
