package io.github.zsic.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What the pipeline is asked.
 *
 * @param picture the picture
 * @param labels the candidate labels
 * @param template the hypothesis template, {@code null} if the request has none
 * @param ignored paths of members that mean nothing here, which clients of the Hub may
 * send for all kinds of models, and its servers ignore, too
 */
record PipelineRequest(JsonPicture picture, List<String> labels, @Nullable String template, List<String> ignored) {

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
		List<String> ignored = new ArrayList<>();
		addOthers(ignored, "", body, Set.of("inputs", "parameters"));
		addOthers(ignored, "parameters.", parameters, Set.of("candidate_labels", "hypothesis_template"));
		String path = "inputs";
		if (inputs.isObject() && inputs.has("image")) {
			// As the Hub's client in JavaScript sends it.
			path = "inputs.image";
			addOthers(ignored, "inputs.", inputs, Set.of("image"));
			inputs = inputs.get("image");
		}
		if (!inputs.isString()) {
			throw Problems.badRequest("'" + path + "' must be a string: a picture in base64"
					+ (path.equals("inputs") ? ", here or as 'inputs.image'." : "."));
		}
		return new PipelineRequest(JsonPicture.of(inputs.stringValue(), path), labels, template, ignored);
	}

	private static void addOthers(List<String> paths, String parent, JsonNode node, Set<String> known) {
		for (String name : node.propertyNames()) {
			if (!known.contains(name)) {
				paths.add(parent + name);
			}
		}
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

}
