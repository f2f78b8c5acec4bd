package io.github.zsic.sample;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What is to be embedded, as OpenAI's API asks for texts and vLLM's for pictures.
 *
 * @param texts the texts, empty if there are pictures
 * @param pictures the pictures, empty if there are texts
 * @param base64 whether embeddings are wanted in base64 instead of as lists
 * @param dimensions how many numbers an embedding must have, {@code null} for as many as
 * the model makes
 */
record EmbeddingsRequest(List<String> texts, List<JsonPicture> pictures, boolean base64, @Nullable Integer dimensions) {

	static EmbeddingsRequest of(JsonNode body) {
		if (!body.isObject()) {
			throw Problems.badRequest("The body must be a JSON object with 'input', or with 'messages' for pictures.");
		}
		JsonNode input = member(body, "input");
		JsonNode messages = member(body, "messages");
		if ((input == null) == (messages == null)) {
			throw Problems.badRequest("The body needs 'input' for texts or 'messages' for pictures, and not both.");
		}
		boolean base64 = base64(member(body, "encoding_format"));
		Integer dimensions = dimensions(member(body, "dimensions"));
		if (input != null) {
			return new EmbeddingsRequest(texts(input), List.of(), base64, dimensions);
		}
		List<String> texts = new ArrayList<>();
		List<JsonPicture> pictures = new ArrayList<>();
		messages(messages, texts, pictures);
		if (!texts.isEmpty() && !pictures.isEmpty()) {
			throw Problems
				.badRequest("'messages' has pictures and texts. The model makes one embedding of a picture, or of"
						+ " a text, not of both together; send them in two requests.");
		}
		if (texts.isEmpty() && pictures.isEmpty()) {
			throw Problems.badRequest("'messages' has no part of type 'image_url'.");
		}
		return new EmbeddingsRequest(texts, pictures, base64, dimensions);
	}

	/** A member that is {@code null} is as good as none. */
	private static @Nullable JsonNode member(JsonNode parent, String name) {
		JsonNode member = parent.get(name);
		return (member == null || member.isNull()) ? null : member;
	}

	private static boolean base64(@Nullable JsonNode node) {
		String format = (node == null) ? "float" : node.isString() ? node.stringValue() : "";
		return switch (format) {
			case "float" -> false;
			case "base64" -> true;
			default -> throw Problems.badRequest("'encoding_format' must be \"float\" or \"base64\".");
		};
	}

	private static @Nullable Integer dimensions(@Nullable JsonNode node) {
		if (node == null) {
			return null;
		}
		if (!node.isInt()) {
			throw Problems.badRequest("'dimensions' must be a number.");
		}
		return node.intValue();
	}

	private static List<String> texts(JsonNode input) {
		if (input.isString()) {
			return List.of(input.stringValue());
		}
		if (!input.isArray() || input.isEmpty()) {
			throw Problems.badRequest("'input' must be a text or a list of texts, at least one.");
		}
		List<String> texts = new ArrayList<>(input.size());
		for (JsonNode text : input) {
			if (!text.isString()) {
				throw Problems.badRequest("'input' must be a text or a list of texts, but item " + (texts.size() + 1)
						+ " is none. Lists of token ids are not supported, because each model has its own.");
			}
			texts.add(text.stringValue());
		}
		return texts;
	}

	private static void messages(JsonNode messages, List<String> texts, List<JsonPicture> pictures) {
		if (!messages.isArray()) {
			throw Problems.badRequest("'messages' must be a list of messages.");
		}
		for (int i = 0; i < messages.size(); i++) {
			String path = "messages[" + i + "].content";
			JsonNode content = messages.get(i).get("content");
			if (content != null && content.isString()) {
				texts.add(content.stringValue());
			}
			else if (content != null && content.isArray()) {
				for (int k = 0; k < content.size(); k++) {
					part(content.get(k), path + "[" + k + "]", texts, pictures);
				}
			}
			else {
				throw Problems.badRequest("'" + path + "' must be a text or a list of parts.");
			}
		}
	}

	private static void part(JsonNode part, String path, List<String> texts, List<JsonPicture> pictures) {
		JsonNode type = part.get("type");
		switch ((type != null && type.isString()) ? type.stringValue() : "") {
			case "text" -> texts.add(string(part.get("text"), path + ".text"));
			case "image_url" -> {
				JsonNode image = part.get("image_url");
				// OpenAI's is an object; some clients send the URL as it is.
				boolean object = image != null && image.isObject();
				String urlPath = path + ".image_url" + (object ? ".url" : "");
				pictures.add(JsonPicture.of(string(object ? image.get("url") : image, urlPath), urlPath));
			}
			default -> throw Problems.badRequest("'" + path + ".type' must be \"image_url\" or \"text\".");
		}
	}

	private static String string(@Nullable JsonNode node, String path) {
		if (node == null || !node.isString()) {
			throw Problems.badRequest("'" + path + "' must be a string.");
		}
		return node.stringValue();
	}

}
