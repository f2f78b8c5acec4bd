package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.jspecify.annotations.Nullable;

/**
 * The classes of tokenizers that the supported architectures have in the reference
 * (models/…/tokenization_….py of transformers 5). A class takes the vocabulary from the
 * files and decides by itself how a text is normalised and split. What does not depend on
 * the vocabulary stands in a resource for each.
 * <p>
 * Why: docs/decisions/0018.
 */
enum TokenizerClass {

	CLIP("CLIPTokenizer", "clip", "unk_token <|endoftext|>", "bos_token <|startoftext|>", "eos_token <|endoftext|>",
			"pad_token <|endoftext|>"),

	BERT("BertTokenizer", "bert", "unk_token [UNK]", "sep_token [SEP]", "pad_token [PAD]", "cls_token [CLS]",
			"mask_token [MASK]"),

	XLM_ROBERTA("XLMRobertaTokenizer", "xlm-roberta", "bos_token <s>", "eos_token </s>", "sep_token </s>",
			"cls_token <s>", "unk_token <unk>", "pad_token <pad>", "mask_token <mask>"),

	/** Reads nothing but its model of SentencePiece. */
	SIGLIP("SiglipTokenizer", "siglip", "eos_token </s>", "unk_token <unk>", "pad_token </s>"),

	SIGLIP2("Siglip2Tokenizer", "siglip2", "unk_token <unk>", "bos_token <bos>", "eos_token <eos>", "pad_token <pad>",
			"mask_token <mask>"),

	GEMMA("GemmaTokenizer", "gemma", "unk_token <unk>", "bos_token <bos>", "eos_token <eos>", "pad_token <pad>",
			"mask_token <mask>"),

	T5("T5Tokenizer", "t5", "eos_token </s>", "unk_token <unk>", "pad_token <pad>"),

	TIPSV2("Tipsv2Tokenizer", "tipsv2", "unk_token <unk>", "pad_token <pad>"),

	/** Has nothing of its own: all is as {@code tokenizer.json} says. */
	FILE("TokenizersBackend", null);

	/** TOKENIZER_MAPPING_NAMES of tokenization_auto.py. */
	private static final Map<String, TokenizerClass> DEFAULTS = Map.of("align", BERT, "blip", BERT, "chinese_clip",
			BERT, "clip", CLIP, "clipseg", CLIP, "metaclip_2", XLM_ROBERTA, "siglip", SIGLIP, "siglip2", SIGLIP2,
			"tipsv2", TIPSV2, ModelConfig.OPEN_CLIP, CLIP);

	private final String className;

	private final @Nullable String resource;

	private final Map<String, String> specialTokens = new LinkedHashMap<>();

	TokenizerClass(String className, @Nullable String resource, String... specialTokens) {
		this.className = className;
		this.resource = resource;
		for (String token : specialTokens) {
			int space = token.indexOf(' ');
			this.specialTokens.put(token.substring(0, space), token.substring(space + 1));
		}
	}

	/**
	 * Chooses as the reference does (AutoTokenizer.from_pretrained): a class that it does
	 * not know is none.
	 * @param declared what the checkpoint declares, if it does
	 * @param modelType the model type, which decides where nothing is declared
	 * @return the class
	 */
	static TokenizerClass of(@Nullable String declared, String modelType) {
		if (declared == null) {
			return DEFAULTS.getOrDefault(modelType, FILE);
		}
		String name = declared.endsWith("Fast") ? declared.substring(0, declared.length() - 4) : declared;
		for (TokenizerClass each : values()) {
			if (each.className.equals(name)) {
				return each;
			}
		}
		return FILE;
	}

	/** The special tokens that it has where the files name none, by their names. */
	Map<String, String> specialTokens() {
		return this.specialTokens;
	}

	/** On which side it fills up texts where the files do not say it. */
	boolean padsLeft() {
		return this == GEMMA || this == SIGLIP2;
	}

	/** Whether its special tokens swallow the spaces around them. */
	boolean stripsSpaces() {
		return this == SIGLIP;
	}

	/**
	 * Whether it replaces the post-processor of the file.
	 */
	boolean hasPostProcessor() {
		return List.of(CLIP, BERT, XLM_ROBERTA, SIGLIP, T5).contains(this);
	}

	/** A new {@code tokenizer.json} without vocabulary. */
	JsonObject skeleton() {
		String name = "tokenizer-" + this.resource + ".json";
		try (InputStream in = TokenizerClass.class.getResourceAsStream(name)) {
			if (in == null) {
				throw new IllegalStateException("zsic-core lacks its own resource " + name);
			}
			Reader reader = new InputStreamReader(in, StandardCharsets.UTF_8);
			return JsonParser.parseReader(reader).getAsJsonObject();
		}
		catch (IOException ex) {
			throw new IllegalStateException("zsic-core's own resource " + name + " cannot be read", ex);
		}
	}

}
