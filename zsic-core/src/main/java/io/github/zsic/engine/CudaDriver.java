package io.github.zsic.engine;

import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import com.sun.jna.NativeLibrary;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the driver of NVIDIA GPUs.
 */
public final class CudaDriver {

	private static final int NAME_LENGTH = 256;

	private CudaDriver() {
	}

	/**
	 * The memory of a GPU, and how much of it all processes use.
	 * @param index the number of the GPU
	 * @return the bytes that are used, and as maximum those that there are
	 * @throws RuntimeException if the driver does not answer properly
	 */
	public static MemoryUsage memory(int index) {
		return CudaUtils.getGpuMemory(Device.gpu(index));
	}

	/**
	 * The name of a GPU.
	 * @param index the number of the GPU
	 * @return the name, {@code null} if the driver does not tell
	 */
	public static @Nullable String name(int index) {
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
