package io.github.zsic.evaluation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import io.github.zsic.ModelInfo;
import io.github.zsic.Prediction;
import io.github.zsic.Timings;
import io.github.zsic.ZeroShotClassifier;

/**
 * A classifier that knows by the name of a picture what to say of it, and opens none.
 * What it does not know is damaged.
 */
class ScriptedClassifier implements ZeroShotClassifier {

	private final Map<String, float[]> scores = new HashMap<>();

	private boolean broken;

	private int embedded;

	/** Scores in the order of the labels of requests. */
	void put(String name, float... scores) {
		this.scores.put(name, scores);
	}

	void breakDown() {
		this.broken = true;
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		if (this.broken) {
			throw new InferenceException("The engine is broken.", "Mend it.");
		}
		return request.images().stream().map((image) -> classify(image, request)).toList();
	}

	private Classification classify(ImageInput image, ClassificationRequest request) {
		float[] known = this.scores.get(image.description());
		if (known == null) {
			throw new InvalidImageException(Reason.DAMAGED, "The picture '" + image + "' is damaged.", "");
		}
		List<Prediction> predictions = new ArrayList<>();
		for (int i = 0; i < known.length; i++) {
			predictions.add(new Prediction(request.labels().get(i), known[i]));
		}
		predictions.sort(Comparator.comparing(Prediction::score).reversed());
		return new Classification(predictions.stream()
			.limit(request.top())
			.filter((prediction) -> prediction.score() >= request.threshold())
			.toList(), Timings.NONE, model());
	}

	@Override
	public float[] embedImage(ImageInput image) {
		if (!this.scores.containsKey(image.description())) {
			throw new InvalidImageException(Reason.DAMAGED, "The picture '" + image + "' is damaged.", "");
		}
		this.embedded++;
		return new float[] { 1 };
	}

	/** How many embeddings were asked for. */
	int embedded() {
		return this.embedded;
	}

	@Override
	public float[] embedText(String text) {
		throw new UnsupportedOperationException();
	}

	@Override
	public ModelInfo model() {
		return ModelInfo.NONE;
	}

	@Override
	public void close() {
	}

}
