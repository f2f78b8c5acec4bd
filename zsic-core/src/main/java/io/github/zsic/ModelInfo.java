package io.github.zsic;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a classifier runs.
 *
 * @param checkpoint the checkpoint, as it was named to the builder
 * @param revision the commit of the checkpoint, or {@code null} if it comes from a plain
 * folder or the class path, which have none
 * @param modelType the {@code model_type} of its {@code config.json}
 * @param device where it runs: {@code cpu}, {@code cuda:0}, {@code mps}
 * @param precision what it multiplies its matrices in, whatever the checkpoint stores;
 * never {@link Precision#AUTO}
 * @param dimension the length of its embeddings
 * @param scoring what {@link Scoring#AUTO} means for it
 * @param fallbacks what plain operators compute, slower but right, because faster kernels
 * compute it wrong on this machine; sentences for people, empty on nearly all machines
 */
public record ModelInfo(String checkpoint, @Nullable String revision, String modelType, String device,
		Precision precision, int dimension, Scoring scoring, List<String> fallbacks) {

	/**
	 * Of a result that no model made, such as one of a test.
	 */
	public static final ModelInfo NONE = new ModelInfo("none", null, "none", "cpu", Precision.FLOAT32, 1,
			Scoring.SOFTMAX, List.of());

	/**
	 * Copies the list.
	 */
	public ModelInfo {
		fallbacks = List.copyOf(fallbacks);
	}

}
