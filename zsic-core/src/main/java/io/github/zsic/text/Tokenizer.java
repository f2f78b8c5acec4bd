package io.github.zsic.text;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * Prompts to token ids, through the {@code tokenizers} library that the reference uses.
 * Owns native memory until {@link #close()}. Thread-safe.
 * <p>
 * Where the library meets what it does not expect, it panics, and a panic at the border
 * to Java ends the process: DJL's functions are {@code extern "system"}, which Rust does
 * not unwind through. Nothing here can catch that. So it gets neither a tokenizer that
 * was not checked and written anew, nor a text that is not well-formed or has more than
 * {@value Texts#MAXIMUM_LENGTH} characters.
 */
public final class Tokenizer implements AutoCloseable {

	/**
	 * Of a text that is not to be cut. Each costs some objects on the way to Java, and no
	 * model reads so many.
	 */
	static final int MAXIMUM_TOKENS = 10_000;

	private final Function<String, long[]> encoder;

	private final UnaryOperator<String> canonicalization;

	private final Runnable close;

	private Tokenizer(Function<String, long[]> encoder, UnaryOperator<String> canonicalization, Runnable close) {
		this.encoder = encoder;
		this.canonicalization = canonicalization;
		this.close = close;
	}

	private static Tokenizer of(HuggingFaceTokenizer tokenizer, UnaryOperator<String> canonicalization,
			UnaryOperator<long[]> finish) {
		return new Tokenizer((text) -> finish.apply(ids(tokenizer, text)), canonicalization, tokenizer::close);
	}

	/**
	 * {@link HuggingFaceTokenizer#encode(String)} makes some objects for each token,
	 * which nobody needs here, and the library ends the process where the heap has no
	 * room for one.
	 */
	private static long[] ids(HuggingFaceTokenizer tokenizer, String text) {
		long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), text, true);
		try {
			return TokenizersLibrary.LIB.getTokenIds(encoding);
		}
		finally {
			TokenizersLibrary.LIB.deleteEncoding(encoding);
		}
	}

	/**
	 * A tokenizer that does not need the library.
	 * @param encoder encodes a text, of whose tokens no more than a number are kept,
	 * special tokens included
	 * @param maximumTokens that number, or 0 for all, of a very long one the first
	 * {@value #MAXIMUM_TOKENS}
	 * @param canonicalization what is done to a prompt first
	 * @return the tokenizer
	 */
	public static Tokenizer of(BiFunction<String, Integer, long[]> encoder, int maximumTokens,
			UnaryOperator<String> canonicalization) {
		int kept = (maximumTokens > 0) ? maximumTokens : MAXIMUM_TOKENS;
		return new Tokenizer((text) -> encoder.apply(text, kept), canonicalization, () -> {
		});
	}

	/**
	 * Loads a tokenizer.
	 * @param json a {@code tokenizer.json} that has been checked
	 * @param normalizer another one, which makes no token of a text of which its
	 * normalizer leaves nothing, or {@code null}
	 * @param normalizedTokens texts of which it must leave something
	 * @param maximumTokens how many tokens of a longer prompt are kept, special tokens
	 * included, or 0 for all, of a very long one the first {@value #MAXIMUM_TOKENS}
	 * @param canonicalization what is done to a prompt first
	 * @param finish what is done to its ids last
	 * @return the tokenizer, to be closed by the caller
	 * @throws CheckpointException if it is no tokenizer
	 */
	public static Tokenizer load(byte[] json, byte @Nullable [] normalizer, List<String> normalizedTokens,
			int maximumTokens, UnaryOperator<String> canonicalization, UnaryOperator<long[]> finish) {
		if (normalizer != null) {
			check(normalizer, normalizedTokens);
		}
		int kept = (maximumTokens > 0) ? maximumTokens : MAXIMUM_TOKENS;
		return of(load(json, kept), canonicalization, finish);
	}

	private static HuggingFaceTokenizer load(byte[] json, int maximumTokens) {
		String maximum = String.valueOf(maximumTokens);
		try {
			return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), Map.of("padding", "false",
					"truncation", "true", "maxLength", maximum, "modelMaxLength", maximum, "stride", "0"));
		}
		catch (IOException ex) {
			throw new IllegalStateException("Reading from memory failed", ex);
		}
		catch (RuntimeException ex) {
			throw new CheckpointException("'tokenizer.json' cannot be used: " + ex.getMessage() + ".",
					"Get the file again.", ex);
		}
	}

	private static void check(byte[] normalizer, List<String> tokens) {
		try (Tokenizer probe = of(load(normalizer, 1), UnaryOperator.identity(), UnaryOperator.identity())) {
			for (String token : tokens) {
				if (probe.encode(token).length == 0) {
					throw new CheckpointException(
							"'tokenizer.json' cannot be used: its normalizer leaves nothing of the " + "added token '"
									+ Texts.abbreviate(token) + "', which is looked for in normalised text.",
							"Get the file again.");
				}
			}
		}
	}

	/**
	 * Encodes a prompt with the special tokens that the model expects.
	 * @param prompt the text, well-formed and of at most {@value Texts#MAXIMUM_LENGTH}
	 * characters
	 * @return the ids, not padded
	 * @throws CheckpointException if the tokenizer turns out to contradict itself, as one
	 * does whose vocabulary lacks the token for what it does not know
	 */
	public long[] encode(String prompt) {
		String text = this.canonicalization.apply(prompt);
		try {
			return this.encoder.apply(text);
		}
		catch (RuntimeException ex) {
			throw new CheckpointException("'tokenizer.json' cannot encode a text: " + ex.getMessage() + ".",
					"Get the file again.", ex);
		}
	}

	@Override
	public void close() {
		this.close.run();
	}

}
