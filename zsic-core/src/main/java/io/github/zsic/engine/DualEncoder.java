package io.github.zsic.engine;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.ShortBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.stream.IntStream;

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

import io.github.zsic.CheckpointException;
import io.github.zsic.DeviceException;
import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.Scoring;
import io.github.zsic.checkpoint.Checkpoint;
import io.github.zsic.checkpoint.ModelConfig;
import io.github.zsic.checkpoint.TokenizerSettings;
import io.github.zsic.checkpoint.Weights;

/**
 * A loaded model of two towers, one for images and one for texts, that share a space of
 * embeddings. Thread-safe.
 * <p>
 * Owns the native memory of the weights until {@link #close()}, which must not run beside
 * a call, nor be followed by one. Everything a call allocates is freed before it returns.
 */
public final class DualEncoder implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(DualEncoder.class);

	/** Bounds the memory that a request with thousands of new labels needs at once. */
	private static final int MAXIMUM_TEXT_BATCH = 64;

	/** Larger pictures are made small before they wait. */
	private static final int LARGE = 1_000_000;

	/**
	 * The parallel sections of smaller models are too short to be worth a meeting of
	 * threads, and too short to be divided without a trace in the last bits.
	 */
	private static final long SMALL = 8 * 1024 * 1024;

	private static final Picture BLANK = new Picture(new byte[3], 1, 1);

	/** The first run of all takes a multiple of later ones where those are fast. */
	private static final Duration SLOW = Duration.ofMillis(600);

	private Duration firstRun = Duration.ZERO;

	private final EngineThreads threads;

	private final EngineThreads preparers = EngineThreads.shareForPreparation();

	private final BatchQueue queue;

	private final AtomicInteger waitingTexts = new AtomicInteger();

	private final Model model;

	private final Architecture architecture;

	private final TorchDevice device;

	private final TokenizerSettings tokenizer;

	private long modelBytes;

	private Precision precision;

	private final LongAdder encodedTexts = new LongAdder();

	private int textPositions;

	private boolean padsTexts;

	private float logitScale;

	private float logitBias;

	private int dimension;

	private DualEncoder(EngineThreads threads, Batching batching, Model model, Architecture architecture,
			TorchDevice device, Precision precision, TokenizerSettings tokenizer) {
		this.threads = threads;
		this.queue = new BatchQueue(threads, batching, this::runImages);
		this.model = model;
		this.architecture = architecture;
		this.device = device;
		this.precision = precision;
		this.tokenizer = tokenizer;
	}

	/**
	 * Checks whether there is a program for a model.
	 * @param config the configuration of a checkpoint
	 * @throws CheckpointException if there is none
	 */
	public static void requireSupported(ModelConfig config) {
		Architecture.of(config.modelType());
	}

	/**
	 * Loads a model.
	 * @param checkpoint the checkpoint, which is not needed any more afterwards
	 * @param device {@code auto}, {@code cpu}, {@code cuda}, {@code cuda:<n>} or
	 * {@code mps}
	 * @param precision what to compute in
	 * @param engineThreads how many batches run at the same time, 0 to choose by the
	 * cores that there are
	 * @param intraOpThreads how many cores each of them uses, 0 to share out those that
	 * there are
	 * @param batching how pictures are gathered
	 * @return the model, to be closed by the caller
	 * @throws CheckpointException if the architecture is unknown or the weights do not
	 * fit
	 * @throws io.github.zsic.DeviceException if the device or the native library is not
	 * there, or the device does not have the precision
	 */
	public static DualEncoder load(Checkpoint checkpoint, String device, Precision precision, int engineThreads,
			int intraOpThreads, Batching batching) {
		Architecture architecture = Architecture.of(checkpoint.config().modelType());
		Engine engine = TorchRuntime.engine();
		TorchDevice torchDevice = TorchDevice.find(device, engine);
		Precision resolved = torchDevice.resolve(precision);
		long start = System.nanoTime();
		// The program itself lives on the CPU; it moves weights and pixels to the device.
		DualEncoder encoder = new DualEncoder(EngineThreads.share(engineThreads, intraOpThreads, torchDevice),
				batching.on(torchDevice),
				Model.newInstance(checkpoint.config().modelType(), Device.cpu(), engine.getEngineName()), architecture,
				torchDevice, resolved, checkpoint.tokenizerSettings());
		boolean loaded = false;
		try {
			encoder.threads.callAside(() -> {
				encoder.load(checkpoint);
				return true;
			});
			NativeMemory.trim();
			if (encoder.firstRun.compareTo(SLOW) < 0) {
				// The memory that was given back is fetched again here and not in the
				// first request, of whose time it would be a large part.
				encoder.firstRun = encoder.threads.call(encoder::runBlank);
			}
			loaded = true;
		}
		catch (InferenceException ex) {
			throw new CheckpointException(ex.getDescription(), ex.getAction(), ex);
		}
		finally {
			if (!loaded) {
				encoder.close();
			}
		}
		logger.info("Loaded {} checkpoint '{}' on {} in {} in {} ms", checkpoint.config().modelType(),
				checkpoint.location(), torchDevice.name(), encoder.precision, (System.nanoTime() - start) / 1_000_000);
		return encoder;
	}

	private void load(Checkpoint checkpoint) throws MalformedModelException {
		loadProgram();
		fallBackIfNecessary();
		try (NativeScope scope = new NativeScope(this.model)) {
			scope.run("configure", scope.numbers(checkpoint.config().numbers()),
					scope.strings(checkpoint.config().strings()), scope.numbers(checkpoint.imageProcessing().numbers()),
					scope.strings(checkpoint.weights().dtypes()), scope.add(IValue.from(this.device.name())),
					scope.add(IValue.from(this.precision.toString())));
		}
		List<String> problems = call((scope) -> scope.texts("problems"));
		if (!problems.isEmpty()) {
			throw new CheckpointException(
					"zsic cannot run what its configuration says: " + String.join("; ", problems) + ".",
					"Get the files of the configuration again, or use another checkpoint.");
		}
		Map<String, long[]> shapes = call((scope) -> {
			Map<String, long[]> result = new HashMap<>();
			scope.run("shapes")
				.toIValueMap()
				.forEach((name, shape) -> result.put(name, scope.add(shape).toLongArray()));
			return result;
		});
		this.modelBytes = shapes.values()
			.stream()
			.mapToLong((shape) -> Arrays.stream(shape).reduce(bytesPerWeight(precision()), Math::multiplyExact))
			.sum();
		Weights weights = checkpoint.weights().verify(shapes, call((scope) -> scope.texts("ignored")));
		List<Weights.Part> mapped = new ArrayList<>();
		try (NativeScope scope = new NativeScope(this.model)) {
			Map<String, IValue> state = new HashMap<>();
			for (String name : shapes.keySet()) {
				List<Weights.Part> parts = weights.map(name);
				mapped.addAll(parts);
				PtNDArray[] tensors = parts.stream().map(scope::tensor).toArray(PtNDArray[]::new);
				state.put(name, scope.add(IValue.listFrom(tensors)));
			}
			scope.run("load", scope.add(IValue.stringIValueMapFrom(state)));
		}
		mapped.forEach((part) -> NativeMemory.release(part.data()));
		this.textPositions = call((scope) -> (int) scope.run("text_positions").toLong());
		this.padsTexts = call((scope) -> scope.run("pads_texts").toBoolean());
		this.logitScale = call((scope) -> (float) scope.run("logit_scale").toDouble());
		this.logitBias = call((scope) -> (float) scope.run("logit_bias").toDouble());
		tryOut();
	}

	private static long bytesPerWeight(Precision precision) {
		return switch (precision) {
			case AUTO, FLOAT32 -> Float.BYTES;
			case BFLOAT16, FLOAT16 -> Short.BYTES;
			case INT8 -> Byte.BYTES;
		};
	}

	/**
	 * Packed weights only where it is known how they behave: oneDNN on other processors
	 * hands on to other libraries, and some builds of libtorch are without it.
	 */
	private void loadProgram() throws MalformedModelException {
		String processor = System.getProperty("os.arch");
		if (Set.of("amd64", "x86_64").contains(processor)) {
			try {
				loadProgram("onednn.py");
				return;
			}
			catch (EngineException ex) {
				logger.debug("This libtorch is without oneDNN", ex);
			}
		}
		loadProgram("plain.py");
		if (!this.device.isGpu()) {
			logger.info("This libtorch has no packed weights for processors of type {}: float32 runs without",
					processor);
		}
	}

	private void loadProgram(String kernels) throws MalformedModelException {
		try {
			Path folder = Files.createTempDirectory("zsic-program-");
			Path archive = folder.resolve("program.pt");
			try {
				TorchScriptArchive.write(this.architecture, kernels, archive);
				this.model.load(folder, "program.pt", Map.of("mapLocation", "true"));
			}
			finally {
				Files.deleteIfExists(archive);
				Files.deleteIfExists(folder);
			}
		}
		catch (IOException ex) {
			throw new DeviceException("The program of the model cannot be written to a temporary file (" + ex + ").",
					"Make room in, or give access to, the folder that the system property java.io.tmpdir names.", ex);
		}
	}

	/**
	 * A processor that lacks instructions is no error: the same model just runs slower.
	 */
	private void fallBackIfNecessary() {
		if (!this.device.isGpu() && !call(
				(scope) -> scope.run("supports", scope.add(IValue.from(this.precision.toString()))).toBoolean())) {
			logger.warn("This processor has no instructions for precision '{}': using float32", this.precision);
			this.precision = Precision.FLOAT32;
		}
	}

	/** One call of each tower, so that a model that cannot work does not get ready. */
	private void tryOut() {
		this.firstRun = runBlank();
		this.dimension = runTexts(List.of(new long[] { 0, 0 }))[0].length;
		requireFinite(this.logitScale, this.logitBias);
	}

	private Duration runBlank() {
		long start = System.nanoTime();
		runImages(List.of(BLANK));
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private static float[] requireFinite(float... values) {
		for (float value : values) {
			if (!Float.isFinite(value)) {
				throw new InferenceException("The model computes values that are not finite numbers.",
						"Its weights are damaged: get their files again.");
			}
		}
		return values;
	}

	/**
	 * Takes a place in the queue, for a call that brings pictures.
	 * @return the call's place, to be closed by the caller
	 * @throws QueueFullException if there is none
	 */
	public ImageRequest admit() {
		if (!this.queue.takePlace()) {
			throw new QueueFullException(this.queue.capacity());
		}
		return new ImageRequest(this.queue, this::prepare);
	}

	/** Neither the engine nor memory is to be kept busy with pixels that do not count. */
	private Picture prepare(Picture picture) {
		boolean smaller = picture.width() != picture.originalWidth() || picture.height() != picture.originalHeight();
		if (!smaller && (long) picture.width() * picture.height() < LARGE) {
			return picture;
		}
		return this.preparers.call(() -> call((scope) -> {
			PtNDArray pixels = scope
				.run("resize", scope.add(IValue.from(scope.pixels(picture))),
						scope.add(IValue.from((long) picture.originalHeight())),
						scope.add(IValue.from((long) picture.originalWidth())))
				.toTensor(scope.manager);
			return new Picture(pixels.toByteArray(), (int) pixels.getShape().get(1), (int) pixels.getShape().get(0));
		}));
	}

	/** All in one batch, in the calling thread. */
	float[][] runImages(List<Picture> pictures) {
		this.threads.shareCores(this.modelBytes >= SMALL);
		float[] flat = call((scope) -> {
			PtNDArray[] tensors = pictures.stream().map(scope::pixels).toArray(PtNDArray[]::new);
			return requireFinite(scope.run("encode_images", scope.add(IValue.listFrom(tensors)))
				.toTensor(scope.manager)
				.toFloatArray());
		});
		return rows(flat, pictures.size());
	}

	private static float[][] rows(float[] flat, int count) {
		int length = flat.length / count;
		float[][] rows = new float[count][];
		for (int i = 0; i < count; i++) {
			rows[i] = Arrays.copyOfRange(flat, i * length, (i + 1) * length);
		}
		return rows;
	}

	/**
	 * Computes the embeddings of texts.
	 * @param ids the token ids of each text, at most {@link #textPositions()}, not padded
	 * @return new unit vectors of length {@link #dimension()}, in the order of the texts
	 * @throws InferenceException if the engine fails
	 */
	public float[][] encodeTexts(List<long[]> ids) {
		// Texts of similar length together, so that little is spent on padding.
		int[] order = IntStream.range(0, ids.size())
			.boxed()
			.sorted(Comparator.comparingInt((i) -> ids.get(i).length))
			.mapToInt(Integer::intValue)
			.toArray();
		float[][] result = new float[ids.size()][];
		for (int from = 0; from < order.length; from += MAXIMUM_TEXT_BATCH) {
			int[] rows = Arrays.copyOfRange(order, from, Math.min(from + MAXIMUM_TEXT_BATCH, order.length));
			List<long[]> batch = new ArrayList<>();
			for (int row : rows) {
				batch.add(ids.get(row));
			}
			this.waitingTexts.incrementAndGet();
			float[][] embeddings = this.threads.call(() -> {
				this.waitingTexts.decrementAndGet();
				return runTexts(batch);
			});
			this.encodedTexts.add(batch.size());
			for (int i = 0; i < rows.length; i++) {
				result[rows[i]] = embeddings[i];
			}
		}
		return result;
	}

	private float[][] runTexts(List<long[]> batch) {
		this.threads.shareCores(this.modelBytes >= SMALL);
		int tokens = this.padsTexts ? this.textPositions
				: batch.stream().mapToInt((ids) -> ids.length).max().orElseThrow();
		long[] padded = new long[batch.size() * tokens];
		Arrays.fill(padded, this.tokenizer.padId());
		long[] mask = new long[padded.length];
		for (int i = 0; i < batch.size(); i++) {
			int length = batch.get(i).length;
			System.arraycopy(batch.get(i), 0, padded, i * tokens, length);
			Arrays.fill(mask, i * tokens, i * tokens + (this.tokenizer.masksPadding() ? length : tokens), 1);
		}
		float[] flat = call((scope) -> requireFinite(
				scope.run("encode_texts", scope.ids(padded, batch.size()), scope.ids(mask, batch.size()))
					.toTensor(scope.manager)
					.toFloatArray()));
		return rows(flat, batch.size());
	}

	private <T> T call(Function<NativeScope, T> task) {
		try (NativeScope scope = new NativeScope(this.model)) {
			return task.apply(scope);
		}
	}

	/**
	 * How many tokens the text tower reads, special tokens included.
	 * @return a positive number
	 */
	public int textPositions() {
		return this.textPositions;
	}

	/**
	 * How long it took to encode a picture when the model was loaded.
	 * @return the time
	 */
	public Duration firstRun() {
		return this.firstRun;
	}

	/**
	 * Whether every text has exactly as many tokens: longer ones are to be cut, shorter
	 * ones this class pads.
	 * @return whether texts that are too long are cut
	 */
	public boolean padsTexts() {
		return this.padsTexts;
	}

	/**
	 * The factor from cosine to logit.
	 * @return the factor
	 */
	public float logitScale() {
		return this.logitScale;
	}

	/**
	 * What is added to the scaled cosine.
	 * @return the summand, 0 for most architectures
	 */
	public float logitBias() {
		return this.logitBias;
	}

	/**
	 * The length of the embeddings.
	 * @return a positive number
	 */
	public int dimension() {
		return this.dimension;
	}

	/**
	 * How the reference pipeline scores this architecture.
	 * @return {@link Scoring#SOFTMAX} or {@link Scoring#SIGMOID}
	 */
	public Scoring scoring() {
		return this.architecture.scoring();
	}

	/**
	 * Where the model runs.
	 * @return the device in PyTorch's notation
	 */
	public String device() {
		return this.device.name();
	}

	/**
	 * What the model computes in.
	 * @return the precision, never {@link Precision#AUTO}
	 */
	public Precision precision() {
		return this.precision;
	}

	/**
	 * About how much memory the weights take.
	 * @return the number of bytes, of all weights in what the model computes in
	 */
	public long modelBytes() {
		return this.modelBytes;
	}

	/**
	 * How many texts the text tower has encoded.
	 * @return the number since the model was loaded
	 */
	public long encodedTexts() {
		return this.encodedTexts.sum();
	}

	/**
	 * How many threads run the engine.
	 * @return a positive number
	 */
	public int engineThreads() {
		return this.threads.size();
	}

	/**
	 * How many pictures, and batches of texts, wait for one of them.
	 * @return the number at this moment
	 */
	public int queued() {
		return this.queue.waiting() + this.waitingTexts.get();
	}

	/**
	 * How many places for pictures are taken.
	 * @return the number at this moment
	 */
	public int places() {
		return this.queue.taken();
	}

	/**
	 * How many places for pictures there are.
	 * @return a positive number
	 */
	public int capacity() {
		return this.queue.capacity();
	}

	@Override
	public void close() {
		this.threads.close();
		this.preparers.close();
		this.model.close();
		NativeMemory.trim();
	}

	/**
	 * A picture to encode.
	 *
	 * @param rgb rows from top to bottom, interleaved red, green and blue; not changed
	 * @param width the width in pixels
	 * @param height the height in pixels
	 * @param originalWidth the width before the picture was made smaller, to a number of
	 * eighths, on its way to here; or else the same
	 * @param originalHeight the height before that
	 */
	public record Picture(byte[] rgb, int width, int height, int originalWidth, int originalHeight) {

		/**
		 * Creates a picture that was not made smaller.
		 * @param rgb the pixels
		 * @param width the width
		 * @param height the height
		 */
		public Picture(byte[] rgb, int width, int height) {
			this(rgb, width, height, width, height);
		}

	}

	/**
	 * Owns every native object of one call of the program and frees them together.
	 */
	private static final class NativeScope implements AutoCloseable {

		private final PtNDManager manager;

		private final PtSymbolBlock program;

		private final List<IValue> values = new ArrayList<>();

		NativeScope(Model model) {
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

		/** The picture in memory of libtorch's own, which is freed with this scope. */
		PtNDArray pixels(Picture picture) {
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
