package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * What became of one of many pictures: a classification or a failure.
 *
 * @param image the picture
 * @param classification the labels with their scores, {@code null} if it failed
 * @param failure why it failed, {@code null} if it did not: an
 * {@link InvalidImageException} if the picture cannot be read, an
 * {@link InferenceException} if the engine fails, or what the source or a decoder of the
 * application throws
 * @see ZeroShotClassifier#classifyEach
 */
public record ClassificationOutcome(ImageInput image, @Nullable Classification classification,
		@Nullable Throwable failure) {

	/**
	 * Checks that there is one of the two.
	 */
	public ClassificationOutcome {
		if ((classification == null) == (failure == null)) {
			throw new IllegalArgumentException("There must be either a classification or a failure");
		}
	}

	/**
	 * The classification of a picture that has one.
	 * @return the labels with their scores
	 * @throws RuntimeException the failure, if the picture failed; an {@link Error} if it
	 * was one
	 */
	public Classification orElseThrow() {
		if (this.classification != null) {
			return this.classification;
		}
		throw AsyncCall.unchecked((this.failure != null) ? this.failure : new IllegalStateException());
	}

}
