package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * How pictures are prepared for the image tower, in the form in which an architecture's
 * program reads it.
 *
 * @param numbers the settings by their path: {@code do_resize},
 * {@code size.shortest_edge}, perhaps with {@code size.longest_edge}, or
 * {@code size.max_height} and {@code size.max_width}, or {@code size.height} and
 * {@code size.width}, {@code resample} (Pillow's number of the filter),
 * {@code do_center_crop}, {@code crop_size.height}, {@code crop_size.width},
 * {@code do_rescale}, {@code rescale_factor}, {@code do_normalize}, {@code image_mean.0}
 * to {@code .2}, {@code image_std.0} to {@code .2}; instead of a size {@code patch_size}
 * and {@code max_num_patches} for pictures that keep their aspect; {@code rescale_offset}
 * and {@code include_top} of EfficientNet's processor; {@code rounds} where sizes and
 * offsets that are no whole numbers are rounded, half to even, instead of cut off;
 * booleans are 0 and 1
 */
public record ImageProcessing(Map<String, Double> numbers) {

	static final String FILE = "preprocessor_config.json";

	static final String COMBINED_FILE = "processor_config.json";

	private static final String ROUNDS = "rounds";

	private static final double NEAREST = 0;

	private static final double LANCZOS = 1;

	private static final double BILINEAR = 2;

	private static final double BICUBIC = 3;

	/** Of a shortest edge that no setting tells. */
	private static final int DEFAULT_EDGE = 224;

	private static final String EXPECTED_LENGTH = "zsic knows shortest_edge, perhaps with longest_edge, or height with "
			+ "width, or max_height with max_width, as whole numbers of pixels from 1 to 4096";

	/** The names that torchvision has for the filters, which the reference takes, too. */
	private static final Map<String, Double> FILTERS = Map.of("nearest-exact", NEAREST, "lanczos", LANCZOS, "bilinear",
			BILINEAR, "bicubic", BICUBIC);

	/**
	 * Reads the settings of a checkpoint. One of Transformers without a file for them may
	 * have OpenCLIP's configuration, in which they are.
	 */
	static ImageProcessing read(Path folder, String modelType) {
		Path openClip = folder.resolve(ModelConfig.OPEN_CLIP_FILE);
		boolean own = Files.exists(folder.resolve(FILE)) || Files.exists(folder.resolve(COMBINED_FILE));
		if (ModelConfig.OPEN_CLIP.equals(modelType) || (!own && Files.exists(openClip))) {
			return of(ModelConfig.OPEN_CLIP, Json.readObject(openClip));
		}
		return of(modelType, readJson(folder));
	}

	/**
	 * Reads settings that are not in a file.
	 * @param modelType the {@code model_type} of the model
	 * @param json the content of a {@code preprocessor_config.json}, or the whole
	 * configuration in the layout of OpenCLIP
	 * @return the settings
	 * @throws CheckpointException if they are not possible
	 */
	public static ImageProcessing of(String modelType, JsonObject json) {
		boolean openClip = ModelConfig.OPEN_CLIP.equals(modelType);
		Map<String, Double> settings = openClip ? settings(openClip(json), ImageProcessorType.CLIP)
				: settings(json, ImageProcessorType.of(json, modelType));
		if (openClip) {
			settings.put(ROUNDS, 1.0);
		}
		return new ImageProcessing(Collections.unmodifiableMap(settings));
	}

	/** The order of ImageProcessingMixin.get_image_processor_dict in transformers. */
	private static JsonObject readJson(Path folder) {
		Path combined = folder.resolve(COMBINED_FILE);
		if (Files.exists(combined)) {
			JsonElement nested = Json.readObject(combined).get("image_processor");
			if (nested != null && nested.isJsonObject()) {
				return nested.getAsJsonObject();
			}
		}
		Path file = folder.resolve(FILE);
		if (!Files.exists(file)) {
			throw new CheckpointException("The checkpoint has no '" + FILE + "'.",
					"Copy it from where the weights come from; it says how pictures are prepared for the model.");
		}
		return Json.readObject(file);
	}

	/**
	 * What OpenCLIP's configuration says (src/open_clip/transform.py there), in the words
	 * of CLIP's image processor.
	 */
	private static JsonObject openClip(JsonObject config) {
		JsonObject given = (config.get("preprocess_cfg") instanceof JsonObject object) ? object : new JsonObject();
		// The size in preprocess_cfg is not read: the model's own takes its place.
		JsonElement size = (config.get("model_cfg") instanceof JsonObject model
				&& model.get("vision_cfg") instanceof JsonObject vision) ? vision.get("image_size") : null;
		if (size == null) {
			size = new JsonPrimitive(DEFAULT_EDGE);
		}
		if (size instanceof JsonArray sides && (sides.isEmpty() || !sides.get(0).equals(sides.get(sides.size() - 1)))) {
			throw invalid("image_size", size, "zsic has square pictures in this layout");
		}
		JsonObject settings = new JsonObject();
		settings.add("size", (size instanceof JsonArray sides) ? sides.get(0) : size);
		settings.add("crop_size", settings.get("size"));
		String mode = setting(given, "resize_mode", "shortest");
		if ("squash".equals(mode)) {
			settings.addProperty("default_to_square", true);
			settings.addProperty("do_center_crop", false);
		}
		else if ("longest".equals(mode)) {
			JsonObject limit = new JsonObject();
			limit.add("max_height", settings.get("crop_size"));
			limit.add("max_width", settings.get("crop_size"));
			settings.add("size", limit);
			if (given.has("fill_color") && !given.get("fill_color").equals(new JsonPrimitive(0))) {
				throw invalid("fill_color", given.get("fill_color"), "zsic fills up pictures with 0");
			}
		}
		else if (!"shortest".equals(mode)) {
			throw invalid("resize_mode", given.get("resize_mode"), "zsic has 'shortest', 'longest' and 'squash'");
		}
		String interpolation = setting(given, "interpolation", "bicubic");
		if (!Set.of("bicubic", "bilinear", "random").contains(interpolation)) {
			throw invalid("interpolation", given.get("interpolation"), "zsic has 'bicubic' and 'bilinear'");
		}
		settings.addProperty("resample", "bilinear".equals(interpolation) ? BILINEAR : BICUBIC);
		for (String name : new String[] { "mean", "std" }) {
			// A number 0 means the default there.
			if (given.has(name) && !given.get(name).isJsonNull() && !given.get(name).equals(new JsonPrimitive(0))) {
				settings.add("image_" + name, given.get(name));
			}
		}
		return settings;
	}

	private static String setting(JsonObject given, String name, String defaultValue) {
		JsonElement value = given.get(name);
		return (value == null || value.isJsonNull()) ? defaultValue : String.valueOf(Json.string(value));
	}

	/** Settings of a step that is off are not read, as in the reference. */
	private static Map<String, Double> settings(JsonObject json, ImageProcessorType type) {
		Map<String, Double> settings = new LinkedHashMap<>();
		if (type.makesPatches()) {
			settings.put("patch_size", length("patch_size", json.get("patch_size"), 16));
			settings.put("max_num_patches", length("max_num_patches", json.get("max_num_patches"), 256));
		}
		if (putFlag(settings, json, "do_resize", true)) {
			if (!type.makesPatches()) {
				putSize(settings, json, type);
			}
			double resample = resample(json.get("resample"), type);
			settings.put("resample", resample);
		}
		if (putFlag(settings, json, "do_center_crop", type.crops())) {
			JsonElement crop = json.get("crop_size");
			putHeightAndWidth(settings, "crop_size", (crop != null) ? crop : new JsonPrimitive(type.cropSize()));
		}
		if (putFlag(settings, json, "do_rescale", true)) {
			double factor = number(json, "rescale_factor", 1 / 255.0);
			if (!Double.isFinite(factor) || factor == 0) {
				throw invalid("rescale_factor", json.get("rescale_factor"), "it should be a number other than 0");
			}
			settings.put("rescale_factor", factor);
		}
		if (putFlag(settings, json, "do_normalize", type.normalizes())) {
			putChannels(settings, json, "image_mean", type.mean());
			putChannels(settings, json, "image_std", type.std());
		}
		if (type.pads() && isOn(json, "do_pad", false) && json.has("pad_size") && !json.get("pad_size").isJsonNull()) {
			throw invalid("pad_size", json.get("pad_size"), "zsic does not pad pictures after they are normalised");
		}
		if (type.normalizesTwice()) {
			putFlag(settings, json, "rescale_offset", false);
			if (putFlag(settings, json, "include_top", true)) {
				putChannels(settings, json, "image_std", type.std());
			}
		}
		return settings;
	}

	/**
	 * How long the shorter side of a picture is after the resize, at most; a picture
	 * whose shorter side is far longer can be made smaller by other means before.
	 * @return a number of pixels, 0 if the steps need every pixel of the picture
	 */
	public int side() {
		if (number("do_resize") == 0 || number("resample") == NEAREST || number("resample") == LANCZOS
				|| number("size.longest_edge") != 0 || number("size.max_height") != 0) {
			return 0;
		}
		// With a shortest edge there is neither of the others.
		double side = Math.max(number("size.height"), number("size.width"));
		return (int) Math.max(side, number("size.shortest_edge"));
	}

	/**
	 * Where the crop of the centre begins.
	 * @param gap how many pixels more than the crop there are, 0 or more
	 * @return how many of them are before it
	 */
	public long cropOffset(long gap) {
		return (number(ROUNDS) != 0) ? (long) Math.rint(gap / 2.0) : gap / 2;
	}

	/**
	 * How many pixels a picture has after the resize and the crop. Where its shorter side
	 * becomes a certain length and nothing is cropped, the longer one becomes as many
	 * times that as it is long.
	 * @param width the width of the picture
	 * @param height its height
	 * @return a number of pixels
	 */
	public long resizedPixels(int width, int height) {
		double edge = number("size.shortest_edge");
		return (number("do_resize") == 0 || edge == 0 || number("size.longest_edge") != 0
				|| number("do_center_crop") != 0) ? (long) width * height
						: (long) (edge * edge * Math.max(width, height) / Math.min(width, height));
	}

	/**
	 * A setting.
	 * @param name its name, that of a nested one behind a dot
	 * @return the number, 0 for what is off or missing
	 */
	public double number(String name) {
		return this.numbers.getOrDefault(name, 0.0);
	}

	private static boolean putFlag(Map<String, Double> settings, JsonObject json, String name, boolean defaultValue) {
		boolean on = isOn(json, name, defaultValue);
		settings.put(name, on ? 1.0 : 0.0);
		return on;
	}

	private static boolean isOn(JsonObject json, String name, boolean defaultValue) {
		JsonElement value = json.get(name);
		// For the reference a flag that is missing has its default, one that is null is
		// off, and a number other than 0 is on.
		if (value == null || value.isJsonNull()) {
			return value == null && defaultValue;
		}
		if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
			return primitive.getAsBoolean();
		}
		if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
			return primitive.getAsDouble() != 0;
		}
		throw invalid(name, value, "it should be true or false");
	}

	private static double resample(@Nullable JsonElement value, ImageProcessorType type) {
		if (value == null) {
			return type.resample();
		}
		Double filter = null;
		if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
			double number = primitive.getAsDouble();
			filter = FILTERS.containsValue(number) ? number : null;
		}
		else if (value instanceof JsonPrimitive primitive && primitive.isString()) {
			filter = FILTERS.get(primitive.getAsString());
		}
		if (filter == null) {
			throw invalid("resample", value,
					"it should be a number or name of a filter: 0 (nearest-exact), 1 (lanczos), 2 (bilinear) or "
							+ "3 (bicubic)");
		}
		return filter;
	}

	private static void putSize(Map<String, Double> settings, JsonObject json, ImageProcessorType type) {
		JsonElement value = json.get("size");
		JsonElement defaultToSquare = json.get("default_to_square");
		boolean square = (defaultToSquare != null) ? isOn(json, "default_to_square", false) : type.squaresByDefault();
		if (type.squaresOnDemand() && isOn(json, "use_square_size", false)) {
			putHeightAndWidth(settings, "size", new JsonPrimitive(DEFAULT_EDGE));
			return;
		}
		Integer defaultSquare = type.square();
		if (value == null && defaultSquare != null) {
			putHeightAndWidth(settings, "size", new JsonPrimitive(defaultSquare));
		}
		else if (value == null) {
			settings.put("size.shortest_edge", (double) DEFAULT_EDGE);
		}
		else if (value instanceof JsonPrimitive && !square) {
			// The form of transformers before 4.23.
			settings.put("size.shortest_edge", length("size", value));
		}
		else if (value instanceof JsonObject size && !size.has("height") && !size.has("width")) {
			putEdges(settings, size);
		}
		else {
			putHeightAndWidth(settings, "size", value);
		}
	}

	/** Sizes in which pictures keep their aspect. */
	private static void putEdges(Map<String, Double> settings, JsonObject size) {
		if (size.keySet().equals(Set.of("max_height", "max_width"))) {
			settings.put("size.max_height", length("size.max_height", size.get("max_height")));
			settings.put("size.max_width", length("size.max_width", size.get("max_width")));
			return;
		}
		if (!size.has("shortest_edge") || !Set.of("shortest_edge", "longest_edge").containsAll(size.keySet())) {
			throw invalid("size", size, EXPECTED_LENGTH);
		}
		settings.put("size.shortest_edge", length("size.shortest_edge", size.get("shortest_edge")));
		JsonElement longest = size.get("longest_edge");
		if (longest != null && !longest.isJsonNull()) {
			settings.put("size.longest_edge", length("size.longest_edge", longest));
		}
	}

	private static void putHeightAndWidth(Map<String, Double> settings, String name, @Nullable JsonElement value) {
		JsonElement height = value;
		JsonElement width = value;
		if (value instanceof JsonObject size) {
			if (!size.keySet().equals(Set.of("height", "width"))) {
				throw invalid(name, size, EXPECTED_LENGTH);
			}
			height = size.get("height");
			width = size.get("width");
		}
		else if (value instanceof JsonArray list && list.size() >= 2) {
			height = list.get(0);
			width = list.get(1);
		}
		settings.put(name + ".height", length(name, height));
		settings.put(name + ".width", length(name, width));
	}

	private static void putChannels(Map<String, Double> settings, JsonObject json, String name, double... defaults) {
		JsonElement value = json.get(name);
		for (int i = 0; i < defaults.length; i++) {
			double channel = defaults[i];
			if (value != null) {
				JsonElement element = (value instanceof JsonArray list && list.size() == defaults.length) ? list.get(i)
						: (value instanceof JsonArray list && list.size() == 1) ? list.get(0) : value;
				if (!(element instanceof JsonPrimitive primitive) || !primitive.isNumber()) {
					throw invalid(name, value, "it should be a list of three numbers, or one number for all");
				}
				channel = primitive.getAsDouble();
				if (!Double.isFinite(channel) || (channel == 0 && "image_std".equals(name))) {
					throw invalid(name, value, "it should be finite, and a deviation not 0");
				}
			}
			settings.put(name + "." + i, channel);
		}
	}

	private static double length(String name, @Nullable JsonElement element, int defaultValue) {
		return (element != null) ? length(name, element) : defaultValue;
	}

	private static double length(String name, @Nullable JsonElement element) {
		if (element instanceof JsonPrimitive primitive && primitive.isNumber()) {
			double value = primitive.getAsDouble();
			if (value >= 1 && value <= 4096 && value == Math.rint(value)) {
				return value;
			}
		}
		throw invalid(name, element, EXPECTED_LENGTH);
	}

	private static double number(JsonObject json, String name, double defaultValue) {
		JsonElement value = json.get(name);
		if (value == null) {
			return defaultValue;
		}
		if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
			return primitive.getAsDouble();
		}
		throw invalid(name, value, "it should be a number");
	}

	private static CheckpointException invalid(String name, @Nullable JsonElement value, String expected) {
		return new CheckpointException(
				"The image processor settings have " + name + " = " + value + ": " + expected + ".",
				"Get '" + FILE + "' or '" + COMBINED_FILE + "' again, or use another checkpoint.");
	}

}
