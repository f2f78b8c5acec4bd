package io.github.zsic;

import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;

/**
 * What the driver of an NVIDIA GPU tells about it, at one moment.
 *
 * @param name the name of the GPU, {@code null} if the driver does not tell
 * @param memoryUsed how many bytes of its memory are used, by all processes
 * @param memoryTotal how many bytes it has
 */
public record Gpu(@Nullable String name, long memoryUsed, long memoryTotal) {

	private static final int NAME_LENGTH = 256;

	/**
	 * Asks the driver, which may take long if the GPU is lost.
	 * @param index the number of the GPU, as in {@code cuda:0}
	 * @return what it told
	 * @throws RuntimeException if it does not answer properly
	 */
	public static Gpu ask(int index) {
		MemoryUsage memory = CudaUtils.getGpuMemory(Device.gpu(index));
		return new Gpu(name(index), memory.getUsed(), memory.getMax());
	}

	private static @Nullable String name(int index) {
		try {
			NativeLibrary driver = NativeLibrary.getInstance("cuda");
			IntByReference device = new IntByReference();
			byte[] name = new byte[NAME_LENGTH];
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
