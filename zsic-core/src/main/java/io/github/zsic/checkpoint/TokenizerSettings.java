package io.github.zsic.checkpoint;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import org.jspecify.annotations.Nullable;

/**
 * What is known about texts that are shorter than others.
 *
 * @param padId the id that fills them up
 * @param masksPadding whether the model is told which ids are padding. The reference asks
 * the tokenizer: SigLIP's leaves the mask out, so that model reads padding as it does
 * text.
 * @param padsLeft whether texts of fixed length are filled up on the left
 */
public record TokenizerSettings(int padId, boolean masksPadding, boolean padsLeft) {

	static final String FILE = "tokenizer_config.json";

	static TokenizerSettings of(TokenizerDeclaration declaration, TokenizerDefinition tokenizer) {
		JsonObject json = declaration.settings();
		boolean masksPadding = !(json.get("model_input_names") instanceof JsonArray inputs)
				|| inputs.contains(new JsonPrimitive("attention_mask"));
		String side = Json.string(json.get("padding_side"));
		boolean padsLeft = (side != null) ? side.equals("left") : declaration.type().padsLeft();
		return new TokenizerSettings(tokenizer.padId(), masksPadding, padsLeft);
	}

	/** A token is a text, or an object with a text. */
	static @Nullable String content(@Nullable JsonElement token) {
		return Json.string((token instanceof JsonObject object) ? object.get("content") : token);
	}

}
