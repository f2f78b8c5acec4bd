package io.github.zsic.checkpoint;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;

import io.github.zsic.CheckpointException;

/**
 * OpenCLIP's own tokenizer (SimpleTokenizer of src/open_clip/tokenizer.py), which has
 * CLIP's vocabulary built in and reads no file of a checkpoint.
 */
final class OpenClipTokenizer {

	private static final String MERGES = "clip-merges.txt.gz";

	private static final int VOCABULARY_SIZE = 49_408;

	private static final String TEXT = "model_cfg.text_cfg.";

	/** The repository of another one, in the words of its configuration. */
	static final String NAME = TEXT + "hf_tokenizer_name";

	private static final String CLEAN = TEXT + "tokenizer_kwargs.clean";

	/** What each round of mending leaves is mended again, until nothing changes. */
	private static final int MAXIMUM_ROUNDS = 16;

	private static final Map<Character, String> LIGATURES = Map.ofEntries(Map.entry('\u0132', "IJ"),
			Map.entry('\u0133', "ij"), Map.entry('\u0149', "\u02BCn"), Map.entry('\u01F1', "DZ"),
			Map.entry('\u01F2', "Dz"), Map.entry('\u01F3', "dz"), Map.entry('\u01C4', "D\u017D"),
			Map.entry('\u01C5', "D\u017E"), Map.entry('\u01C6', "d\u017E"), Map.entry('\u01C7', "LJ"),
			Map.entry('\u01C8', "Lj"), Map.entry('\u01C9', "lj"), Map.entry('\u01CA', "NJ"), Map.entry('\u01CB', "Nj"),
			Map.entry('\u01CC', "nj"), Map.entry('\uFB00', "ff"), Map.entry('\uFB01', "fi"), Map.entry('\uFB02', "fl"),
			Map.entry('\uFB03', "ffi"), Map.entry('\uFB04', "ffl"), Map.entry('\uFB05', "\u017Ft"),
			Map.entry('\uFB06', "st"));

	private static final Pattern TERMINAL_ESCAPE = Pattern.compile("\u001B\\[[\\d;]{0,100}[a-zA-Z]");

	private static final Pattern CONTROL = Pattern
		.compile("[\u0000-\u0008\u000B\u000E-\u001F\u007F\u206A-\u206F\uFEFF\uFFF9-\uFFFC]");

	private OpenClipTokenizer() {
	}

	/**
	 * Whether a model has it. One whose tokenizer is Transformers', or whose vocabulary
	 * is another, needs files.
	 */
	static boolean isBuiltIn(ModelConfig config) {
		return ModelConfig.OPEN_CLIP.equals(config.modelType()) && config.strings().getOrDefault(NAME, "").isEmpty()
				&& config.numbers().getOrDefault(TEXT + "vocab_size", (double) VOCABULARY_SIZE) == VOCABULARY_SIZE;
	}

	/** A {@code tokenizer.json} with the built-in vocabulary. */
	static String build() {
		JsonObject tokenizer = TokenizerClass.CLIP.skeleton();
		tokenizer.add("normalizer", null);
		JsonObject split = tokenizer.getAsJsonObject("pre_tokenizer")
			.getAsJsonArray("pretokenizers")
			.get(0)
			.getAsJsonObject()
			.getAsJsonObject("pattern");
		split.addProperty("Regex",
				"<start_of_text>|<end_of_text>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+");
		JsonObject vocabulary = new JsonObject();
		for (String suffix : List.of("", "</w>")) {
			for (char character : byteCharacters()) {
				vocabulary.addProperty(character + suffix, vocabulary.size());
			}
		}
		JsonArray merges = new JsonArray();
		try (InputStream in = OpenClipTokenizer.class.getResourceAsStream(MERGES)) {
			if (in == null) {
				throw new IllegalStateException("zsic-core lacks its own resource " + MERGES);
			}
			BufferedReader lines = new BufferedReader(
					new InputStreamReader(new GZIPInputStream(in), StandardCharsets.UTF_8));
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				merges.add(line);
				vocabulary.addProperty(line.replace(" ", ""), vocabulary.size());
			}
		}
		catch (IOException ex) {
			throw new IllegalStateException("zsic-core's own resource " + MERGES + " cannot be read", ex);
		}
		JsonArray added = new JsonArray();
		JsonObject processor = tokenizer.getAsJsonObject("post_processor");
		processor.add("cls", special("<start_of_text>", vocabulary, added));
		processor.add("sep", special("<end_of_text>", vocabulary, added));
		tokenizer.add("added_tokens", added);
		JsonObject model = tokenizer.getAsJsonObject("model");
		model.addProperty("unk_token", "<end_of_text>");
		model.add("vocab", vocabulary);
		model.add("merges", merges);
		return tokenizer.toString();
	}

	private static JsonArray special(String content, JsonObject vocabulary, JsonArray added) {
		int id = vocabulary.size();
		vocabulary.addProperty(content, id);
		JsonObject token = new JsonObject();
		token.addProperty("id", id);
		token.addProperty("content", content);
		for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
			token.addProperty(flag, false);
		}
		token.addProperty("special", true);
		added.add(token);
		JsonArray pair = new JsonArray();
		pair.add(content);
		pair.add(id);
		return pair;
	}

	/** The characters that stand for bytes, those that can be seen first. */
	private static char[] byteCharacters() {
		StringBuilder visible = new StringBuilder();
		StringBuilder others = new StringBuilder();
		for (char value = 0; value < 256; value++) {
			if ((value >= '!' && value <= '~') || (value >= '\u00A1' && value <= '\u00AC') || value >= '\u00AE') {
				visible.append(value);
			}
			else {
				others.append((char) (256 + others.length()));
			}
		}
		return visible.append(others).toString().toCharArray();
	}

	/** Whether 0 takes the place of the token at the end, as CLIPA wants it. */
	static boolean stripsSeparator(ModelConfig config) {
		return config.numbers().getOrDefault(TEXT + "tokenizer_kwargs.strip_sep_token", 0.0) != 0;
	}

	/**
	 * What becomes of a text before it is split.
	 * @param config the configuration, which may choose it; that of another layout
	 * chooses nothing
	 * @return the function
	 * @throws CheckpointException if it chooses something unknown
	 */
	static UnaryOperator<String> cleaning(ModelConfig config) {
		if (!ModelConfig.OPEN_CLIP.equals(config.modelType())) {
			return UnaryOperator.identity();
		}
		String name = config.strings().getOrDefault(CLEAN, isBuiltIn(config) ? "lower" : "whitespace");
		return switch (name) {
			case "lower" -> (text) -> PythonText.joinSpaces(mend(text)).toLowerCase(Locale.ROOT);
			case "whitespace" -> (text) -> PythonText.joinSpaces(mend(text));
			case "canonicalize" -> (text) -> PythonText
				.joinSpaces(PythonText.withoutPunctuation(mend(text).replace('_', ' ')).toLowerCase(Locale.ROOT));
			default -> throw new CheckpointException(
					"'" + ModelConfig.OPEN_CLIP_FILE + "' has the unknown " + CLEAN + " '"
							+ TokenizerFile.abbreviate(name) + "'.",
					"zsic knows 'lower', 'whitespace' and 'canonicalize', as OpenCLIP does.");
		};
	}

	/** As ftfy, and then twice html.unescape. */
	private static String mend(String text) {
		StringBuilder mended = new StringBuilder(text.length());
		boolean markup = false;
		for (String line : text.split("(?<=\n)")) {
			markup = markup || line.indexOf('<') >= 0;
			mended.append(mendLine(line, markup));
		}
		return PythonText.strip(HtmlEntities.unescape(HtmlEntities.unescape(mended.toString())), true, true);
	}

	/**
	 * Mends until nothing changes.
	 * @param markup whether references to characters may be meant as they are written
	 */
	private static String mendLine(String line, boolean markup) {
		String mended = line;
		for (int round = 0; round < MAXIMUM_ROUNDS; round++) {
			String before = mended;
			mended = Mojibake.mend(markup ? mended : HtmlEntities.unescapeCertain(mended));
			mended = Normalizer.normalize(mendCharacters(mended), Normalizer.Form.NFC);
			if (mended.equals(before)) {
				break;
			}
		}
		return mended;
	}

	private static String mendCharacters(String text) {
		StringBuilder mended = new StringBuilder(text.length());
		for (int i = 0; i < text.length(); i++) {
			char character = text.charAt(i);
			String ligature = LIGATURES.get(character);
			if (ligature != null) {
				mended.append(ligature);
			}
			else if (character >= '\uFF01' && character < '\uFFF0') {
				mended.append(Normalizer.normalize(String.valueOf(character), Normalizer.Form.NFKC));
			}
			else if (character >= '\u0080' && character < '\u00A0') {
				mended.append(PythonText.ofWindows(character));
			}
			else {
				mended.append((character == '\u3000') ? ' ' : character);
			}
		}
		String straight = mended.toString()
			.replaceAll("[\u201C-\u201F]", "\"")
			.replaceAll("[\u02BC\u2018-\u201B]", "'");
		return CONTROL.matcher(TERMINAL_ESCAPE.matcher(straight).replaceAll("")).replaceAll("");
	}

}
