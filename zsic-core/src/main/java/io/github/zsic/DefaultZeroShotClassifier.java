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
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.engine.DualEncoder;
import io.github.zsic.engine.EncodedImage;
import io.github.zsic.engine.Flow;
import io.github.zsic.engine.ImageRequest;
import io.github.zsic.image.ImageDecoder;
import io.github.zsic.image.RgbImage;
import io.github.zsic.text.PromptMemory;
import io.github.zsic.text.Template;
import io.github.zsic.text.TextEmbeddings;
import io.github.zsic.text.Tokenizer;

/**
 * Decodes, encodes and scores; owns the model and its tokenizer.
 */
final class DefaultZeroShotClassifier implements ZeroShotClassifier {

	private static final Logger logger = LoggerFactory.getLogger(DefaultZeroShotClassifier.class);

	private static final int WARM_UP = 2;

	/**
	 * Of a picture that is made larger; a panorama of 300 to 1 has as many with a CLIP.
	 */
	private static final long MAXIMUM_RESIZED_PIXELS = 1 << 24;

	/** Beside which the rest does not count, and which is not worth waiting for again. */
	private static final Duration SLOW = Duration.ofMillis(300);

	private final ModelInfo info;

	private final DualEncoder encoder;

	private final Tokenizer tokenizer;

	private final TextEmbeddings texts;

	private final ImageDecoder images;

	private final List<CustomImageDecoder> decoders;

	private final List<Template> templates;

	private final long maximumPrompts;

	private final Scorer scorer;

	/** What a request without labels chooses from. */
	private final @Nullable LabelSet labels;

	/** The embeddings of label sets, for as long as somebody refers to the set. */
	private final Map<LabelSet, float[][]> prepared = Collections.synchronizedMap(new WeakHashMap<>());

	/** The pictures of streams, for as long as somebody reads the stream. */
	private final Map<ClassificationStream, Flow> flows = Collections.synchronizedMap(new WeakHashMap<>());

	/** How many texts were encoded to try the model out. */
	private final long triedTexts;

	/**
	 * Calls take one, in whatever threads they run, and closing, which waits for them,
	 * takes all.
	 */
	private final Semaphore calls = new Semaphore(Integer.MAX_VALUE);

	private volatile boolean closing;

	private boolean closed;

	DefaultZeroShotClassifier(ModelInfo info, DualEncoder encoder, Tokenizer tokenizer, TextEmbeddings texts,
			ImageDecoder images, List<CustomImageDecoder> decoders, List<Template> templates, long maximumPrompts,
			Scorer scorer, @Nullable LabelSet labels) {
		this.info = info;
		this.encoder = encoder;
		this.tokenizer = tokenizer;
		this.texts = texts;
		this.images = images;
		this.decoders = decoders;
		this.templates = templates;
		this.maximumPrompts = maximumPrompts;
		this.scorer = scorer;
		this.labels = labels;
		this.triedTexts = encoder.encodedTexts();
	}

	/**
	 * Does, without the labels' cache and decoders of the user, what the first call would
	 * otherwise be the first to do.
	 */
	void warmUp() {
		RgbImage picture = ImageDecoder.warmUp();
		if (this.encoder.firstRun().compareTo(SLOW) > 0) {
			return;
		}
		ImageInput input = ImageInput.of(new byte[0]);
		Function<ImageInput, ImageRequest.Source> reader = (ignored) -> () -> picture(picture);
		LabelSet labels = LabelSet.of("a", "b");
		ClassificationRequest request = ClassificationRequest.builder().image(input).labels(labels).build();
		try {
			// Of unit length, as all are; which they are does not matter.
			float[] embedding = new float[this.info.dimension()];
			embedding[0] = 1;
			this.prepared.put(labels, new float[][] { embedding, embedding });
			// libtorch's memory finds its place in the first runs, too.
			for (int i = 0; i < WARM_UP; i++) {
				classify(request, reader);
			}
		}
		catch (QueueFullException ex) {
			// Other models keep the cores busy: there is nothing to wait for.
			logger.debug("The first calls were not tried out", ex);
		}
		finally {
			this.prepared.remove(labels);
		}
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		// Of a stream, whose classifier has something around this one that calls it so.
		return (request.stream() != null) ? AsyncCall.await(classifyAsync(request)) : classify(request, this::read);
	}

	private List<Classification> classify(ClassificationRequest request,
			Function<ImageInput, ImageRequest.Source> reader) {
		return whileOpen(() -> {
			try (ImageRequest images = this.encoder.admit(request.images().size())) {
				EncodedLabels labels = new EncodedLabels(request);
				List<Classification> results = new ArrayList<>(request.images().size());
				images.encode(request.images(), reader, (image) -> results.add(labels.score(results.size(), image)));
				return List.copyOf(results);
			}
		});
	}

	@Override
	public CompletableFuture<List<Classification>> classifyAsync(ClassificationRequest request) {
		if (request.images().size() > 1) {
			return AsyncCall.run(() -> classify(request));
		}
		ImageRequest image;
		try {
			enter();
			image = admit(request);
		}
		catch (ZsicException ex) {
			return CompletableFuture.failedFuture(ex);
		}
		AsyncCall<List<Classification>> call = new AsyncCall<>(image::abandon);
		ClassificationStream stream = request.stream();
		CompletableFuture.supplyAsync(() -> {
			EncodedLabels labels = new EncodedLabels(request);
			return image.encode(request.images().get(0), this::read)
				.<Supplier<List<Classification>>>thenApply((encoded) -> () -> List.of(labels.score(0, encoded)));
		}, (stream != null) ? stream.readers() : AsyncCall.THREADS)
			.thenCompose(Function.identity())
			// The engine's threads have other things to do than what depends on a call.
			.whenCompleteAsync((scoring, failure) -> {
				image.close();
				call.completeWith(() -> {
					try {
						if (failure != null) {
							throw AsyncCall.unchecked(failure);
						}
						return scoring.get();
					}
					finally {
						leave();
					}
				});
			}, AsyncCall.THREADS);
		return call;
	}

	/** Of a call that has entered, which it has left if this fails. */
	private ImageRequest admit(ClassificationRequest request) {
		ClassificationStream stream = request.stream();
		if (stream != null) {
			stream.window(this.encoder.window());
			return this.encoder.admit(this.flows.computeIfAbsent(stream, (key) -> new Flow()));
		}
		boolean admitted = false;
		try {
			ImageRequest image = this.encoder.admit(1);
			admitted = true;
			return image;
		}
		finally {
			if (!admitted) {
				leave();
			}
		}
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return embedImages(List.of(image)).get(0);
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		return whileOpen(() -> {
			List<ImageInput> inputs = List.copyOf(images);
			try (ImageRequest request = this.encoder.admit(inputs.size())) {
				List<float[]> embeddings = new ArrayList<>(inputs.size());
				request.encode(inputs, this::read, (encoded) -> embeddings.add(encoded.embedding()));
				return List.copyOf(embeddings);
			}
		});
	}

	@Override
	public float[] embedText(String text) {
		return embedTexts(List.of(text)).get(0);
	}

	@Override
	public List<float[]> embedTexts(Collection<String> texts) {
		List<String> list = requireTexts(texts);
		return whileOpen(() -> whileRoom(list.size(), list.stream().mapToLong(String::length).sum(),
				this.encoder.maximumWait(), () -> Arrays.stream(this.texts.get(list)).map(float[]::clone).toList()));
	}

	@Override
	public int countTokens(Collection<String> texts) {
		List<String> list = requireTexts(texts);
		return whileOpen(() -> this.texts.countTokens(list));
	}

	private static List<String> requireTexts(Collection<String> texts) {
		List<String> list = List.copyOf(texts);
		for (int i = 0; i < list.size(); i++) {
			if (list.get(i).isBlank()) {
				throw new InvalidLabelException(((list.size() == 1) ? "The text" : "Text " + (i + 1)) + " is blank.",
						"Pass some text.");
			}
		}
		return list;
	}

	@Override
	public LabelSet prepare(LabelSet labels) {
		return whileOpen(() -> {
			embed(labels, true);
			return labels;
		});
	}

	@Override
	public ModelInfo model() {
		return this.info;
	}

	@Override
	public void selfTest() {
		whileOpen(() -> {
			this.encoder.verify();
			return true;
		});
	}

	@Override
	public ClassifierStatistics statistics() {
		TextEmbeddings.Statistics cache = this.texts.statistics();
		return new ClassifierStatistics(cache.size(), cache.hits(), cache.misses(), cache.evictions(),
				this.encoder.encodedTexts() - this.triedTexts, this.encoder.engineThreads(), this.encoder.queued(),
				this.encoder.places(), this.encoder.capacity(), this.encoder.modelBytes());
	}

	@Override
	public List<String> cachedTexts(int maximum) {
		return this.texts.mostUsed(maximum);
	}

	@Override
	public void close() {
		this.closing = true;
		this.calls.acquireUninterruptibly(Integer.MAX_VALUE);
		try {
			if (!this.closed) {
				this.closed = true;
				this.encoder.close();
				this.tokenizer.close();
				this.texts.close();
			}
		}
		finally {
			this.calls.release(Integer.MAX_VALUE);
		}
	}

	private <T> T whileOpen(Supplier<T> call) {
		enter();
		try {
			return call.get();
		}
		finally {
			leave();
		}
	}

	private void enter() {
		// Looked at twice: before, so that no new call delays the closing, nor waits for
		// it just to be refused; then again, because closing may have begun in between.
		refuseWhenClosing();
		this.calls.acquireUninterruptibly();
		boolean entered = false;
		try {
			refuseWhenClosing();
			entered = true;
		}
		finally {
			if (!entered) {
				leave();
			}
		}
	}

	private void leave() {
		this.calls.release();
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
	private ImageRequest.Source read(ImageInput input) {
		float[] embedding = input.embedding();
		if (embedding != null) {
			return known(input, embedding);
		}
		BufferedImage image = input.image();
		if (image != null) {
			return () -> picture(input, this.images.convert(input.description(), image));
		}
		byte[] content = input.bytes();
		if (content != null) {
			return encoded(input, content);
		}
		ImageInput.StreamSource source = Objects.requireNonNull(input.source());
		try (InputStream in = source.open()) {
			byte[] bytes = this.images.read(in);
			return encoded(input, bytes);
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

	private ImageRequest.Source known(ImageInput input, float[] embedding) {
		int dimension = this.info.dimension();
		String finding = null;
		if (embedding.length == 0 || embedding.length % dimension != 0) {
			finding = "has an embedding of " + embedding.length + " numbers, but those of the model have " + dimension;
		}
		for (int i = 0; i < embedding.length && finding == null; i++) {
			finding = Float.isFinite(embedding[i]) ? null : "has an embedding with a number that is not finite";
		}
		if (finding != null) {
			throw new InvalidImageException(InvalidImageException.Reason.UNREADABLE,
					"The picture '" + input.description() + "' " + finding + ".",
					"Pass what embedImage returned for it, with the same checkpoint, revision and precision.");
		}
		return ImageRequest.Source.known(embedding.clone());
	}

	private ImageRequest.Source encoded(ImageInput input, byte[] bytes) {
		return new ImageRequest.Source() {

			@Override
			public DualEncoder.Picture decode() {
				return picture(input, DefaultZeroShotClassifier.this.decode(input.description(), bytes));
			}

			@Override
			public boolean isSmall() {
				// What another decoder takes for a picture is not known.
				return DefaultZeroShotClassifier.this.decoders.isEmpty()
						&& DefaultZeroShotClassifier.this.images.isSmall(bytes);
			}

		};
	}

	/**
	 * A picture of 1 x 100,000 pixels has 300 bytes as a PNG, and would have 15 GB when
	 * its shorter side has the 224 pixels of a CLIP.
	 */
	private DualEncoder.Picture picture(ImageInput input, RgbImage image) {
		DualEncoder.Picture picture = picture(image);
		long pixels = this.encoder.resizedPixels(picture.originalWidth(), picture.originalHeight());
		if (pixels > Math.max(MAXIMUM_RESIZED_PIXELS, (long) picture.originalWidth() * picture.originalHeight())) {
			throw new InvalidImageException(InvalidImageException.Reason.TOO_LARGE,
					"The picture '%s' of %d x %d pixels is so narrow that it would have %d pixels in the model's size; at most %d are allowed."
						.formatted(input.description(), picture.originalWidth(), picture.originalHeight(), pixels,
								MAXIMUM_RESIZED_PIXELS),
					"Cut it to the part that matters: the model sees little more than a square of it.");
		}
		return picture;
	}

	private static DualEncoder.Picture picture(RgbImage image) {
		return new DualEncoder.Picture(image.pixels(), image.width(), image.height(), image.originalWidth(),
				image.originalHeight());
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

	/** What to choose from for each picture. */
	private List<LabelSet> labels(ClassificationRequest request) {
		List<LabelSet> labels = new ArrayList<>(request.images().size());
		LabelSet own = null;
		for (int i = 0; i < request.images().size(); i++) {
			LabelSet requested = request.labelSet(i);
			if (requested == null) {
				own = (own != null) ? own : ownLabels(request);
			}
			labels.add((requested != null) ? requested : Objects.requireNonNull(own));
		}
		return labels;
	}

	private LabelSet ownLabels(ClassificationRequest request) {
		if (this.labels == null) {
			throw new InvalidLabelException("The request has no labels, and the classifier has none of its own.",
					"Pass at least one label.");
		}
		return request.templates().isEmpty() ? this.labels
				: this.labels.withTemplates(Template.parseAll(request.templates()));
	}

	/** A unit vector for each label. */
	private float[][] embed(LabelSet labels, boolean usedAgain) {
		float[][] embeddings = this.prepared.get(labels);
		if (embeddings == null) {
			embeddings = compute(labels);
			if (usedAgain) {
				this.prepared.put(labels, embeddings);
			}
		}
		return embeddings;
	}

	private float[][] compute(LabelSet labels) {
		if (!labels.isReusable()) {
			labels.requirePrompts(this.maximumPrompts, this.templates);
		}
		LabelSet.PromptCount count = labels.countPrompts(this.templates);
		// What is to be kept is worth waiting for.
		Duration maximumWait = labels.isReusable() ? null : this.encoder.maximumWait();
		return whileRoom(count.prompts(), count.characters(), maximumWait, () -> computeNow(labels));
	}

	private float[][] computeNow(LabelSet labels) {
		List<List<String>> prompts = labels.prompts(this.templates);
		List<String> all = new ArrayList<>(prompts.size());
		List<String> labelsOfAll = new ArrayList<>(prompts.size());
		for (int i = 0; i < prompts.size(); i++) {
			all.addAll(prompts.get(i));
			labelsOfAll.addAll(Collections.nCopies(prompts.get(i).size(), labels.labels().get(i)));
		}
		float[][] embeddings = this.texts.get(all, labelsOfAll::get);
		if (labels.isReusable()) {
			// Those that the set itself consists of: calls that name its labels find
			// them.
			this.texts.keep(all, embeddings);
		}
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

	/** Does something with prompts, while there is memory for so many. */
	private <T> T whileRoom(long prompts, long characters, @Nullable Duration maximumWait, Supplier<T> call) {
		PromptMemory memory = PromptMemory.reserve(prompts, characters, this.info.dimension(), maximumWait);
		if (memory == null) {
			throw new QueueFullException(this.encoder.capacity(), Objects.requireNonNull(maximumWait));
		}
		try (memory) {
			return call.get();
		}
	}

	/**
	 * What the pictures of a request are compared with.
	 */
	private final class EncodedLabels {

		private final ClassificationRequest request;

		/** For each picture. */
		private final List<LabelSet> labels;

		private final Map<LabelSet, float[][]> embeddings = new IdentityHashMap<>();

		private final float[][] background;

		private final Duration time;

		EncodedLabels(ClassificationRequest request) {
			long start = System.nanoTime();
			this.request = request;
			this.labels = labels(request);
			for (LabelSet set : this.labels) {
				boolean ofStream = request.stream() != null && request.labelSet(0) == set;
				this.embeddings.computeIfAbsent(set, (key) -> embed(key, key.isReusable() || ofStream));
			}
			this.background = DefaultZeroShotClassifier.this.texts.get(request.background());
			this.time = since(start);
		}

		Classification score(int picture, EncodedImage image) {
			long start = System.nanoTime();
			LabelSet own = this.labels.get(picture);
			List<Prediction> predictions = DefaultZeroShotClassifier.this.scorer.score(this.request, own.labels(),
					Objects.requireNonNull(this.embeddings.get(own)), this.background, image.embedding());
			return new Classification(predictions, new Timings(image.decode(), image.queue(), image.compute(),
					this.time, since(start), image.batchSize()), DefaultZeroShotClassifier.this.info);
		}

	}

}
