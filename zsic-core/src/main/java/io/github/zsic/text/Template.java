package io.github.zsic.text;

import java.util.ArrayList;
import java.util.List;

import io.github.zsic.InvalidLabelException;
import io.github.zsic.InvalidTemplateException;

/**
 * A hypothesis template: text with <code>{}</code> where the label goes. As in Python's
 * {@code str.format}, which the reference uses, doubled braces stand for single ones;
 * unlike there, the place for the label may be repeated and must not be missing.
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
		for (int i = 0; i < template.length(); i++) {
			char c = template.charAt(i);
			if (c != '{' && c != '}') {
				literal.append(c);
				continue;
			}
			char next = (i + 1 < template.length()) ? template.charAt(i + 1) : 0;
			if (next == c) {
				literal.append(c);
			}
			else if (c == '{' && next == '}') {
				literals.add(literal.toString());
				literal.setLength(0);
			}
			else {
				throw new InvalidTemplateException(
						"The " + what + " '" + Texts.abbreviate(template) + "' has a single '" + c + "' at position "
								+ (i + 1) + ".",
						"Write {} where the label goes, and {{ or }} for a brace in the text.");
			}
			i++;
		}
		literals.add(literal.toString());
		return literals;
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
