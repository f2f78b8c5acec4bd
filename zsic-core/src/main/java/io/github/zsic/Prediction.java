package io.github.zsic;

/**
 * One label with its score.
 *
 * @param label the label, exactly as it was passed in
 * @param score the score, in the range of the {@link Scoring} that made it
 */
public record Prediction(String label, float score) {

}
