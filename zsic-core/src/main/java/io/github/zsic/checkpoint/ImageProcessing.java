package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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
 * {@code size.shortest_edge} or {@code size.height} and {@code size.width},
 * {@code resample} (Pillow's number of the filter), {@code do_center_crop},
 * {@code crop_size.height}, {@code crop_size.width}, {@code do_rescale},
 * {@code rescale_factor}, {@code do_normalize}, {@code image_mean.0} to {@code .2},
 * {@code image_std.0} to {@code .2}; booleans are 0 and 1
 */
public record ImageProcessing(Map<String, Double> numbers) {

	static final String FILE = "preprocessor_config.json";

	static final String COMBINED_FILE = "processor_config.json";

	private static final double NEAREST = 0;

	private static final double BILINEAR = 2;

	private static final double BICUBIC = 3;

	static ImageProcessing read(Path folder) {
		return new ImageProcessing(Collections.unmodifiableMap(clip(readJson(folder))));
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

	/** The defaults of CLIPImageProcessor, models/clip/image_processing_clip.py. */
	private static Map<String, Double> clip(JsonObject json) {
		Map<String, Double> settings = new LinkedHashMap<>();
		putFlag(settings, json, "do_resize");
		putFlag(settings, json, "do_center_crop");
		putFlag(settings, json, "do_rescale");
		putFlag(settings, json, "do_normalize");
		putSize(settings, json);
		putCropSize(settings, json);
		settings.put("resample", number(json, "resample", BICUBIC));
		settings.put("rescale_factor", number(json, "rescale_factor", 1 / 255.0));
		putChannels(settings, json, "image_mean", 0.48145466, 0.4578275, 0.40821073);
		putChannels(settings, json, "image_std", 0.26862954, 0.26130258, 0.27577711);
		double resample = settings.getOrDefault("resample", BICUBIC);
		if (resample != NEAREST && resample != BILINEAR && resample != BICUBIC) {
			throw invalid("resample", json.get("resample"),
					"zsic resizes with 0 (nearest), 2 (bilinear) and 3 (bicubic)");
		}
		return settings;
	}

	private static void putFlag(Map<String, Double> settings, JsonObject json, String name) {
		JsonElement value = present(json, name);
		if (value == null) {
			settings.put(name, 1.0);
		}
		else if (value instanceof JsonPrimitive primitive && primitive.isBoolean()) {
			settings.put(name, primitive.getAsBoolean() ? 1.0 : 0.0);
		}
		else {
			throw invalid(name, value, "it should be true or false");
		}
	}

	private static void putSize(Map<String, Double> settings, JsonObject json) {
		JsonElement value = present(json, "size");
		if (value == null) {
			settings.put("size.shortest_edge", 224.0);
		}
		else if (value instanceof JsonObject size && present(size, "longest_edge") == null) {
			if (present(size, "shortest_edge") != null) {
				settings.put("size.shortest_edge", length(size, "shortest_edge"));
			}
			else {
				settings.put("size.height", length(size, "height"));
				settings.put("size.width", length(size, "width"));
			}
		}
		else if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
			// The form of transformers before 4.23.
			settings.put("size.shortest_edge", length(json, "size"));
		}
		else {
			throw invalid("size", value, "zsic knows shortest_edge, and height with width");
		}
	}

	private static void putCropSize(Map<String, Double> settings, JsonObject json) {
		JsonElement value = present(json, "crop_size");
		double height = 224;
		double width = 224;
		if (value instanceof JsonObject size) {
			height = length(size, "height");
			width = length(size, "width");
		}
		else if (value != null) {
			height = length(json, "crop_size");
			width = height;
		}
		settings.put("crop_size.height", height);
		settings.put("crop_size.width", width);
	}

	private static void putChannels(Map<String, Double> settings, JsonObject json, String name, double... defaults) {
		JsonElement value = present(json, name);
		for (int i = 0; i < defaults.length; i++) {
			double channel = defaults[i];
			if (value != null) {
				if (!value.isJsonArray() || value.getAsJsonArray().size() != defaults.length
						|| !(value.getAsJsonArray().get(i) instanceof JsonPrimitive primitive)
						|| !primitive.isNumber()) {
					throw invalid(name, value, "it should be a list of three numbers");
				}
				channel = primitive.getAsDouble();
			}
			settings.put(name + "." + i, channel);
		}
	}

	private static double length(JsonObject json, String name) {
		double value = number(json, name, 0);
		if (value < 1 || value > 4096 || value != Math.rint(value)) {
			throw invalid(name, json.get(name), "it should be a whole number of pixels from 1 to 4096");
		}
		return value;
	}

	private static double number(JsonObject json, String name, double defaultValue) {
		JsonElement value = present(json, name);
		if (value == null) {
			return defaultValue;
		}
		if (value instanceof JsonPrimitive primitive && primitive.isNumber()) {
			return primitive.getAsDouble();
		}
		throw invalid(name, value, "it should be a number");
	}

	private static @Nullable JsonElement present(JsonObject json, String name) {
		JsonElement value = json.get(name);
		return (value == null || value.isJsonNull()) ? null : value;
	}

	private static CheckpointException invalid(String name, @Nullable JsonElement value, String expected) {
		return new CheckpointException(
				"The checkpoint's image processor settings have " + name + " = " + value + ": " + expected + ".",
				"Get '" + FILE + "' again, or use another checkpoint.");
	}

}
