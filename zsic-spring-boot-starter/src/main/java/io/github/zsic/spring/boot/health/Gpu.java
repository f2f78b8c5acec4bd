package io.github.zsic.spring.boot.health;

import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;

/**
 * What the driver of an NVIDIA GPU tells about it.
 *
 * @param name the name of the GPU, {@code null} if the driver does not tell
 * @param memoryUsed how many bytes of its memory are used, by all processes
 * @param memoryTotal how many bytes it has
 */
public record Gpu(@Nullable String name, long memoryUsed, long memoryTotal) {

	/**
	 * Asks a driver.
	 */
	@FunctionalInterface
	public interface Driver {

		/**
		 * Asks the driver of the machine, as DJL and the driver's own library do.
		 */
		Driver CUDA = (index) -> {
			MemoryUsage memory = CudaUtils.getGpuMemory(Device.gpu(index));
			return new Gpu(name(index), memory.getUsed(), memory.getMax());
		};

		/**
		 * Asks about one GPU.
		 * @param index its number
		 * @return what it told
		 * @throws RuntimeException if the driver does not answer properly
		 */
		Gpu ask(int index);

		/**
		 * Asks in a thread of its own, because the driver of a lost GPU may hang.
		 * @param index the number of the GPU
		 * @param milliseconds how long to wait
		 * @return what it told, {@code null} if it did not
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

		private static @Nullable String name(int index) {
			try {
				NativeLibrary driver = NativeLibrary.getInstance("cuda");
				IntByReference device = new IntByReference();
				byte[] name = new byte[256];
				boolean told = driver.getFunction("cuInit").invokeInt(new Object[] { 0 }) == 0
						&& driver.getFunction("cuDeviceGet").invokeInt(new Object[] { device, index }) == 0
						&& driver.getFunction("cuDeviceGetName")
							.invokeInt(new Object[] { name, name.length, device.getValue() }) == 0;
				return told ? new String(name, StandardCharsets.UTF_8).replaceAll("\0.*", "") : null;
			}
			catch (UnsatisfiedLinkError ex) {
				return null;
			}
		}

	}

}
