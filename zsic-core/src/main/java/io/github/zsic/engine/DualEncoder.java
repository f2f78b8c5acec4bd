package io.github.zsic.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.CheckpointException;
import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.Scoring;
import io.github.zsic.checkpoint.Checkpoint;
import io.github.zsic.checkpoint.ImageProcessing;
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

	/** Of components of unit vectors; another number of cores may change last bits. */
	private static final float REPEATED = 1e-3f;

	private static final Picture BLANK = new Picture(new byte[3], 1, 1);

	/** The first run of all takes a multiple of later ones where those are fast. */
	private static final Duration SLOW = Duration.ofMillis(600);

	private Duration firstRun = Duration.ZERO;

	private float[] blank = {};

	private final EngineThreads threads;

	private final EngineThreads preparers;

	private final BatchQueue queue;

	private final AtomicInteger waitingTexts = new AtomicInteger();

	/**
	 * Calls with several batches of texts take turns, so that however many there are,
	 * others find the engine free after a batch of each of its threads.
	 */
	private final Semaphore turns;

	private final Program program;

	private final Architecture architecture;

	private final KnownAnswers answers;

	private final TokenizerSettings tokenizer;

	private final NarrowPictures narrow;

	private final @Nullable OwnResize ownResize;

	private final ImageProcessing imageProcessing;

	private long modelBytes;

	private final Precision precision;

	private final Scoring scoring;

	private final List<String> fallbacks;

	private final LongAdder encodedTexts = new LongAdder();

	private int textPositions;

	private boolean padsTexts;

	private float logitScale;

	private float logitBias;

	private int dimension;

	/** Takes over the program, also where it fails. */
	private DualEncoder(EngineThreads threads, EngineThreads preparers, Batching batching, Architecture architecture,
			VerifiedProgram verified, Checkpoint checkpoint) {
		this.threads = threads;
		this.preparers = preparers;
		this.queue = new BatchQueue(threads, batching, this::runImages);
		this.turns = new Semaphore(threads.size(), true);
		this.architecture = architecture;
		this.scoring = architecture.scoring(checkpoint.config());
		this.answers = verified.answers();
		this.program = verified.program();
		this.precision = verified.precision();
		this.tokenizer = checkpoint.tokenizerSettings();
		this.narrow = new NarrowPictures(checkpoint.imageProcessing());
		this.imageProcessing = checkpoint.imageProcessing();
		this.ownResize = OwnResize.isNeeded(this.imageProcessing) ? new OwnResize(this.imageProcessing) : null;
		boolean loaded = false;
		try {
			load(checkpoint);
			this.fallbacks = verified.fallbacks(this.program.wrongProducts());
			loaded = true;
		}
		finally {
			if (!loaded) {
				this.program.close();
			}
		}
	}

	/**
	 * Checks whether there is a program for a model.
	 * @param config the configuration of a checkpoint
	 * @throws CheckpointException if there is none
	 */
	public static void requireSupported(ModelConfig config) {
		Blueprint.of(config);
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
		Blueprint blueprint = Blueprint.of(checkpoint.config());
		TorchDevice torchDevice = TorchDevice.find(device, TorchRuntime.engine());
		Precision resolved = torchDevice.resolve(precision);
		long start = System.nanoTime();
		EngineThreads threads = EngineThreads.share(engineThreads, intraOpThreads, torchDevice);
		EngineThreads preparers = EngineThreads.shareForPreparation();
		DualEncoder encoder = null;
		boolean loaded = false;
		try {
			encoder = threads.callAside(() -> {
				VerifiedProgram verified = VerifiedProgram.of(blueprint, torchDevice, resolved);
				return new DualEncoder(threads, preparers, batching.on(torchDevice), blueprint.architecture(), verified,
						checkpoint);
			});
			NativeMemory.trim();
			if (encoder.firstRun.compareTo(SLOW) < 0) {
				// The memory that was given back is fetched again here and not in the
				// first request, of whose time it would be a large part.
				encoder.firstRun = threads.call(encoder::runBlank);
			}
			loaded = true;
		}
		catch (InferenceException ex) {
			throw new CheckpointException(ex.getDescription(), ex.getAction(), ex);
		}
		finally {
			if (encoder == null) {
				threads.close();
				preparers.close();
				NativeMemory.trim();
			}
			else if (!loaded) {
				encoder.close();
			}
		}
		return encoder;
	}

	private void load(Checkpoint checkpoint) {
		this.program.configure(checkpoint.config(), OwnResize.leftOver(checkpoint.imageProcessing()),
				checkpoint.weights().shapes(), this.precision);
		List<String> problems = this.program.problems();
		if (!problems.isEmpty()) {
			throw new CheckpointException(
					"zsic cannot run what its configuration says: " + String.join("; ", problems) + ".",
					"Get the files of the configuration again, or use another checkpoint.");
		}
		Map<String, long[]> shapes = this.program.shapes();
		this.modelBytes = shapes.values()
			.stream()
			.mapToLong((shape) -> Arrays.stream(shape).reduce(bytesPerWeight(precision()), Math::multiplyExact))
			.sum();
		Weights weights = checkpoint.weights().verify(shapes, this.program.call((scope) -> scope.texts("ignored")));
		List<Weights.Part> mapped = new ArrayList<>();
		this.program.load(shapes.keySet(), (name) -> {
			List<Weights.Part> parts = weights.map(name);
			mapped.addAll(parts);
			return parts;
		});
		mapped.forEach((part) -> NativeMemory.release(part.data()));
		this.textPositions = this.program.call((scope) -> (int) scope.run("text_positions").toLong());
		this.padsTexts = this.program.call((scope) -> scope.run("pads_texts").toBoolean());
		this.logitScale = this.program.call((scope) -> (float) scope.run("logit_scale").toDouble());
		this.logitBias = this.program.call((scope) -> (float) scope.run("logit_bias").toDouble());
		tryOut();
	}

	private static long bytesPerWeight(Precision precision) {
		return switch (precision) {
			case AUTO, FLOAT32 -> Float.BYTES;
			case BFLOAT16, FLOAT16 -> Short.BYTES;
			case INT8 -> Byte.BYTES;
		};
	}

	/** One call of each tower, so that a model that cannot work does not get ready. */
	private void tryOut() {
		this.firstRun = runBlank();
		this.dimension = runTexts(List.of(new long[] { 0, 0 }))[0].length;
		requireFinite(this.logitScale, this.logitBias);
		double difference = this.program.largestDifference();
		if (!(difference <= 1)) {
			throw VerifiedProgram.refusal(this.program, this.precision,
					"attention, a norm or a convolution in the shape of this model is off by %.2g times what is allowed"
						.formatted(difference));
		}
	}

	/**
	 * Checks that the device still computes right: known answers of the architecture, and
	 * what this model made of a blank picture when it was loaded.
	 * @throws InferenceException if something else comes out
	 */
	public void verify() {
		this.threads.callAside(() -> {
			try (Program fresh = this.program.again()) {
				this.answers.verify(fresh, this.precision);
			}
			return true;
		});
		float[] again = this.threads.call(() -> runImages(List.of(blankPicture()))[0]);
		for (int i = 0; i < again.length; i++) {
			if (!(Math.abs(again[i] - this.blank[i]) <= REPEATED)) {
				throw new InferenceException(
						"The embedding of a blank picture is not what it was when the model was loaded: component " + i
								+ " is " + again[i] + " instead of " + this.blank[i] + ".",
						"Check the device and its memory, and load the model again.");
			}
		}
	}

	private Picture blankPicture() {
		return (this.ownResize != null) ? this.ownResize.resize(BLANK) : BLANK;
	}

	private Duration runBlank() {
		long start = System.nanoTime();
		this.blank = runImages(List.of(blankPicture()))[0];
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
	 * Admits a call that brings pictures.
	 * @param pictures how many
	 * @return the call, to be closed by the caller
	 * @throws io.github.zsic.QueueFullException if there is no room for it
	 */
	public ImageRequest admit(int pictures) {
		return ImageRequest.admit(this.queue, this::prepare, pictures);
	}

	/**
	 * Admits a call with one picture that is one of many. It is never refused, but waits
	 * for the others.
	 * @param flow of all of them, for this model alone
	 * @return the call, to be closed by the caller
	 */
	public ImageRequest admit(Flow flow) {
		return new ImageRequest(this.queue, this::prepare, flow, ImageRequest.Kind.ONE_OF_FLOW);
	}

	/**
	 * How many pictures of one caller keep the engine busy.
	 * @return a positive number
	 */
	public int window() {
		return this.queue.window();
	}

	/**
	 * How many pixels a picture has after it is resized for the model and cropped.
	 * @param width the width of the picture
	 * @param height its height
	 * @return a number of pixels
	 */
	public long resizedPixels(int width, int height) {
		return this.imageProcessing.resizedPixels(width, height);
	}

	/** Neither the engine nor memory is to be kept busy with pixels that do not count. */
	private Picture prepare(Picture picture) {
		boolean smaller = picture.width() != picture.originalWidth() || picture.height() != picture.originalHeight();
		if (smaller) {
			return this.preparers.call(() -> this.program.resize(picture));
		}
		Picture center = this.narrow.reduce(picture);
		if (this.ownResize != null) {
			OwnResize resize = this.ownResize;
			return (center != picture) ? center : this.preparers.call(() -> resize.resize(picture));
		}
		return ((long) center.width() * center.height() < LARGE) ? center
				: this.preparers.call(() -> this.program.resize(center));
	}

	/** All in one batch, in the calling thread. */
	float[][] runImages(List<Picture> pictures) {
		this.threads.shareCores(this.modelBytes >= SMALL);
		return rows(requireFinite(this.program.encodeImages(pictures)), pictures.size());
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
	 * @throws CancellationException if there is more than one batch of texts and the
	 * thread is interrupted
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
			float[][] embeddings = (order.length > MAXIMUM_TEXT_BATCH) ? encodeInTurn(batch) : encodeBatch(batch);
			this.encodedTexts.add(batch.size());
			for (int i = 0; i < rows.length; i++) {
				result[rows[i]] = embeddings[i];
			}
		}
		return result;
	}

	private float[][] encodeInTurn(List<long[]> batch) {
		try {
			this.turns.acquire();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted while its texts were encoded.");
		}
		try {
			return encodeBatch(batch);
		}
		finally {
			this.turns.release();
		}
	}

	private float[][] encodeBatch(List<long[]> batch) {
		this.waitingTexts.incrementAndGet();
		return this.threads.call(() -> {
			this.waitingTexts.decrementAndGet();
			return runTexts(batch);
		});
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
			// Only a text of a fixed length: what others got would depend on their batch.
			int start = i * tokens + ((this.padsTexts && this.tokenizer.padsLeft()) ? tokens - length : 0);
			System.arraycopy(batch.get(i), 0, padded, start, length);
			if (this.tokenizer.masksPadding()) {
				Arrays.fill(mask, start, start + length, 1);
			}
			else {
				Arrays.fill(mask, i * tokens, (i + 1) * tokens, 1);
			}
		}
		return rows(requireFinite(this.program.encodeTexts(padded, mask, batch.size())), batch.size());
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
	 * Whether texts with more tokens are cut, as the reference always does for this
	 * model.
	 * @return whether it is not for the user to decide
	 */
	public boolean cutsTexts() {
		return this.padsTexts || this.architecture == Architecture.OPEN_CLIP;
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
	 * How the reference scores this model.
	 * @return {@link Scoring#SOFTMAX} or {@link Scoring#SIGMOID}
	 */
	public Scoring scoring() {
		return this.scoring;
	}

	/**
	 * Where the model runs.
	 * @return the device in PyTorch's notation
	 */
	public String device() {
		return this.program.device().name();
	}

	/**
	 * What the model computes in.
	 * @return the precision, never {@link Precision#AUTO}
	 */
	public Precision precision() {
		return this.precision;
	}

	/**
	 * What plain operators compute because a faster kernel computes it wrong on this
	 * machine.
	 * @return sentences for people, empty on most machines
	 */
	public List<String> fallbacks() {
		return this.fallbacks;
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

	/**
	 * How long a call waits until work on it begins.
	 * @return the time, {@code null} for as long as it takes
	 */
	public @Nullable Duration maximumWait() {
		return this.queue.maximumWait();
	}

	@Override
	public void close() {
		this.threads.close();
		this.preparers.close();
		this.program.close();
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

}
