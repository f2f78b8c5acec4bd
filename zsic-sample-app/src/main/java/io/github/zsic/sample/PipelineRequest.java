package io.github.zsic.sample;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

import io.github.zsic.spring.boot.ImageFetcher;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the pipeline is asked.
 *
 * @param image the encoded picture, empty if there is a URL
 * @param url the URL of the picture, {@code null} if the request has the picture itself
 * @param labels the candidate labels
 * @param template the hypothesis template, {@code null} if the request has none
 */
record PipelineRequest(byte[] image, @Nullable String url, List<String> labels, @Nullable String template) {

	static PipelineRequest of(JsonNode body) {
		if (!body.isObject()) {
			throw Problems.badRequest("The body must be a JSON object with 'inputs' and 'parameters'.");
		}
		JsonNode inputs = member(body, "inputs", "inputs");
		JsonNode parameters = member(body, "parameters", "parameters");
		if (!parameters.isObject()) {
			throw Problems.badRequest("'parameters' must be a JSON object.");
		}
		List<String> labels = labels(member(parameters, "candidate_labels", "parameters.candidate_labels"));
		String template = template(parameters.get("hypothesis_template"));
		String path = "inputs";
		if (inputs.isObject() && inputs.has("image")) {
			// As the Hub's client in JavaScript sends it.
			path = "inputs.image";
			inputs = inputs.get("image");
		}
		if (!inputs.isString()) {
			throw Problems.badRequest("'" + path + "' must be a string: a picture in base64"
					+ (path.equals("inputs") ? ", here or as 'inputs.image'." : "."));
		}
		String text = inputs.stringValue();
		return ImageFetcher.isUrl(text) ? new PipelineRequest(new byte[0], text.strip(), labels, template)
				: new PipelineRequest(image(text, path), null, labels, template);
	}

	private static JsonNode member(JsonNode parent, String name, String path) {
		JsonNode member = parent.get(name);
		if (member == null || member.isNull()) {
			throw Problems.badRequest("'" + path + "' is missing.");
		}
		return member;
	}

	private static List<String> labels(JsonNode node) {
		if (!node.isArray()) {
			throw Problems.badRequest("'parameters.candidate_labels' must be a list of strings.");
		}
		if (node.isEmpty()) {
			throw Problems.badRequest("'parameters.candidate_labels' is empty; pass at least one label.");
		}
		List<String> labels = new ArrayList<>(node.size());
		for (JsonNode label : node) {
			if (!label.isString()) {
				throw Problems.badRequest("'parameters.candidate_labels' must be a list of strings, but item "
						+ (labels.size() + 1) + " is not a string.");
			}
			labels.add(label.stringValue());
		}
		return labels;
	}

	private static @Nullable String template(@Nullable JsonNode node) {
		if (node == null || node.isNull()) {
			return null;
		}
		if (!node.isString()) {
			throw Problems.badRequest("'parameters.hypothesis_template' must be a string.");
		}
		return node.stringValue();
	}

	private static byte[] image(String text, String path) {
		int start = 0;
		if (text.regionMatches(true, 0, "data:", 0, 5)) {
			start = text.indexOf(',') + 1;
			if (!isPicture(text.substring(5, Math.max(start, 5)).toLowerCase(Locale.ROOT))) {
				throw Problems.badRequest("'" + path + "' is a data URL, but not one of a picture in base64.");
			}
		}
		byte[] characters = text.getBytes(StandardCharsets.ISO_8859_1);
		int length = 0;
		for (int i = start; i < characters.length; i++) {
			byte character = characters[i];
			if (character != ' ' && character != '\n' && character != '\r' && character != '\t') {
				characters[length++] = character;
			}
		}
		if (length == 0) {
			throw Problems.badRequest("'" + path + "' is empty; it must be a picture in base64.");
		}
		try {
			return Base64.getDecoder().decode(ByteBuffer.wrap(characters, 0, length)).array();
		}
		catch (IllegalArgumentException ex) {
			throw Problems.badRequest("'" + path + "' is not valid base64; send the picture in the standard alphabet "
					+ "(A-Z, a-z, 0-9, +, /) with padding.");
		}
	}

	/**
	 * Whether a data URL may be one of a picture. Who has no type for it leaves that out,
	 * or sends that of any bytes; the bytes themselves tell what they are.
	 */
	private static boolean isPicture(String prefix) {
		int end = prefix.indexOf(';');
		String type = prefix.substring(0, Math.max(end, 0));
		return prefix.endsWith(";base64,")
				&& (type.isEmpty() || type.startsWith("image/") || type.equals("application/octet-stream"));
	}

}
