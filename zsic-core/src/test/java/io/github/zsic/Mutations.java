package io.github.zsic;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/**
 * Damages files at random.
 */
public final class Mutations {

	/** What readers of numbers, texts and structures stumble over. */
	private static final List<String> PIECES = List.of("\0\0\0\0", "\u00FF\u00FF\u00FF\u00FF",
			"\u007F\u00FF\u00FF\u00FF", "\u0080\0\0\0", "\0\0\0\u0080", "\u00FF\u00FF\u00FF\u007F",
			"\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u007F", "-1", "0", "1e999", "99999999999999999999", "1e9999999",
			"0.5", "NaN", "null", "true", "\"\"", "\"x\"", "[]", "{}", "[[", "{\"a\":", "\\u0000", "\\ud800",
			"\u00ED\u00A0\u0080", "\u00EF\u00BB\u00BF", ",", "\"", "\n");

	private Mutations() {
	}

	/**
	 * A copy with one to four pieces changed, left out, put in or doubled.
	 * @param original the original
	 * @param random decides
	 * @return the copy
	 */
	public static byte[] of(byte[] original, Random random) {
		byte[] bytes = original;
		for (int i = random.nextInt(4); i >= 0; i--) {
			bytes = mutate(bytes, random);
		}
		return bytes;
	}

	private static byte[] mutate(byte[] bytes, Random random) {
		if (bytes.length == 0) {
			return new byte[] { (byte) random.nextInt(256) };
		}
		// Headers are where damage is most interesting.
		int limit = random.nextBoolean() ? bytes.length : Math.min(bytes.length, 512);
		int at = random.nextInt(limit);
		int length = Math.min(bytes.length - at, 1 + random.nextInt(random.nextBoolean() ? 8 : 200));
		byte[] changed = bytes.clone();
		byte[] piece = PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.ISO_8859_1);
		switch (random.nextInt(8)) {
			case 0 -> changed[at] ^= (byte) (1 << random.nextInt(8));
			case 1 -> changed[at] = (byte) random.nextInt(256);
			case 2 -> System.arraycopy(piece, 0, changed, at, Math.min(piece.length, bytes.length - at));
			case 3 -> changed = replace(bytes, at, 0, piece);
			case 4 -> changed = replace(bytes, at, Math.min(token(bytes, at), length), piece);
			case 5 -> changed = replace(bytes, at, length, new byte[0]);
			case 6 -> {
				byte[] copy = new byte[length];
				System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), copy, 0, length);
				changed = replace(bytes, at, random.nextBoolean() ? 0 : length, copy);
			}
			default -> {
				if (random.nextInt(4) == 0) {
					changed = replace(bytes, at, bytes.length - at, new byte[0]);
				}
				else {
					changed[at] = (byte) (random.nextBoolean() ? 0xFF : 0);
				}
			}
		}
		return changed;
	}

	/** The length of the word or number at a position. */
	private static int token(byte[] bytes, int at) {
		int end = at;
		while (end < bytes.length && (Character.isLetterOrDigit(bytes[end]) || bytes[end] == '.')) {
			end++;
		}
		return Math.max(1, end - at);
	}

	private static byte[] replace(byte[] bytes, int at, int length, byte[] piece) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.write(bytes, 0, at);
		out.writeBytes(piece);
		out.write(bytes, at + length, bytes.length - at - length);
		return out.toByteArray();
	}

}
