package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ModelInfo;
import io.github.zsic.Precision;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.Timings;
import io.github.zsic.ZeroShotClassifier;

/**
 * A model that is none: it fails or waits on demand, and its score tells which it is.
 */
public class TestClassifier implements ZeroShotClassifier {

	private static final ClassificationRequest REQUEST = ClassificationRequest.builder()
		.image(ImageInput.of(new byte[0]))
		.labels("owl")
		.build();

	private final ModelInfo info;

	public volatile float score;

	public volatile RuntimeException failure;

	public volatile CountDownLatch hold = new CountDownLatch(0);

	public volatile CountDownLatch entered = new CountDownLatch(1);

	public volatile boolean closed;

	public volatile RuntimeException selfTestFailure;

	public TestClassifier(String checkpoint, float score) {
		this(new ModelSelection(checkpoint, null, "cpu", Precision.AUTO), score);
	}

	public TestClassifier(ModelSelection selection, float score) {
		this(selection, score, List.of());
	}

	public TestClassifier(ModelSelection selection, float score, List<String> fallbacks) {
		this.info = new ModelInfo(selection.checkpoint(), selection.revision(), "clip", selection.device(),
				resolved(selection.precision()), 1, Scoring.SOFTMAX, fallbacks);
		this.score = score;
	}

	private static Precision resolved(Precision precision) {
		return (precision != Precision.AUTO) ? precision : Precision.FLOAT32;
	}

	/** The score that a classifier of such models answers. */
	public static float ask(ZeroShotClassifier classifier) {
		return classifier.classify(REQUEST).get(0).best().score();
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		this.entered.countDown();
		try {
			if (!this.hold.await(30, TimeUnit.SECONDS)) {
				throw new IllegalStateException("held too long");
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		if (this.closed) {
			throw new IllegalStateException("used after close");
		}
		if (this.failure != null) {
			throw this.failure;
		}
		Timings timings = new Timings(Duration.ofMillis(1), Duration.ofMillis(2), Duration.ofMillis(3),
				Duration.ofMillis(4));
		return request.images()
			.stream()
			.map((image) -> new Classification(
					request.labels().stream().map((label) -> new Prediction(label, this.score)).toList(), timings,
					model()))
			.toList();
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
	public void selfTest() {
		if (this.selfTestFailure != null) {
			throw this.selfTestFailure;
		}
	}

	@Override
	public ModelInfo model() {
		return this.info;
	}

	@Override
	public void close() {
		this.closed = true;
	}

}
