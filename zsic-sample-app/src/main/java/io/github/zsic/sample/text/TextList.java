package io.github.zsic.sample.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Labels, templates and prompts of a form or a command line, where a list is written in
 * one of three ways: the field is repeated, with one text in each; or it is there once,
 * with a JSON list of strings; or, for labels, once with commas between them. A field
 * that is repeated is never taken apart, so that a text may have commas and brackets.
 */
public final class TextList {

	private static final String EXAMPLE = "[\"red owl\", \"cat\"]";

	/** A list of a program, whose quotes are not always those of JSON. */
	private static final Pattern QUOTED_LIST = Pattern.compile("\\s*\\[\\s*[\"'].*[\"']\\s*]\\s*", Pattern.DOTALL);

	private static final JsonFactory JSON = new JsonFactory();

	private TextList() {
	}

	/**
	 * Reads labels.
	 * @param values the values of the field, without those that are blank
	 * @return the labels, none if there is nothing but commas
	 * @throws IllegalArgumentException if there is a list that cannot be read; the
	 * message goes on from the name of the field
	 */
	public static List<String> labels(List<String> values) {
		if (values.size() != 1) {
			return repeated(values).stream().map(String::strip).toList();
		}
		String value = values.get(0).strip();
		if (value.startsWith("[") && value.endsWith("]")) {
			return parse(value);
		}
		return Arrays.stream(value.split(",")).map(String::strip).filter((label) -> !label.isEmpty()).toList();
	}

	/**
	 * Reads templates or prompts, which have commas of their own.
	 * @param values the values of the field, without those that are blank
	 * @return the texts
	 * @throws IllegalArgumentException if there is a list that cannot be read; the
	 * message goes on from the name of the field
	 */
	public static List<String> texts(List<String> values) {
		if (values.size() == 1 && QUOTED_LIST.matcher(values.get(0)).matches()) {
			return parse(values.get(0));
		}
		return repeated(values);
	}

	private static List<String> repeated(List<String> values) {
		for (String value : values) {
			if (QUOTED_LIST.matcher(value).matches()) {
				throw new IllegalArgumentException(
						"is repeated and has a list in it; give either one JSON list such as " + EXAMPLE
								+ ", or one text in each.");
			}
		}
		return values;
	}

	private static List<String> parse(String value) {
		List<String> texts = new ArrayList<>();
		try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), value)) {
			JsonToken token = parser.nextToken();
			while ((token = parser.nextToken()) == JsonToken.VALUE_STRING) {
				texts.add(parser.getString());
			}
			if (token == JsonToken.END_ARRAY && parser.nextToken() == null) {
				return texts;
			}
		}
		catch (JacksonException ex) {
			// told below
		}
		throw new IllegalArgumentException("is in brackets, but is not a JSON list of strings such as " + EXAMPLE
				+ "; write it so, or leave out the brackets.");
	}

}
