package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * Builds the {@code tokenizer.json} that a checkpoint lacks from the vocabulary that it
 * has, as the tokenizers of transformers do (models/…/tokenization_….py).
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

	private final JsonObject model = new JsonObject();

	private final JsonObject tokenizer = new JsonObject();

	private final Map<String, Integer> ids = new HashMap<>();

	private TokenizerDeclaration declaration;

	private VocabularyTokenizer(Path folder, TokenizerDeclaration declaration) {
		this.folder = folder;
		this.declaration = declaration;
		this.tokenizer.addProperty("version", "1.0");
		this.model.addProperty("type", Json.string(declaration.type().skeleton().getAsJsonObject("model").get("type")));
	}

	/**
	 * Whether a folder has what the class of its tokenizer reads instead of
	 * {@code tokenizer.json}, even where there is one.
	 */
	static boolean isPreferred(Path folder, TokenizerDeclaration declaration) {
		return declaration.type() == TokenizerClass.SIGLIP && Files.exists(folder.resolve(SIGLIP_MODEL));
	}

	/**
	 * The tokenizer of a class for which the reference does not use the library.
	 * @param folder the folder of a checkpoint
	 * @param declaration what its files say of the tokenizer, of a class whose vocabulary
	 * is there
	 * @return the tokenizer, {@code null} for the library
	 */
	static TokenizerDefinition.@Nullable Encoder encoder(Path folder, TokenizerDeclaration declaration) {
		return (declaration.type() == TokenizerClass.SIGLIP)
				? SiglipTokenizer.of(SentencePieceModel.readUnigram(folder.resolve(SIGLIP_MODEL)), declaration) : null;
	}

	/**
	 * Builds the tokenizer.
	 * @param folder the folder of a checkpoint
	 * @param declaration what its files say of the tokenizer, of a class whose vocabulary
	 * is there
	 * @return the content of the file
	 * @throws CheckpointException if that cannot be done, naming the file to add
	 */
	static String build(Path folder, TokenizerDeclaration declaration) {
		VocabularyTokenizer vocabulary = new VocabularyTokenizer(folder, declaration);
		switch (declaration.type()) {
			case CLIP -> vocabulary.readClip();
			case BERT -> vocabulary.readBert();
			case XLM_ROBERTA -> vocabulary.readXlmRoberta();
			case SIGLIP -> vocabulary.readSiglip();
			default -> vocabulary.readTipsv2();
		}
		return vocabulary.finish();
	}

	/**
	 * Chooses a vocabulary: that of the declared class, or else the first that is there.
	 * @param folder the folder of a checkpoint
	 * @param declaration what its files say of the tokenizer
	 * @return the same of the class of the vocabulary
	 * @throws CheckpointException if there is none, naming the file to add
	 */
	static TokenizerDeclaration choose(Path folder, TokenizerDeclaration declaration) {
		List<TokenizerClass> found = new ArrayList<>();
		if (Files.exists(folder.resolve(CLIP_VOCABULARY)) && Files.exists(folder.resolve(CLIP_MERGES))) {
			found.add(TokenizerClass.CLIP);
		}
		if (Files.exists(folder.resolve(BERT_VOCABULARY))) {
			found.add(TokenizerClass.BERT);
		}
		if (Files.exists(folder.resolve(XLM_ROBERTA_MODEL))) {
			found.add(TokenizerClass.XLM_ROBERTA);
		}
		// Other models have other tokenizers in files of these names.
		if (isPreferred(folder, declaration)) {
			found.add(TokenizerClass.SIGLIP);
		}
		if ("tipsv2".equals(declaration.modelType()) && Files.exists(folder.resolve(TIPSV2_MODEL))) {
			found.add(TokenizerClass.TIPSV2);
		}
		if (found.isEmpty()) {
			throw new CheckpointException(
					"The checkpoint has no 'tokenizer.json', and none of the vocabularies from which zsic builds it: '"
							+ CLIP_VOCABULARY + "' with '" + CLIP_MERGES + "', '" + BERT_VOCABULARY + "', '"
							+ XLM_ROBERTA_MODEL + "', for a SiglipTokenizer '" + SIGLIP_MODEL + "' or, for TIPSv2, '"
							+ TIPSV2_MODEL + "'.",
					"Add 'tokenizer.json': AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes it.");
		}
		return found.contains(declaration.type()) ? declaration : declaration.as(found.get(0));
	}

	private void readClip() {
		JsonObject vocabulary = Json.readObject(this.folder.resolve(CLIP_VOCABULARY));
		for (Map.Entry<String, JsonElement> entry : vocabulary.entrySet()) {
			Integer id = Json.id(entry.getValue());
			if (id == null) {
				throw damaged(CLIP_VOCABULARY, "'" + TokenizerFile.abbreviate(entry.getKey()) + "' has no id");
			}
			this.ids.put(entry.getKey(), id);
		}
		this.model.add("vocab", vocabulary);
		JsonArray merges = new JsonArray();
		for (String line : lines(CLIP_MERGES)) {
			if (!line.startsWith("#version") && !line.isBlank()) {
				merges.add(line.strip());
			}
		}
		this.model.add("merges", merges);
		require(CLIP_VOCABULARY, "bos_token", "eos_token", "unk_token");
	}

	private void readBert() {
		JsonObject vocabulary = new JsonObject();
		int id = 0;
		for (String line : lines(BERT_VOCABULARY)) {
			// The last id of a word that is there twice, as in the reference.
			vocabulary.addProperty(line, id);
			this.ids.put(line, id++);
		}
		this.model.add("vocab", vocabulary);
		require(BERT_VOCABULARY, "cls_token", "sep_token", "unk_token");
	}

	/** The pieces stand behind four special tokens that replace the first three. */
	private void readXlmRoberta() {
		SentencePieceModel source = SentencePieceModel.readUnigram(this.folder.resolve(XLM_ROBERTA_MODEL));
		if (source.pieces().size() < 3) {
			throw damaged(XLM_ROBERTA_MODEL, "it lacks the special tokens at its beginning");
		}
		JsonArray vocabulary = new JsonArray();
		for (String name : List.of("bos_token", "pad_token", "eos_token", "unk_token")) {
			addPiece(vocabulary, this.declaration.requiredToken(name), 0);
		}
		for (SentencePieceModel.Piece piece : source.pieces().subList(3, source.pieces().size())) {
			addPiece(vocabulary, piece.text(), piece.score());
		}
		addPiece(vocabulary, this.declaration.requiredToken("mask_token"), 0);
		this.model.add("vocab", vocabulary);
		normalizeBy(source);
		addPiecesThatAreTokens(source);
	}

	private void readSiglip() {
		SentencePieceModel source = SentencePieceModel.readUnigram(this.folder.resolve(SIGLIP_MODEL));
		JsonArray vocabulary = new JsonArray();
		for (SentencePieceModel.Piece piece : source.pieces()) {
			addPiece(vocabulary, piece.text(), piece.score());
		}
		this.model.add("vocab", vocabulary);
		require(SIGLIP_MODEL, "unk_token", "eos_token");
		this.model.addProperty("unk_id", this.ids.get(this.declaration.requiredToken("unk_token")));
		normalizeBy(source);
	}

	/**
	 * The pieces as vocabulary of a BPE, in which two that make a third are merged, those
	 * with the lowest id first (generate_merges of tokenization_utils_base.py).
	 */
	private void readTipsv2() {
		SentencePieceModel source = SentencePieceModel.readPieces(this.folder.resolve(TIPSV2_MODEL));
		JsonObject vocabulary = new JsonObject();
		int id = 0;
		for (SentencePieceModel.Piece piece : source.pieces()) {
			vocabulary.addProperty(piece.text(), id);
			this.ids.put(piece.text(), id++);
		}
		this.model.add("vocab", vocabulary);
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
		this.model.add("merges", merges);
		require(TIPSV2_MODEL, "unk_token", "pad_token");
		normalizeBy(source);
		addPiecesThatAreTokens(source);
	}

	private void addPiece(JsonArray vocabulary, String text, float score) {
		JsonArray piece = new JsonArray();
		piece.add(text);
		// With all digits: rounded ones decide otherwise between splits that are equally
		// good.
		piece.add((double) score);
		this.ids.put(text, vocabulary.size());
		vocabulary.add(piece);
	}

	/** The class takes it from there. */
	private void normalizeBy(SentencePieceModel source) {
		if (source.charactersMap().length > 0) {
			JsonObject precompiled = new JsonObject();
			precompiled.addProperty("type", "Precompiled");
			precompiled.addProperty("precompiled_charsmap", Base64.getEncoder().encodeToString(source.charactersMap()));
			this.tokenizer.add("normalizer", precompiled);
		}
	}

	private void addPiecesThatAreTokens(SentencePieceModel source) {
		JsonArray tokens = new JsonArray();
		for (SentencePieceModel.Piece piece : source.pieces()) {
			if (piece.type() == SentencePieceModel.Piece.CONTROL
					|| piece.type() == SentencePieceModel.Piece.USER_DEFINED) {
				JsonObject token = new JsonObject();
				token.addProperty("content", piece.text());
				token.addProperty("normalized", false);
				token.addProperty("special", piece.type() == SentencePieceModel.Piece.CONTROL);
				tokens.add(token);
			}
		}
		this.declaration = this.declaration.withExtra(tokens);
	}

	/** Special tokens without which no text can be encoded. */
	private void require(String file, String... names) {
		for (String name : names) {
			if (!this.ids.containsKey(this.declaration.requiredToken(name))) {
				throw damaged(file,
						"it lacks the token '" + TokenizerFile.abbreviate(this.declaration.requiredToken(name)) + "'");
			}
		}
	}

	private String finish() {
		int size = (this.model.get("vocab") instanceof JsonObject vocabulary) ? vocabulary.size()
				: this.model.getAsJsonArray("vocab").size();
		ReferenceTokenizer reference = new ReferenceTokenizer(this.declaration, this.tokenizer, this.model);
		reference.finish(reference.addedTokens(new JsonArray()), this.ids, size);
		this.tokenizer.add("model", this.model);
		return this.tokenizer.toString();
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

}
