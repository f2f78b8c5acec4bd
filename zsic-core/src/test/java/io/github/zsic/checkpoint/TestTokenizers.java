package io.github.zsic.checkpoint;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;

import io.github.zsic.text.Tokenizer;

/**
 * Tokenizers of single files, as a classifier makes them of a checkpoint's.
 */
public final class TestTokenizers {

	private TestTokenizers() {
	}

	public static Tokenizer load(Path file, int maximumTokens, UnaryOperator<String> canonicalization) {
		return load(TokenizerFile.read(file, TokenizerDeclaration.none()), maximumTokens, canonicalization);
	}

	public static Tokenizer load(TokenizerDefinition definition, int maximumTokens, UnaryOperator<String> first) {
		UnaryOperator<String> canonicalization = (text) -> definition.cleaning().apply(first.apply(text));
		TokenizerDefinition.Encoder encoder = definition.encoder();
		if (encoder != null) {
			return Tokenizer.of(encoder::encode, maximumTokens, canonicalization);
		}
		return Tokenizer.load(definition.json(), definition.normalizer(), definition.normalizedTokens(), maximumTokens,
				canonicalization, definition::finish);
	}

	/** As a checkpoint without {@code tokenizer.json} gets one. */
	static String build(Path folder, String modelType) {
		return VocabularyTokenizer.build(folder, VocabularyTokenizer.choose(folder, declaration(folder, modelType)));
	}

	static TokenizerDeclaration declaration(Path folder, String modelType) {
		return TokenizerDeclaration.read(folder, new ModelConfig(modelType, Map.of(), Map.of()));
	}

}
