package io.github.zsic;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

import io.github.zsic.engine.DualEncoder;
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

	private final List<Template> templates;

	private final Scorer scorer;

	/** What a request without labels chooses from. */
	private final @Nullable LabelSet labels;

	/** The embeddings of label sets, for as long as somebody refers to the set. */
	private final Map<LabelSet, float[][]> prepared = Collections.synchronizedMap(new WeakHashMap<>());

	/** How many texts were encoded to try the model out. */
	private final long triedTexts;

	/** Calls hold the read lock, so that closing, with the write lock, waits for them. */
	private final ReadWriteLock lock = new ReentrantReadWriteLock();

	private volatile boolean closing;

	private boolean closed;

	DefaultZeroShotClassifier(ModelInfo info, DualEncoder encoder, Tokenizer tokenizer, TextEmbeddings texts,
			ImageDecoder images, List<Template> templates, Scorer scorer, @Nullable LabelSet labels) {
		this.info = info;
		this.encoder = encoder;
		this.tokenizer = tokenizer;
		this.texts = texts;
		this.images = images;
		this.templates = templates;
		this.scorer = scorer;
		this.labels = labels;
		this.triedTexts = encoder.encodedTexts();
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		return whileOpen(() -> {
			long start = System.nanoTime();
			List<LabelSet> labels = new ArrayList<>(request.images().size());
			List<float[][]> embeddings = new ArrayList<>(request.images().size());
			for (int i = 0; i < request.images().size(); i++) {
				LabelSet own = labels(request, i);
				boolean same = i > 0 && own == labels.get(i - 1);
				labels.add(own);
				embeddings.add(same ? embeddings.get(i - 1) : embed(own));
			}
			float[][] background = this.texts.get(request.background());
			Duration text = since(start);
			List<Classification> results = new ArrayList<>(request.images().size());
			for (int i = 0; i < request.images().size(); i++) {
				start = System.nanoTime();
				RgbImage pixels = decode(request.images().get(i));
				Duration decode = since(start);
				start = System.nanoTime();
				float[] embedding = encode(pixels);
				Duration encode = since(start);
				start = System.nanoTime();
				List<Prediction> predictions = this.scorer.score(request, labels.get(i).labels(), embeddings.get(i),
						background, embedding);
				results.add(new Classification(predictions, new Timings(decode, encode, text, since(start))));
			}
			return List.copyOf(results);
		});
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return whileOpen(() -> encode(decode(image)));
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		return whileOpen(() -> images.stream().map((image) -> encode(decode(image))).toList());
	}

	@Override
	public float[] embedText(String text) {
		return embedTexts(List.of(text)).get(0);
	}

	@Override
	public List<float[]> embedTexts(Collection<String> texts) {
		List<String> list = List.copyOf(texts);
		for (int i = 0; i < list.size(); i++) {
			if (list.get(i).isBlank()) {
				throw new InvalidLabelException(((list.size() == 1) ? "The text" : "Text " + (i + 1)) + " is blank.",
						"Pass some text.");
			}
		}
		return whileOpen(() -> Arrays.stream(this.texts.get(list)).map(float[]::clone).toList());
	}

	@Override
	public LabelSet prepare(LabelSet labels) {
		return whileOpen(() -> {
			embed(labels);
			return labels;
		});
	}

	@Override
	public ModelInfo model() {
		return this.info;
	}

	@Override
	public ClassifierStatistics statistics() {
		TextEmbeddings.Statistics cache = this.texts.statistics();
		return new ClassifierStatistics(cache.size(), cache.hits(), cache.misses(), cache.evictions(),
				this.encoder.encodedTexts() - this.triedTexts, this.encoder.engineThreads(), this.encoder.queued());
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
				this.texts.close();
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

	private float[] encode(RgbImage pixels) {
		return this.encoder.encodeImages(List.of(new DualEncoder.Picture(pixels.pixels(), pixels.width(),
				pixels.height(), pixels.originalWidth(), pixels.originalHeight())))[0];
	}

	private RgbImage decode(ImageInput input) {
		if (input.image() != null) {
			return this.images.convert(input.description(), input.image());
		}
		ImageInput.StreamSource source = Objects.requireNonNull(input.source());
		try (InputStream in = source.open()) {
			return this.images.decode(input.description(), in);
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

	private static InvalidImageException unreadable(ImageInput input, String finding, IOException cause) {
		return new InvalidImageException(InvalidImageException.Reason.UNREADABLE,
				"The picture '" + input.description() + "' " + finding + ".", "Check where it comes from.", cause);
	}

	private LabelSet labels(ClassificationRequest request, int image) {
		LabelSet labels = request.labelSet(image);
		if (labels != null) {
			return labels;
		}
		if (this.labels == null) {
			throw new InvalidLabelException("The request has no labels, and the classifier has none of its own.",
					"Pass at least one label.");
		}
		return request.templates().isEmpty() ? this.labels
				: this.labels.withTemplates(Template.parseAll(request.templates()));
	}

	/** A unit vector for each label. */
	private float[][] embed(LabelSet labels) {
		float[][] embeddings = this.prepared.get(labels);
		if (embeddings == null) {
			embeddings = compute(labels);
			if (labels.isReusable()) {
				this.prepared.put(labels, embeddings);
			}
		}
		return embeddings;
	}

	private float[][] compute(LabelSet labels) {
		List<List<String>> prompts = labels.prompts(this.templates);
		List<String> all = new ArrayList<>(prompts.size());
		List<String> labelsOfAll = new ArrayList<>(prompts.size());
		for (int i = 0; i < prompts.size(); i++) {
			all.addAll(prompts.get(i));
			labelsOfAll.addAll(Collections.nCopies(prompts.get(i).size(), labels.labels().get(i)));
		}
		float[][] embeddings = this.texts.get(all, labelsOfAll::get);
		float[][] result = new float[prompts.size()][];
		int from = 0;
		for (int i = 0; i < result.length; i++) {
			int count = prompts.get(i).size();
			result[i] = (count == 1) ? embeddings[from]
					: Scorer.direction(Arrays.asList(embeddings).subList(from, from + count));
			from += count;
		}
		return result;
	}

}
