package io.github.zsic.checkpoint;

import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * A tokenizer for the {@code tokenizers} library, written anew from what a checkpoint
 * says: it has nothing but what zsic knows and has checked.
 *
 * @param json a {@code tokenizer.json}, in UTF-8
 * @param normalizer a tokenizer that does nothing but normalise: it makes a token of
 * whatever is left of a text, and none if nothing is; {@code null} if nothing need be
 * asked of it
 * @param normalizedTokens added tokens that are looked for in normalised text, of each of
 * which something must be left when it is normalised itself: the library looks for
 * nothing at every byte, and ends the process where one is in a character
 * @param padId the id of the token that fills up texts, 0 if there is none
 * @param cleaning what is done to a text first
 * @param encoder what is used instead of the library where the reference does not use it
 * either, {@code null} for the library
 * @param separatorId the id of the token between sentences, -1 if there is none
 * @param stripsSeparator whether 0 takes the place of that id
 */
public record TokenizerDefinition(byte[] json, byte @Nullable [] normalizer, List<String> normalizedTokens, int padId,
		UnaryOperator<String> cleaning, @Nullable Encoder encoder, int separatorId, boolean stripsSeparator) {

	TokenizerDefinition with(@Nullable Encoder other) {
		return new TokenizerDefinition(this.json, this.normalizer, this.normalizedTokens, this.padId, this.cleaning,
				other, this.separatorId, this.stripsSeparator);
	}

	TokenizerDefinition with(UnaryOperator<String> other, boolean strips) {
		return new TokenizerDefinition(this.json, this.normalizer, this.normalizedTokens, this.padId, other,
				this.encoder, this.separatorId, strips);
	}

	/**
	 * The ids that a model gets.
	 * @param ids those that the library or the encoder makes of a text
	 * @return the same array
	 */
	public long[] finish(long[] ids) {
		for (int i = 0; this.stripsSeparator && i < ids.length; i++) {
			ids[i] = (ids[i] == this.separatorId) ? 0 : ids[i];
		}
		return ids;
	}

	/** A tokenizer in Java. */
	@FunctionalInterface
	public interface Encoder {

		/**
		 * Encodes a text with the special tokens that the model expects.
		 * @param text the text, well-formed
		 * @param maximumTokens how many tokens of a longer one are kept
		 * @return the ids
		 */
		long[] encode(String text, int maximumTokens);

	}

}
