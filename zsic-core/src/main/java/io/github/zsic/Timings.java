package io.github.zsic;

import java.time.Duration;

/**
 * How long the stages of one classification took, wall clock.
 *
 * @param decode encoded bytes to RGB pixels, made small if there are many
 * @param queue the wait for the engine
 * @param image pixels to image embedding, of the whole batch that the picture was part of
 * @param text labels to label embeddings, close to zero when the label cache has them
 * all; shared by the pictures of one request
 * @param score embeddings to sorted predictions
 * @param batchSize how many pictures, of this call and others, that batch had; 0 if the
 * {@linkplain ImageInput#ofEmbedding embedding was known}
 */
public record Timings(Duration decode, Duration queue, Duration image, Duration text, Duration score, int batchSize) {

	/**
	 * Of a result that no model made.
	 */
	public static final Timings NONE = new Timings(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO,
			Duration.ZERO, 0);

	/**
	 * Of a picture that did not wait and was computed alone.
	 */
	public Timings(Duration decode, Duration image, Duration text, Duration score) {
		this(decode, Duration.ZERO, image, text, score, 1);
	}

}
