package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;

import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;

/**
 * The model of a tokenizer: BPE, WordPiece, WordLevel or Unigram, with its vocabulary.
 * What is small is checked when this is made, the vocabulary while it is copied.
 */
final class TokenizerModel {

	/** What is not held in memory. */
	static final Set<String> LARGE = Set.of("vocab", "merges");

	static final Set<String> MEMBERS = Set.of("type", "dropout", "unk_token", "continuing_subword_prefix",
			"end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "max_input_chars_per_word", "unk_id");

	private static final Set<String> TYPES = Set.of("BPE", "WordPiece", "WordLevel", "Unigram");

	/** The largest published vocabulary has 900,000. */
	private static final int MAXIMUM_TOKENS = 2_000_000;

	private static final int MAXIMUM_TOKEN_LENGTH = 1000;

	/**
	 * Of a Unigram, which tries every piece at every position. SentencePiece makes none
	 * of more than 16 characters unless it is told to.
	 */
	private static final int MAXIMUM_PIECE_LENGTH = 128;

	/**
	 * Of a Unigram, in bytes that a piece does not share with the beginning of another
	 * one: the library's trie has a table of about 350 bytes for each.
	 */
	private static final int MAXIMUM_TRIE = 8 << 20;

	/**
	 * Of a WordPiece, which tries every part of every word: the time grows with the cube
	 * of the length. The published ones have 100.
	 */
	private static final int MAXIMUM_WORD_LENGTH = 200;

	private static final int MAXIMUM_AFFIX_LENGTH = 16;

	private final JsonObject source;

	private final JsonObject json = new JsonObject();

	private final String type;

	/** Of the vocabulary. */
	private int tokens;

	/**
	 * Checks what is small.
	 * @param source the model, with the kind of JSON in place of what is large
	 */
	TokenizerModel(JsonObject source) {
		this.source = source;
		this.type = type(source);
		this.json.addProperty("type", this.type);
		switch (this.type) {
			case "BPE" -> {
				JsonElement dropout = source.get("dropout");
				require(dropout == null || dropout.isJsonNull()
						|| (dropout instanceof JsonPrimitive number && number.isNumber() && number.getAsDouble() == 0),
						"has 'dropout', with which the tokens of a text would be left to chance");
				this.json.add("unk_token", text("unk_token", MAXIMUM_TOKEN_LENGTH));
				// With one, the library cuts that many bytes off the second half of each
				// merge, wherever that is.
				JsonElement prefix = text("continuing_subword_prefix", MAXIMUM_AFFIX_LENGTH);
				require(prefix.isJsonNull() || prefix.getAsString().isEmpty(), "has a 'continuing_subword_prefix'");
				this.json.add("continuing_subword_prefix", prefix);
				this.json.add("end_of_word_suffix", text("end_of_word_suffix", MAXIMUM_AFFIX_LENGTH));
				flag("fuse_unk");
				flag("byte_fallback");
				flag("ignore_merges");
				require(has("vocab", JsonToken.BEGIN_OBJECT), "has no 'vocab' with ids");
				require(has("merges", JsonToken.BEGIN_ARRAY), "has no list of 'merges'");
			}
			case "WordPiece" -> {
				this.json.add("unk_token", required(text("unk_token", MAXIMUM_TOKEN_LENGTH), "unk_token"));
				this.json.add("continuing_subword_prefix",
						required(text("continuing_subword_prefix", MAXIMUM_AFFIX_LENGTH), "continuing_subword_prefix"));
				Integer length = Json.id(source.get("max_input_chars_per_word"));
				require(length != null && length > 0 && length <= MAXIMUM_WORD_LENGTH,
						"has a 'max_input_chars_per_word' that is not from 1 to " + MAXIMUM_WORD_LENGTH);
				this.json.addProperty("max_input_chars_per_word", length);
				require(has("vocab", JsonToken.BEGIN_OBJECT), "has no 'vocab' with ids");
			}
			case "WordLevel" -> {
				this.json.add("unk_token", required(text("unk_token", MAXIMUM_TOKEN_LENGTH), "unk_token"));
				require(has("vocab", JsonToken.BEGIN_OBJECT), "has no 'vocab' with ids");
			}
			default -> {
				JsonElement unknown = source.get("unk_id");
				if (unknown != null && !unknown.isJsonNull()) {
					Integer id = Json.id(unknown);
					require(id != null && id >= 0, "has an impossible 'unk_id'");
					this.json.addProperty("unk_id", id);
				}
				flag("byte_fallback");
				require(has("vocab", JsonToken.BEGIN_ARRAY), "has no 'vocab' with scores");
			}
		}
	}

	/** Of files before the type was written, the members tell it. */
	static String type(JsonObject source) {
		JsonElement declared = source.get("type");
		if (declared == null) {
			return has(source, "merges", JsonToken.BEGIN_ARRAY) ? "BPE" : has(source, "vocab", JsonToken.BEGIN_ARRAY)
					? "Unigram" : source.has("max_input_chars_per_word") ? "WordPiece" : "WordLevel";
		}
		String name = Json.string(declared);
		if (name == null || !TYPES.contains(name)) {
			throw new IllegalArgumentException("its model is of the type "
					+ TokenizerFile.abbreviate(declared.toString()) + ", which no supported architecture has");
		}
		return name;
	}

	private boolean has(String name, JsonToken kind) {
		return has(this.source, name, kind);
	}

	private static boolean has(JsonObject source, String name, JsonToken kind) {
		return kind.name().equals(Json.string(source.get(name)));
	}

	private JsonElement text(String name, int maximumLength) {
		JsonElement value = this.source.get(name);
		if (value == null || value.isJsonNull()) {
			return JsonNull.INSTANCE;
		}
		String text = Json.string(value);
		require(text != null && text.length() <= maximumLength, "has an impossible '" + name + "'");
		return value;
	}

	private static JsonElement required(JsonElement value, String name) {
		require(!value.isJsonNull(), "has no '" + name + "'");
		return value;
	}

	private void flag(String name) {
		JsonElement value = this.source.get(name);
		boolean absent = value == null || value.isJsonNull();
		require(absent || (value instanceof JsonPrimitive flag && flag.isBoolean()),
				"has a '" + name + "' that is neither true nor false");
		this.json.addProperty(name, !absent && value.getAsBoolean());
	}

	/** What is small, as the library may see it. */
	JsonObject json() {
		return this.json;
	}

	/**
	 * Looks tokens up in the vocabulary.
	 * @param reader stands before the model
	 * @param tokens the tokens
	 * @param ids gets the ids of those that are there
	 * @return how many tokens the vocabulary has
	 */
	int find(JsonReader reader, Set<String> tokens, Map<String, Integer> ids) throws IOException {
		reader.beginObject();
		while (!reader.nextName().equals("vocab")) {
			reader.skipValue();
		}
		int size = 0;
		if (this.type.equals("Unigram")) {
			reader.beginArray();
			for (; reader.hasNext(); size++) {
				reader.beginArray();
				String piece = (reader.peek() == JsonToken.STRING) ? reader.nextString() : "";
				if (tokens.contains(piece)) {
					// The last one, as in the library's table.
					ids.put(piece, size);
				}
				while (reader.hasNext()) {
					reader.skipValue();
				}
				reader.endArray();
			}
		}
		else {
			reader.beginObject();
			for (; reader.hasNext(); size++) {
				String token = reader.nextName();
				if (tokens.contains(token) && reader.peek() == JsonToken.NUMBER) {
					ids.put(token, reader.nextInt());
				}
				else {
					reader.skipValue();
				}
			}
		}
		return size;
	}

	/**
	 * Copies what is large.
	 * @param reader stands before the model
	 * @param writer stands in the model
	 */
	void copyVocabulary(JsonReader reader, JsonWriter writer) throws IOException {
		reader.beginObject();
		while (reader.hasNext()) {
			String name = reader.nextName();
			if (name.equals("vocab")) {
				writer.name(name);
				if (this.type.equals("Unigram")) {
					copyPieces(reader, writer);
				}
				else {
					copyTokens(reader, writer);
				}
			}
			else if (name.equals("merges") && this.type.equals("BPE")) {
				writer.name(name);
				copyMerges(reader, writer);
			}
			else {
				reader.skipValue();
			}
		}
		reader.endObject();
	}

	private void copyTokens(JsonReader reader, JsonWriter writer) throws IOException {
		reader.beginObject();
		writer.beginObject();
		while (reader.hasNext()) {
			String token = token(reader.nextName(), MAXIMUM_TOKEN_LENGTH);
			count();
			require(reader.peek() == JsonToken.NUMBER, "has no id for '" + TokenizerFile.abbreviate(token) + "'");
			int id = reader.nextInt();
			require(id >= 0, "has an impossible id for '" + TokenizerFile.abbreviate(token) + "'");
			writer.name(token).value(id);
		}
		reader.endObject();
		writer.endObject();
	}

	private void copyPieces(JsonReader reader, JsonWriter writer) throws IOException {
		List<String> pieces = new ArrayList<>();
		reader.beginArray();
		writer.beginArray();
		while (reader.hasNext()) {
			reader.beginArray();
			writer.beginArray();
			require(reader.peek() == JsonToken.STRING, "has a piece that is no text");
			String piece = token(reader.nextString(), MAXIMUM_PIECE_LENGTH);
			count();
			pieces.add(piece);
			require(reader.peek() == JsonToken.NUMBER, "has no score for '" + TokenizerFile.abbreviate(piece) + "'");
			// As it is written there: no digit is lost.
			String score = TokenizerFile.number(reader.nextString());
			require(Math.abs(Double.parseDouble(score)) <= Float.MAX_VALUE,
					"has an impossible score for '" + TokenizerFile.abbreviate(piece) + "'");
			writer.value(piece).jsonValue(score);
			reader.endArray();
			writer.endArray();
		}
		reader.endArray();
		writer.endArray();
		require(this.tokens > 0, "has no pieces");
		require(trie(pieces) <= MAXIMUM_TRIE,
				"has pieces of more than " + MAXIMUM_TRIE + " bytes that do not begin like others");
		JsonElement unknown = this.json.get("unk_id");
		require(unknown == null || unknown.getAsInt() < this.tokens, "has an impossible 'unk_id'");
	}

	private static long trie(List<String> pieces) {
		Collections.sort(pieces);
		long size = 0;
		String last = "";
		for (String piece : pieces) {
			int shared = 0;
			while (shared < Math.min(last.length(), piece.length()) && last.charAt(shared) == piece.charAt(shared)) {
				shared++;
			}
			size += piece.substring(shared).getBytes(StandardCharsets.UTF_8).length;
			last = piece;
		}
		return size;
	}

	/** Pairs of tokens, or of old texts of two with a space between. */
	private void copyMerges(JsonReader reader, JsonWriter writer) throws IOException {
		int merges = 0;
		JsonToken kind = null;
		reader.beginArray();
		writer.beginArray();
		while (reader.hasNext()) {
			require(++merges <= MAXIMUM_TOKENS, "has more than " + MAXIMUM_TOKENS + " merges");
			kind = (kind != null) ? kind : reader.peek();
			require(kind == reader.peek(), "has merges of different forms");
			if (kind == JsonToken.STRING) {
				writer.value(token(reader.nextString(), 2 * MAXIMUM_TOKEN_LENGTH + 1));
				continue;
			}
			reader.beginArray();
			writer.beginArray();
			for (int i = 0; i < 2; i++) {
				require(reader.hasNext() && reader.peek() == JsonToken.STRING,
						"has a merge of something else than two texts");
				writer.value(token(reader.nextString(), MAXIMUM_TOKEN_LENGTH));
			}
			reader.endArray();
			writer.endArray();
		}
		reader.endArray();
		writer.endArray();
	}

	private void count() {
		require(++this.tokens <= MAXIMUM_TOKENS, "has more than " + MAXIMUM_TOKENS + " tokens");
	}

	private static String token(String token, int maximumLength) {
		require(token.length() <= maximumLength,
				"has a token of " + token.length() + " characters; " + maximumLength + " are the most");
		return TokenizerFile.text(token);
	}

	private static void require(boolean condition, String finding) {
		if (!condition) {
			throw new IllegalArgumentException("its model " + finding);
		}
	}

}
