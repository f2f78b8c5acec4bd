package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

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

	/**
	 * Reads the configuration in a folder, which need not have anything else yet.
	 * @param folder the folder of a checkpoint
	 * @return the configuration
	 * @throws CheckpointException if there is none, or it is damaged
	 */
	public static ModelConfig read(Path folder) {
		Path file = folder.resolve(FILE);
		Path openClip = folder.resolve(OPEN_CLIP_FILE);
		if (!Files.exists(file) && Files.exists(openClip)) {
			return of(OPEN_CLIP, Json.readObject(openClip));
		}
		if (!Files.exists(file)) {
			throw new CheckpointException("The checkpoint has no '" + FILE + "'.",
					"Point to the folder that holds " + FILE + ", the tokenizer and the weights of one model.");
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
