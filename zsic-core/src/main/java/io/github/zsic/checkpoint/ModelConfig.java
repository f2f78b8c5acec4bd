package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

import io.github.zsic.CheckpointException;

/**
 * What {@code config.json} says, in the form in which an architecture's program reads it.
 *
 * @param modelType the {@code model_type}
 * @param numbers every number by its path, such as {@code text_config.hidden_size};
 * booleans are 0 and 1
 * @param strings every string by its path
 */
public record ModelConfig(String modelType, Map<String, Double> numbers, Map<String, String> strings) {

	static final String FILE = "config.json";

	static final String OPEN_CLIP_FILE = "open_clip_config.json";

	/** The model type of checkpoints in the layout of OpenCLIP. */
	static final String OPEN_CLIP = "open_clip";

	private static final List<String> PARTS = List.of("text_config", "vision_config", "text_config_dict",
			"vision_config_dict");

	/**
	 * Whether a checkpoint is to be read in OpenCLIP's layout. Many have the files of
	 * both layouts, and a {@code config.json} that is timm's, or only names code for
	 * Transformers to run.
	 * @param folder a folder that holds the configurations, and need not have anything
	 * else yet
	 * @param exists which files the checkpoint has
	 * @return whether OpenCLIP's configuration and weights are the model's
	 * @throws CheckpointException if a configuration is damaged
	 */
	public static boolean isOpenClip(Path folder, Predicate<String> exists) {
		if (!exists.test(OPEN_CLIP_FILE) || !exists.test(FILE)) {
			return exists.test(OPEN_CLIP_FILE);
		}
		JsonObject json = Json.readObject(folder.resolve(FILE));
		boolean complete = Json.string(json.get("model_type")) != null && !json.has("auto_map")
				&& PARTS.stream().anyMatch(json::has);
		boolean preparesPictures = exists.test(ImageProcessing.FILE) || exists.test(ImageProcessing.COMBINED_FILE);
		return !complete || (!preparesPictures && Weights.OPEN_CLIP_FILES.stream().anyMatch(exists));
	}

	static boolean isOpenClip(Path folder) {
		return isOpenClip(folder, (name) -> Files.exists(folder.resolve(name)));
	}

	/**
	 * Reads the configuration in a folder that has all of its files.
	 * @param folder the folder of a checkpoint
	 * @return the configuration
	 * @throws CheckpointException if there is none, or it is damaged
	 */
	public static ModelConfig read(Path folder) {
		return read(folder, (name) -> Files.exists(folder.resolve(name)));
	}

	/**
	 * Reads the configuration in a folder, which need not have anything else yet.
	 * @param folder the folder of a checkpoint
	 * @param exists which files the checkpoint has
	 * @return the configuration
	 * @throws CheckpointException if there is none, or it is damaged
	 */
	public static ModelConfig read(Path folder, Predicate<String> exists) {
		Path file = folder.resolve(FILE);
		if (isOpenClip(folder, exists)) {
			return of(OPEN_CLIP, Json.readObject(folder.resolve(OPEN_CLIP_FILE)));
		}
		if (!Files.exists(file)) {
			throw new CheckpointException("The checkpoint has no '" + FILE + "'.",
					"Point to the folder that holds " + FILE + ", the tokenizer and the weights of one model. "
							+ "Weights of OpenCLIP need its " + OPEN_CLIP_FILE
							+ ": docs/architectures.md tells how it is made.");
		}
		JsonObject json = Json.readObject(file);
		String modelType = Json.string(json.get("model_type"));
		if (modelType == null) {
			throw new CheckpointException("'" + FILE + "' has no 'model_type'.",
					"zsic reads checkpoints in the layout of Hugging Face Transformers.");
		}
		// CLIPConfig.__post_init__: where the old members exist they win, and what they
		// leave out has the class's default, not the value of the new member.
		for (String tower : new String[] { "text_config", "vision_config" }) {
			JsonElement old = json.get(tower + "_dict");
			if (old != null && old.isJsonObject()) {
				json.add(tower, old);
			}
		}
		return of(modelType, json);
	}

	/**
	 * Reads a configuration that is not in a file.
	 * @param modelType the {@code model_type}
	 * @param json the content of a {@code config.json} of today
	 * @return the configuration
	 */
	public static ModelConfig of(String modelType, JsonObject json) {
		Map<String, Double> numbers = new LinkedHashMap<>();
		Map<String, String> strings = new LinkedHashMap<>();
		Json.flatten(json, (path, value) -> {
			if (value.isNumber()) {
				numbers.put(path, value.getAsDouble());
			}
			else if (value.isBoolean()) {
				numbers.put(path, value.getAsBoolean() ? 1.0 : 0.0);
			}
			else {
				strings.put(path, value.getAsString());
			}
		});
		return new ModelConfig(modelType, Collections.unmodifiableMap(numbers), Collections.unmodifiableMap(strings));
	}

}
