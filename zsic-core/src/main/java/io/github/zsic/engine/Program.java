package io.github.zsic.engine;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.DeviceException;
import io.github.zsic.Precision;
import io.github.zsic.checkpoint.ImageProcessing;
import io.github.zsic.checkpoint.ModelConfig;
import io.github.zsic.checkpoint.Weights;

/**
 * The TorchScript program of a model, compiled by libtorch, and the state that its
 * {@code model.py} keeps: the weights of one model at a time. Owns their native memory
 * until {@link #close()}.
 * <p>
 * Calls may run beside each other, but not beside {@link #configure}, {@link #load} or
 * {@link #close()}.
 */
final class Program implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(Program.class);

	/** Names the kernels for whoever wants to tell whether they are at fault. */
	private static final String KERNELS = "zsic.kernels";

	private final Blueprint blueprint;

	private final TorchDevice device;

	private final boolean packing;

	private final Model model;

	private Program(Blueprint blueprint, TorchDevice device, boolean packing, Model model) {
		this.blueprint = blueprint;
		this.device = device;
		this.packing = packing;
		this.model = model;
	}

	/**
	 * Compiles a program, with packed weights where it is known how they behave: oneDNN
	 * on processors other than x86 hands on to other libraries, and some builds of
	 * libtorch are without it.
	 * @param blueprint what it is put together from
	 * @param device where it is to run
	 * @return the program, to be closed by the caller
	 */
	static Program compile(Blueprint blueprint, TorchDevice device) {
		String processor = System.getProperty("os.arch");
		if (!"plain".equals(System.getProperty(KERNELS)) && Set.of("amd64", "x86_64").contains(processor)) {
			try {
				return compile(blueprint, device, true);
			}
			catch (EngineException ex) {
				logger.debug("This libtorch is without oneDNN", ex);
			}
		}
		if (!device.isGpu()) {
			logger.info("Products run without packed weights on this processor (type {}), in float32", processor);
		}
		return compile(blueprint, device, false);
	}

	private static Program compile(Blueprint blueprint, TorchDevice device, boolean packing) {
		Engine engine = TorchRuntime.engine();
		// The program itself lives on the CPU; it moves weights and pixels to the device.
		Model model = Model.newInstance(blueprint.toString(), Device.cpu(), engine.getEngineName());
		boolean loaded = false;
		try {
			Path folder = Files.createTempDirectory("zsic-program-");
			Path archive = folder.resolve("program.pt");
			try {
				TorchScriptArchive.write(blueprint.roles(packing ? "onednn" : "plain"), archive);
				model.load(folder, "program.pt", Map.of("mapLocation", "true"));
			}
			finally {
				Files.deleteIfExists(archive);
				Files.deleteIfExists(folder);
			}
			loaded = true;
			return new Program(blueprint, device, packing, model);
		}
		catch (MalformedModelException ex) {
			throw new EngineException("The program of the model cannot be compiled", ex);
		}
		catch (IOException ex) {
			throw new DeviceException(DeviceException.Reason.MACHINE,
					"The program of the model cannot be written to a temporary file (" + ex + ").",
					"Make room in, or give access to, the folder that the system property java.io.tmpdir names.", ex);
		}
		finally {
			if (!loaded) {
				model.close();
			}
		}
	}

	/** The same program with plain operators, to be closed by the caller. */
	Program plain() {
		return compile(this.blueprint, this.device, false);
	}

	/** The same program without a state, to be closed by the caller. */
	Program again() {
		return compile(this.blueprint, this.device, this.packing);
	}

	/** Whether weights are packed for the CPU, by kernels that depend on it. */
	boolean isPacking() {
		return this.packing && !this.device.isGpu();
	}

	TorchDevice device() {
		return this.device;
	}

	/** Whether the device computes in a precision, as far as the program can tell. */
	boolean supports(Precision precision) {
		return this.device.isGpu()
				|| call((scope) -> scope.run("supports", scope.add(IValue.from(precision.toString()))).toBoolean());
	}

	/**
	 * Begins anew, without weights.
	 * @param config the configuration of the model
	 * @param processing how pictures are prepared
	 * @param stored the shapes of the stored tensors by their names
	 * @param precision what to compute in
	 */
	void configure(ModelConfig config, ImageProcessing processing, Map<String, long[]> stored, Precision precision) {
		try (Scope scope = new Scope(this.model)) {
			scope.run("configure", scope.numbers(config.numbers()), scope.strings(config.strings()),
					scope.numbers(processing.numbers()), scope.sizes(stored),
					scope.add(IValue.from(this.device.name())), scope.add(IValue.from(precision.toString())));
		}
	}

	/** What in the configuration cannot be run. */
	List<String> problems() {
		return call((scope) -> scope.texts("problems"));
	}

	/** Name and shape of every tensor that the model needs. */
	Map<String, long[]> shapes() {
		return call((scope) -> {
			Map<String, long[]> result = new HashMap<>();
			scope.run("shapes")
				.toIValueMap()
				.forEach((name, shape) -> result.put(name, scope.add(shape).toLongArray()));
			return result;
		});
	}

	/**
	 * Takes over the weights. What fast kernels compute with them is compared with what
	 * plain operators compute, which take the place of those that are wrong.
	 * @param tensors gives the parts of a tensor by its name; they are not needed any
	 * more afterwards
	 * @param names the names of the tensors
	 */
	void load(Set<String> names, Function<String, List<Weights.Part>> tensors) {
		load(names, tensors, true);
	}

	/**
	 * The same, without a look at the kernels unless told so.
	 */
	void load(Set<String> names, Function<String, List<Weights.Part>> tensors, boolean checked) {
		try (Scope scope = new Scope(this.model)) {
			Map<String, IValue> state = new HashMap<>();
			for (String name : names) {
				PtNDArray[] parts = tensors.apply(name).stream().map(scope::tensor).toArray(PtNDArray[]::new);
				state.put(name, scope.add(IValue.listFrom(parts)));
			}
			scope.run("load", scope.add(IValue.stringIValueMapFrom(state)), scope.add(IValue.from(checked)));
		}
	}

	/** The wrong products, each with its difference as a share of the largest number. */
	Map<String, Double> wrongProducts() {
		return call((scope) -> {
			Map<String, Double> result = new TreeMap<>();
			scope.run("wrong_products")
				.toIValueMap()
				.forEach((product, share) -> result.put(product, scope.add(share).toDouble()));
			return result;
		});
	}

	/**
	 * How far what nothing could replace was off: attention and norms, once each tower
	 * has run, and convolutions.
	 * @return a multiple of what is allowed
	 */
	double largestDifference() {
		return call((scope) -> scope.run("largest_difference").toDouble());
	}

	/** A picture in the size in which the model reads it. */
	DualEncoder.Picture resize(DualEncoder.Picture picture) {
		return call((scope) -> {
			PtNDArray pixels = scope
				.run("resize", scope.add(IValue.from(scope.pixels(picture))),
						scope.add(IValue.from((long) picture.originalHeight())),
						scope.add(IValue.from((long) picture.originalWidth())))
				.toTensor(scope.manager);
			return new DualEncoder.Picture(pixels.toByteArray(), (int) pixels.getShape().get(1),
					(int) pixels.getShape().get(0));
		});
	}

	/**
	 * Encodes pictures.
	 * @return a row for each, one after the other
	 */
	float[] encodeImages(List<DualEncoder.Picture> pictures) {
		return call((scope) -> {
			PtNDArray[] tensors = pictures.stream().map(scope::pixels).toArray(PtNDArray[]::new);
			return scope.run("encode_images", scope.add(IValue.listFrom(tensors)))
				.toTensor(scope.manager)
				.toFloatArray();
		});
	}

	/**
	 * Encodes texts.
	 * @param ids as many for each text
	 * @param mask 1 for what there is to read, of the same length
	 * @param count the number of texts
	 * @return a row for each, one after the other
	 */
	float[] encodeTexts(long[] ids, long[] mask, int count) {
		return call((scope) -> scope.run("encode_texts", scope.ids(ids, count), scope.ids(mask, count))
			.toTensor(scope.manager)
			.toFloatArray());
	}

	<T> T call(Function<Scope, T> task) {
		try (Scope scope = new Scope(this.model)) {
			return task.apply(scope);
		}
	}

	@Override
	public void close() {
		this.model.close();
	}

	/**
	 * Owns every native object of one call of the program and frees them together.
	 */
	static final class Scope implements AutoCloseable {

		final PtNDManager manager;

		private final PtSymbolBlock program;

		private final List<IValue> values = new ArrayList<>();

		private Scope(Model model) {
			this.manager = (PtNDManager) model.getNDManager().newSubManager(Device.cpu());
			this.program = (PtSymbolBlock) model.getBlock();
		}

		IValue add(IValue value) {
			this.values.add(value);
			return value;
		}

		IValue run(String method, IValue... arguments) {
			return add(IValueUtils.runMethod(this.program, method, arguments));
		}

		List<String> texts(String method) {
			List<String> result = new ArrayList<>();
			for (IValue text : run(method).toIValueArray()) {
				result.add(add(text).toStringValue());
			}
			return result;
		}

		IValue ids(long[] values, int rows) {
			return add(IValue.from((PtNDArray) this.manager.create(values, new Shape(rows, values.length / rows))));
		}

		IValue numbers(Map<String, Double> numbers) {
			Map<String, IValue> values = new HashMap<>();
			numbers.forEach((name, value) -> values.put(name, add(IValue.from(value.doubleValue()))));
			return add(IValue.stringIValueMapFrom(values));
		}

		IValue strings(Map<String, String> strings) {
			Map<String, IValue> values = new HashMap<>();
			strings.forEach((name, value) -> values.put(name, add(IValue.from(value))));
			return add(IValue.stringIValueMapFrom(values));
		}

		IValue sizes(Map<String, long[]> sizes) {
			Map<String, IValue> values = new HashMap<>();
			sizes.forEach((name, value) -> values.put(name, add(IValue.listFrom(value))));
			return add(IValue.stringIValueMapFrom(values));
		}

		/** The picture in memory of libtorch's own, which is freed with this scope. */
		PtNDArray pixels(DualEncoder.Picture picture) {
			PtNDArray image = this.manager.create(new Shape(picture.height(), picture.width(), 3), DataType.UINT8);
			image.toByteBuffer(true).put(picture.rgb());
			return image;
		}

		/**
		 * A tensor on the mapped memory, or, for bfloat16, in memory of libtorch's own.
		 */
		PtNDArray tensor(Weights.Part part) {
			Shape shape = new Shape(part.shape());
			return switch (part.dtype()) {
				case "F32" -> this.manager.create(part.data(), shape, DataType.FLOAT32);
				case "F16" -> this.manager.create(part.data(), shape, DataType.FLOAT16);
				case "F64" -> this.manager.create(part.data(), shape, DataType.FLOAT64);
				case "BF16" -> widen(part.data().asShortBuffer(), this.manager.create(shape, DataType.FLOAT32));
				default -> throw new EngineException("Unexpected dtype " + part.dtype());
			};
		}

		/**
		 * bfloat16 is the upper half of a float32. DJL has no tensor of that type: it
		 * aborts the JVM.
		 */
		private static PtNDArray widen(ShortBuffer values, PtNDArray target) {
			IntBuffer bits = target.toByteBuffer(true).order(ByteOrder.nativeOrder()).asIntBuffer();
			while (values.hasRemaining()) {
				bits.put(values.get() << Short.SIZE);
			}
			return target;
		}

		@Override
		public void close() {
			this.values.forEach(IValue::close);
			this.manager.close();
		}

	}

}
