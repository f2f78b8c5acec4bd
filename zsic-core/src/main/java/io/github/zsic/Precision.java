package io.github.zsic;

import java.util.Locale;

/**
 * The type of numbers in which a model multiplies its matrices, which is where nearly all
 * of its time goes. Everything else is computed in float32 on the CPU, whatever the
 * checkpoint stores.
 */
public enum Precision {

	/**
	 * {@link #FLOAT32} on the CPU and on Apple's GPU. On an NVIDIA GPU {@link #BFLOAT16}
	 * if it has it in hardware, otherwise {@link #FLOAT16}.
	 */
	AUTO,

	/**
	 * 32-bit floating point: the scores of the reference pipeline in float32, to 1e-4.
	 */
	FLOAT32,

	/**
	 * bfloat16: half the memory, and several times the speed of float32 on a CPU with
	 * AVX-512 BF16 or AMX. Without such instructions it is slower than float32.
	 */
	BFLOAT16,

	/**
	 * 16-bit floating point, for GPUs only.
	 */
	FLOAT16,

	/**
	 * 8-bit integers: the weights quantized for each output channel when the model is
	 * loaded, the inputs of each layer while it runs. A quarter of the memory. For CPUs
	 * only.
	 */
	INT8;

	/**
	 * The name that configuration and health use.
	 * @return such as {@code float32}
	 */
	@Override
	public String toString() {
		return name().toLowerCase(Locale.ROOT);
	}

}
