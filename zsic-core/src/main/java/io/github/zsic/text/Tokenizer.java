package io.github.zsic.text;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;

import io.github.zsic.CheckpointException;

/**
 * Prompts to token ids, through the {@code tokenizers} library that the reference uses.
 * Owns native memory until {@link #close()}. Thread-safe.
 */
public final class Tokenizer implements AutoCloseable {

	private final HuggingFaceTokenizer tokenizer;

	private final UnaryOperator<String> canonicalization;

	private Tokenizer(HuggingFaceTokenizer tokenizer, UnaryOperator<String> canonicalization) {
		this.tokenizer = tokenizer;
		this.canonicalization = canonicalization;
	}

	/**
	 * Loads a tokenizer.
	 * @param file a {@code tokenizer.json}
	 * @param maximumTokens how many tokens of a longer prompt are kept, special tokens
	 * included, or 0 for all
	 * @param canonicalization what is done to a prompt first
	 * @return the tokenizer, to be closed by the caller
	 * @throws CheckpointException if the file cannot be read or is no tokenizer
	 */
	public static Tokenizer load(Path file, int maximumTokens, UnaryOperator<String> canonicalization) {
		// The file may ask for truncation or padding. Neither is obeyed, as in the
		// pipeline: a silently shortened prompt would be a wrong score.
		Map<String, String> options = (maximumTokens > 0)
				? Map.of("padding", "false", "truncation", "true", "maxLength", String.valueOf(maximumTokens),
						"modelMaxLength", String.valueOf(maximumTokens))
				: Map.of("padding", "false", "truncation", "false");
		try {
			return new Tokenizer(HuggingFaceTokenizer.newInstance(file, options), canonicalization);
		}
		catch (IOException ex) {
			// Its message may be the absolute path.
			throw new CheckpointException(
					"'" + file.getFileName() + "' cannot be read (" + ex.getClass().getSimpleName() + ").",
					"Check the file and its permissions.", ex);
		}
		catch (RuntimeException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be used: " + ex.getMessage() + ".",
					"Get the file again.", ex);
		}
	}

	/**
	 * Encodes a prompt with the special tokens that the model expects.
	 * @param prompt the text
	 * @return the ids, not padded
	 * @throws CheckpointException if the tokenizer turns out to contradict itself, as one
	 * does whose vocabulary lacks the token for what it does not know
	 */
	public long[] encode(String prompt) {
		String text = this.canonicalization.apply(prompt);
		try {
			return this.tokenizer.encode(text, true, false).getIds();
		}
		catch (RuntimeException ex) {
			throw new CheckpointException("'tokenizer.json' cannot encode a text: " + ex.getMessage() + ".",
					"Get the file again.", ex);
		}
	}

	@Override
	public void close() {
		this.tokenizer.close();
	}

}
