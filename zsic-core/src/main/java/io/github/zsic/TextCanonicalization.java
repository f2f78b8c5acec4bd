package io.github.zsic;

import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What is done to prompts before they are tokenized.
 * <p>
 * SigLIP 2 was trained on lower-case text, but the tokenizers of many of its published
 * checkpoints keep case, and so does the reference pipeline. With {@link #LOWERCASE} it
 * reads what it was trained on; scores then differ from the reference wherever a prompt
 * has capitals, as the default template does.
 */
public enum TextCanonicalization {

	/**
	 * Nothing, as in the reference pipeline.
	 */
	NONE((text) -> text),

	/**
	 * Lower case.
	 */
	LOWERCASE((text) -> text.toLowerCase(Locale.ROOT)),

	/**
	 * What SigLIP's own code does to prompts: lower case, without punctuation, single
	 * spaces.
	 */
	FULL(TextCanonicalization::full);

	/** Python's string.punctuation. */
	private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}");

	private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

	private final UnaryOperator<String> operator;

	TextCanonicalization(UnaryOperator<String> operator) {
		this.operator = operator;
	}

	String apply(String text) {
		return this.operator.apply(text);
	}

	private static String full(String text) {
		String words = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
		return SPACES.matcher(words).replaceAll(" ").strip();
	}

}
