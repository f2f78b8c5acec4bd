package io.github.zsic;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Adds background prompts to the requests that have none.
 */
final class BackgroundClassifier implements ZeroShotClassifier {

	private final ZeroShotClassifier classifier;

	private final List<String> background;

	BackgroundClassifier(ZeroShotClassifier classifier, List<String> background) {
		if (background.isEmpty()) {
			throw new InvalidLabelException("There is no background prompt.", "Give at least one.");
		}
		ClassificationRequest.requireBackground(background);
		this.classifier = classifier;
		this.background = List.copyOf(background);
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		return this.classifier.classify(withBackground(request));
	}

	@Override
	public CompletableFuture<List<Classification>> classifyAsync(ClassificationRequest request) {
		return this.classifier.classifyAsync(withBackground(request));
	}

	private ClassificationRequest withBackground(ClassificationRequest request) {
		return request.background().isEmpty() ? request.withBackground(this.background) : request;
	}

	@Override
	public LabelSet prepare(LabelSet labels) {
		return this.classifier.prepare(labels);
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return this.classifier.embedImage(image);
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		return this.classifier.embedImages(images);
	}

	@Override
	public float[] embedText(String text) {
		return this.classifier.embedText(text);
	}

	@Override
	public List<float[]> embedTexts(Collection<String> texts) {
		return this.classifier.embedTexts(texts);
	}

	@Override
	public int countTokens(Collection<String> texts) {
		return this.classifier.countTokens(texts);
	}

	@Override
	public ModelInfo model() {
		return this.classifier.model();
	}

	@Override
	public void selfTest() {
		this.classifier.selfTest();
	}

	@Override
	public ClassifierStatistics statistics() {
		return this.classifier.statistics();
	}

	@Override
	public List<String> cachedTexts(int maximum) {
		return this.classifier.cachedTexts(maximum);
	}

	@Override
	public void close() {
		this.classifier.close();
	}

}
