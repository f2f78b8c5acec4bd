package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.jspecify.annotations.Nullable;

/**
 * Mends texts that were decoded by a wrong encoding, such as {@code cafÃ©}, as
 * {@code fix_encoding} of ftfy does. Patterns and tables are ftfy's. Bytes are held as
 * texts of characters below 256, so that patterns can be searched in them. Thread-safe.
 */
final class Mojibake {

	private static final String RESOURCE = "mojibake.json";

	/** ftfy goes on until nothing changes, which each round brings nearer. */
	private static final int MAXIMUM_ROUNDS = 16;

	private static final String SLOPPY = "sloppy-";

	private static final Pattern CONTROL = Pattern.compile("[\u0080-\u009F]");

	/** A character beyond the first plane in the way of CESU-8, in six bytes. */
	private static final Pattern SURROGATES = Pattern
		.compile("\u00ED([\u00A0-\u00AF])([\u0080-\u00BF])\u00ED([\u00B0-\u00BF])([\u0080-\u00BF])");

	/** Java's zero, and what ftfy's pattern takes for it at the end of a line. */
	private static final Pattern ZERO = Pattern.compile("\u00C0(?:\u0080|\n\\z)");

	private static final JsonObject DATA = read();

	/** What hardly anybody writes. */
	private static final Pattern BADNESS = pattern("badness");

	/** What may be a character in UTF-8 in the middle of a text. */
	private static final Pattern DETECTOR = pattern("detector");

	/** Characters in UTF-8 of which a byte was taken for a space. */
	private static final Pattern ALTERED = pattern("altered");

	private static final Pattern GRAVE = pattern("grave");

	/** Characters in UTF-8 of which a byte was lost. */
	private static final Pattern LOSSY = pattern("lossy");

	/** In the order in which they are tried, the characters of the 256 bytes. */
	private static final Map<String, String> ENCODINGS = encodings();

	private Mojibake() {
	}

	private static JsonObject read() {
		try (InputStream in = Mojibake.class.getResourceAsStream(RESOURCE)) {
			if (in == null) {
				throw new IllegalStateException("zsic-core lacks its own resource " + RESOURCE);
			}
			return JsonParser.parseReader(new InputStreamReader(in, StandardCharsets.UTF_8)).getAsJsonObject();
		}
		catch (IOException ex) {
			throw new IllegalStateException("zsic-core's own resource " + RESOURCE + " cannot be read", ex);
		}
	}

	private static Pattern pattern(String name) {
		return Pattern.compile(DATA.get(name).getAsString());
	}

	private static Map<String, String> encodings() {
		Map<String, String> encodings = new LinkedHashMap<>();
		DATA.getAsJsonObject("encodings").asMap().forEach((name, table) -> encodings.put(name, table.getAsString()));
		return encodings;
	}

	static String mend(String text) {
		String mended = text;
		for (int round = 0; round < MAXIMUM_ROUNDS; round++) {
			String before = mended;
			mended = mendOnce(mended);
			if (mended.equals(before)) {
				break;
			}
		}
		return mended;
	}

	private static String mendOnce(String text) {
		if (!BADNESS.matcher(text).find()) {
			return text;
		}
		for (Map.Entry<String, String> encoding : ENCODINGS.entrySet()) {
			String bytes = encode(text, encoding.getValue());
			if (bytes != null) {
				String decoded = decode(restore(bytes, encoding.getKey()));
				if (decoded != null) {
					return decoded;
				}
			}
		}
		String mended = DETECTOR.matcher(text)
			.replaceAll((match) -> Matcher.quoteReplacement(mendPart(match.group(), text)));
		if (!mended.equals(text)) {
			return mended;
		}
		return CONTROL.matcher(text).replaceAll((match) -> PythonText.ofWindows(match.group().charAt(0)));
	}

	private static String mendPart(String part, String text) {
		return (part.length() < text.length() && BADNESS.matcher(part).find()) ? mend(part) : part;
	}

	/** The bytes of a text, {@code null} if an encoding does not have all of it. */
	private static @Nullable String encode(String text, String table) {
		StringBuilder bytes = new StringBuilder(text.length());
		for (int i = 0; i < text.length(); i++) {
			int value = table.indexOf(text.charAt(i));
			if (value < 0) {
				return null;
			}
			bytes.append((char) value);
		}
		return bytes.toString();
	}

	private static String restore(String bytes, String encoding) {
		String restored = bytes;
		// In MacRoman it would be a dash before a space.
		if (!encoding.equals("macroman") && ALTERED.matcher(restored).find()) {
			restored = GRAVE.matcher(restored).replaceAll("\u00C3\u00A0 ");
			restored = ALTERED.matcher(restored).replaceAll((match) -> match.group().replace(' ', '\u00A0'));
		}
		return encoding.startsWith(SLOPPY) ? LOSSY.matcher(restored).replaceAll("\u00EF\u00BF\u00BD") : restored;
	}

	/** Decodes UTF-8, also that of Java, {@code null} if it is none. */
	private static @Nullable String decode(String bytes) {
		String plain = ZERO.matcher(bytes).replaceAll("\0");
		plain = SURROGATES.matcher(plain).replaceAll((match) -> {
			int point = ((match.group(1).charAt(0) & 0xF) << 16 | (match.group(2).charAt(0) & 0x3F) << 10
					| (match.group(3).charAt(0) & 0xF) << 6 | (match.group(4).charAt(0) & 0x3F)) + 0x10000;
			byte[] utf8 = Character.toString(point).getBytes(StandardCharsets.UTF_8);
			return new String(utf8, StandardCharsets.ISO_8859_1);
		});
		try {
			return StandardCharsets.UTF_8.newDecoder()
				.decode(ByteBuffer.wrap(plain.getBytes(StandardCharsets.ISO_8859_1)))
				.toString();
		}
		catch (CharacterCodingException ex) {
			return null;
		}
	}

}
