package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;

import io.github.zsic.CheckpointException;

/**
 * Builds the {@code tokenizer.json} that a checkpoint lacks from the vocabulary that it
 * has, as the tokenizers of transformers do (models/…/tokenization_….py). What does not
 * depend on the vocabulary stands in a resource for each kind.
 */
final class VocabularyTokenizer {

	static final String CLIP_VOCABULARY = "vocab.json";

	static final String CLIP_MERGES = "merges.txt";

	static final String BERT_VOCABULARY = "vocab.txt";

	static final String XLM_ROBERTA_MODEL = "sentencepiece.bpe.model";

	static final String SIGLIP_MODEL = "spiece.model";

	static final String TIPSV2_MODEL = "tokenizer.model";

	/** The files that are read, for copying a checkpoint. */
	static final List<String> FILES = List.of(CLIP_VOCABULARY, CLIP_MERGES, BERT_VOCABULARY, XLM_ROBERTA_MODEL,
			SIGLIP_MODEL, TIPSV2_MODEL);

	/**
	 * All ways to split a piece are tried, so the time grows with the square of its
	 * length. SentencePiece makes none of more than 16 characters unless it is told to.
	 */
	private static final int MAXIMUM_PIECE_LENGTH = 256;

	/** Of merges; the largest published tokenizers have 600,000. */
	private static final int MAXIMUM_MERGES = 2_000_000;

	private static final int MAXIMUM_LINES = 2_000_000;

	private final Path folder;

	private final JsonObject settings;

	private final JsonObject tokenizer;

	private final Map<String, Integer> ids = new HashMap<>();

	private VocabularyTokenizer(Path folder, JsonObject settings, String kind) {
		this.folder = folder;
		this.settings = settings;
		this.tokenizer = skeleton("tokenizer-" + kind + ".json");
	}

	/**
	 * Builds the tokenizer.
	 * @param folder the folder of a checkpoint without {@code tokenizer.json}
	 * @param modelType its model type: others than TIPSv2 have another tokenizer in a
	 * file of the same name
	 * @return the content of the file
	 * @throws CheckpointException if that cannot be done, naming the file to add
	 */
	static String build(Path folder, String modelType) {
		Path file = folder.resolve(TokenizerSettings.FILE);
		JsonObject settings = Files.exists(file) ? Json.readObject(file) : new JsonObject();
		if (Files.exists(folder.resolve(CLIP_VOCABULARY)) && Files.exists(folder.resolve(CLIP_MERGES))) {
			return new VocabularyTokenizer(folder, settings, "clip").clip();
		}
		if (Files.exists(folder.resolve(BERT_VOCABULARY))) {
			return new VocabularyTokenizer(folder, settings, "bert").bert();
		}
		if (Files.exists(folder.resolve(XLM_ROBERTA_MODEL))) {
			return new VocabularyTokenizer(folder, settings, "xlm-roberta").xlmRoberta();
		}
		if (Files.exists(folder.resolve(SIGLIP_MODEL))) {
			return new VocabularyTokenizer(folder, settings, "siglip").siglip();
		}
		if ("tipsv2".equals(modelType) && Files.exists(folder.resolve(TIPSV2_MODEL))) {
			return new VocabularyTokenizer(folder, settings, "tipsv2").tipsv2();
		}
		throw new CheckpointException(
				"The checkpoint has no 'tokenizer.json', and none of the vocabularies from which zsic builds it: '"
						+ CLIP_VOCABULARY + "' with '" + CLIP_MERGES + "', '" + BERT_VOCABULARY + "', '"
						+ XLM_ROBERTA_MODEL + "', '" + SIGLIP_MODEL + "' or, for TIPSv2, '" + TIPSV2_MODEL + "'.",
				"Add 'tokenizer.json': AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes it.");
	}

	private String clip() {
		JsonObject vocabulary = Json.readObject(this.folder.resolve(CLIP_VOCABULARY));
		for (Map.Entry<String, JsonElement> entry : vocabulary.entrySet()) {
			Integer id = Json.id(entry.getValue());
			if (id == null) {
				throw damaged(CLIP_VOCABULARY, "'" + TokenizerFile.abbreviate(entry.getKey()) + "' has no id");
			}
			this.ids.put(entry.getKey(), id);
		}
		model().add("vocab", vocabulary);
		JsonArray merges = new JsonArray();
		for (String line : lines(CLIP_MERGES)) {
			if (!line.startsWith("#version") && !line.isBlank()) {
				merges.add(line.strip());
			}
		}
		model().add("merges", merges);
		String start = setting("bos_token", "<|startoftext|>");
		String end = setting("eos_token", "<|endoftext|>");
		String unknown = setting("unk_token", "<|endoftext|>");
		model().addProperty("unk_token", unknown);
		JsonObject processor = this.tokenizer.getAsJsonObject("post_processor");
		processor.add("cls", pair(CLIP_VOCABULARY, start));
		processor.add("sep", pair(CLIP_VOCABULARY, end));
		addTokens(CLIP_VOCABULARY, false, start, end, unknown);
		return this.tokenizer.toString();
	}

	private String bert() {
		JsonObject vocabulary = new JsonObject();
		for (String line : lines(BERT_VOCABULARY)) {
			// The last id of a word that is there twice, as in the reference.
			vocabulary.addProperty(line, this.ids.size());
			this.ids.put(line, this.ids.size());
		}
		model().add("vocab", vocabulary);
		model().addProperty("unk_token", setting("unk_token", "[UNK]"));
		JsonObject normalizer = this.tokenizer.getAsJsonObject("normalizer");
		copyFlag("do_lower_case", normalizer, "lowercase");
		copyFlag("tokenize_chinese_chars", normalizer, "handle_chinese_chars");
		copyFlag("strip_accents", normalizer, "strip_accents");
		String start = setting("cls_token", "[CLS]");
		String end = setting("sep_token", "[SEP]");
		JsonObject special = new JsonObject();
		special.add("[CLS]", template("[CLS]", BERT_VOCABULARY, start));
		special.add("[SEP]", template("[SEP]", BERT_VOCABULARY, end));
		this.tokenizer.getAsJsonObject("post_processor").add("special_tokens", special);
		addTokens(BERT_VOCABULARY, false, setting("pad_token", "[PAD]"), setting("unk_token", "[UNK]"), start, end,
				setting("mask_token", "[MASK]"));
		return this.tokenizer.toString();
	}

	/** The pieces stand behind four special tokens that replace the first three. */
	private String xlmRoberta() {
		SentencePieceModel source = SentencePieceModel.readUnigram(this.folder.resolve(XLM_ROBERTA_MODEL));
		if (source.pieces().size() < 3) {
			throw damaged(XLM_ROBERTA_MODEL, "it lacks the special tokens at its beginning");
		}
		JsonArray vocabulary = new JsonArray();
		for (String token : List.of("<s>", "<pad>", "</s>", "<unk>")) {
			addPiece(vocabulary, token, 0);
		}
		for (SentencePieceModel.Piece piece : source.pieces().subList(3, source.pieces().size())) {
			addPiece(vocabulary, piece.text(), piece.score());
		}
		addPiece(vocabulary, "<mask>", 0);
		model().add("vocab", vocabulary);
		if (source.charactersMap().length > 0) {
			JsonObject precompiled = new JsonObject();
			precompiled.addProperty("type", "Precompiled");
			precompiled.addProperty("precompiled_charsmap", base64(source));
			this.tokenizer.add("normalizer", precompiled);
		}
		addTokens(XLM_ROBERTA_MODEL, false, "<s>", "<pad>", "</s>", "<unk>", "<mask>");
		return this.tokenizer.toString();
	}

	private String siglip() {
		SentencePieceModel source = SentencePieceModel.readUnigram(this.folder.resolve(SIGLIP_MODEL));
		JsonArray vocabulary = new JsonArray();
		for (SentencePieceModel.Piece piece : source.pieces()) {
			addPiece(vocabulary, piece.text(), piece.score());
		}
		model().add("vocab", vocabulary);
		String end = setting("eos_token", "</s>");
		String unknown = setting("unk_token", "<unk>");
		model().addProperty("unk_id", id(SIGLIP_MODEL, unknown));
		JsonArray normalizers = new JsonArray();
		for (JsonElement step : this.tokenizer.getAsJsonObject("normalizer").getAsJsonArray("normalizers")) {
			String type = Json.string(step.getAsJsonObject().get("type"));
			if ("Precompiled".equals(type)) {
				step.getAsJsonObject().addProperty("precompiled_charsmap", base64(source));
			}
			boolean keepsCase = this.settings.get("do_lower_case") instanceof JsonPrimitive flag
					&& !flag.getAsBoolean();
			if (!("Precompiled".equals(type) && source.charactersMap().length == 0)
					&& !("Lowercase".equals(type) && keepsCase)) {
				normalizers.add(step);
			}
		}
		this.tokenizer.getAsJsonObject("normalizer").add("normalizers", normalizers);
		JsonObject special = new JsonObject();
		special.add("</s>", template("</s>", SIGLIP_MODEL, end));
		this.tokenizer.getAsJsonObject("post_processor").add("special_tokens", special);
		addTokens(SIGLIP_MODEL, true, end, unknown);
		return this.tokenizer.toString();
	}

	/**
	 * The pieces as vocabulary of a BPE, in which two that make a third are merged, those
	 * with the lowest id first (generate_merges of tokenization_utils_base.py).
	 */
	private String tipsv2() {
		SentencePieceModel source = SentencePieceModel.readPieces(this.folder.resolve(TIPSV2_MODEL));
		JsonObject vocabulary = new JsonObject();
		Map<String, Boolean> added = new LinkedHashMap<>();
		for (SentencePieceModel.Piece piece : source.pieces()) {
			vocabulary.addProperty(piece.text(), this.ids.size());
			this.ids.put(piece.text(), this.ids.size());
			if (piece.type() == SentencePieceModel.Piece.CONTROL
					|| piece.type() == SentencePieceModel.Piece.USER_DEFINED) {
				added.put(piece.text(), piece.type() == SentencePieceModel.Piece.CONTROL);
			}
		}
		model().add("vocab", vocabulary);
		JsonArray merges = new JsonArray();
		for (SentencePieceModel.Piece piece : source.pieces()) {
			String text = piece.text();
			if (text.length() > MAXIMUM_PIECE_LENGTH) {
				throw damaged(TIPSV2_MODEL, "it has a piece of " + text.length() + " characters");
			}
			for (int at = 1; at < text.length(); at++) {
				String left = text.substring(0, at);
				String right = text.substring(at);
				if (this.ids.containsKey(left) && this.ids.containsKey(right)) {
					if (merges.size() == MAXIMUM_MERGES) {
						throw damaged(TIPSV2_MODEL, "its pieces are made of each other in too many ways");
					}
					JsonArray pair = new JsonArray();
					pair.add(left);
					pair.add(right);
					merges.add(pair);
				}
			}
		}
		model().add("merges", merges);
		JsonArray normalizers = new JsonArray();
		if (!(this.settings.get("do_lower_case") instanceof JsonPrimitive flag) || flag.getAsBoolean()) {
			normalizers.add(normalizer("Lowercase"));
		}
		if (source.charactersMap().length > 0) {
			JsonObject precompiled = normalizer("Precompiled");
			precompiled.addProperty("precompiled_charsmap", base64(source));
			normalizers.add(precompiled);
		}
		this.tokenizer.getAsJsonObject("normalizer").add("normalizers", normalizers);
		added.put(setting("unk_token", "<unk>"), true);
		added.put(setting("pad_token", "<pad>"), true);
		addTokens(TIPSV2_MODEL, false, added);
		return this.tokenizer.toString();
	}

	private static JsonObject normalizer(String type) {
		JsonObject normalizer = new JsonObject();
		normalizer.addProperty("type", type);
		return normalizer;
	}

	private JsonObject model() {
		return this.tokenizer.getAsJsonObject("model");
	}

	private void addPiece(JsonArray vocabulary, String text, float score) {
		JsonArray piece = new JsonArray();
		piece.add(text);
		piece.add(score);
		this.ids.putIfAbsent(text, vocabulary.size());
		vocabulary.add(piece);
	}

	private static String base64(SentencePieceModel source) {
		return Base64.getEncoder().encodeToString(source.charactersMap());
	}

	private void addTokens(String file, boolean strips, String... tokens) {
		Map<String, Boolean> special = new LinkedHashMap<>();
		for (String token : tokens) {
			special.put(token, true);
		}
		addTokens(file, strips, special);
	}

	/** Tokens that are never split, with whether they are special. */
	private void addTokens(String file, boolean strips, Map<String, Boolean> tokens) {
		JsonArray added = new JsonArray();
		tokens.forEach((token, special) -> {
			JsonObject json = new JsonObject();
			json.addProperty("id", id(file, token));
			json.addProperty("content", token);
			json.addProperty("single_word", false);
			json.addProperty("lstrip", strips || "<mask>".equals(token));
			json.addProperty("rstrip", strips);
			json.addProperty("normalized", false);
			json.addProperty("special", special);
			added.add(json);
		});
		this.tokenizer.add("added_tokens", added);
	}

	private JsonArray pair(String file, String token) {
		JsonArray pair = new JsonArray();
		pair.add(token);
		pair.add(id(file, token));
		return pair;
	}

	private JsonObject template(String name, String file, String token) {
		JsonArray tokenIds = new JsonArray();
		tokenIds.add(id(file, token));
		JsonArray tokens = new JsonArray();
		tokens.add(token);
		JsonObject template = new JsonObject();
		template.addProperty("id", name);
		template.add("ids", tokenIds);
		template.add("tokens", tokens);
		return template;
	}

	private int id(String file, String token) {
		Integer id = this.ids.get(token);
		if (id == null) {
			throw damaged(file, "it lacks the token '" + TokenizerFile.abbreviate(token) + "'");
		}
		return id;
	}

	private String setting(String name, String defaultValue) {
		String token = TokenizerSettings.content(this.settings.get(name));
		return (token != null) ? token : defaultValue;
	}

	private void copyFlag(String name, JsonObject target, String member) {
		if (this.settings.get(name) instanceof JsonPrimitive flag && flag.isBoolean()) {
			target.add(member, flag);
		}
	}

	private List<String> lines(String file) {
		try {
			List<String> lines = new ArrayList<>();
			// Not Files.readAllLines: other line ends than these are part of a word.
			byte[] content = SmallFile.read(this.folder.resolve(file), SmallFile.VOCABULARY);
			String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
			if (text.chars().filter((c) -> c == '\n').count() > MAXIMUM_LINES) {
				throw damaged(file, "it has more than " + MAXIMUM_LINES + " lines");
			}
			for (String line : text.split("\n")) {
				lines.add(line.endsWith("\r") ? line.substring(0, line.length() - 1) : line);
			}
			return lines;
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
	}

	private static CheckpointException damaged(String file, String finding) {
		return new CheckpointException("No tokenizer can be built from '" + file + "': " + finding + ".",
				"Get the file again, or add a 'tokenizer.json': "
						+ "AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes it.");
	}

	private static JsonObject skeleton(String resource) {
		try (InputStream in = VocabularyTokenizer.class.getResourceAsStream(resource)) {
			if (in == null) {
				throw new IllegalStateException("zsic-core lacks its own resource " + resource);
			}
			Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
			return JsonParser.parseReader(reader).getAsJsonObject();
		}
		catch (IOException ex) {
			throw new IllegalStateException("zsic-core's own resource " + resource + " cannot be read", ex);
		}
	}

}
