package io.github.zsic.engine;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.checkpoint.ImageProcessing;
import io.github.zsic.checkpoint.KnownModel;
import io.github.zsic.checkpoint.ModelConfig;
import io.github.zsic.checkpoint.Weights;

/**
 * Compares what a program computes with what the reference computes, of a small model of
 * its architecture. A program that comes to the same on the device at hand runs right
 * there, from the resize to the last norm.
 * <p>
 * Immutable.
 */
final class KnownAnswers {

	/** Of components of unit vectors, in float32 on a CPU. */
	private static final double COMPONENT = 2e-5;

	/** On a GPU, whose user may have allowed products with fewer bits (TF32). */
	private static final double GPU_COMPONENT = 1e-3;

	/** 1 - cosine, in 16 bits; measured are 0.0001 and less. */
	private static final double HALF_PRECISION = 0.002;

	/** 1 - cosine, in 8 bits; measured are 0.0007 and less. */
	private static final double INT8 = 0.007;

	private final KnownModel model;

	private KnownAnswers(KnownModel model) {
		this.model = model;
	}

	/** The answers for a program. */
	static KnownAnswers of(Blueprint blueprint) {
		return new KnownAnswers(KnownModel.of(blueprint.knownModel()));
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
		for (KnownModel.Resize resize : this.model.resizes()) {
			verify(program, precision, resize);
		}
		program.configure(this.model.config(), this.model.processing(), this.model.stored(), precision);
		Map<String, long[]> shapes = program.shapes();
		Map<String, Weights.Part> weights = new HashMap<>();
		shapes.forEach((name, shape) -> weights.put(name, KnownModel.weight(name, shape)));
		program.load(shapes.keySet(), (name) -> List.of(weights.get(name)), checked);
		DualEncoder.Picture picture = picture(this.model.size());
		compare(program, precision, "picture", program.encodeImages(List.of(picture)), this.model.image());
		compare(program, precision, "text",
				program.encodeTexts(flatten(this.model.ids()), flatten(this.model.mask()), this.model.ids().length),
				this.model.texts());
	}

	private static void verify(Program program, Precision precision, KnownModel.Resize resize) {
		Map<String, Double> numbers = Map.of("do_resize", 1.0, "size.height", (double) resize.size()[0], "size.width",
				(double) resize.size()[1], "resample", (double) resize.resample());
		program.configure(new ModelConfig("", Map.of(), Map.of()), new ImageProcessing(numbers), Map.of(), precision);
		byte[] actual = program.resize(picture(resize.picture())).rgb();
		byte[] expected = resize.expected();
		int largest = 0;
		for (int i = 0; i < expected.length; i++) {
			largest = Math.max(largest, Math.abs((actual[i] & 0xff) - (expected[i] & 0xff)));
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
		return new DualEncoder.Picture(KnownModel.picture(size[0], size[1]), size[0], size[1]);
	}

}
