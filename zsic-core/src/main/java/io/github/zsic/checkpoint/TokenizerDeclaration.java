package io.github.zsic.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * What the small files beside a tokenizer say about it: its class, its settings, and
 * special tokens that its own file need not name. As {@code _from_pretrained} of
 * tokenization_utils_base.py puts them together.
 */
final class TokenizerDeclaration {

	static final String SPECIAL_TOKENS_FILE = "special_tokens_map.json";

	static final String ADDED_TOKENS_FILE = "added_tokens.json";

	/** In the order in which the reference adds those that are not there. */
	private static final List<String> NAMED = List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token",
			"cls_token", "mask_token");

	private static final String DECODER = "added_tokens_decoder";

	private static final String ADDITIONAL = "additional_special_tokens";

	private static final String EXTRA = "extra_special_tokens";

	private final TokenizerClass type;

	private final String modelType;

	private final JsonObject settings;

	/** Of checkpoints from before the settings held all added tokens. */
	private final boolean old;

	private final TreeMap<Integer, JsonObject> addedTokens = new TreeMap<>();

	private final Map<String, JsonElement> named = new LinkedHashMap<>();

	private final Map<String, JsonElement> extra = new LinkedHashMap<>();

	private TokenizerDeclaration(TokenizerClass type, String modelType, JsonObject settings, JsonObject specialTokens,
			JsonObject oldTokens) {
		this.type = type;
		this.modelType = modelType;
		this.settings = settings;
		this.old = !settings.has(DECODER);
		nameTokens(settings);
		JsonElement additional = settings.has(EXTRA) ? settings.get(EXTRA) : settings.get(ADDITIONAL);
		if (this.old) {
			nameTokens(specialTokens);
			additional = firstPresent(additional, specialTokens.get(EXTRA), specialTokens.get(ADDITIONAL));
		}
		nameExtra(additional);
		if (this.old) {
			readOldTokens(oldTokens);
		}
		else {
			readDecoder(settings.get(DECODER));
		}
	}

	/**
	 * Reads what there is.
	 * @param folder the folder of a checkpoint
	 * @param config its configuration, which may declare the class, too
	 * @return what is declared
	 */
	static TokenizerDeclaration read(Path folder, ModelConfig config) {
		JsonObject settings = readIfExists(folder.resolve(TokenizerSettings.FILE));
		String declared = Json.string(settings.get("tokenizer_class"));
		declared = (declared != null) ? declared : config.strings().get("tokenizer_class");
		return new TokenizerDeclaration(TokenizerClass.of(declared, config.modelType()), config.modelType(), settings,
				readIfExists(folder.resolve(SPECIAL_TOKENS_FILE)), readIfExists(folder.resolve(ADDED_TOKENS_FILE)));
	}

	private static JsonObject readIfExists(Path file) {
		return Files.exists(file) ? Json.readObject(file) : new JsonObject();
	}

	/** Nothing but the file of the tokenizer. */
	static TokenizerDeclaration none() {
		return new TokenizerDeclaration(TokenizerClass.FILE, "", new JsonObject(), new JsonObject(), new JsonObject());
	}

	/** The same of another class. */
	TokenizerDeclaration as(TokenizerClass other) {
		TokenizerDeclaration copy = new TokenizerDeclaration(other, this.modelType, this.settings, new JsonObject(),
				new JsonObject());
		copy.addedTokens.putAll(this.addedTokens);
		copy.named.putAll(this.named);
		copy.extra.putAll(this.extra);
		return copy;
	}

	/** What is left to say when the file of the tokenizer has been built from it. */
	TokenizerDeclaration built() {
		TokenizerDeclaration copy = as(TokenizerClass.FILE);
		copy.named.putAll(namedTokens());
		return copy;
	}

	/** The same with further tokens, unless the settings name further ones themselves. */
	TokenizerDeclaration withExtra(JsonArray tokens) {
		TokenizerDeclaration copy = as(this.type);
		if (!this.settings.has(EXTRA) && !this.settings.has(ADDITIONAL)) {
			copy.nameExtra(tokens);
		}
		return copy;
	}

	/** The same with a special token, unless it has one of this name. */
	TokenizerDeclaration withDefault(String name, @Nullable String content) {
		if (content == null || this.named.containsKey(name) || this.type.specialTokens().containsKey(name)) {
			return this;
		}
		TokenizerDeclaration copy = as(this.type);
		copy.named.put(name, new JsonPrimitive(content));
		return copy;
	}

	private void nameTokens(JsonObject source) {
		for (Map.Entry<String, JsonElement> entry : source.entrySet()) {
			String name = entry.getKey();
			if (!name.endsWith("_token") && !NAMED.contains(name)) {
				continue;
			}
			if (TokenizerSettings.content(entry.getValue()) != null || entry.getValue().isJsonNull()) {
				(NAMED.contains(name) ? this.named : this.extra).put(name, entry.getValue());
			}
		}
	}

	private static @Nullable JsonElement firstPresent(@Nullable JsonElement... elements) {
		for (JsonElement element : elements) {
			if (element != null && !element.isJsonNull() && !(element instanceof JsonArray array && array.isEmpty())) {
				return element;
			}
		}
		return null;
	}

	/** A list, or an object in which each has a name. */
	private void nameExtra(@Nullable JsonElement additional) {
		if (additional instanceof JsonArray list) {
			list.forEach((token) -> this.extra.put(String.valueOf(TokenizerSettings.content(token)), token));
		}
		else if (additional instanceof JsonObject object) {
			this.extra.putAll(object.asMap());
		}
	}

	private void readDecoder(JsonElement decoder) {
		if (!(decoder instanceof JsonObject tokens)) {
			return;
		}
		for (Map.Entry<String, JsonElement> entry : tokens.entrySet()) {
			try {
				int id = Integer.parseInt(entry.getKey());
				if (entry.getValue() instanceof JsonObject token && TokenizerSettings.content(token) != null) {
					this.addedTokens.put(id, token);
				}
			}
			catch (NumberFormatException ex) {
				throw new CheckpointException(
						"'" + TokenizerSettings.FILE + "' has the impossible id '"
								+ TokenizerFile.abbreviate(entry.getKey()) + "' in '" + DECODER + "'.",
						"Get the file again.", ex);
			}
		}
	}

	/** Special are those of them that are named so. */
	private void readOldTokens(JsonObject tokens) {
		for (Map.Entry<String, JsonElement> entry : tokens.entrySet()) {
			Integer id = Json.id(entry.getValue());
			if (id != null) {
				boolean special = isSpecial(entry.getKey());
				JsonObject token = new JsonObject();
				token.addProperty("content", entry.getKey());
				token.addProperty("normalized", !special);
				token.addProperty("special", special);
				this.addedTokens.put(id, token);
			}
		}
	}

	private boolean isSpecial(String content) {
		return this.named.values().stream().anyMatch((token) -> content.equals(TokenizerSettings.content(token)))
				|| this.extra.values().stream().anyMatch((token) -> content.equals(TokenizerSettings.content(token)));
	}

	TokenizerClass type() {
		return this.type;
	}

	String modelType() {
		return this.modelType;
	}

	/** The content of {@code tokenizer_config.json}. */
	JsonObject settings() {
		return this.settings;
	}

	/** The id with which an added token is declared, {@code null} if it is not. */
	@Nullable Integer declaredId(String content) {
		for (Map.Entry<Integer, JsonObject> token : this.addedTokens.entrySet()) {
			if (content.equals(TokenizerSettings.content(token.getValue()))) {
				return token.getKey();
			}
		}
		return null;
	}

	/** A setting that is true or false, {@code null} if it is neither. */
	@Nullable Boolean flag(String name) {
		return (this.settings.get(name) instanceof JsonPrimitive flag && flag.isBoolean()) ? flag.getAsBoolean() : null;
	}

	boolean flag(String name, boolean defaultValue) {
		Boolean flag = flag(name);
		return (flag != null) ? flag : defaultValue;
	}

	/**
	 * The content of a special token.
	 * @param name its name, such as {@code eos_token}
	 * @return the content, {@code null} if there is no such token
	 */
	@Nullable String token(String name) {
		JsonElement token = namedTokens().get(name);
		return (token != null) ? TokenizerSettings.content(token) : null;
	}

	/**
	 * The content of a special token that the class cannot do without.
	 * @param name its name
	 * @return the content
	 */
	String requiredToken(String name) {
		String token = token(name);
		token = (token != null) ? token : this.type.specialTokens().get(name);
		if (token == null) {
			throw new IllegalStateException(this.type + " needs no " + name);
		}
		return token;
	}

	private Map<String, JsonElement> namedTokens() {
		Map<String, JsonElement> tokens = new LinkedHashMap<>();
		for (String name : NAMED) {
			JsonElement token = this.named.get(name);
			String ofClass = this.type.specialTokens().get(name);
			if (token == null && ofClass != null) {
				token = new JsonPrimitive(ofClass);
			}
			if (token != null && !token.isJsonNull()) {
				tokens.put(name, token);
			}
		}
		return tokens;
	}

	/**
	 * The tokens that are looked for in texts before anything else, in the order in which
	 * those get their ids that the vocabulary lacks.
	 * @param ofFile those that {@code tokenizer.json} names, checked
	 * @return the tokens
	 */
	JsonArray addedTokens(@Nullable JsonElement ofFile) {
		Map<String, JsonObject> tokens = new LinkedHashMap<>();
		TreeMap<Integer, JsonObject> declared = new TreeMap<>(this.addedTokens);
		for (JsonElement element : (ofFile instanceof JsonArray list) ? list : new JsonArray()) {
			JsonObject token = element.getAsJsonObject();
			if (this.type == TokenizerClass.FILE) {
				tokens.put(String.valueOf(TokenizerSettings.content(token)), token);
			}
			if (this.old) {
				declared.put(token.get("id").getAsInt(), token);
			}
		}
		declared.values().forEach((token) -> tokens.put(String.valueOf(TokenizerSettings.content(token)), token));
		namedTokens().values().forEach((token) -> addSpecial(tokens, token));
		this.extra.values().forEach((token) -> addSpecial(tokens, token));
		JsonArray list = new JsonArray();
		tokens.forEach((content, token) -> list.add(complete(content, token)));
		return list;
	}

	private void addSpecial(Map<String, JsonObject> tokens, JsonElement token) {
		String content = TokenizerSettings.content(token);
		if (content == null || content.isEmpty()) {
			return;
		}
		if (tokens.containsKey(content)) {
			return;
		}
		JsonObject special = (token instanceof JsonObject object) ? object.deepCopy() : new JsonObject();
		if (!(token instanceof JsonObject)) {
			special.addProperty("normalized", false);
			special.addProperty("lstrip", this.type.stripsSpaces());
			special.addProperty("rstrip", this.type.stripsSpaces());
		}
		special.addProperty("special", true);
		tokens.put(content, special);
	}

	/** Without id, and with what is not said as AddedToken of the library has it. */
	private static JsonObject complete(String content, JsonObject token) {
		boolean special = isTrue(token.get("special"), false);
		JsonObject complete = new JsonObject();
		complete.addProperty("content", content);
		complete.addProperty("single_word", isTrue(token.get("single_word"), false));
		complete.addProperty("lstrip", isTrue(token.get("lstrip"), false));
		complete.addProperty("rstrip", isTrue(token.get("rstrip"), false));
		complete.addProperty("normalized", isTrue(token.get("normalized"), !special));
		complete.addProperty("special", special);
		return complete;
	}

	private static boolean isTrue(@Nullable JsonElement flag, boolean defaultValue) {
		return (flag instanceof JsonPrimitive primitive && primitive.isBoolean()) ? primitive.getAsBoolean()
				: defaultValue;
	}

}
