package io.github.zsic.checkpoint;

import java.util.Map;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

/**
 * Makes of what a {@code tokenizer.json} says what the reference makes of it.
 * Transformers 5 builds a tokenizer from its class: of the file it takes the vocabulary,
 * and what of the rest the class has not decided
 * (TokenizersBackend.convert_to_native_format). Files of old checkpoints say other things
 * than their class does.
 */
final class ReferenceTokenizer {

	private TokenizerDeclaration declaration;

	private final JsonObject members;

	private final @Nullable JsonObject skeleton;

	private JsonArray ofFile = new JsonArray();

	private int size;

	/**
	 * Gives the tokenizer its class's components.
	 * @param declaration what the files beside the tokenizer say
	 * @param members what it says itself, to be changed
	 * @param model its model without what is large, to be changed
	 */
	ReferenceTokenizer(TokenizerDeclaration declaration, JsonObject members, JsonObject model) {
		JsonObject classSkeleton = (declaration.type() == TokenizerClass.FILE) ? null : declaration.type().skeleton();
		// What the reference makes of another kind of vocabulary can be no use to anyone.
		boolean fits = classSkeleton != null
				&& TokenizerModel.type(model).equals(Json.string(classSkeleton.getAsJsonObject("model").get("type")));
		this.declaration = fits ? declaration : declaration.as(TokenizerClass.FILE);
		this.members = members;
		this.skeleton = fits ? classSkeleton : null;
		if (this.skeleton != null) {
			replaceComponents(this.skeleton, model);
		}
	}

	private void replaceComponents(JsonObject skeleton, JsonObject model) {
		skeleton.getAsJsonObject("model").asMap().forEach((name, value) -> {
			if (!TokenizerModel.LARGE.contains(name) && !(name.equals("unk_id") && model.has(name))) {
				model.add(name, value);
			}
		});
		JsonElement charactersMap = charactersMap(this.members.get("normalizer"));
		this.members.add("normalizer", skeleton.get("normalizer"));
		this.members.add("pre_tokenizer", skeleton.get("pre_tokenizer"));
		if (this.declaration.type().hasPostProcessor()) {
			this.members.add("post_processor", skeleton.get("post_processor"));
		}
		switch (this.declaration.type()) {
			case CLIP -> model.addProperty("unk_token", this.declaration.requiredToken("unk_token"));
			case BERT -> {
				model.addProperty("unk_token", this.declaration.requiredToken("unk_token"));
				JsonObject normalizer = this.members.getAsJsonObject("normalizer");
				normalizer.addProperty("lowercase", this.declaration.flag("do_lower_case", true));
				normalizer.addProperty("handle_chinese_chars", this.declaration.flag("tokenize_chinese_chars", true));
				normalizer.addProperty("strip_accents", this.declaration.flag("strip_accents"));
			}
			case XLM_ROBERTA -> {
				model.addProperty("unk_id", 3);
				this.members.add("normalizer", charactersMap);
				if (!this.declaration.flag("add_prefix_space", true)) {
					JsonArray steps = skeleton.getAsJsonObject("pre_tokenizer").getAsJsonArray("pretokenizers");
					steps.get(1).getAsJsonObject().addProperty("prepend_scheme", "never");
				}
			}
			case T5 -> {
				model.addProperty("unk_id", 2);
				this.members.add("normalizer", charactersMap);
			}
			case SIGLIP -> {
				// Built from the model of SentencePiece, which knows its unknown piece.
				replaceStep("Precompiled", charactersMap);
				if (!this.declaration.flag("do_lower_case", true)) {
					replaceStep("Lowercase", JsonNull.INSTANCE);
				}
			}
			case SIGLIP2, GEMMA -> model.addProperty("unk_token", this.declaration.requiredToken("unk_token"));
			case TIPSV2 -> {
				replaceStep("Precompiled", charactersMap);
				if (!this.declaration.flag("do_lower_case", true)) {
					replaceStep("Lowercase", JsonNull.INSTANCE);
				}
			}
			default -> throw new IllegalStateException("A class without components: " + this.declaration.type());
		}
	}

	/**
	 * The first table of SentencePiece in a normalizer, which is all that is taken of it.
	 */
	private static JsonElement charactersMap(@Nullable JsonElement normalizer) {
		if (!(normalizer instanceof JsonObject object)) {
			return JsonNull.INSTANCE;
		}
		if ("Precompiled".equals(Json.string(object.get("type")))) {
			return object;
		}
		if (object.get("normalizers") instanceof JsonArray steps) {
			for (JsonElement step : steps) {
				if (step instanceof JsonObject each && "Precompiled".equals(Json.string(each.get("type")))) {
					return each;
				}
			}
		}
		return JsonNull.INSTANCE;
	}

	private void replaceStep(String type, JsonElement replacement) {
		JsonObject normalizer = this.members.getAsJsonObject("normalizer");
		JsonArray steps = new JsonArray();
		for (JsonElement step : normalizer.getAsJsonArray("normalizers")) {
			JsonElement kept = type.equals(Json.string(step.getAsJsonObject().get("type"))) ? replacement : step;
			if (!kept.isJsonNull()) {
				steps.add(kept);
			}
		}
		normalizer.add("normalizers", steps);
	}

	/**
	 * The tokens that are looked for in texts before anything else.
	 * @param ofFile those that the file names
	 * @return the tokens, in the order in which they are added
	 */
	JsonArray addedTokens(JsonArray ofFile) {
		this.ofFile = ofFile;
		if (this.members.get("padding") instanceof JsonObject padding) {
			this.declaration = this.declaration.withDefault("pad_token", Json.string(padding.get("pad_token")));
		}
		return this.declaration.addedTokens(ofFile);
	}

	/**
	 * Completes what names ids.
	 * @param tokens the added tokens
	 * @param ids the ids of those that the vocabulary has; gets those of the others, as
	 * the library gives them
	 * @param size how many tokens the vocabulary has
	 */
	void finish(JsonArray tokens, Map<String, Integer> ids, int size) {
		this.size = size;
		int next = size;
		for (JsonElement token : tokens) {
			JsonObject json = token.getAsJsonObject();
			String content = json.get("content").getAsString();
			if (!ids.containsKey(content)) {
				ids.put(content, next++);
			}
			json.addProperty("id", ids.get(content));
		}
		this.members.add("added_tokens", tokens);
		if (this.skeleton == null || !this.declaration.type().hasPostProcessor()) {
			return;
		}
		JsonObject processor = this.members.getAsJsonObject("post_processor");
		if (this.declaration.type() == TokenizerClass.CLIP) {
			processor.add("cls", pair("bos_token", ids));
			processor.add("sep", pair("eos_token", ids));
			return;
		}
		JsonObject special = new JsonObject();
		switch (this.declaration.type()) {
			case BERT -> {
				special.add("[CLS]", template("[CLS]", "cls_token", ids));
				special.add("[SEP]", template("[SEP]", "sep_token", ids));
			}
			case XLM_ROBERTA -> {
				special.add("<s>", template("<s>", "bos_token", ids));
				special.add("</s>", template("</s>", "eos_token", ids));
			}
			default -> special.add("</s>", template("</s>", "eos_token", ids));
		}
		processor.add("special_tokens", special);
	}

	/**
	 * The id that fills up texts.
	 * @param ids the ids of the added tokens
	 * @return an id, 0 if there is no token for that, or none that the model can know
	 */
	int padId(Map<String, Integer> ids) {
		String padding = this.declaration.token("pad_token");
		if (padding == null) {
			return 0;
		}
		int id = ids.getOrDefault(padding, 0);
		boolean known = id < this.size || this.declaration.declaredId(padding) != null;
		for (JsonElement token : this.ofFile) {
			known = known || padding.equals(TokenizerSettings.content(token));
		}
		return known ? id : 0;
	}

	private int id(String name, Map<String, Integer> ids) {
		Integer id = ids.get(this.declaration.requiredToken(name));
		if (id == null) {
			throw new IllegalArgumentException(
					"it lacks the token '" + TokenizerFile.abbreviate(this.declaration.requiredToken(name))
							+ "', which its class puts beside every text");
		}
		return id;
	}

	private JsonArray pair(String name, Map<String, Integer> ids) {
		JsonArray pair = new JsonArray();
		pair.add(this.declaration.requiredToken(name));
		pair.add(id(name, ids));
		return pair;
	}

	private JsonObject template(String placeholder, String name, Map<String, Integer> ids) {
		JsonArray tokenIds = new JsonArray();
		tokenIds.add(id(name, ids));
		JsonArray tokens = new JsonArray();
		tokens.add(new JsonPrimitive(this.declaration.requiredToken(name)));
		JsonObject template = new JsonObject();
		template.addProperty("id", placeholder);
		template.add("ids", tokenIds);
		template.add("tokens", tokens);
		return template;
	}

}
