package io.github.zsic.checkpoint;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code Split} or {@code Replace} of a tokenizer looks for.
 * <p>
 * The {@code tokenizers} library searches with Oniguruma, which backtracks, and which
 * gives up after ten million steps, whereupon the library ends the process. So a regular
 * expression is one of those that published tokenizers have, or one of a few simple
 * forms: alternatives without groups, in each of which only the last character may be
 * repeated without limit. Such an expression never goes back over more than a few
 * characters, and the search takes time in proportion to the text.
 * <p>
 * Why: docs/decisions/0017.
 */
final class TokenizerPattern {

	private static final int MAXIMUM_LENGTH = 200;

	/** In how many ways an alternative may match, but for its last character. */
	private static final int MAXIMUM_WAYS = 16;

	/** The ones of GPT-2, Llama 3 and Qwen 2, which never go far back either. */
	static final List<String> KNOWN = List.of(
			"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
			"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
					+ "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
			"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}"
					+ "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

	private static final String KIND = "\\\\(?:[sSdDwWrnt]|[pP]\\{\\^?[A-Za-z_]{1,32}\\})";

	private static final String CLASS = "\\[\\^?(?:" + KIND + "|\\\\[!-/:-@\\[-`{-~]|[^\\[\\]\\\\])+\\]";

	/** A backslash before quotes and angle brackets is an anchor in some dialects. */
	private static final Pattern ATOM = Pattern
		.compile(KIND + "|" + CLASS + "|\\\\[!-&(-/:;=?@\\[-_{-~]|[^\\\\\\[\\](){}*+?^$|]");

	private static final Pattern QUANTIFIER = Pattern.compile("[?*+]|\\{(\\d{1,3})(?:(,)(\\d{1,3})?)?\\}");

	private final String expression;

	private int position;

	private TokenizerPattern(String expression) {
		this.expression = expression;
	}

	/**
	 * Checks a pattern.
	 * @param pattern a text or an expression, as {@code tokenizer.json} has it
	 * @return how many characters a match has at least, never 0
	 * @throws IllegalArgumentException if it is none that may be searched for
	 */
	static int check(@Nullable JsonElement pattern) {
		if (pattern instanceof JsonObject object && object.size() == 1) {
			String text = Json.string(object.get("String"));
			if (text != null) {
				require(!text.isEmpty() && text.length() <= MAXIMUM_LENGTH, text, "is empty or very long");
				return text.codePointCount(0, text.length());
			}
			String expression = Json.string(object.get("Regex"));
			if (expression != null) {
				return KNOWN.contains(expression) ? 1 : new TokenizerPattern(expression).check();
			}
		}
		throw new IllegalArgumentException("a pattern in it is neither a text nor a regular expression");
	}

	private int check() {
		require(this.expression.length() <= MAXIMUM_LENGTH, this.expression, "is very long");
		int minimum = alternative();
		while (this.position < this.expression.length()) {
			// What ended the alternative.
			require(this.expression.charAt(this.position) == '|', this.expression,
					"has something else than characters, classes of them, and alternatives");
			this.position++;
			minimum = Math.min(minimum, alternative());
		}
		require(minimum > 0, this.expression, "matches nothing everywhere");
		return minimum;
	}

	/** How many characters it matches at least. */
	private int alternative() {
		int minimum = 0;
		int ways = 1;
		boolean endless = false;
		Matcher atom = ATOM.matcher(this.expression);
		Matcher quantifier = QUANTIFIER.matcher(this.expression);
		while (atom.region(this.position, this.expression.length()).lookingAt()) {
			require(!endless, this.expression, "repeats something without limit before its end");
			require(!atom.group().contains("&&"), this.expression, "has an intersection of classes");
			this.position = atom.end();
			int least = 1;
			if (quantifier.region(this.position, this.expression.length()).lookingAt()) {
				this.position = quantifier.end();
				least = least(quantifier);
				int most = most(quantifier, least);
				endless = most < 0;
				require(endless || most >= least, this.expression, "repeats something less than not at all");
				ways *= endless ? 1 : most - least + 1;
				require(ways <= MAXIMUM_WAYS, this.expression, "can match in too many ways");
			}
			minimum += least;
		}
		return minimum;
	}

	private static int least(Matcher quantifier) {
		return switch (quantifier.group().charAt(0)) {
			case '?', '*' -> 0;
			case '+' -> 1;
			default -> Integer.parseInt(quantifier.group(1));
		};
	}

	/** Negative for without limit. */
	private static int most(Matcher quantifier, int least) {
		return switch (quantifier.group().charAt(0)) {
			case '?' -> 1;
			case '*', '+' -> -1;
			default -> (quantifier.group(2) == null) ? least
					: (quantifier.group(3) == null) ? -1 : Integer.parseInt(quantifier.group(3));
		};
	}

	private static void require(boolean condition, String pattern, String finding) {
		if (!condition) {
			throw new IllegalArgumentException("the pattern '" + TokenizerFile.abbreviate(pattern) + "' in it "
					+ finding + ", so that searching with it might take for ever");
		}
	}

}
