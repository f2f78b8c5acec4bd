package io.github.zsic;

import java.time.Duration;

/**
 * How long the stages of one classification took, wall clock.
 *
 * @param decode encoded bytes to RGB pixels
 * @param image pixels to image embedding, the wait for a free engine thread included
 * @param text labels to label embeddings, close to zero when the label cache has them
 * all; shared by the pictures of one request
 * @param score embeddings to sorted predictions
 */
public record Timings(Duration decode, Duration image, Duration text, Duration score) {

}
