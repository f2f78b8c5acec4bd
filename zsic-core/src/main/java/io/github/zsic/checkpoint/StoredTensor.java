package io.github.zsic.checkpoint;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

/**
 * Where in a file one tensor is.
 *
 * @param name its name
 * @param dtype its dtype, as the safetensors format writes it
 * @param shape its shape, empty for a scalar
 * @param file the file that holds it
 * @param dataStart where the tensors of that file start
 * @param begin the first byte, counted from {@code dataStart}
 * @param byteLength the number of bytes of its elements
 * @param strides how many elements apart neighbours of each dimension are, {@code null}
 * if the elements lie one behind the other, rows first
 */
record StoredTensor(String name, String dtype, long[] shape, Path file, long dataStart, long begin, long byteLength,
		long @Nullable [] strides) {

	/**
	 * Bytes for each element, of every dtype that the format knows and that fills whole
	 * bytes.
	 */
	private static final Map<String, Integer> ELEMENT_SIZES = Map.ofEntries(Map.entry("F64", 8), Map.entry("F32", 4),
			Map.entry("F16", 2), Map.entry("BF16", 2), Map.entry("I64", 8), Map.entry("I32", 4), Map.entry("I16", 2),
			Map.entry("I8", 1), Map.entry("U64", 8), Map.entry("U32", 4), Map.entry("U16", 2), Map.entry("U8", 1),
			Map.entry("BOOL", 1), Map.entry("F8_E5M2", 1), Map.entry("F8_E4M3", 1), Map.entry("C64", 8));

	/** Bytes for each element of a dtype, {@code null} if there is no such dtype. */
	static @Nullable Integer elementSize(String dtype) {
		return ELEMENT_SIZES.get(dtype);
	}

	/** Bytes for each element. */
	int elementSize() {
		return Objects.requireNonNull(ELEMENT_SIZES.get(this.dtype));
	}

	@Override
	public String toString() {
		return this.name + " " + this.dtype + Arrays.toString(this.shape);
	}

}
