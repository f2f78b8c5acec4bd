package io.github.zsic.checkpoint;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;

import io.github.zsic.CheckpointException;
import io.github.zsic.Mutations;
import io.github.zsic.text.Texts;
import io.github.zsic.text.Tokenizer;

/**
 * Damages tokenizers at random, by their structure, and encodes texts with those that can
 * be loaded. In a process of its own, which the library may end: what it was at is in the
 * folder then. Arguments: folder, seed, rounds, seconds.
 */
final class TokenizerFuzz {

	/** Far more than any case takes; some take a second or two. */
	private static final long DEADLINE = 60_000;

	private static final int MAXIMUM_TOKENS = 10_000;

	private static final Path CHECKPOINTS = Path.of("src/test/resources/parity/checkpoints");

	private static final List<String> TOKENIZERS = List.of("align", "altclip", "clipseg", "gelu-modern-eos",
			"legacy-preprocessor", "position-ids", "siglip", "siglip2-fixed", "tipsv2");

	/** The files of which a tokenizer is built, with the model type. */
	private static final Map<String, String> VOCABULARIES = Map.of("align/vocab.txt", "align",
			"altclip/sentencepiece.bpe.model", "altclip", "siglip/spiece.model", "siglip", "tipsv2/tokenizer.model",
			"tipsv2");

	private static final List<String> PATTERNS = List.of("(a+)+$", "(a|a)*b", "(?:a?){30}a{30}", "\\\\s+", " {2,}",
			"a?a?a?a?a?a?a", "[a-z]+", ".*", "x*", "[\\\\p{L}]+", ".", "[^a]", "\\\\p{L}{1,3}", "(?=a)", "\\\\b",
			"[[:alpha:]]+", "a{1,900}", "|", "a|", "\\\\p{Foo}", "[z-a]", "\\\\S+", "e", "[aeiou ]", "\\\\p{M}",
			"\\\\s+(?!\\\\S)", "a++", "(?~b)", "\\\\1", "a.{0,15}", ".{3}", "'s|[^\\\\s]+");

	private static final List<String> COMPONENTS = List.of("{\"type\":\"NFKD\"}", "{\"type\":\"NFC\"}",
			"{\"type\":\"NFD\"}", "{\"type\":\"NFKC\"}", "{\"type\":\"StripAccents\"}", "{\"type\":\"Nmt\"}",
			"{\"type\":\"Lowercase\"}", "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false}",
			"{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}",
			"{\"type\":\"Prepend\",\"prepend\":\"\u2581\"}", "{\"type\":\"ByteLevel\"}",
			"{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true,\"strip_accents\":true,\"lowercase\":true}",
			"{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"\"}",
			"{\"type\":\"Replace\",\"pattern\":{\"String\":\"e\"},\"content\":\"\u00E9\u00E9\"}",
			"{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"\u2581\"}",
			"{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"abc\"}",
			"{\"type\":\"BertPreTokenizer\"}", "{\"type\":\"Whitespace\"}", "{\"type\":\"WhitespaceSplit\"}",
			"{\"type\":\"Punctuation\"}", "{\"type\":\"Digits\",\"individual_digits\":true}",
			"{\"type\":\"UnicodeScripts\"}", "{\"type\":\"Delimiter\",\"delimiter\":\"a\"}",
			"{\"type\":\"FixedLength\",\"length\":0}",
			"{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}",
			"{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"first\",\"split\":false}",
			"{\"type\":\"Metaspace\",\"replacement\":\"e\",\"prepend_scheme\":\"always\",\"split\":true}",
			"{\"type\":\"BertProcessing\",\"sep\":[\"a\",1],\"cls\":[\"b\",2]}",
			"{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}",
			"{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"none\",\"type_id\":0}},{\"Sequence\":{\"id\":\"A\",\"type_id\":0}}],\"pair\":[],\"special_tokens\":{}}");

	private static final List<String> TOKENS = List.of("e", " ", "\u2581", "  ", "\u0301", "\u00E9", "!", "owl", "",
			"\u0000", "\uFDFA", "ab", "\u00AD", "\n");

	private static final List<String> TEXTS = List.of("a photo of an owl", "", " ", "a".repeat(40),
			"a".repeat(Texts.MAXIMUM_LENGTH), " ".repeat(Texts.MAXIMUM_LENGTH), "\uFDFA".repeat(200),
			"\u0130".repeat(100), "e\u0301".repeat(100) + "\u0301".repeat(100), "\u0000a\u0000",
			"\uD83E\uDD89 owl \uD83E\uDD89", "!?.,;:'\"`~<>|\\/@#$%^&*()[]{}", "\u732B\u5728\u57A3\u5B50\u4E0A",
			"  a  b  ", "\u200B\u200D\uFEFF\u00AD\uFFFD", "\u0301", "<|endoftext|></s>[SEP]<unk><pad>",
			"\r\n\t\u000B\u2028 \u3000x\u3000", "\uAC00\u1100\u1161\u11A8", "ab ".repeat(3000));

	private final Random random;

	private final Path folder;

	private final List<JsonObject> seeds = new ArrayList<>();

	private int refused;

	private int loaded;

	private int encoded;

	private int notEncoded;

	private long slowest;

	private volatile long begun = Long.MAX_VALUE;

	private TokenizerFuzz(Path folder, long seed) throws IOException {
		this.folder = folder;
		this.random = new Random(seed);
		for (String name : TOKENIZERS) {
			this.seeds.add(JsonParser.parseString(Files.readString(CHECKPOINTS.resolve(name).resolve("tokenizer.json")))
				.getAsJsonObject());
		}
		JsonObject words = this.seeds.get(0).deepCopy();
		words.getAsJsonObject("model").addProperty("type", "WordLevel");
		this.seeds.add(words);
	}

	public static void main(String[] arguments) throws IOException {
		TokenizerFuzz fuzz = new TokenizerFuzz(Path.of(arguments[0]), Long.parseLong(arguments[1]));
		fuzz.watch();
		int rounds = Integer.parseInt(arguments[2]);
		long end = System.nanoTime() + Long.parseLong(arguments[3]) * 1_000_000_000;
		int round = 0;
		while (round < rounds || System.nanoTime() < end) {
			fuzz.round(round++);
		}
		System.out.printf("ROUNDS %d refused=%d loaded=%d texts=%d notEncoded=%d slowest=%dms%n", round, fuzz.refused,
				fuzz.loaded, fuzz.encoded, fuzz.notEncoded, fuzz.slowest);
	}

	private void watch() {
		Thread thread = new Thread(() -> {
			while (System.currentTimeMillis() - this.begun < DEADLINE) {
				try {
					Thread.sleep(500);
				}
				catch (InterruptedException ex) {
					return;
				}
			}
			System.out.println("ENDLESS");
			Runtime.getRuntime().halt(3);
		});
		thread.setDaemon(true);
		thread.start();
	}

	private void round(int round) throws IOException {
		Path file = this.folder.resolve("tokenizer.json");
		Files.writeString(this.folder.resolve("round"), String.valueOf(round));
		this.begun = System.currentTimeMillis();
		try {
			if (round % 10 == 9) {
				buildFromDamagedVocabulary(file);
			}
			else {
				JsonObject tokenizer = this.seeds.get(round % this.seeds.size()).deepCopy();
				for (int i = Math.max(0, this.random.nextInt(5) - 2); i >= 0; i--) {
					mutate(tokenizer);
				}
				Files.writeString(file, tokenizer.toString());
			}
			try (Tokenizer tokenizer = TestTokenizers.load(file, this.random.nextBoolean() ? 0 : 16, (text) -> text)) {
				this.loaded++;
				for (int i = 0; i < 6; i++) {
					encode(tokenizer);
				}
			}
		}
		catch (CheckpointException ex) {
			this.refused++;
			if (ex.getMessage().length() > 2000) {
				throw ex;
			}
		}
		this.slowest = Math.max(this.slowest, System.currentTimeMillis() - this.begun);
		this.begun = Long.MAX_VALUE;
	}

	private void encode(Tokenizer tokenizer) throws IOException {
		String text = this.random.nextBoolean() ? any(TEXTS) : text();
		Files.writeString(this.folder.resolve("text"), text, StandardCharsets.UTF_16BE);
		try {
			int length = tokenizer.encode(text).length;
			this.encoded++;
			if (length > MAXIMUM_TOKENS) {
				throw new AssertionError(length + " tokens");
			}
		}
		catch (CheckpointException ex) {
			this.notEncoded++;
		}
	}

	private String text() {
		StringBuilder text = new StringBuilder();
		int length = this.random.nextInt(60);
		while (text.length() < length) {
			int limit = (this.random.nextInt(3) > 0) ? 0x80 : this.random.nextBoolean() ? 0x3000 : 0x30000;
			int point = this.random.nextInt(limit);
			if (point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE) {
				text.appendCodePoint(point);
			}
		}
		return text.toString();
	}

	private void buildFromDamagedVocabulary(Path file) throws IOException {
		String name = any(VOCABULARIES.keySet().stream().sorted().toList());
		Path vocabulary = this.folder.resolve(name.substring(name.indexOf('/') + 1));
		byte[] content = Files.readAllBytes(CHECKPOINTS.resolve(name));
		Files.write(vocabulary, Mutations.of(content, this.random));
		try {
			Files.writeString(file, TestTokenizers.build(this.folder, VOCABULARIES.get(name)));
		}
		finally {
			Files.delete(vocabulary);
		}
	}

	/** Goes down some steps, and changes what is there. */
	private void mutate(JsonElement root) {
		JsonElement at = root;
		while (true) {
			List<String> names = (at instanceof JsonObject object) ? new ArrayList<>(object.keySet()) : List.of();
			int size = (at instanceof JsonArray array) ? array.size() : names.size();
			if (size == 0) {
				return;
			}
			int index = this.random.nextInt(size);
			JsonElement child = (at instanceof JsonArray array) ? array.get(index)
					: at.getAsJsonObject().get(names.get(index));
			boolean container = child.isJsonArray() || child.isJsonObject();
			if (container && this.random.nextInt(4) > 0) {
				at = child;
			}
			else if (at instanceof JsonArray array) {
				change(array, index);
				return;
			}
			else {
				change(at.getAsJsonObject(), names.get(index));
				return;
			}
		}
	}

	private void change(JsonArray array, int index) {
		switch (this.random.nextInt(5)) {
			case 0 -> array.remove(index);
			case 1 -> array.add(array.get(index).deepCopy());
			case 2 -> array.add(value(array.get(index)));
			default -> array.set(index, value(array.get(index)));
		}
	}

	private void change(JsonObject object, String name) {
		JsonElement value = object.get(name);
		switch (this.random.nextInt(6)) {
			case 0 -> object.remove(name);
			case 1 -> object.add(any(List.copyOf(object.keySet())), value.deepCopy());
			default -> object.add(name, value(value));
		}
	}

	private JsonElement value(JsonElement old) {
		if (old instanceof JsonPrimitive text && text.isString() && this.random.nextInt(3) > 0) {
			return new JsonPrimitive(switch (this.random.nextInt(8)) {
				case 0 -> repeat(text.getAsString(), 1 + this.random.nextInt(20));
				case 1 -> repeat(text.getAsString(), 10_000);
				case 2, 3 -> JsonParser.parseString("\"" + any(PATTERNS) + "\"").getAsString();
				case 4 -> "";
				case 5 -> text.getAsString() + any(TOKENS);
				default -> any(TOKENS);
			});
		}
		if (old instanceof JsonPrimitive flag && flag.isBoolean() && this.random.nextInt(3) > 0) {
			return new JsonPrimitive(!flag.getAsBoolean());
		}
		if (old instanceof JsonPrimitive number && number.isNumber() && this.random.nextInt(3) > 0) {
			return new JsonPrimitive(new BigDecimal(any(List.of("0", "-1", "1", "7", "255", "1000", "2147483647",
					"4294967295", "4294967296", "18446744073709551616", "1e9", "-1e300", "1e308", "1e999", "0.5"))));
		}
		return switch (this.random.nextInt(10)) {
			case 0 -> JsonNull.INSTANCE;
			case 1 -> new JsonPrimitive(any(TOKENS));
			case 2 -> new JsonArray();
			case 3 -> new JsonObject();
			case 4 -> nested(this.random.nextInt(200), old);
			case 5 -> part(any(this.seeds));
			case 6 -> JsonParser.parseString("{\"content\":\"" + any(List.of("e", " ", "\u2581", "\u0301", "!", "owl"))
					+ "\",\"id\":" + this.random.nextInt(300) + ",\"single_word\":" + this.random.nextBoolean()
					+ ",\"lstrip\":" + this.random.nextBoolean() + ",\"rstrip\":" + this.random.nextBoolean()
					+ ",\"normalized\":true,\"special\":" + this.random.nextBoolean() + "}");
			case 7 -> JsonParser.parseString("{\"type\":\"" + (this.random.nextBoolean() ? "Replace" : "Split")
					+ "\",\"pattern\":{\"Regex\":\"" + any(PATTERNS) + "\"},\"content\":\""
					+ any(List.of("", "x", "\uFDFA", "xyz".repeat(10))) + "\",\"behavior\":\""
					+ any(List.of("Isolated", "Removed", "MergedWithNext", "MergedWithPrevious", "Contiguous"))
					+ "\",\"invert\":" + this.random.nextBoolean() + "}");
			default -> JsonParser.parseString(any(COMPONENTS));
		};
	}

	private static String repeat(String text, int times) {
		return text.repeat(Math.min(times, 1 + 1_000_000 / (1 + text.length())));
	}

	private static JsonElement nested(int depth, JsonElement inner) {
		JsonElement nested = inner.deepCopy();
		for (int i = 0; i < depth; i++) {
			JsonArray array = new JsonArray();
			array.add(nested);
			nested = array;
		}
		return nested;
	}

	private JsonElement part(JsonObject other) {
		return other.get(any(List.of("normalizer", "pre_tokenizer", "post_processor", "added_tokens"))).deepCopy();
	}

	private <T> T any(List<T> list) {
		return list.get(this.random.nextInt(list.size()));
	}

}
