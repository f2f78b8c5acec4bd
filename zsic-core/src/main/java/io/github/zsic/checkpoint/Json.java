package io.github.zsic.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BiConsumer;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonIOException;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * Reads the JSON files of a checkpoint.
 */
final class Json {

	private Json() {
	}

	static JsonObject readObject(Path file) {
		if (read(file) instanceof JsonObject object) {
			return object;
		}
		throw invalid(file, "it is not a JSON object", null);
	}

	static JsonArray readArray(Path file) {
		if (read(file) instanceof JsonArray array) {
			return array;
		}
		throw invalid(file, "it is not a JSON array", null);
	}

	private static JsonElement read(Path file) {
		try (Reader reader = new InputStreamReader(
				new ByteArrayInputStream(SmallFile.read(file, SmallFile.CONFIGURATION)),
				StandardCharsets.UTF_8.newDecoder())) {
			return JsonParser.parseReader(reader);
		}
		catch (IOException | JsonIOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		catch (JsonParseException ex) {
			throw invalid(file, reason(ex), ex);
		}
	}

	private static CheckpointException invalid(Path file, String reason, @Nullable Exception cause) {
		return new CheckpointException("'" + file.getFileName() + "' is not valid JSON: " + reason + ".",
				"Get the file again.", cause);
	}

	/**
	 * What an exception says, for people: without the address of Gson's troubleshooting
	 * page, and without the absolute path that is the whole message of the exceptions of
	 * files.
	 */
	static String reason(Exception ex) {
		Throwable root = ex;
		while (root.getCause() != null) {
			root = root.getCause();
		}
		String message = (root instanceof FileSystemException file) ? file.getReason() : root.getMessage();
		return (message != null) ? message.lines().findFirst().orElse("") : root.getClass().getSimpleName();
	}

	static @Nullable String string(@Nullable JsonElement element) {
		return (element instanceof JsonPrimitive primitive && primitive.isString()) ? primitive.getAsString() : null;
	}

	/**
	 * A number that is an id of a vocabulary.
	 * @return the id, {@code null} if it is anything else
	 */
	static @Nullable Integer id(@Nullable JsonElement element) {
		if (!(element instanceof JsonPrimitive primitive) || !primitive.isNumber()) {
			return null;
		}
		try {
			return Integer.valueOf(primitive.getAsString());
		}
		catch (NumberFormatException ex) {
			return null;
		}
	}

	/**
	 * Visits every number, boolean and string below an object, under the path of member
	 * names and list positions that leads to it, such as {@code text_config.hidden_size}
	 * or {@code image_mean.0}. Null counts as absent, as it does for the reference.
	 */
	static void flatten(JsonObject object, BiConsumer<String, JsonPrimitive> visitor) {
		for (Map.Entry<String, JsonElement> entry : object.entrySet()) {
			flatten(entry.getKey(), entry.getValue(), visitor);
		}
	}

	private static void flatten(String path, JsonElement element, BiConsumer<String, JsonPrimitive> visitor) {
		if (element instanceof JsonPrimitive primitive) {
			visitor.accept(path, primitive);
		}
		else if (element.isJsonObject()) {
			for (Map.Entry<String, JsonElement> entry : element.getAsJsonObject().entrySet()) {
				flatten(path + "." + entry.getKey(), entry.getValue(), visitor);
			}
		}
		else if (element.isJsonArray()) {
			for (int i = 0; i < element.getAsJsonArray().size(); i++) {
				flatten(path + "." + i, element.getAsJsonArray().get(i), visitor);
			}
		}
	}

}
