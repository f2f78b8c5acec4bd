package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.zsic.engine.DualEncoder;
import io.github.zsic.engine.ImageRequest;
import io.github.zsic.image.ImageDecoder;
import io.github.zsic.image.RgbImage;
import io.github.zsic.text.Template;
import io.github.zsic.text.TextEmbeddings;
import io.github.zsic.text.Tokenizer;

/**
 * Decodes, encodes and scores; owns the model and its tokenizer.
 */
final class DefaultZeroShotClassifier implements ZeroShotClassifier {

	private final ModelInfo info;

	private final DualEncoder encoder;

	private final Tokenizer tokenizer;

	private final TextEmbeddings texts;

	private final ImageDecoder images;

	private final List<CustomImageDecoder> decoders;

	private final List<Template> templates;

	private final Scoring scoring;

	/** Calls hold the read lock, so that closing, with the write lock, waits for them. */
	private final ReadWriteLock lock = new ReentrantReadWriteLock();

	private volatile boolean closing;

	private boolean closed;

	DefaultZeroShotClassifier(ModelInfo info, DualEncoder encoder, Tokenizer tokenizer, TextEmbeddings texts,
			ImageDecoder images, List<CustomImageDecoder> decoders, List<Template> templates, Scoring scoring) {
		this.info = info;
		this.encoder = encoder;
		this.tokenizer = tokenizer;
		this.texts = texts;
		this.images = images;
		this.decoders = decoders;
		this.templates = templates;
		this.scoring = scoring;
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		return whileOpen(() -> {
			try (ImageRequest images = this.encoder.admit()) {
				long start = System.nanoTime();
				float[][] labels = embedLabels(request.labels(),
						request.templates().isEmpty() ? this.templates : Template.parseAll(request.templates()));
				Duration text = since(start);
				List<Classification> results = new ArrayList<>(request.images().size());
				images.encode(request.images(), this::read, (image) -> {
					long scoring = System.nanoTime();
					List<Prediction> predictions = score(request, labels, image.embedding());
					results.add(new Classification(predictions, new Timings(image.decode(), image.queue(),
							image.compute(), text, since(scoring), image.batchSize())));
				});
				return List.copyOf(results);
			}
		});
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return whileOpen(() -> {
			try (ImageRequest images = this.encoder.admit()) {
				float[][] embedding = new float[1][];
				images.encode(List.of(image), this::read, (encoded) -> embedding[0] = encoded.embedding());
				return embedding[0];
			}
		});
	}

	@Override
	public float[] embedText(String text) {
		if (text.isBlank()) {
			throw new InvalidLabelException("The text is blank.", "Pass some text.");
		}
		return whileOpen(() -> this.texts.get(List.of(text)).get(0).clone());
	}

	@Override
	public ModelInfo model() {
		return this.info;
	}

	@Override
	public ClassifierStatistics statistics() {
		TextEmbeddings.Statistics cache = this.texts.statistics();
		return new ClassifierStatistics(cache.size(), cache.hits(), cache.misses(), cache.evictions(),
				this.encoder.engineThreads(), this.encoder.queued(), this.encoder.places(), this.encoder.capacity(),
				this.encoder.modelBytes());
	}

	@Override
	public void close() {
		this.closing = true;
		this.lock.writeLock().lock();
		try {
			if (!this.closed) {
				this.closed = true;
				this.encoder.close();
				this.tokenizer.close();
			}
		}
		finally {
			this.lock.writeLock().unlock();
		}
	}

	private <T> T whileOpen(Supplier<T> call) {
		// Looked at twice: before, so that no new call delays the closing, nor waits for
		// it just to be refused; inside, because closing may have begun in between.
		refuseWhenClosing();
		this.lock.readLock().lock();
		try {
			refuseWhenClosing();
			return call.get();
		}
		finally {
			this.lock.readLock().unlock();
		}
	}

	private static Duration since(long start) {
		return Duration.ofNanos(System.nanoTime() - start);
	}

	private void refuseWhenClosing() {
		if (this.closing) {
			throw new ClassifierClosedException(this.info.checkpoint());
		}
	}

	/** Reads a picture and returns what decodes it. */
	private Supplier<DualEncoder.Picture> read(ImageInput input) {
		BufferedImage image = input.image();
		if (image != null) {
			return () -> picture(this.images.convert(input.description(), image));
		}
		ImageInput.StreamSource source = Objects.requireNonNull(input.source());
		try (InputStream in = source.open()) {
			byte[] bytes = this.images.read(in);
			return () -> picture(decode(input.description(), bytes));
		}
		catch (NoSuchFileException | FileNotFoundException ex) {
			throw unreadable(input, "does not exist", ex);
		}
		catch (AccessDeniedException ex) {
			throw unreadable(input, "may not be read", ex);
		}
		catch (IOException ex) {
			// Its message may hold the path of a temporary file, and ours may reach a
			// client.
			throw unreadable(input, "cannot be read", ex);
		}
	}

	private static DualEncoder.Picture picture(RgbImage image) {
		return new DualEncoder.Picture(image.pixels(), image.width(), image.height());
	}

	private RgbImage decode(String description, byte[] bytes) {
		BufferedImage image = this.images.allows(bytes) ? decodeByOthers(description, bytes) : null;
		return (image != null) ? this.images.convert(description, image) : this.images.decode(description, bytes);
	}

	private @Nullable BufferedImage decodeByOthers(String description, byte[] bytes) {
		for (CustomImageDecoder decoder : this.decoders) {
			try {
				BufferedImage image = decoder.decode(bytes);
				if (image != null) {
					return image;
				}
			}
			catch (IOException ex) {
				throw new InvalidImageException(InvalidImageException.Reason.DAMAGED,
						"The picture '" + description + "' cannot be decoded: " + ex.getMessage() + ".",
						"Save it again, or send another one.", ex);
			}
		}
		return null;
	}

	private static InvalidImageException unreadable(ImageInput input, String finding, IOException cause) {
		return new InvalidImageException(InvalidImageException.Reason.UNREADABLE,
				"The picture '" + input.description() + "' " + finding + ".", "Check where it comes from.", cause);
	}

	/**
	 * A unit vector for each label: with several templates, the direction of their mean.
	 */
	private float[][] embedLabels(List<String> labels, List<Template> templates) {
		List<String> prompts = new ArrayList<>(labels.size() * templates.size());
		for (String label : labels) {
			for (Template template : templates) {
				prompts.add(template.prompt(label));
			}
		}
		List<float[]> embeddings = this.texts.get(prompts);
		float[][] result = new float[labels.size()][];
		for (int i = 0; i < result.length; i++) {
			List<float[]> ofLabel = embeddings.subList(i * templates.size(), (i + 1) * templates.size());
			result[i] = (ofLabel.size() == 1) ? ofLabel.get(0) : direction(ofLabel);
		}
		return result;
	}

	private static float[] direction(List<float[]> vectors) {
		double[] sum = new double[vectors.get(0).length];
		for (float[] vector : vectors) {
			for (int i = 0; i < sum.length; i++) {
				sum[i] += vector[i];
			}
		}
		double norm = Math.sqrt(Arrays.stream(sum).map((value) -> value * value).sum());
		float[] result = new float[sum.length];
		for (int i = 0; i < result.length; i++) {
			result[i] = (float) (sum[i] / norm);
		}
		return result;
	}

	private List<Prediction> score(ClassificationRequest request, float[][] labels, float[] image) {
		Scoring requested = (request.scoring() != null) ? request.scoring() : this.scoring;
		float[] scores = scores((requested != Scoring.AUTO) ? requested : this.info.scoring(), labels, image);
		Prediction[] predictions = new Prediction[scores.length];
		for (int i = 0; i < scores.length; i++) {
			predictions[i] = new Prediction(request.labels().get(i), scores[i]);
		}
		// Stable, as Python's sort: equal scores keep the order of the labels.
		Arrays.sort(predictions, (one, other) -> Float.compare(other.score(), one.score()));
		return Arrays.stream(predictions)
			.limit(request.top())
			.takeWhile((prediction) -> prediction.score() >= request.threshold())
			.toList();
	}

	private float[] scores(Scoring scoring, float[][] labels, float[] image) {
		float[] scores = new float[labels.length];
		for (int i = 0; i < scores.length; i++) {
			float cosine = cosine(labels[i], image);
			scores[i] = (scoring == Scoring.COSINE) ? cosine
					: this.encoder.logitScale() * cosine + this.encoder.logitBias();
		}
		if (scoring == Scoring.SOFTMAX) {
			softmax(scores);
		}
		else if (scoring == Scoring.SIGMOID) {
			for (int i = 0; i < scores.length; i++) {
				scores[i] = (float) (1 / (1 + Math.exp(-scores[i])));
			}
		}
		return scores;
	}

	private static void softmax(float[] logits) {
		float maximum = Float.NEGATIVE_INFINITY;
		for (float logit : logits) {
			maximum = Math.max(maximum, logit);
		}
		double sum = 0;
		for (float logit : logits) {
			sum += Math.exp(logit - maximum);
		}
		for (int i = 0; i < logits.length; i++) {
			logits[i] = (float) (Math.exp(logits[i] - maximum) / sum);
		}
	}

	/**
	 * Of a picture that has several embeddings, one behind the other, the nearest counts.
	 */
	private static float cosine(float[] label, float[] image) {
		float nearest = Float.NEGATIVE_INFINITY;
		for (int offset = 0; offset < image.length; offset += label.length) {
			nearest = Math.max(nearest, dot(label, image, offset));
		}
		return nearest;
	}

	/** Several sums, because the JIT compiler does not reorder the additions of one. */
	private static float dot(float[] a, float[] b, int offset) {
		float s0 = 0;
		float s1 = 0;
		float s2 = 0;
		float s3 = 0;
		int i = 0;
		for (; i + 3 < a.length; i += 4) {
			s0 += a[i] * b[offset + i];
			s1 += a[i + 1] * b[offset + i + 1];
			s2 += a[i + 2] * b[offset + i + 2];
			s3 += a[i + 3] * b[offset + i + 3];
		}
		for (; i < a.length; i++) {
			s0 += a[i] * b[offset + i];
		}
		return (s0 + s1) + (s2 + s3);
	}

}
