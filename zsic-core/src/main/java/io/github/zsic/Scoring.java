package io.github.zsic;

/**
 * How the similarities of a picture to the labels become scores.
 */
public enum Scoring {

	/**
	 * What the model was trained for, as in the reference pipeline: {@link #SIGMOID} for
	 * SigLIP and {@link #SOFTMAX} for the others.
	 */
	AUTO,

	/**
	 * Softmax over the labels of the request: scores in [0, 1] that sum to 1, so each
	 * depends on the other labels.
	 */
	SOFTMAX,

	/**
	 * Logistic function of each logit: scores in [0, 1], each independent of the other
	 * labels.
	 */
	SIGMOID,

	/**
	 * Cosine of the angle between the picture's and the label's embedding, in [-1, 1].
	 */
	COSINE,

	/**
	 * The model's logit: its scale times the cosine, plus its bias if it has one.
	 */
	LOGITS

}
