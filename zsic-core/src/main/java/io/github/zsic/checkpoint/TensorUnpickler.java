package io.github.zsic.checkpoint;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.zsic.CheckpointException;

/**
 * Reads a pickle that holds nothing but dictionaries, tensors and their storages. A
 * pickle is a program that may call any function of Python; this is an interpreter of the
 * few instructions that {@code torch.save} needs (Lib/pickletools.py), in which the
 * functions that rebuild a tensor become a note of where it is, and every other one is
 * refused by its name. Nothing is ever called.
 */
final class TensorUnpickler {

	/** Storage classes of torch, and the dtype of their elements. */
	private static final Map<String, String> DTYPES = Map.of("torch.FloatStorage", "F32", "torch.HalfStorage", "F16",
			"torch.BFloat16Storage", "BF16", "torch.DoubleStorage", "F64", "torch.LongStorage", "I64",
			"torch.IntStorage", "I32", "torch.ShortStorage", "I16", "torch.CharStorage", "I8", "torch.ByteStorage",
			"U8", "torch.BoolStorage", "BOOL");

	private static final String ORDERED_DICT = "collections.OrderedDict";

	private static final String TENSOR = "torch._utils._rebuild_tensor_v2";

	private static final String PARAMETER = "torch._utils._rebuild_parameter";

	private static final int MAXIMUM_NAME_LENGTH = 100;

	private static final Object MARK = new Object();

	/** Python's None. */
	private static final Object NONE = new Object();

	private final String file;

	private final ByteBuffer pickle;

	private final List<Object> stack = new ArrayList<>();

	private final Map<Integer, Object> memo = new HashMap<>();

	TensorUnpickler(String file, byte[] pickle) {
		this.file = file;
		this.pickle = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
	}

	/**
	 * Reads the object.
	 * @return a {@link Map}, a {@link List}, a {@link TensorView} or a plain value
	 * @throws CheckpointException if there is anything else in it
	 */
	Object load() {
		try {
			while (true) {
				int instruction = this.pickle.get() & 0xFF;
				if (instruction == '.') {
					return pop();
				}
				run(instruction);
			}
		}
		catch (BufferUnderflowException | IndexOutOfBoundsException | ClassCastException | NegativeArraySizeException
				| IllegalArgumentException ex) {
			throw new CheckpointException("'" + this.file + "' has a malformed pickle.", "Get the file again.", ex);
		}
	}

	private void run(int instruction) {
		switch (instruction) {
			case 0x80 -> this.pickle.get();
			case 0x95 -> this.pickle.getLong();
			case '(' -> push(MARK);
			case ')' -> push(List.of());
			case ']' -> push(new ArrayList<>());
			case '}' -> push(new LinkedHashMap<>());
			case 'N' -> push(NONE);
			case 0x88 -> push(Boolean.TRUE);
			case 0x89 -> push(Boolean.FALSE);
			case 'K' -> push((long) (this.pickle.get() & 0xFF));
			case 'M' -> push((long) (this.pickle.getShort() & 0xFFFF));
			case 'J' -> push((long) this.pickle.getInt());
			case 0x8A -> push(readLong(this.pickle.get() & 0xFF));
			case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(this.pickle.getLong())));
			case 'I', 'L' -> push(integer(line()));
			case 'V', 'S' -> push(line());
			case 'U', 0x8C -> push(text(this.pickle.get() & 0xFF));
			case 'X', 'T' -> push(text(this.pickle.getInt()));
			case 't' -> push(popToMark());
			case 0x85 -> push(popTuple(1));
			case 0x86 -> push(popTuple(2));
			case 0x87 -> push(popTuple(3));
			case 'l' -> push(popToMark());
			case 'd' -> {
				List<Object> members = popToMark();
				push(new LinkedHashMap<>());
				put(members);
			}
			case 'a' -> append(popTuple(1));
			case 'e' -> append(popToMark());
			case 's' -> put(popTuple(2));
			case 'u' -> put(popToMark());
			case 'q' -> this.memo.put(this.pickle.get() & 0xFF, peek());
			case 'r' -> this.memo.put(this.pickle.getInt(), peek());
			case 'p' -> this.memo.put(Integer.parseInt(line()), peek());
			case 'g' -> push(remembered(Integer.parseInt(line())));
			case 0x94 -> this.memo.put(this.memo.size(), peek());
			case 'h' -> push(remembered(this.pickle.get() & 0xFF));
			case 'j' -> push(remembered(this.pickle.getInt()));
			case 'c' -> push(global(line() + "." + line()));
			case 0x93 -> {
				List<Object> names = popTuple(2);
				push(global((String) names.get(0) + "." + (String) names.get(1)));
			}
			case 'i' -> throw refuse(line() + "." + line());
			case 'Q' -> push(storage((List<?>) pop()));
			case 'R' -> {
				List<?> arguments = (List<?>) pop();
				push(call((Global) pop(), arguments));
			}
			// The attributes of a dictionary, such as the _metadata of a module's state.
			case 'b' -> pop();
			default -> throw new CheckpointException(
					"'" + this.file + "' has the pickle instruction " + instruction
							+ ", which no file of tensors needs.",
					"Do not load this file in Python either. Use a checkpoint with safetensors files.");
		}
	}

	private Global global(String name) {
		if (!DTYPES.containsKey(name) && !ORDERED_DICT.equals(name) && !TENSOR.equals(name)
				&& !PARAMETER.equals(name)) {
			throw refuse(name);
		}
		return new Global(name);
	}

	private CheckpointException refuse(String name) {
		// It may be anything, of any length.
		String shown = name.substring(0, Math.min(name.length(), MAXIMUM_NAME_LENGTH)).replaceAll("\\p{Cntrl}", "?");
		return new CheckpointException(
				"'" + this.file + "' asks for '" + shown
						+ "', where only tensors, dictionaries and storages are allowed. Nothing of it was run.",
				"If it is from a source that you trust, save its tensors as safetensors. Otherwise delete it: "
						+ "loading it in Python may run what somebody else has written.");
	}

	private Object call(Global function, List<?> arguments) {
		return switch (function.name()) {
			case ORDERED_DICT -> new LinkedHashMap<>();
			case TENSOR -> new TensorView((Storage) arguments.get(0), nonNegative(arguments.get(1)),
					sizes((List<?>) arguments.get(2)), sizes((List<?>) arguments.get(3)));
			case PARAMETER -> (TensorView) arguments.get(0);
			default -> throw refuse(function.name());
		};
	}

	private static Storage storage(List<?> id) {
		String type = ((Global) id.get(1)).name();
		String dtype = DTYPES.get(type);
		if (!"storage".equals(id.get(0)) || dtype == null) {
			throw new IllegalArgumentException("No storage: " + type);
		}
		return new Storage((String) id.get(2), dtype);
	}

	private static long[] sizes(List<?> values) {
		return values.stream().mapToLong(TensorUnpickler::nonNegative).toArray();
	}

	private static long nonNegative(Object value) {
		long number = (Long) value;
		if (number < 0) {
			throw new IllegalArgumentException("Negative: " + number);
		}
		return number;
	}

	private void append(List<Object> values) {
		// An empty tuple is none, and cannot be changed.
		@SuppressWarnings("unchecked")
		ArrayList<Object> list = (ArrayList<Object>) peek();
		list.addAll(values);
	}

	private void put(List<Object> members) {
		@SuppressWarnings("unchecked")
		Map<Object, Object> map = (Map<Object, Object>) peek();
		for (int i = 0; i < members.size(); i += 2) {
			Object key = members.get(i);
			if (!(key instanceof String) && !(key instanceof Long)) {
				throw new IllegalArgumentException("A key that is neither a text nor a number");
			}
			map.put(key, members.get(i + 1));
		}
	}

	private void push(Object value) {
		this.stack.add(value);
	}

	private Object peek() {
		return this.stack.get(this.stack.size() - 1);
	}

	private Object pop() {
		return this.stack.remove(this.stack.size() - 1);
	}

	private Object remembered(int key) {
		return Objects.requireNonNullElseGet(this.memo.get(key), () -> {
			throw new IllegalArgumentException("Nothing remembered as " + key);
		});
	}

	private List<Object> popTuple(int length) {
		List<Object> top = this.stack.subList(this.stack.size() - length, this.stack.size());
		List<Object> tuple = new ArrayList<>(top);
		top.clear();
		return tuple;
	}

	private List<Object> popToMark() {
		List<Object> values = popTuple(this.stack.size() - 1 - this.stack.lastIndexOf(MARK));
		pop();
		return values;
	}

	private String text(int length) {
		if (length > this.pickle.remaining()) {
			throw new BufferUnderflowException();
		}
		byte[] bytes = new byte[length];
		this.pickle.get(bytes);
		return new String(bytes, StandardCharsets.UTF_8);
	}

	private String line() {
		int start = this.pickle.position();
		while (this.pickle.get() != '\n') {
			// Up to the end of the line.
		}
		return new String(this.pickle.array(), start, this.pickle.position() - 1 - start, StandardCharsets.UTF_8);
	}

	private static Object integer(String line) {
		return switch (line) {
			case "00" -> false;
			case "01" -> true;
			default -> Long.parseLong(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
		};
	}

	private long readLong(int length) {
		long value = 0;
		int shift = 0;
		for (int i = 0; i < length; i++) {
			long next = this.pickle.get();
			if (i >= Long.BYTES) {
				throw new IllegalArgumentException("A number of " + length + " bytes");
			}
			value = (value & ((1L << shift) - 1)) | (next << shift);
			shift += Byte.SIZE;
		}
		return value;
	}

	/**
	 * Something of a Python module that is allowed.
	 */
	private record Global(String name) {

	}

	/**
	 * A storage.
	 *
	 * @param key the name of its entry
	 * @param dtype the dtype of its elements, as safetensors has it
	 */
	record Storage(String key, String dtype) {

		int elementSize() {
			return Objects.requireNonNull(StoredTensor.elementSize(this.dtype));
		}

	}

	/**
	 * A tensor in a storage, all numbers in elements.
	 */
	record TensorView(Storage storage, long offset, long[] shape, long[] strides) {

		TensorView {
			if (shape.length != strides.length) {
				throw new IllegalArgumentException("Shape and strides differ");
			}
		}

	}

}
