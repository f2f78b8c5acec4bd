package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * What {@code tokenizer_config.json} says about texts that are shorter than others.
 *
 * @param padId the id that fills them up
 * @param masksPadding whether the model is told which ids are padding. The reference asks
 * the tokenizer: SigLIP's leaves the mask out, so that model reads padding as it does
 * text.
 */
public record TokenizerSettings(int padId, boolean masksPadding) {

	static final String FILE = "tokenizer_config.json";

	private static final TokenizerSettings DEFAULT = new TokenizerSettings(0, true);

	static TokenizerSettings read(Path folder, Path tokenizer) {
		Path file = folder.resolve(FILE);
		if (!Files.exists(file)) {
			return DEFAULT;
		}
		JsonObject json = Json.readObject(file);
		boolean masksPadding = !(json.get("model_input_names") instanceof JsonArray inputs)
				|| inputs.contains(new JsonPrimitive("attention_mask"));
		return new TokenizerSettings(padId(json, tokenizer), masksPadding);
	}

	/** The id of the padding token where one of the files tells it, else 0. */
	private static int padId(JsonObject json, Path tokenizer) {
		String token = content(json.get("pad_token"));
		if (token == null) {
			return DEFAULT.padId();
		}
		if (json.get("added_tokens_decoder") instanceof JsonObject tokens) {
			for (Map.Entry<String, JsonElement> entry : tokens.entrySet()) {
				if (token.equals(content(entry.getValue()))) {
					try {
						return Integer.parseInt(entry.getKey());
					}
					catch (NumberFormatException ex) {
						throw new CheckpointException("'" + FILE + "' has the impossible id '" + entry.getKey()
								+ "' in 'added_tokens_decoder'.", "Get the file again.", ex);
					}
				}
			}
		}
		return addedToken(tokenizer, token);
	}

	/**
	 * Looks a token up in the tokenizer's own list. It stands before the vocabulary,
	 * which may have 50 MB.
	 */
	private static int addedToken(Path tokenizer, String token) {
		try (JsonReader reader = new JsonReader(Files.newBufferedReader(tokenizer))) {
			reader.beginObject();
			while (reader.hasNext()) {
				if ("added_tokens".equals(reader.nextName())) {
					if (JsonParser.parseReader(reader) instanceof JsonArray added) {
						for (JsonElement element : added) {
							if (element instanceof JsonObject entry && token.equals(content(entry))) {
								Integer id = Json.id(entry.get("id"));
								return (id != null) ? id : DEFAULT.padId();
							}
						}
					}
					return DEFAULT.padId();
				}
				reader.skipValue();
			}
			return DEFAULT.padId();
		}
		catch (IOException | JsonParseException | IllegalStateException ex) {
			throw new CheckpointException("'tokenizer.json' cannot be used: " + Json.reason(ex) + ".",
					"Get the file again.", ex);
		}
	}

	/** A token is a text, or an object with a text. */
	static @Nullable String content(@Nullable JsonElement token) {
		return Json.string((token instanceof JsonObject object) ? object.get("content") : token);
	}

}
