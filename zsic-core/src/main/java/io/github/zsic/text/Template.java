package io.github.zsic.text;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.zsic.InvalidLabelException;
import io.github.zsic.InvalidTemplateException;

/**
 * A hypothesis template: text with <code>{}</code> or <code>{0}</code> where the label
 * goes. As in Python's {@code str.format}, which the reference uses, doubled braces stand
 * for single ones, and a text has one of the two forms; unlike there, <code>{}</code> may
 * be repeated, and a place for the label must not be missing. Anything else that
 * {@code str.format} knows is refused.
 */
public final class Template {

	/** The text around the labels: one more than there are places for the label. */
	private final List<String> literals;

	private Template(List<String> literals) {
		this.literals = literals;
	}

	/**
	 * Parses a template.
	 * @param template the text
	 * @return the template
	 * @throws InvalidTemplateException if it has no place for the label, or other braces
	 */
	public static Template parse(String template) {
		Template parsed = new Template(literals(template, "template"));
		if (parsed.literals.size() == 1) {
			throw new InvalidTemplateException(
					"The template '" + Texts.abbreviate(template)
							+ "' has no place for the label, so every label would get the same score.",
					"Write {} where the label goes, as in 'This is a photo of {}.', or name an ensemble of zsic's: "
							+ String.join(", ", Ensembles.names()) + ".");
		}
		return parsed;
	}

	/**
	 * Parses a prompt of one label, which need not have a place for it.
	 * @param prompt the text
	 * @return the template
	 * @throws InvalidTemplateException if it has other braces
	 */
	public static Template parsePrompt(String prompt) {
		return new Template(literals(prompt, "prompt"));
	}

	private static List<String> literals(String template, String what) {
		if (template.length() > Texts.MAXIMUM_LENGTH) {
			throw new InvalidTemplateException(
					"The " + what + " '" + Texts.abbreviate(template) + "'" + Texts.tooLong(template.length()),
					"Shorten it.");
		}
		List<String> literals = new ArrayList<>();
		StringBuilder literal = new StringBuilder();
		String place = null;
		for (int i = 0; i < template.length(); i++) {
			char c = template.charAt(i);
			if (c != '{' && c != '}') {
				literal.append(c);
				continue;
			}
			if (i + 1 < template.length() && template.charAt(i + 1) == c) {
				literal.append(c);
				i++;
				continue;
			}
			String field = (c == '{') ? field(template, i) : null;
			if (field == null) {
				throw invalid(template, what, "a single '" + c + "'", i);
			}
			if (!field.equals("{}") && !field.equals("{0}")) {
				throw invalid(template, what, "'" + Texts.abbreviate(field) + "', " + kind(field), i);
			}
			if (place != null && !place.equals(field)) {
				throw new InvalidTemplateException(
						"The " + what + " '" + Texts.abbreviate(template)
								+ "' has both {} and {0}, which Python's str.format does not take, either.",
						"Write the same in each place where the label goes.");
			}
			place = field;
			literals.add(literal.toString());
			literal.setLength(0);
			i += field.length() - 1;
		}
		literals.add(literal.toString());
		return literals;
	}

	/** From a brace to the next one, or nothing if that one does not close it. */
	private static @Nullable String field(String template, int start) {
		for (int i = start + 1; i < template.length(); i++) {
			char c = template.charAt(i);
			if (c == '}') {
				return template.substring(start, i + 1);
			}
			if (c == '{') {
				return null;
			}
		}
		return null;
	}

	/** What Python's str.format would take a field for. */
	private static String kind(String field) {
		for (int i = 1; i < field.length() - 1; i++) {
			switch (field.charAt(i)) {
				case '!':
					return "a conversion";
				case ':':
					return "a format";
				case '.', '[':
					return "a part of an argument";
				default:
			}
		}
		boolean number = field.chars().skip(1).limit(field.length() - 2L).allMatch((c) -> c >= '0' && c <= '9');
		return number ? "another argument than the label" : "an argument with a name";
	}

	private static InvalidTemplateException invalid(String template, String what, String found, int index) {
		return new InvalidTemplateException("The " + what + " '" + Texts.abbreviate(template) + "' has " + found
				+ " at position " + (index + 1) + ".",
				"Write {} or {0} where the label goes, and {{ or }} for a brace in the text.");
	}

	/**
	 * Parses templates.
	 * @param templates the texts, at least one; the name of an ensemble stands for its
	 * templates
	 * @return the templates
	 * @throws InvalidTemplateException if there is none, or one cannot be used
	 */
	public static List<Template> parseAll(List<String> templates) {
		if (templates.isEmpty()) {
			throw new InvalidTemplateException("There is no template.", "Give one, or leave the default alone.");
		}
		return templates.stream()
			.flatMap((template) -> Ensembles.expand(template).stream())
			.map(Template::parse)
			.toList();
	}

	/**
	 * How long a prompt is.
	 * @param label the label
	 * @return the number of its characters
	 */
	public long length(String label) {
		long length = (this.literals.size() - 1L) * label.length();
		for (String literal : this.literals) {
			length += literal.length();
		}
		return length;
	}

	/**
	 * Puts a label into the template.
	 * @param label the label, used as it is
	 * @return the prompt
	 * @throws InvalidLabelException if it would have more than
	 * {@value Texts#MAXIMUM_LENGTH} characters
	 */
	public String prompt(String label) {
		// Before it is made: a long label in many places is a multiple of what was sent.
		long length = (long) label.length() * (this.literals.size() - 1);
		for (String literal : this.literals) {
			length += literal.length();
		}
		if (length > Texts.MAXIMUM_LENGTH) {
			throw new InvalidLabelException(
					"The prompt of the label '" + Texts.abbreviate(label) + "'" + Texts.tooLong(length),
					"Shorten the label or the template.");
		}
		return String.join(label, this.literals);
	}

}
