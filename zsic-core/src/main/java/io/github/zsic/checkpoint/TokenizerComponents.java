package io.github.zsic.checkpoint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

/**
 * Everything of a tokenizer but its model: what is done to a text before the model sees
 * it, and the special tokens that are put around it. Components of other kinds than the
 * supported architectures have are refused, with those few beside them that have no
 * settings to get wrong.
 */
final class TokenizerComponents {

	private static final int MAXIMUM_COMPONENTS = 16;

	private static final int MAXIMUM_DEPTH = 4;

	private static final int MAXIMUM_ADDED_TOKENS = 10_000;

	private static final int MAXIMUM_ADDED_LENGTH = 256;

	/** Of all added tokens together. */
	private static final int MAXIMUM_ADDED_SIZE = 200_000;

	private static final int MAXIMUM_INSERTED_LENGTH = 32;

	/**
	 * How many times as long as it was a text may become before it is split. Normalising
	 * an Arabic ligature makes 18 characters of one, and lower case two of a Turkish one;
	 * SigLIP has both.
	 */
	private static final int MAXIMUM_GROWTH = 64;

	private static final int COMPATIBLE_GROWTH = 18;

	private static final int CANONICAL_GROWTH = 4;

	private static final int LOWERCASE_GROWTH = 2;

	/** Spaces around a character. */
	private static final int CHINESE_GROWTH = 3;

	private static final int MAXIMUM_SPECIAL_TOKENS = 16;

	private static final Set<String> BEHAVIORS = Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext",
			"Contiguous");

	private final JsonElement normalizer;

	private final JsonElement preTokenizer;

	private final JsonElement postProcessor;

	private final JsonArray addedTokens = new JsonArray();

	private final List<String> normalizedTokens = new ArrayList<>();

	private int components;

	private int growth = 1;

	/** Kinds of pre-tokenizers that make a text longer each time. */
	private final Set<String> once = new HashSet<>();

	/**
	 * Checks the components.
	 * @param source the members of the file
	 * @throws IllegalArgumentException if one is not what it should be
	 */
	TokenizerComponents(JsonObject source) {
		this.normalizer = normalizer(source.get("normalizer"), 0);
		this.preTokenizer = preTokenizer(source.get("pre_tokenizer"), 0);
		JsonElement processor = postProcessor(source.get("post_processor"), 0);
		this.postProcessor = (processor != null) ? processor : JsonNull.INSTANCE;
		addTokens(source.get("added_tokens"));
	}

	/**
	 * Checks added tokens alone.
	 * @param element the list
	 * @return the tokens with nothing else in them
	 * @throws IllegalArgumentException if one is not what it should be
	 */
	static JsonArray addedTokens(@Nullable JsonElement element) {
		JsonObject source = new JsonObject();
		source.add("added_tokens", element);
		return new TokenizerComponents(source).addedTokens;
	}

	/** The components as the library may see them. */
	JsonObject json() {
		JsonObject json = empty();
		json.add("added_tokens", this.addedTokens);
		json.add("normalizer", this.normalizer);
		json.add("pre_tokenizer", this.preTokenizer);
		json.add("post_processor", this.postProcessor);
		json.add("decoder", JsonNull.INSTANCE);
		return json;
	}

	private static JsonObject empty() {
		JsonObject json = new JsonObject();
		json.addProperty("version", "1.0");
		json.add("truncation", JsonNull.INSTANCE);
		json.add("padding", JsonNull.INSTANCE);
		return json;
	}

	/** The added tokens of which the normalizer must leave something. */
	List<String> normalizedTokens() {
		return this.normalizer.isJsonNull() ? List.of() : this.normalizedTokens;
	}

	/** A tokenizer of the normalizer and a model for which everything is unknown. */
	byte[] normalizerAlone() {
		JsonObject json = empty();
		json.add("normalizer", this.normalizer);
		JsonArray piece = new JsonArray();
		piece.add("<unk>");
		piece.add(0);
		JsonArray vocabulary = new JsonArray();
		vocabulary.add(piece);
		JsonObject model = new JsonObject();
		model.addProperty("type", "Unigram");
		model.addProperty("unk_id", 0);
		model.add("vocab", vocabulary);
		json.add("model", model);
		return json.toString().getBytes(StandardCharsets.UTF_8);
	}

	private JsonElement normalizer(@Nullable JsonElement element, int depth) {
		if (element == null || element.isJsonNull()) {
			return JsonNull.INSTANCE;
		}
		Component component = component("normalizer", element, depth);
		switch (component.type) {
			case "Sequence" -> {
				JsonArray steps = new JsonArray();
				for (JsonElement step : component.list("normalizers")) {
					steps.add(normalizer(step, depth + 1));
				}
				component.json.add("normalizers", steps);
			}
			case "BertNormalizer" -> {
				component.flag("clean_text");
				component.flag("handle_chinese_chars");
				component.flagOrNull("strip_accents");
				component.flag("lowercase");
				grow(CHINESE_GROWTH * CANONICAL_GROWTH * LOWERCASE_GROWTH);
			}
			case "NFC", "NFD" -> grow(CANONICAL_GROWTH);
			case "NFKC", "NFKD" -> grow(COMPATIBLE_GROWTH);
			case "Lowercase" -> grow(LOWERCASE_GROWTH);
			case "Nmt", "StripAccents" -> {
			}
			case "Strip" -> {
				component.flag("strip_left");
				component.flag("strip_right");
			}
			case "Prepend" -> grow(1 + component.text("prepend", MAXIMUM_INSERTED_LENGTH).length());
			case "Replace" -> {
				int replaced = component.pattern();
				int inserted = component.text("content", MAXIMUM_INSERTED_LENGTH).length();
				grow((inserted + replaced - 1) / replaced);
			}
			case "Precompiled" -> grow(component.charactersMap());
			default -> throw component.unknown();
		}
		return component.json;
	}

	private void grow(int factor) {
		this.growth *= Math.max(factor, 1);
		require(this.growth <= MAXIMUM_GROWTH,
				"its normalizer can make a text more than " + MAXIMUM_GROWTH + " times as long as it is");
	}

	private JsonElement preTokenizer(@Nullable JsonElement element, int depth) {
		if (element == null || element.isJsonNull()) {
			return JsonNull.INSTANCE;
		}
		Component component = component("pre_tokenizer", element, depth);
		switch (component.type) {
			case "Sequence" -> {
				JsonArray steps = new JsonArray();
				for (JsonElement step : component.list("pretokenizers")) {
					steps.add(preTokenizer(step, depth + 1));
				}
				component.json.add("pretokenizers", steps);
			}
			case "BertPreTokenizer", "Whitespace", "WhitespaceSplit" -> {
			}
			case "ByteLevel" -> {
				component.flag("add_prefix_space");
				component.flag("use_regex", true);
				// Of offsets, which zsic does not ask for.
				component.json.addProperty("trim_offsets", false);
				require(this.once.add(component.type), "its pre_tokenizer has 'ByteLevel' twice");
			}
			case "Metaspace" -> {
				component.metaspace();
				require(this.once.add(component.type), "its pre_tokenizer has 'Metaspace' twice");
			}
			case "Split" -> {
				component.pattern();
				component.behavior();
				component.flag("invert");
			}
			case "Punctuation" -> {
				if (component.source.has("behavior")) {
					component.behavior();
				}
			}
			case "Digits" -> component.flag("individual_digits");
			default -> throw component.unknown();
		}
		return component.json;
	}

	/**
	 * The processor for one text, {@code null} if it adds nothing. What it does with two
	 * is left out.
	 */
	private @Nullable JsonObject postProcessor(@Nullable JsonElement element, int depth) {
		if (element == null || element.isJsonNull()) {
			return null;
		}
		Component component = component("post_processor", element, depth);
		switch (component.type) {
			case "Sequence" -> {
				JsonObject only = null;
				for (JsonElement step : component.list("processors")) {
					JsonObject processor = postProcessor(step, depth + 1);
					require(only == null || processor == null, "its post_processor adds special tokens twice");
					only = (processor != null) ? processor : only;
				}
				return only;
			}
			case "ByteLevel" -> {
				return null;
			}
			case "BertProcessing", "RobertaProcessing" -> {
				component.tokenWithId("sep");
				component.tokenWithId("cls");
				if (component.type.equals("RobertaProcessing")) {
					component.json.addProperty("trim_offsets", false);
					component.json.addProperty("add_prefix_space", false);
				}
			}
			case "TemplateProcessing" -> component.template();
			default -> throw component.unknown();
		}
		return component.json;
	}

	private Component component(String kind, JsonElement element, int depth) {
		require(depth <= MAXIMUM_DEPTH, "its " + kind + " is nested too deeply");
		require(++this.components <= MAXIMUM_COMPONENTS, "it has more than " + MAXIMUM_COMPONENTS + " components");
		return new Component(kind, element);
	}

	private void addTokens(@Nullable JsonElement element) {
		if (element == null || element.isJsonNull()) {
			return;
		}
		require(element instanceof JsonArray, "its 'added_tokens' are no list");
		int size = 0;
		for (JsonElement each : element.getAsJsonArray()) {
			require(each instanceof JsonObject, "one of its 'added_tokens' is none");
			Component token = new Component("added token", each.getAsJsonObject(), "");
			String content = token.text("content", MAXIMUM_ADDED_LENGTH);
			size += content.length();
			require(this.addedTokens.size() < MAXIMUM_ADDED_TOKENS && size <= MAXIMUM_ADDED_SIZE, "it has more than "
					+ MAXIMUM_ADDED_TOKENS + " 'added_tokens', or " + MAXIMUM_ADDED_SIZE + " characters in them");
			token.json.addProperty("id", token.id(token.source.get("id")));
			for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
				token.flag(flag);
			}
			if (content.isEmpty()) {
				// Nobody looks for it.
				continue;
			}
			this.addedTokens.add(token.json);
			if (token.json.get("normalized").getAsBoolean()) {
				this.normalizedTokens.add(content);
			}
		}
	}

	private static void require(boolean condition, String finding) {
		if (!condition) {
			throw new IllegalArgumentException(finding);
		}
	}

	/** One component: what the file says, and what of it the library may see. */
	private static final class Component {

		private final String kind;

		private final JsonObject source;

		private final String type;

		private final JsonObject json = new JsonObject();

		Component(String kind, JsonElement element) {
			this(kind, object(kind, element), type(kind, object(kind, element)));
			this.json.addProperty("type", this.type);
		}

		Component(String kind, JsonObject source, String type) {
			this.kind = kind;
			this.source = source;
			this.type = type;
		}

		private static JsonObject object(String kind, JsonElement element) {
			TokenizerComponents.require(element instanceof JsonObject, "its " + kind + " is no object");
			return element.getAsJsonObject();
		}

		private static String type(String kind, JsonObject source) {
			String type = Json.string(source.get("type"));
			if (type == null) {
				throw new IllegalArgumentException("its " + kind + " has no 'type'");
			}
			return type;
		}

		IllegalArgumentException unknown() {
			return new IllegalArgumentException(
					"its " + this.kind + " is or has a '" + TokenizerFile.abbreviate(this.type)
							+ "', which the tokenizers of no supported architecture have");
		}

		private void require(boolean condition, String finding) {
			if (!condition) {
				throw wrong(finding);
			}
		}

		private IllegalArgumentException wrong(String finding) {
			return new IllegalArgumentException(
					"its " + this.kind + (this.type.isEmpty() ? "" : " '" + this.type + "'") + " " + finding);
		}

		JsonArray list(String name) {
			require(this.source.get(name) instanceof JsonArray, "has no '" + name + "'");
			return this.source.getAsJsonArray(name);
		}

		void flag(String name) {
			require(this.source.get(name) instanceof JsonPrimitive flag && flag.isBoolean(),
					"has no '" + name + "' that is true or false");
			this.json.add(name, this.source.get(name));
		}

		void flag(String name, boolean defaultValue) {
			if (this.source.has(name)) {
				flag(name);
			}
			else {
				this.json.addProperty(name, defaultValue);
			}
		}

		void flagOrNull(String name) {
			if (!this.source.has(name) || this.source.get(name).isJsonNull()) {
				this.json.add(name, JsonNull.INSTANCE);
			}
			else {
				flag(name);
			}
		}

		String text(String name, int maximumLength) {
			String text = Json.string(this.source.get(name));
			if (text == null) {
				throw wrong("has no text '" + name + "'");
			}
			require(text.length() <= maximumLength,
					"has a '" + name + "' of " + text.length() + " characters; " + maximumLength + " are the most");
			this.json.addProperty(name, text);
			return text;
		}

		int id(@Nullable JsonElement element) {
			Integer id = Json.id(element);
			if (id == null || id < 0) {
				throw wrong("has an impossible id");
			}
			return id;
		}

		int pattern() {
			JsonElement pattern = this.source.get("pattern");
			try {
				int minimum = TokenizerPattern.check(pattern);
				this.json.add("pattern", pattern);
				return minimum;
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalArgumentException(
						"its " + this.kind + " '" + this.type + "' cannot be searched for: " + ex.getMessage(), ex);
			}
		}

		void behavior() {
			require(BEHAVIORS.contains(text("behavior", MAXIMUM_INSERTED_LENGTH)), "has an unknown 'behavior'");
		}

		int charactersMap() {
			try {
				String table = Json.string(this.source.get("precompiled_charsmap"));
				if (table == null) {
					throw new IllegalArgumentException("no text");
				}
				this.json.addProperty("precompiled_charsmap", table);
				return CharactersMap.check(table);
			}
			catch (IllegalArgumentException ex) {
				throw new IllegalArgumentException("its 'precompiled_charsmap' is damaged", ex);
			}
		}

		void metaspace() {
			String replacement = text("replacement", 2);
			require(replacement.codePointCount(0, replacement.length()) == 1, "has no single character 'replacement'");
			if (this.source.has("prepend_scheme")) {
				require(Set.of("first", "never", "always").contains(text("prepend_scheme", MAXIMUM_INSERTED_LENGTH)),
						"has an unknown 'prepend_scheme'");
			}
			else {
				this.json.addProperty("prepend_scheme", "always");
			}
			// Of files before there were schemes.
			if (this.source.get("add_prefix_space") instanceof JsonPrimitive flag && flag.isBoolean()
					&& !flag.getAsBoolean()) {
				require("never".equals(Json.string(this.json.get("prepend_scheme"))),
						"has an 'add_prefix_space' that contradicts its 'prepend_scheme'");
			}
			flagOrNull("split");
			if (this.json.get("split").isJsonNull()) {
				this.json.addProperty("split", true);
			}
		}

		void tokenWithId(String name) {
			JsonArray pair = list(name);
			String token = (pair.size() == 2) ? Json.string(pair.get(0)) : null;
			require(token != null && token.length() <= MAXIMUM_ADDED_LENGTH, "has an impossible '" + name + "'");
			JsonArray copy = new JsonArray();
			copy.add(token);
			copy.add(id(pair.get(1)));
			this.json.add(name, copy);
		}

		/** One text among special tokens that are there. */
		void template() {
			JsonArray single = new JsonArray();
			JsonObject tokens = new JsonObject();
			int texts = 0;
			int added = 0;
			for (JsonElement element : list("single")) {
				require(element instanceof JsonObject, "has an impossible 'single'");
				JsonObject piece = element.getAsJsonObject();
				if (piece.get("Sequence") instanceof JsonObject sequence) {
					require("A".equals(Json.string(sequence.get("id"))), "has a 'single' with another text than 'A'");
					require(++texts == 1, "repeats the text");
					single.add(piece("Sequence", "A", id(sequence.get("type_id"))));
					continue;
				}
				require(piece.get("SpecialToken") instanceof JsonObject, "has an impossible 'single'");
				JsonObject special = piece.getAsJsonObject("SpecialToken");
				String name = Json.string(special.get("id"));
				if (name == null || name.length() > MAXIMUM_ADDED_LENGTH) {
					throw wrong("has a special token without a name");
				}
				if (!tokens.has(name)) {
					tokens.add(name, specialToken(name));
				}
				added += tokens.getAsJsonObject(name).getAsJsonArray("ids").size();
				require(added <= MAXIMUM_SPECIAL_TOKENS,
						"adds more than " + MAXIMUM_SPECIAL_TOKENS + " special tokens");
				single.add(piece("SpecialToken", name, id(special.get("type_id"))));
				require(single.size() <= 2 * MAXIMUM_SPECIAL_TOKENS, "has a very long 'single'");
			}
			require(texts == 1, "has a 'single' without the text");
			JsonArray pair = new JsonArray();
			pair.add(piece("Sequence", "A", 0));
			pair.add(piece("Sequence", "B", 1));
			this.json.add("single", single);
			this.json.add("pair", pair);
			this.json.add("special_tokens", tokens);
		}

		private static JsonObject piece(String kind, String id, int typeId) {
			JsonObject content = new JsonObject();
			content.addProperty("id", id);
			content.addProperty("type_id", typeId);
			JsonObject piece = new JsonObject();
			piece.add(kind, content);
			return piece;
		}

		private JsonObject specialToken(String name) {
			if (!(this.source.get("special_tokens") instanceof JsonObject tokens
					&& tokens.get(name) instanceof JsonObject token)) {
				throw wrong("has no special token '" + TokenizerFile.abbreviate(name) + "'");
			}
			require(token.get("ids") instanceof JsonArray && token.get("tokens") instanceof JsonArray
					&& token.getAsJsonArray("ids").size() == token.getAsJsonArray("tokens").size(),
					"has no id for each part of '" + TokenizerFile.abbreviate(name) + "'");
			JsonArray ids = new JsonArray();
			token.getAsJsonArray("ids").forEach((id) -> ids.add(id(id)));
			JsonArray parts = new JsonArray();
			for (JsonElement part : token.getAsJsonArray("tokens")) {
				String text = Json.string(part);
				require(text != null && text.length() <= MAXIMUM_ADDED_LENGTH,
						"has an impossible token in '" + TokenizerFile.abbreviate(name) + "'");
				parts.add(text);
			}
			JsonObject copy = new JsonObject();
			copy.addProperty("id", name);
			copy.add("ids", ids);
			copy.add("tokens", parts);
			return copy;
		}

	}

}
