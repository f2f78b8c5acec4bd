package io.github.zsic;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class ScorerTests {

	private static final int DIMENSION = 133;

	private static final float[][] NONE = {};

	private final Random random = new Random(1);

	private final Scorer scorer = new Scorer(100, 0, Scoring.SOFTMAX, Scoring.COSINE, null, Integer.MAX_VALUE,
			Float.NEGATIVE_INFINITY, Map.of());

	/** So many that several threads score them. */
	@Test
	void cosineOfLabelIsTheSameAmongManyAndAlone() {
		float[] image = unit();
		float[][] texts = IntStream.range(0, 20_000).mapToObj((i) -> unit()).toArray(float[][]::new);
		List<String> labels = IntStream.range(0, texts.length).mapToObj(String::valueOf).toList();
		List<Prediction> predictions = score(labels, texts, image);
		assertThat(predictions).hasSize(texts.length);
		for (Prediction prediction : predictions) {
			float[] text = texts[Integer.parseInt(prediction.label())];
			float alone = score(List.of(prediction.label()), new float[][] { text }, image).get(0).score();
			assertThat(Float.floatToIntBits(prediction.score())).isEqualTo(Float.floatToIntBits(alone));
			assertThat(alone).isCloseTo((float) exact(text, image), within(1e-6f));
		}
	}

	private List<Prediction> score(List<String> labels, float[][] texts, float[] image) {
		return this.scorer.score(
				ClassificationRequest.builder().image(ImageInput.of(new byte[0])).labels(labels).build(), labels, texts,
				NONE, image);
	}

	private static double exact(float[] text, float[] image) {
		return IntStream.range(0, DIMENSION).mapToDouble((i) -> (double) text[i] * image[i]).sum();
	}

	private float[] unit() {
		float[] vector = new float[DIMENSION];
		double square = 0;
		for (int i = 0; i < vector.length; i++) {
			vector[i] = (float) this.random.nextGaussian();
			square += vector[i] * vector[i];
		}
		for (int i = 0; i < vector.length; i++) {
			vector[i] /= (float) Math.sqrt(square);
		}
		return vector;
	}

}
