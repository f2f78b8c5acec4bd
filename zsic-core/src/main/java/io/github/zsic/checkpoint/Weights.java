package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import io.github.zsic.CheckpointException;

/**
 * The tensors of a checkpoint, of one file or of several shards, memory-mapped when they
 * are asked for. Immutable and thread-safe.
 */
public final class Weights {

	/** Files that hold all tensors under OpenCLIP's names, the preferred first. */
	static final List<String> OPEN_CLIP_FILES = List.of("open_clip_model.safetensors",
			"open_clip_pytorch_model.safetensors", "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth");

	private static final List<String> TRANSFORMERS_FILES = List.of("model.safetensors", "pytorch_model.bin");

	/** What OpenCLIP takes after its own (src/open_clip/factory.py). */
	private static final List<String> MORE_OPEN_CLIP_FILES = List.of("model.safetensors", "pytorch_model.bin",
			"pytorch_model.pth", "model.pth");

	/** Of other names than those, which only weights of OpenCLIP may have. */
	private static final List<String> TORCH_SUFFIXES = List.of(".bin", ".pth", ".pt");

	private static final String SAFETENSORS_SUFFIX = ".safetensors";

	/** Before the names of a model that was trained in several processes. */
	private static final String PARALLEL_PREFIX = "module.";

	/** Behind the name of such a file, the one that tells in which shards they are. */
	static final String INDEX_SUFFIX = ".index.json";

	/**
	 * The largest piece that is mapped at once. A buffer cannot have more than 2 GB, also
	 * when 16-bit elements are widened.
	 */
	private static final long MAXIMUM_PART = 1L << 29;

	private static final int MAXIMUM_SHOWN = 10;

	private static final Pattern FILE_NAME = Pattern.compile("\\w[\\w.-]*\\.\\w+");

	/** Old checkpoints store these constant buffers; transformers ignores them too. */
	private static final List<String> BUFFERS = List.of(".position_ids", ".token_type_ids");

	private static final Set<String> FLOAT_DTYPES = Set.of("F32", "F16", "BF16", "F64");

	private final Map<String, StoredTensor> tensors;

	private final long maximumPart;

	/** The name of the file that tells which tensors there should be. */
	private final String configuration;

	Weights(Map<String, StoredTensor> tensors, long maximumPart) {
		this(tensors, maximumPart, ModelConfig.FILE);
	}

	private Weights(Map<String, StoredTensor> tensors, long maximumPart, String configuration) {
		this.tensors = tensors;
		this.maximumPart = maximumPart;
		this.configuration = configuration;
	}

	/**
	 * Opens the weights in a folder.
	 * @param folder the folder of a checkpoint
	 * @return the weights
	 * @throws CheckpointException if there are none, or a file is damaged
	 */
	static Weights open(Path folder) {
		boolean openClip = ModelConfig.isOpenClip(folder);
		String chosen = choose(openClip, names(folder));
		Path file = folder.resolve(chosen);
		Map<String, StoredTensor> tensors = chosen.endsWith(INDEX_SUFFIX) ? readShards(folder, file) : readFile(file);
		return openClip ? new Weights(withoutPrefix(tensors), MAXIMUM_PART, ModelConfig.OPEN_CLIP_FILE)
				: new Weights(tensors, MAXIMUM_PART, ModelConfig.FILE);
	}

	private static Set<String> names(Path folder) {
		try (Stream<Path> files = Files.list(folder)) {
			return files.map((file) -> file.getFileName().toString()).collect(Collectors.toSet());
		}
		catch (IOException ex) {
			throw new CheckpointException("Its folder cannot be read: " + Json.reason(ex) + ".",
					"Check the folder and its permissions.", ex);
		}
	}

	/**
	 * Chooses the weights among the files of a checkpoint.
	 * @param openClip whether it is in OpenCLIP's layout, where they may have any name if
	 * there is only one such file
	 * @param names the files that there are
	 * @return the file that holds all tensors, or the index that tells in which they are
	 * @throws CheckpointException if there is none, or it cannot be told which
	 */
	static String choose(boolean openClip, Set<String> names) {
		List<String> known = files(openClip);
		for (String name : known) {
			for (String file : List.of(name, name + INDEX_SUFFIX)) {
				if (names.contains(file)) {
					return file;
				}
			}
		}
		List<String> others = openClip ? others(names) : List.of();
		if (others.size() > 1) {
			int shown = Math.min(others.size(), MAXIMUM_SHOWN);
			throw new CheckpointException(
					"Which file has the weights? There are '" + String.join("', '", others.subList(0, shown)) + "'"
							+ ((others.size() > shown) ? " and " + (others.size() - shown) + " more." : "."),
					"Leave one of them in the folder, or give it the name '" + known.get(0) + "', or '"
							+ OPEN_CLIP_FILES.get(2) + "' if it is a file of torch.");
		}
		if (!others.isEmpty()) {
			return others.get(0);
		}
		String first = known.get(0);
		throw new CheckpointException(
				"The checkpoint has no weights that zsic reads: neither '" + first + "' nor '" + first + INDEX_SUFFIX
						+ "', nor any of '" + String.join("', '", known.subList(1, known.size())) + "'.",
				"Use a revision of the checkpoint that has safetensors files.");
	}

	/**
	 * Files that hold all tensors, the preferred first.
	 * @param openClip whether they are of OpenCLIP's layout
	 */
	static List<String> files(boolean openClip) {
		return openClip ? Stream.concat(OPEN_CLIP_FILES.stream(), MORE_OPEN_CLIP_FILES.stream()).toList()
				: TRANSFORMERS_FILES;
	}

	/**
	 * What may be weights by the end of its name: safetensors, or else files of torch.
	 */
	private static List<String> others(Set<String> names) {
		List<String> safe = names.stream().filter((name) -> name.endsWith(SAFETENSORS_SUFFIX)).sorted().toList();
		return safe.isEmpty()
				? names.stream().filter((name) -> TORCH_SUFFIXES.stream().anyMatch(name::endsWith)).sorted().toList()
				: safe;
	}

	/** The names as they were before the model was wrapped for training. */
	private static Map<String, StoredTensor> withoutPrefix(Map<String, StoredTensor> tensors) {
		if (!tensors.keySet().stream().allMatch((name) -> name.startsWith(PARALLEL_PREFIX))) {
			return tensors;
		}
		Map<String, StoredTensor> renamed = new LinkedHashMap<>();
		tensors.forEach((name, tensor) -> renamed.put(name.substring(PARALLEL_PREFIX.length()), tensor));
		return renamed;
	}

	private static Map<String, StoredTensor> readFile(Path file) {
		try {
			LargeFilePointer.refuse(file);
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		return file.toString().endsWith(SAFETENSORS_SUFFIX) ? SafetensorsFile.read(file) : TorchFile.read(file);
	}

	/**
	 * The files that an index names, in the order of their first tensor.
	 * @param index the index
	 * @return tensor names by file name
	 */
	static Map<String, Set<String>> shards(Path index) {
		JsonElement map = Json.readObject(index).get("weight_map");
		if (map == null || !map.isJsonObject() || map.getAsJsonObject().size() == 0) {
			throw new CheckpointException("'" + index.getFileName() + "' has no 'weight_map'.", "Get the file again.");
		}
		String suffix = index.toString().endsWith(".bin" + INDEX_SUFFIX) ? ".bin" : SAFETENSORS_SUFFIX;
		Map<String, Set<String>> shards = new LinkedHashMap<>();
		for (Map.Entry<String, JsonElement> entry : ((JsonObject) map).entrySet()) {
			String file = Json.string(entry.getValue());
			// The index comes from outside: it must not reach out of its folder.
			if (file == null || !FILE_NAME.matcher(file).matches() || !file.endsWith(suffix)) {
				throw new CheckpointException(
						"'" + index.getFileName() + "' puts tensor '" + entry.getKey() + "' in " + entry.getValue()
								+ ", which is not the name of a " + suffix.substring(1) + " file in the same folder.",
						"Get the file again.");
			}
			shards.computeIfAbsent(file, (name) -> new LinkedHashSet<>()).add(entry.getKey());
		}
		return shards;
	}

	private static Map<String, StoredTensor> readShards(Path folder, Path index) {
		Map<String, StoredTensor> tensors = new LinkedHashMap<>();
		shards(index).forEach((file, names) -> {
			Path shard = folder.resolve(file);
			if (!Files.exists(shard)) {
				throw new CheckpointException(
						"'" + index.getFileName() + "' names the shard '" + file + "', which is not there.",
						"Get the missing file.");
			}
			Map<String, StoredTensor> read = readFile(shard);
			for (String name : names) {
				if (!read.containsKey(name)) {
					throw new CheckpointException("'" + index.getFileName() + "' says that tensor '" + name
							+ "' is in '" + file + "', but it is not.", "Get both files again, of the same revision.");
				}
			}
			for (StoredTensor tensor : read.values()) {
				StoredTensor other = tensors.put(tensor.name(), tensor);
				if (other != null) {
					throw new CheckpointException("Tensor '" + tensor.name() + "' is in two shards, '"
							+ other.file().getFileName() + "' and '" + file + "'.", "Get the files again.");
				}
			}
		});
		return tensors;
	}

	/** The files that the tensors are in, in the order of their names. */
	Collection<Path> files() {
		Set<Path> files = new TreeSet<>();
		this.tensors.values().forEach((tensor) -> files.add(tensor.file()));
		return files;
	}

	/**
	 * What there is.
	 * @return the shape of each tensor by its name
	 */
	public Map<String, long[]> shapes() {
		Map<String, long[]> shapes = new LinkedHashMap<>();
		this.tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
		return shapes;
	}

	/**
	 * Checks the tensors against those that a model needs.
	 * @param expected the shapes by name
	 * @param ignored parts of the names of tensors that may be there too
	 * @return the same tensors under the names that the model knows: where it is a part
	 * of a larger one, the checkpoint has a prefix before them
	 * @throws CheckpointException with a list of the tensors that are missing, that have
	 * another shape or are not of floating point, or that the model does not know
	 */
	public Weights verify(Map<String, long[]> expected, List<String> ignored) {
		String prefix = prefix(expected.keySet());
		Map<String, StoredTensor> found = new LinkedHashMap<>();
		Set<String> others = new LinkedHashSet<>(this.tensors.keySet());
		List<String> findings = new ArrayList<>();
		expected.forEach((name, shape) -> {
			for (String stored : storedNames(name)) {
				StoredTensor tensor = this.tensors.get(prefix + stored);
				if (tensor != null) {
					found.put(name, tensor);
					others.remove(prefix + stored);
					checkTensor(tensor, shape, findings);
					return;
				}
			}
			findings.add("missing: " + name + " " + Arrays.toString(shape));
		});
		for (String other : others) {
			String name = other.startsWith(prefix) ? other.substring(prefix.length()) : other;
			if (BUFFERS.stream().noneMatch(name::endsWith) && ignored.stream().noneMatch(name::contains)) {
				StoredTensor tensor = Objects.requireNonNull(this.tensors.get(other));
				findings.add("unexpected: " + other + " " + Arrays.toString(tensor.shape()) + " in '"
						+ tensor.file().getFileName() + "'");
			}
		}
		if (!findings.isEmpty()) {
			int shown = Math.min(findings.size(), MAXIMUM_SHOWN);
			String more = (findings.size() > shown) ? "; and " + (findings.size() - shown) + " more" : "";
			throw new CheckpointException(
					"The weights do not fit " + this.configuration + ": "
							+ String.join("; ", findings.subList(0, shown)) + more + ".",
					"Use weights and configuration of the same checkpoint and revision.");
		}
		return new Weights(found, this.maximumPart, this.configuration);
	}

	private void checkTensor(StoredTensor tensor, long[] shape, List<String> findings) {
		if (!sameShape(tensor.shape(), shape)) {
			findings.add("wrong shape: " + tensor.name() + " is " + Arrays.toString(tensor.shape()) + " in '"
					+ tensor.file().getFileName() + "', where " + this.configuration + " means "
					+ Arrays.toString(shape));
		}
		else if (!FLOAT_DTYPES.contains(tensor.dtype())) {
			findings.add("dtype: " + tensor.name() + " is " + tensor.dtype() + " in '" + tensor.file().getFileName()
					+ "', zsic reads F32, F16, BF16 and F64");
		}
	}

	/**
	 * What stands before all of the names that the model knows, as base_model_prefix does
	 * in transformers, or nothing.
	 */
	private String prefix(Set<String> expected) {
		if (expected.isEmpty() || expected.stream().anyMatch(this.tensors::containsKey)) {
			return "";
		}
		String longest = Collections.max(expected, Comparator.comparingInt(String::length));
		for (String name : this.tensors.keySet()) {
			if (name.endsWith("." + longest)) {
				return name.substring(0, name.length() - longest.length());
			}
		}
		return "";
	}

	/**
	 * The names under which a tensor may be stored: the published one, that of BERT's
	 * first releases, and the one that transformers 5 writes for AltCLIP.
	 */
	private static List<String> storedNames(String name) {
		String old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
		return List.of(name, old, name.replace(".layers.", ".layer."));
	}

	/** A scalar is stored with shape [] or [1]. */
	private static boolean sameShape(long[] actual, long[] expected) {
		return Arrays.equals(actual, expected) || (expected.length == 0 && actual.length == 1 && actual[0] == 1);
	}

	/**
	 * Maps a tensor into memory.
	 * @param name the name of a tensor that {@link #verify} has seen
	 * @return the tensor in one or more consecutive parts along its first dimension;
	 * valid for as long as they are referenced and the file is not shortened
	 */
	public List<Part> map(String name) {
		StoredTensor tensor = this.tensors.get(name);
		if (tensor == null) {
			throw new IllegalArgumentException("No tensor named " + name);
		}
		long[] shape = tensor.shape();
		long[] strides = tensor.strides();
		if (strides != null) {
			return List.of(gather(tensor, strides));
		}
		if (shape.length == 0 || tensor.byteLength() <= this.maximumPart) {
			return List.of(map(tensor, shape, 0, tensor.byteLength()));
		}
		long rowBytes = tensor.byteLength() / shape[0];
		long rowsPerPart = Math.max(1, this.maximumPart / rowBytes);
		List<Part> parts = new ArrayList<>();
		for (long row = 0; row < shape[0]; row += rowsPerPart) {
			long[] partShape = shape.clone();
			partShape[0] = Math.min(rowsPerPart, shape[0] - row);
			parts.add(map(tensor, partShape, row * rowBytes, partShape[0] * rowBytes));
		}
		return Collections.unmodifiableList(parts);
	}

	/**
	 * Elements that do not lie one behind the other, as those of a transposed projection
	 * in a file of torch, in memory of their own and in order.
	 */
	private static Part gather(StoredTensor tensor, long[] strides) {
		long[] shape = tensor.shape();
		int size = tensor.elementSize();
		long span = 1;
		for (int i = 0; i < shape.length; i++) {
			span += (shape[i] - 1) * strides[i];
		}
		if (tensor.byteLength() > MAXIMUM_PART || span * size > Integer.MAX_VALUE) {
			throw new CheckpointException(
					"Tensor '" + tensor.name() + "' of '" + tensor.file().getFileName()
							+ "' is too large to be put in order.",
					"Save it anew as a contiguous tensor, or use a revision with safetensors files.");
		}
		ByteBuffer source = map(tensor, new long[] { span }, 0, span * size).data();
		ByteBuffer target = ByteBuffer.allocateDirect((int) tensor.byteLength()).order(ByteOrder.nativeOrder());
		long[] index = new long[shape.length];
		while (target.hasRemaining()) {
			long element = 0;
			for (int i = 0; i < index.length; i++) {
				element += index[i] * strides[i];
			}
			for (int i = 0; i < size; i++) {
				target.put(source.get((int) (element * size) + i));
			}
			for (int i = index.length - 1; i >= 0 && ++index[i] == shape[i]; i--) {
				index[i] = 0;
			}
		}
		return new Part(tensor.dtype(), shape, target.flip());
	}

	private static Part map(StoredTensor tensor, long[] shape, long offset, long length) {
		try (FileChannel channel = FileChannel.open(tensor.file(), StandardOpenOption.READ)) {
			long position = tensor.dataStart() + tensor.begin() + offset;
			if (position + length > channel.size()) {
				throw new IOException("the file became shorter while it was read");
			}
			ByteBuffer buffer = channel.map(FileChannel.MapMode.READ_ONLY, position, length);
			if (position % tensor.elementSize() != 0) {
				// Old writers did not align; the engine wants elements at multiples of
				// their size.
				buffer = ByteBuffer.allocateDirect((int) length).put(buffer).flip();
			}
			return new Part(tensor.dtype(), shape, buffer.order(ByteOrder.nativeOrder()));
		}
		catch (IOException ex) {
			throw new CheckpointException("Tensor '" + tensor.name() + "' of '" + tensor.file().getFileName()
					+ "' cannot be read: " + Json.reason(ex) + ".", "Check the file and its permissions.", ex);
		}
	}

	/**
	 * A tensor, or some consecutive rows of it.
	 *
	 * @param dtype {@code F32}, {@code F16}, {@code BF16} or {@code F64}
	 * @param shape the shape of this part
	 * @param data the elements, a read-only direct buffer in little-endian order
	 */
	public record Part(String dtype, long[] shape, ByteBuffer data) {

	}

}
