package io.github.zsic.text;

/**
 * What holds for every text that is to be encoded: a label, a template, or the prompt
 * that is made of both.
 */
public final class Texts {

	/**
	 * How many characters one may have. Text towers read some hundred at most. A text is
	 * tokenized as a whole before it is known how many tokens it has, and labels may come
	 * from anybody.
	 */
	public static final int MAXIMUM_LENGTH = 10_000;

	/** How many characters of a text an error message quotes. */
	private static final int MAXIMUM_QUOTE = 100;

	private Texts() {
	}

	/**
	 * Shortens a text for a message.
	 * @param text the text
	 * @return its beginning
	 */
	public static String abbreviate(String text) {
		// Without counting what may be megabytes.
		if (text.length() <= MAXIMUM_QUOTE
				|| text.length() <= 2 * MAXIMUM_QUOTE && text.codePointCount(0, text.length()) <= MAXIMUM_QUOTE) {
			return text;
		}
		return text.substring(0, text.offsetByCodePoints(0, MAXIMUM_QUOTE)) + "…";
	}

	/**
	 * What is wrong with a text that is too long.
	 * @param length how many characters it has
	 * @return the end of a sentence
	 */
	public static String tooLong(long length) {
		return " has " + length + " characters; at most " + MAXIMUM_LENGTH + " are allowed.";
	}

}
