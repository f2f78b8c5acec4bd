package io.github.zsic.sample;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ModelInfo;
import io.github.zsic.Prediction;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ClassifierDetails;
import org.jspecify.annotations.Nullable;

/**
 * The answer to a form with pictures.
 *
 * @param checkpoint the checkpoint that was used
 * @param revision its revision, {@code null} if it has none
 * @param device where it runs
 * @param images what was found for each picture
 */
record ClassifyResponse(String checkpoint, @Nullable String revision, String device, List<Image> images) {

	/**
	 * Classifies on one model from beginning to end, so that the answer names the one
	 * that gave it.
	 */
	static ClassifyResponse of(ZeroShotClassifier classifier, ClassificationRequest request) {
		return (classifier instanceof SwappableClassifier swappable) ? swappable.call((model) -> answer(model, request))
				: answer(classifier, request);
	}

	private static ClassifyResponse answer(ZeroShotClassifier classifier, ClassificationRequest request) {
		List<Classification> results = classifier.classify(request);
		List<Image> images = new ArrayList<>(results.size());
		for (int i = 0; i < results.size(); i++) {
			Classification result = results.get(i);
			images.add(new Image(request.images().get(i).description(), result.predictions(),
					Timings.of(result.timings())));
		}
		ModelInfo model = classifier.model();
		return new ClassifyResponse(ClassifierDetails.checkpoint(model.checkpoint()), model.revision(), model.device(),
				images);
	}

	/**
	 * What was found for one picture.
	 *
	 * @param name the name of its file
	 * @param predictions labels with their scores, best first
	 * @param timings how long the stages took
	 */
	record Image(String name, List<Prediction> predictions, Timings timings) {

	}

	/**
	 * How long the stages took, in milliseconds.
	 *
	 * @param decode encoded bytes to pixels
	 * @param queue the wait for the engine
	 * @param image pixels to image embedding, of the batch that the picture was part of
	 * @param text labels to label embeddings
	 * @param score embeddings to predictions
	 */
	record Timings(double decode, double queue, double image, double text, double score) {

		static Timings of(io.github.zsic.Timings timings) {
			return new Timings(milliseconds(timings.decode()), milliseconds(timings.queue()),
					milliseconds(timings.image()), milliseconds(timings.text()), milliseconds(timings.score()));
		}

		private static double milliseconds(Duration duration) {
			return duration.toNanos() / 1000 / 1000.0;
		}

	}

}
