package io.github.zsic.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

import com.google.gson.Gson;
import com.google.gson.JsonObject;

import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.checkpoint.ImageProcessing;
import io.github.zsic.checkpoint.ModelConfig;
import io.github.zsic.checkpoint.Weights;

/**
 * What the reference makes of a picture and two texts with a small model of an
 * architecture, whose weights a formula gives. A program that comes to the same on the
 * device at hand runs right there, from the resize to the last norm.
 * {@code tools/golden/known_answers.py} recorded the answers and tells the formula.
 * <p>
 * Immutable.
 */
final class KnownAnswers {

	private static final String RESOURCE = "known-answers.json";

	/** Of components of unit vectors, in float32 on a CPU. */
	private static final double COMPONENT = 2e-5;

	/** On a GPU, whose user may have allowed products with fewer bits (TF32). */
	private static final double GPU_COMPONENT = 1e-3;

	/** 1 - cosine, in 16 bits; measured are 0.0001 and less. */
	private static final double HALF_PRECISION = 0.002;

	/** 1 - cosine, in 8 bits; measured are 0.0007 and less. */
	private static final double INT8 = 0.007;

	private static final Gson GSON = new Gson();

	private final ModelConfig config;

	private final ImageProcessing processing;

	private final Entry entry;

	private final List<Resize> resizes;

	private KnownAnswers(ModelConfig config, ImageProcessing processing, Entry entry, List<Resize> resizes) {
		this.config = config;
		this.processing = processing;
		this.entry = entry;
		this.resizes = resizes;
	}

	/**
	 * Reads the answers for an architecture.
	 */
	static KnownAnswers of(Architecture architecture) {
		JsonObject all;
		try (InputStream in = KnownAnswers.class.getResourceAsStream(RESOURCE)) {
			if (in == null) {
				throw new IOException("zsic-core lacks its own resource " + RESOURCE);
			}
			Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
			all = GSON.fromJson(reader, JsonObject.class);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		String type = architecture.modelType();
		Entry entry = GSON.fromJson(all.get(type), Entry.class);
		return new KnownAnswers(ModelConfig.of(type, entry.config()),
				ImageProcessing.of(type, (architecture == Architecture.OPEN_CLIP) ? entry.config() : entry.processor()),
				entry, List.of(GSON.fromJson(all.get("resize"), Resize[].class)));
	}

	/**
	 * Has a program compute them. What it was configured for before is forgotten.
	 * @param program the program of the architecture
	 * @param precision what to compute in
	 * @throws InferenceException if something else comes out, also where products that
	 * are wrong are left to plain operators
	 */
	void verify(Program program, Precision precision) {
		try {
			verify(program, precision, false);
		}
		catch (InferenceException ex) {
			if (!program.isPacking()) {
				throw ex;
			}
			// Perhaps it is a product that will be found in the model, too.
			verify(program, precision, true);
		}
	}

	private void verify(Program program, Precision precision, boolean checked) {
		for (Resize resize : this.resizes) {
			verify(program, precision, resize);
		}
		program.configure(this.config, this.processing, Map.of(), precision);
		Map<String, long[]> shapes = program.shapes();
		Map<String, Weights.Part> weights = new HashMap<>();
		shapes.forEach((name, shape) -> weights.put(name, weight(name, shape)));
		program.load(shapes.keySet(), (name) -> List.of(weights.get(name)), checked);
		DualEncoder.Picture picture = picture(this.entry.picture());
		compare(program, precision, "picture", program.encodeImages(List.of(picture, picture)), this.entry.image(),
				this.entry.image());
		compare(program, precision, "text",
				program.encodeTexts(flatten(this.entry.ids()), flatten(this.entry.mask()), this.entry.ids().length),
				this.entry.texts());
	}

	private static void verify(Program program, Precision precision, Resize resize) {
		Map<String, Double> numbers = Map.of("do_resize", 1.0, "size.height", (double) resize.size()[0], "size.width",
				(double) resize.size()[1], "resample", (double) resize.resample());
		program.configure(new ModelConfig("", Map.of(), Map.of()), new ImageProcessing(numbers), Map.of(), precision);
		DualEncoder.Picture resized = program.resize(picture(resize.picture()));
		byte[] expected = Base64.getDecoder().decode(resize.pixels());
		int largest = 0;
		for (int i = 0; i < expected.length; i++) {
			largest = Math.max(largest, Math.abs((resized.rgb()[i] & 0xff) - (expected[i] & 0xff)));
		}
		if (largest > 1) {
			throw wrong("the resize of a picture (resample " + resize.resample() + "), in levels of 255", largest, 1);
		}
	}

	private static void compare(Program program, Precision precision, String what, float[] actual,
			float[]... expected) {
		int length = actual.length / expected.length;
		for (int i = 0; i < expected.length; i++) {
			compare(program, precision, what, Arrays.copyOfRange(actual, i * length, (i + 1) * length), expected[i]);
		}
	}

	private static void compare(Program program, Precision precision, String what, float[] actual, float[] expected) {
		double difference = 0;
		double allowed;
		if (precision == Precision.FLOAT32) {
			allowed = program.device().isGpu() ? GPU_COMPONENT : COMPONENT;
			for (int i = 0; i < expected.length; i++) {
				// NaN, too, is larger than anything.
				difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
			}
		}
		else {
			allowed = (precision == Precision.INT8) ? INT8 : HALF_PRECISION;
			double cosine = 0;
			double length = 0;
			for (int i = 0; i < expected.length; i++) {
				cosine += actual[i] * expected[i];
				length += expected[i] * expected[i];
			}
			// Pictures may have several vectors of unit length.
			difference = 1 - cosine / length;
		}
		if (!(difference <= allowed)) {
			throw wrong("the embedding of a " + what, difference, allowed);
		}
	}

	private static InferenceException wrong(String what, double difference, double allowed) {
		return new InferenceException(
				"%s is off by %.2g, where %.2g is allowed, in a small model whose results are known".formatted(what,
						difference, allowed),
				"Check the device.");
	}

	private static long[] flatten(long[][] rows) {
		return Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray();
	}

	private static DualEncoder.Picture picture(int[] size) {
		byte[] rgb = new byte[3 * size[0] * size[1]];
		int i = 0;
		for (int y = 0; y < size[1]; y++) {
			for (int x = 0; x < size[0]; x++) {
				for (int c = 0; c < 3; c++) {
					rgb[i++] = (byte) (17 * x + 29 * y + 61 * c + x * y / 3);
				}
			}
		}
		return new DualEncoder.Picture(rgb, size[0], size[1]);
	}

	private static Weights.Part weight(String name, long[] shape) {
		int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
		CRC32 seed = new CRC32();
		seed.update(name.getBytes(StandardCharsets.UTF_8));
		double scale = 0.25;
		double offset = 0;
		if (shape.length >= 2) {
			boolean table = (shape.length == 3 && shape[0] == 1) || (name.contains("embedding")
					&& !name.contains("patch_embedding") && !name.contains("convolution"));
			scale = table ? 0.5 : Math.sqrt(6 / ((double) count / shape[0]));
		}
		else if (name.endsWith("logit_scale") || name.endsWith("temperature")) {
			scale = 0;
			offset = 1;
		}
		else if (name.endsWith("weight") || name.endsWith("gamma")) {
			offset = 1;
		}
		else if (name.endsWith("running_var")) {
			scale = 0.125;
			offset = 0.6875;
		}
		ByteBuffer data = ByteBuffer.allocateDirect(Float.BYTES * count).order(ByteOrder.nativeOrder());
		for (int i = 0; i < count; i++) {
			data.putFloat((float) (offset + scale * random((int) seed.getValue() + i * 0x9E3779B9)));
		}
		return new Weights.Part("F32", shape, data.flip());
	}

	/** The hash "lowbias32" of Chris Wellons, from -1 to 1. */
	private static double random(int value) {
		int hash = value;
		hash ^= hash >>> 16;
		hash *= 0x7feb352d;
		hash ^= hash >>> 15;
		hash *= 0x846ca68b;
		hash ^= hash >>> 16;
		return (hash >>> 8) * 0x1p-23 - 1;
	}

	/**
	 * What the file says of an architecture.
	 */
	private record Entry(JsonObject config, JsonObject processor, long[][] ids, long[][] mask, int[] picture,
			float[] image, float[][] texts) {

	}

	/**
	 * A picture of a width and a height in another height and width.
	 */
	private record Resize(int resample, int[] picture, int[] size, String pixels) {

	}

}
