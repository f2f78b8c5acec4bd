package io.github.zsic.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.math.BigDecimal;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;

import io.github.zsic.CheckpointException;

/**
 * Reads a {@code tokenizer.json} and writes it anew for the {@code tokenizers} library.
 * <p>
 * The library is native and written in Rust, where what should not happen is a panic. It
 * is entered by functions that a panic must not leave (DJL's {@code extern "system"}), so
 * that each one ends the process, and nothing in Java can catch it: a template that names
 * a token that is not there, JSON that breaks off, a search that goes back too often. And
 * it trusts the file with time and memory. So the library never sees the file of a
 * checkpoint, which is a stranger's, but one that zsic has written: of the kinds of
 * components that the tokenizers of its architectures have ({@link TokenizerComponents},
 * {@link TokenizerModel}), each checked, with nothing else in it. What is no use to zsic
 * is left out: truncation and padding, which it does itself, and the decoder.
 * <p>
 * Why: docs/decisions/0016.
 */
final class TokenizerFile {

	private static final int MAXIMUM_DEPTH = 20;

	/** Of everything but the model. */
	private static final int MAXIMUM_ELEMENTS = 200_000;

	private static final int MAXIMUM_NUMBER_LENGTH = 64;

	private static final int MAXIMUM_QUOTE = 80;

	private static final Set<String> MEMBERS = Set.of("version", "truncation", "padding", "added_tokens", "normalizer",
			"pre_tokenizer", "post_processor", "decoder", "model");

	private final byte[] content;

	private final JsonObject members = new JsonObject();

	private int elements;

	private TokenizerFile(byte[] content) {
		this.content = content;
	}

	/**
	 * Reads and checks a tokenizer.
	 * @param file the file
	 * @param declaration what the files beside it say
	 * @return what the library may see
	 * @throws CheckpointException if it cannot be read, is damaged, or has what no
	 * tokenizer of a supported architecture has
	 */
	static TokenizerDefinition read(Path file, TokenizerDeclaration declaration) {
		try {
			return new TokenizerFile(SmallFile.read(file, SmallFile.VOCABULARY)).rewrite(declaration);
		}
		catch (MalformedJsonException | EOFException | IllegalStateException ex) {
			throw damaged(file, "it is not valid JSON: " + Json.reason(ex), ex);
		}
		catch (CharacterCodingException ex) {
			throw damaged(file, "it is not in UTF-8", ex);
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		catch (NumberFormatException ex) {
			throw damaged(file, "it has an impossible number", ex);
		}
		catch (IllegalArgumentException ex) {
			throw damaged(file, String.valueOf(ex.getMessage()), ex);
		}
	}

	private static CheckpointException damaged(Path file, String finding, Exception cause) {
		return new CheckpointException("'" + file.getFileName() + "' cannot be used: " + finding + ".",
				"Get the file again. zsic takes tokenizers like those of the published checkpoints (docs/architectures.md).",
				cause);
	}

	private TokenizerDefinition rewrite(TokenizerDeclaration declaration) throws IOException {
		JsonObject source = null;
		try (JsonReader reader = reader()) {
			reader.beginObject();
			while (reader.hasNext()) {
				String name = reader.nextName();
				if (!MEMBERS.contains(name)) {
					reader.skipValue();
				}
				else if (this.members.has(name) || (source != null && name.equals("model"))) {
					throw new IllegalArgumentException("it has '" + name + "' twice");
				}
				else if (name.equals("model")) {
					source = model(reader);
				}
				else {
					this.members.add(name, element(reader, 0));
				}
			}
			reader.endObject();
			reader.peek();
		}
		String version = Json.string(this.members.get("version"));
		if (this.members.has("version") && !"1.0".equals(version)) {
			throw new IllegalArgumentException("it is not of version 1.0");
		}
		if (source == null) {
			throw new IllegalArgumentException("it has no 'model'");
		}
		JsonArray ownTokens = TokenizerComponents.addedTokens(this.members.get("added_tokens"));
		ReferenceTokenizer reference = new ReferenceTokenizer(declaration, this.members, source);
		TokenizerModel model = new TokenizerModel(source);
		JsonArray tokens = reference.addedTokens(ownTokens);
		Map<String, Integer> ids = new HashMap<>();
		reference.finish(tokens, ids, find(model, tokens, ids));
		TokenizerComponents components = new TokenizerComponents(this.members);
		byte[] json = write(components.json(), model);
		List<String> normalizedTokens = components.normalizedTokens();
		byte[] normalizer = normalizedTokens.isEmpty() ? null : components.normalizerAlone();
		return new TokenizerDefinition(json, normalizer, normalizedTokens, reference.padId(ids),
				UnaryOperator.identity(), null, ids.getOrDefault(declaration.token("sep_token"), -1), false);
	}

	/** Looks up the ids of tokens. */
	private int find(TokenizerModel model, JsonArray tokens, Map<String, Integer> ids) throws IOException {
		Set<String> contents = new HashSet<>();
		tokens.forEach((token) -> contents.add(token.getAsJsonObject().get("content").getAsString()));
		try (JsonReader reader = reader()) {
			reader.beginObject();
			while (!reader.nextName().equals("model")) {
				reader.skipValue();
			}
			return model.find(reader, contents, ids);
		}
	}

	private JsonReader reader() {
		JsonReader reader = new JsonReader(
				new InputStreamReader(new ByteArrayInputStream(this.content), StandardCharsets.UTF_8.newDecoder()));
		reader.setStrictness(Strictness.STRICT);
		return reader;
	}

	private byte[] write(JsonObject components, TokenizerModel model) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream(this.content.length / 2);
		try (Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
				JsonWriter writer = new JsonWriter(text);
				JsonReader reader = reader()) {
			writer.beginObject();
			for (String name : components.keySet()) {
				writer.name(name).jsonValue(components.get(name).toString());
			}
			writer.name("model").beginObject();
			for (String name : model.json().keySet()) {
				writer.name(name).jsonValue(model.json().get(name).toString());
			}
			reader.beginObject();
			while (!reader.nextName().equals("model")) {
				reader.skipValue();
			}
			model.copyVocabulary(reader, writer);
			writer.endObject().endObject();
		}
		return out.toByteArray();
	}

	/** Reads the model without what is large in it. */
	private JsonObject model(JsonReader reader) throws IOException {
		JsonObject model = new JsonObject();
		reader.beginObject();
		while (reader.hasNext()) {
			String name = reader.nextName();
			if (model.has(name)) {
				throw new IllegalArgumentException("its model has '" + abbreviate(name) + "' twice");
			}
			if (TokenizerModel.LARGE.contains(name)) {
				model.addProperty(name, reader.peek().name());
				reader.skipValue();
			}
			else if (TokenizerModel.MEMBERS.contains(name)) {
				model.add(name, element(reader, 0));
			}
			else {
				reader.skipValue();
			}
		}
		reader.endObject();
		return model;
	}

	/** Reads a value of limited size that has nothing in it that Rust does not have. */
	private JsonElement element(JsonReader reader, int depth) throws IOException {
		if (depth > MAXIMUM_DEPTH) {
			throw new IllegalArgumentException("it is nested too deeply");
		}
		if (++this.elements > MAXIMUM_ELEMENTS) {
			throw new IllegalArgumentException("it has more than " + MAXIMUM_ELEMENTS + " values beside its model");
		}
		return switch (reader.peek()) {
			case BEGIN_ARRAY -> {
				JsonArray array = new JsonArray();
				reader.beginArray();
				while (reader.hasNext()) {
					array.add(element(reader, depth + 1));
				}
				reader.endArray();
				yield array;
			}
			case BEGIN_OBJECT -> {
				JsonObject object = new JsonObject();
				reader.beginObject();
				while (reader.hasNext()) {
					object.add(text(reader.nextName()), element(reader, depth + 1));
				}
				reader.endObject();
				yield object;
			}
			case STRING -> new JsonPrimitive(text(reader.nextString()));
			case NUMBER -> new JsonPrimitive(new BigDecimal(number(reader.nextString())));
			case BOOLEAN -> new JsonPrimitive(reader.nextBoolean());
			default -> {
				reader.nextNull();
				yield JsonNull.INSTANCE;
			}
		};
	}

	static String text(String text) {
		if (text.codePoints()
			.anyMatch((point) -> point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
			throw new IllegalArgumentException("it has half of a surrogate pair");
		}
		return text;
	}

	static String number(String number) {
		if (number.length() > MAXIMUM_NUMBER_LENGTH || !Double.isFinite(Double.parseDouble(number))) {
			throw new IllegalArgumentException("it has the impossible number " + abbreviate(number));
		}
		return number;
	}

	/** For messages. */
	static String abbreviate(String text) {
		return (text.length() <= MAXIMUM_QUOTE) ? text
				: text.substring(0, text.offsetByCodePoints(0, MAXIMUM_QUOTE / 2)) + "…";
	}

}
