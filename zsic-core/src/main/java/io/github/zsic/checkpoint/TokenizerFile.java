package io.github.zsic.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonIOException;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;

import io.github.zsic.CheckpointException;

/**
 * Looks through a {@code tokenizer.json} before the {@code tokenizers} library sees it.
 * That is native, and for some kinds of damage ends the whole process instead of telling
 * what is wrong: JSON that breaks off, numbers and texts that Rust does not have, and a
 * {@linkplain CharactersMap table of characters} that is none.
 */
final class TokenizerFile {

	/** The library refuses more than 128. */
	private static final int MAXIMUM_DEPTH = 100;

	private TokenizerFile() {
	}

	/**
	 * Checks what the library does not.
	 * @param file the file
	 * @throws CheckpointException if it cannot be read, or is damaged
	 */
	static void check(Path file) {
		try (JsonReader reader = new JsonReader(Files.newBufferedReader(file))) {
			reader.setStrictness(Strictness.STRICT);
			reader.beginObject();
			while (reader.hasNext()) {
				if ("model".equals(reader.nextName())) {
					// Large, and the library tells by itself what is wrong with it.
					reader.skipValue();
				}
				else {
					check(JsonParser.parseReader(reader), 0);
				}
			}
			reader.endObject();
			reader.peek();
		}
		catch (MalformedJsonException | EOFException | IllegalStateException ex) {
			throw damaged(file, "it is not valid JSON: " + Json.reason(ex), ex);
		}
		catch (IOException | JsonIOException ex) {
			if (ex instanceof CharacterCodingException || ex.getCause() instanceof CharacterCodingException) {
				throw damaged(file, "it is not in UTF-8", ex);
			}
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		catch (JsonParseException ex) {
			throw damaged(file, "it is not valid JSON: " + Json.reason(ex), ex);
		}
		catch (IllegalArgumentException ex) {
			throw damaged(file, String.valueOf(ex.getMessage()), ex);
		}
	}

	private static CheckpointException damaged(Path file, String finding, Exception cause) {
		return new CheckpointException("'" + file.getFileName() + "' cannot be used: " + finding + ".",
				"Get the file again.", cause);
	}

	private static void check(JsonElement element, int depth) {
		if (depth > MAXIMUM_DEPTH) {
			throw new IllegalArgumentException("it is nested too deeply");
		}
		if (element instanceof JsonArray array) {
			array.forEach((item) -> check(item, depth + 1));
		}
		else if (element instanceof JsonObject object) {
			object.entrySet().forEach((entry) -> {
				checkText(entry.getKey());
				if (entry.getKey().equals("precompiled_charsmap")) {
					checkCharactersMap(entry.getValue());
				}
				check(entry.getValue(), depth + 1);
			});
		}
		else if (element instanceof JsonPrimitive primitive && primitive.isString()) {
			checkText(primitive.getAsString());
		}
		else if (element instanceof JsonPrimitive primitive && primitive.isNumber()
				&& !Double.isFinite(primitive.getAsDouble())) {
			throw new IllegalArgumentException("it has the impossible number " + primitive.getAsString());
		}
	}

	private static void checkText(String text) {
		if (text.codePoints()
			.anyMatch((point) -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
			throw new IllegalArgumentException("it has half of a surrogate pair");
		}
	}

	private static void checkCharactersMap(JsonElement element) {
		String table = Json.string(element);
		try {
			if (table == null) {
				throw new IllegalArgumentException("no text");
			}
			CharactersMap.check(table);
		}
		catch (IllegalArgumentException ex) {
			throw new IllegalArgumentException("its 'precompiled_charsmap' is damaged", ex);
		}
	}

}
