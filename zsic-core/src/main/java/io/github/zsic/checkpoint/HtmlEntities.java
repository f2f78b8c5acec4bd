package io.github.zsic.checkpoint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

/**
 * References to characters in HTML, such as {@code &amp;}, as Python and ftfy read them.
 * Thread-safe.
 */
final class HtmlEntities {

	private static final String RESOURCE = "html-entities.txt.gz";

	/** {@code _charref} of Python's html. */
	private static final Pattern REFERENCE = Pattern
		.compile("&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\\t\\n\\f <&#;]{1,32};?)");

	/** {@code HTML_ENTITY_RE} of ftfy. */
	private static final Pattern CERTAIN_REFERENCE = Pattern.compile("&#?[0-9A-Za-z]{1,24};");

	private static final String REPLACEMENT = "\uFFFD";

	/** The names, most with a semicolon behind them, some also without. */
	private static final Map<String, String> NAMES = read();

	private HtmlEntities() {
	}

	private static Map<String, String> read() {
		Map<String, String> names = new HashMap<>();
		names.put("NewLine;", "\n");
		try (InputStream in = HtmlEntities.class.getResourceAsStream(RESOURCE)) {
			if (in == null) {
				throw new IllegalStateException("zsic-core lacks its own resource " + RESOURCE);
			}
			BufferedReader lines = new BufferedReader(
					new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				int tab = line.indexOf('\t');
				names.put(line.substring(0, tab), line.substring(tab + 1));
			}
			return names;
		}
		catch (IOException ex) {
			throw new IllegalStateException("zsic-core's own resource " + RESOURCE + " cannot be read", ex);
		}
	}

	/** As {@code html.unescape} of Python. */
	static String unescape(String text) {
		return (text.indexOf('&') < 0) ? text
				: REFERENCE.matcher(text).replaceAll((match) -> Matcher.quoteReplacement(character(match.group(1))));
	}

	/**
	 * As {@code unescape_html} of ftfy: only references that end in a semicolon, and
	 * those whose names somebody made upper-case.
	 */
	static String unescapeCertain(String text) {
		return (text.indexOf('&') < 0) ? text : CERTAIN_REFERENCE.matcher(text)
			.replaceAll((match) -> Matcher.quoteReplacement(certainCharacter(match.group().substring(1))));
	}

	private static String certainCharacter(String reference) {
		if (reference.startsWith("#")) {
			String unescaped = unescape("&" + reference);
			return unescaped.contains(";") ? "&" + reference : unescaped;
		}
		String found = NAMES.get(reference);
		if (found == null && reference.equals(reference.toUpperCase(Locale.ROOT))
				&& unescape("&" + reference).equals("&" + reference)) {
			found = NAMES.get(reference.toLowerCase(Locale.ROOT));
			found = (found != null) ? found.toUpperCase(Locale.ROOT) : null;
		}
		return (found != null) ? found : "&" + reference;
	}

	private static String character(String reference) {
		if (reference.startsWith("#")) {
			boolean hexadecimal = reference.charAt(1) == 'x' || reference.charAt(1) == 'X';
			String digits = reference.substring(hexadecimal ? 2 : 1).replace(";", "");
			return character(new BigInteger(digits, hexadecimal ? 16 : 10).min(BigInteger.valueOf(Integer.MAX_VALUE))
				.intValue());
		}
		for (int length = reference.length(); length > 1; length--) {
			String found = NAMES.get(reference.substring(0, length));
			if (found != null) {
				return found + reference.substring(length);
			}
		}
		return "&" + reference;
	}

	/** What HTML makes of a number: those of Windows are taken for what is meant. */
	private static String character(int point) {
		if (point == 0 || !Character.isValidCodePoint(point)
				|| (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE)) {
			return REPLACEMENT;
		}
		if (point >= 0x80 && point < 0xA0) {
			return PythonText.ofWindows(point);
		}
		boolean control = point < ' ' && point != '\t' && point != '\n' && point != '\f' && point != '\r';
		boolean unassigned = (point >= 0xFDD0 && point <= 0xFDEF) || (point & 0xFFFE) == 0xFFFE;
		return (control || point == 0x7F || unassigned) ? "" : Character.toString(point);
	}

}
