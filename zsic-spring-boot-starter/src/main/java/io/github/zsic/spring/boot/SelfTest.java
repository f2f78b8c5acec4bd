package io.github.zsic.spring.boot;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.LabelSet;
import io.github.zsic.Prediction;
import io.github.zsic.QueueFullException;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import org.jspecify.annotations.Nullable;

/**
 * Tests a model of any checkpoint. The classifier compares the device's results with
 * known ones, when it is loaded and in {@link ZeroShotClassifier#selfTest()}. On top of
 * that a picture is classified, all the way from pixels to scores, and what must come out
 * is what the model answered when it was new.
 */
final class SelfTest {

	/** Of cosines; a device that is at fault is off by far more. */
	private static final double TOLERANCE = 0.01;

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final Duration PAUSE = Duration.ofMillis(50);

	static final int SIDE = 8;

	private static final BufferedImage PICTURE = picture();

	/** Prepared, as the number of prompts of a call may be limited. */
	private static final LabelSet LABELS = LabelSet.builder()
		.labels("a yellow disc", "a blue square")
		.templates("{}")
		.build();

	private final Map<String, Float> expected;

	private volatile @Nullable SelfTestResult result;

	private SelfTest(Map<String, Float> expected) {
		this.expected = expected;
	}

	/**
	 * Tries out a model that is new.
	 * @param classifier the model
	 * @return a test for later
	 * @throws InferenceException if it answers differently when it is asked again, or
	 * what cannot be
	 */
	static SelfTest of(ZeroShotClassifier classifier) {
		SelfTest test = new SelfTest(classify(classifier));
		test.repeat(classifier);
		return test;
	}

	/**
	 * Repeats the test, known results included.
	 * @param classifier the model, the same as before
	 * @throws InferenceException if the answer is another one
	 */
	void run(ZeroShotClassifier classifier) {
		InternalCalls.run(() -> {
			classifier.selfTest();
			repeat(classifier);
		});
	}

	/** How it ended last, {@code null} if it was not repeated yet. */
	@Nullable SelfTestResult result() {
		return this.result;
	}

	void tell(SelfTestResult result) {
		this.result = result;
	}

	private void repeat(ZeroShotClassifier classifier) {
		Map<String, Float> answer = classify(classifier);
		this.expected.forEach((label, cosine) -> {
			Float again = answer.get(label);
			if (again == null || !(Math.abs(again - cosine) < TOLERANCE)) {
				throw new InferenceException("The self-test failed: the cosine of '" + label + "' must be " + cosine
						+ ", but is " + again + ".", "Check the device, or restart the application.");
			}
		});
	}

	private static Map<String, Float> classify(ZeroShotClassifier classifier) {
		List<Prediction> predictions = classifyPatiently(classifier,
				ClassificationRequest.builder()
					.image(ImageInput.of(PICTURE))
					.labels(LABELS)
					.scoring(Scoring.COSINE)
					.top(Integer.MAX_VALUE)
					.threshold(Float.NEGATIVE_INFINITY)
					.build());
		Map<String, Float> cosines = new TreeMap<>();
		for (Prediction prediction : predictions) {
			if (!(Math.abs(prediction.score()) < 1 + TOLERANCE)) {
				throw new InferenceException("The self-test failed: " + prediction.score() + " is no cosine.",
						"The weights are damaged, or the device is at fault.");
			}
			cosines.put(prediction.label(), prediction.score());
		}
		return cosines;
	}

	/** That others have much to do says nothing about the model. */
	private static List<Prediction> classifyPatiently(ZeroShotClassifier classifier, ClassificationRequest request) {
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (true) {
			try {
				return classifier.classify(request).get(0).predictions();
			}
			catch (QueueFullException ex) {
				if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
					throw ex;
				}
				LockSupport.parkNanos(PAUSE.toNanos());
			}
		}
	}

	private static BufferedImage picture() {
		BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(Color.YELLOW);
		graphics.fillOval(1, 1, 6, 6);
		graphics.dispose();
		return image;
	}

}
