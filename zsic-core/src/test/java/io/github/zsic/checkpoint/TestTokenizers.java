package io.github.zsic.checkpoint;

import java.nio.file.Path;
import java.util.function.UnaryOperator;

import io.github.zsic.text.Tokenizer;

/**
 * Tokenizers of single files, as a classifier makes them of a checkpoint's.
 */
public final class TestTokenizers {

	private TestTokenizers() {
	}

	public static Tokenizer load(Path file, int maximumTokens, UnaryOperator<String> canonicalization) {
		TokenizerDefinition definition = TokenizerFile.read(file);
		return Tokenizer.load(definition.json(), definition.normalizer(), definition.normalizedTokens(), maximumTokens,
				canonicalization);
	}

}
