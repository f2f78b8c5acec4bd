package io.github.zsic;

import java.lang.management.MemoryUsage;

import org.jspecify.annotations.Nullable;

import io.github.zsic.engine.CudaDriver;

/**
 * What the driver of an NVIDIA GPU tells about it, at one moment.
 *
 * @param name the name of the GPU, {@code null} if the driver does not tell
 * @param memoryUsed how many bytes of its memory are used, by all processes
 * @param memoryTotal how many bytes it has
 */
public record Gpu(@Nullable String name, long memoryUsed, long memoryTotal) {

	/**
	 * Asks the driver, which may take long if the GPU is lost.
	 * @param index the number of the GPU, as in {@code cuda:0}
	 * @return what it told
	 * @throws RuntimeException if it does not answer properly
	 */
	public static Gpu ask(int index) {
		MemoryUsage memory = CudaDriver.memory(index);
		return new Gpu(CudaDriver.name(index), memory.getUsed(), memory.getMax());
	}

}
