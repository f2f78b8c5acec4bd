package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * Folders that sentence-transformers wrote: a list of modules, of which that of a CLIP
 * model is a checkpoint in a folder of its own, mostly {@code 0_CLIPModel}.
 */
final class SentenceTransformers {

	static final String FILE = "modules.json";

	/** The list comes from outside: it must not reach out of its folder. */
	private static final Pattern FOLDER_NAME = Pattern.compile("\\w[\\w.-]*");

	private SentenceTransformers() {
	}

	/**
	 * Finds the folder with the configuration.
	 * @param folder the folder that was named
	 * @return that of the module, or the same folder if it is itself a checkpoint, or has
	 * no list of modules
	 * @throws CheckpointException if no module is a CLIP model
	 */
	static Path resolve(Path folder) {
		if (!Files.exists(folder.resolve(FILE)) || Files.exists(folder.resolve(ModelConfig.FILE))
				|| Files.exists(folder.resolve(ModelConfig.OPEN_CLIP_FILE))) {
			return folder;
		}
		JsonArray modules = Json.readArray(folder.resolve(FILE));
		for (JsonElement module : modules) {
			String name = (module instanceof JsonObject object) ? path(object) : null;
			if (name != null && Files.exists(folder.resolve(name).resolve(ModelConfig.FILE))) {
				return folder.resolve(name);
			}
		}
		throw new CheckpointException(
				"It is a folder of sentence-transformers, and '" + FILE
						+ "' names no CLIPModel with a folder of its own that has a '" + ModelConfig.FILE + "'.",
				"Use a model that has both pictures and texts, as 'clip-ViT-B-32' has, "
						+ "or name the folder that holds " + ModelConfig.FILE + ", the tokenizer and the weights.");
	}

	private static @Nullable String path(JsonObject module) {
		String type = Json.string(module.get("type"));
		String path = Json.string(module.get("path"));
		return (type != null && type.endsWith(".CLIPModel") && path != null && FOLDER_NAME.matcher(path).matches())
				? path : null;
	}

}
