package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.stream.JsonReader;
import org.jspecify.annotations.Nullable;

/**
 * A small model of an architecture, whose weights a formula gives, and what the reference
 * makes of a picture and of texts with it. {@code tools/golden/known_answers.py} recorded
 * the answers and tells the formulas.
 *
 * @param config its configuration
 * @param processing how it prepares pictures
 * @param stored the shapes of tensors from which its program tells sizes
 * @param size width and height of the picture
 * @param ids the token ids of each text, all of one length
 * @param mask 1 where a text has something to read
 * @param image the embedding of the picture, several one after the other where a picture
 * has several
 * @param texts the embedding of each text
 * @param resizes what becomes of pictures that are resized
 */
public record KnownModel(ModelConfig config, ImageProcessing processing, Map<String, long[]> stored, int[] size,
		long[][] ids, long[][] mask, float[] image, float[][] texts, List<Resize> resizes) {

	private static final String RESOURCE = "known-answers.json";

	private static final Gson GSON = new Gson();

	/**
	 * Reads a model.
	 * @param wanted the {@code model_type}, perhaps with more behind a slash
	 * @return the model
	 */
	public static KnownModel of(String wanted) {
		try (InputStream in = KnownModel.class.getResourceAsStream(RESOURCE)) {
			if (in == null) {
				throw new IOException("zsic-core lacks its own resource " + RESOURCE);
			}
			return read(wanted, new JsonReader(new InputStreamReader(in, StandardCharsets.UTF_8)));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** What there is of other architectures is passed over. */
	private static KnownModel read(String wanted, JsonReader json) throws IOException {
		Entry entry = null;
		List<Resize> resizes = List.of();
		json.beginObject();
		while (json.hasNext()) {
			String name = json.nextName();
			if (name.equals(wanted)) {
				entry = GSON.fromJson(json, Entry.class);
			}
			else if (name.equals("resize")) {
				resizes = List.of((Resize[]) GSON.fromJson(json, Resize[].class));
			}
			else {
				json.skipValue();
			}
		}
		if (entry == null) {
			throw new IOException(RESOURCE + " has nothing of '" + wanted + "'");
		}
		String modelType = wanted.replaceFirst("/.*", "");
		Map<String, long[]> stored = (entry.stored() != null) ? entry.stored() : Map.of();
		return new KnownModel(ModelConfig.of(modelType, entry.config()),
				ImageProcessing.of(modelType,
						ModelConfig.OPEN_CLIP.equals(modelType) ? entry.config() : entry.processor()),
				stored, entry.picture(), entry.ids(), entry.mask(), entry.image(), entry.texts(), resizes);
	}

	/**
	 * The pixels of a picture, the same for the same size.
	 * @param width the width
	 * @param height the height
	 * @return interleaved red, green and blue, row by row
	 */
	public static byte[] picture(int width, int height) {
		byte[] rgb = new byte[3 * width * height];
		int i = 0;
		for (int y = 0; y < height; y++) {
			for (int x = 0; x < width; x++) {
				for (int c = 0; c < 3; c++) {
					rgb[i++] = (byte) (17 * x + 29 * y + 61 * c + x * y / 3);
				}
			}
		}
		return rgb;
	}

	/**
	 * A tensor of the model.
	 * @param name the name under which a checkpoint stores it
	 * @param shape its shape
	 * @return the tensor in float32, in memory of its own
	 */
	public static Weights.Part weight(String name, long[] shape) {
		int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
		CRC32 seed = new CRC32();
		seed.update(name.getBytes(StandardCharsets.UTF_8));
		double scale = 0.25;
		double offset = 0;
		if (shape.length >= 2 && !name.endsWith("gamma")) {
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
	 * A picture that is resized.
	 *
	 * @param resample Pillow's number of the filter
	 * @param picture width and height of the {@linkplain KnownModel#picture picture}
	 * @param size height and width of the result
	 * @param pixels the result in Base64
	 */
	public record Resize(int resample, int[] picture, int[] size, String pixels) {

		/**
		 * What should come out.
		 * @return interleaved red, green and blue, row by row
		 */
		public byte[] expected() {
			return Base64.getDecoder().decode(this.pixels);
		}

	}

	/**
	 * What the file says of an architecture.
	 */
	private record Entry(JsonObject config, JsonObject processor, @Nullable Map<String, long[]> stored, long[][] ids,
			long[][] mask, int[] picture, float[] image, float[][] texts) {

	}

}
