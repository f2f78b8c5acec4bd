package io.github.zsic.sample;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ImageBytes;
import io.github.zsic.ImageInput;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelInfo;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import io.github.zsic.Timings;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.text.Template;

/**
 * A classifier for which the longest label is the best, and which fails on demand.
 */
class FakeZeroShotClassifier implements ZeroShotClassifier {

	static final int MAXIMUM_BYTES = 16 * 1024 * 1024;

	static final String SECRET = "/srv/secret/model.safetensors";

	private final AtomicInteger calls = new AtomicInteger();

	private final AtomicInteger running = new AtomicInteger();

	private volatile ClassificationRequest lastRequest;

	private volatile List<byte[]> lastImages = List.of();

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		this.calls.incrementAndGet();
		List<byte[]> images = request.images().stream().map(this::read).toList();
		this.lastRequest = request;
		this.lastImages = images;
		for (String template : request.templates()) {
			Template.parse(template);
		}
		List<Prediction> predictions = new ArrayList<>();
		float total = request.labels().stream().mapToInt(String::length).sum();
		for (String label : request.labels()) {
			switch (label) {
				case "!inference" -> throw new InferenceException("Out of memory in " + SECRET, "Buy more.");
				case "!bug" -> throw new IllegalStateException("NullPointerException at " + SECRET);
				case "!error" -> throw new StackOverflowError(SECRET);
				case "!forever" -> waitForEnd();
				case "!closed" -> throw new ClassifierClosedException(SECRET);
				case "!loading" -> throw new ModelNotReadyException("Loading " + SECRET, "Wait.");
				default -> predictions.add(new Prediction(label, label.length() / total));
			}
		}
		predictions.sort(Comparator.comparing(Prediction::score).reversed());
		List<Prediction> best = predictions.stream()
			.limit(request.top())
			.filter((prediction) -> prediction.score() >= request.threshold())
			.toList();
		Timings timings = new Timings(Duration.ofMillis(12), Duration.ofMillis(80), Duration.ofNanos(1_500_000),
				Duration.ofNanos(4_000));
		return images.stream().map((image) -> new Classification(best, timings, model())).toList();
	}

	private void waitForEnd() {
		this.running.incrementAndGet();
		try {
			Thread.sleep(60_000);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new CancellationException("The thread was interrupted.");
		}
		finally {
			this.running.decrementAndGet();
		}
	}

	private byte[] read(ImageInput image) {
		byte[] bytes = ImageBytes.of(image);
		if (bytes.length == 0) {
			throw new InvalidImageException(Reason.UNREADABLE, "Image '" + image + "' is empty.", "");
		}
		if (bytes.length > MAXIMUM_BYTES) {
			throw new InvalidImageException(Reason.TOO_LARGE, "Image '" + image + "' is too large.", "Send less.");
		}
		String text = new String(bytes, StandardCharsets.ISO_8859_1);
		if (text.contains("DEEP")) {
			throw new StackOverflowError(SECRET);
		}
		if (text.contains("MEMORY")) {
			throw new OutOfMemoryError(SECRET);
		}
		if (text.contains("BUG")) {
			throw new IllegalStateException("NullPointerException at " + SECRET);
		}
		if (text.contains("DAMAGED")) {
			throw new InvalidImageException(Reason.DAMAGED, "Image '" + image + "' is damaged.", "");
		}
		if (!text.startsWith("\u0089PNG")) {
			throw new InvalidImageException(Reason.UNSUPPORTED_FORMAT, "Image '" + image + "' is in no known format.",
					"Send a PNG.");
		}
		return bytes;
	}

	/** How many calls wait until somebody ends them. */
	int running() {
		return this.running.get();
	}

	int calls() {
		return this.calls.get();
	}

	ClassificationRequest lastRequest() {
		return this.lastRequest;
	}

	List<byte[]> lastImages() {
		return this.lastImages;
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return embedImages(List.of(image)).get(0);
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		this.lastImages = images.stream().map(this::read).toList();
		return images.stream().map((image) -> new float[] { 1 }).toList();
	}

	@Override
	public float[] embedText(String text) {
		return new float[] { 1 };
	}

	@Override
	public ModelInfo model() {
		return new ModelInfo("classpath:zsic/emoji-clip", null, "clip", "cpu", Precision.FLOAT32, 1, Scoring.SOFTMAX,
				List.of());
	}

	@Override
	public void close() {
	}

}
