package io.github.zsic.checkpoint;

import java.nio.charset.Charset;

/**
 * What Python's texts do by themselves, where a tokenizer of the reference relies on it.
 */
final class PythonText {

	/** What {@code str.strip}, {@code str.split} and {@code \s} take for one. */
	private static final String WHITESPACE = "\t\n\u000B\f\r\u001C\u001D\u001E\u001F \u0085\u00A0\u1680\u2000\u2001"
			+ "\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A\u2028\u2029\u202F\u205F\u3000";

	/** {@code string.punctuation}. */
	private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

	private PythonText() {
	}

	static boolean isSpace(char character) {
		return WHITESPACE.indexOf(character) >= 0;
	}

	static String strip(String text, boolean left, boolean right) {
		int start = 0;
		int end = text.length();
		while (left && start < end && isSpace(text.charAt(start))) {
			start++;
		}
		while (right && end > start && isSpace(text.charAt(end - 1))) {
			end--;
		}
		return text.substring(start, end);
	}

	/** One space for several, and none at the ends. */
	static String joinSpaces(String text) {
		StringBuilder joined = new StringBuilder(text.length());
		for (int i = 0; i < text.length(); i++) {
			char character = text.charAt(i);
			if (!isSpace(character)) {
				joined.append(character);
			}
			else if (joined.isEmpty() || joined.charAt(joined.length() - 1) != ' ') {
				joined.append(' ');
			}
		}
		return strip(joined.toString(), true, true);
	}

	/**
	 * The character that a control character beyond ASCII is in Windows' code page, or
	 * itself where it is none there.
	 */
	static String ofWindows(int point) {
		String meant = new String(new byte[] { (byte) point }, Charset.forName("windows-1252"));
		return meant.equals("\uFFFD") ? Character.toString(point) : meant;
	}

	static String withoutPunctuation(String text) {
		StringBuilder kept = new StringBuilder(text.length());
		for (int i = 0; i < text.length(); i++) {
			if (PUNCTUATION.indexOf(text.charAt(i)) < 0) {
				kept.append(text.charAt(i));
			}
		}
		return kept.toString();
	}

}
