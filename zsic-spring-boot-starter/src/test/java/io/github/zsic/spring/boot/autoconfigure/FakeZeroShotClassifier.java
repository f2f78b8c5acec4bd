package io.github.zsic.spring.boot.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ModelInfo;
import io.github.zsic.Precision;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;

/**
 * A classifier without a model, as a program under test may define one.
 */
class FakeZeroShotClassifier implements ZeroShotClassifier {

	private boolean closed;

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		List<Classification> results = new ArrayList<>();
		for (ImageInput image : request.images()) {
			results.add(Classification.of(request.labels()
				.stream()
				.map((label) -> new Prediction(label, 1f / request.labels().size()))
				.toArray(Prediction[]::new)));
		}
		return results;
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return new float[] { 1 };
	}

	@Override
	public float[] embedText(String text) {
		return new float[] { 1 };
	}

	@Override
	public ModelInfo model() {
		return new ModelInfo("fake", null, "fake", "cpu", Precision.FLOAT32, 1, Scoring.SOFTMAX, List.of());
	}

	@Override
	public void close() {
		this.closed = true;
	}

	boolean isClosed() {
		return this.closed;
	}

}
