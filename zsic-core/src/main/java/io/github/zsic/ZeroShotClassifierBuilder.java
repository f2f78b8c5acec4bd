package io.github.zsic;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.checkpoint.Checkpoint;
import io.github.zsic.checkpoint.ModelConfig;
import io.github.zsic.checkpoint.TokenizerDefinition;
import io.github.zsic.engine.Batching;
import io.github.zsic.engine.DualEncoder;
import io.github.zsic.hub.Hub;
import io.github.zsic.hub.HubOptions;
import io.github.zsic.hub.RepositoryAddress;
import io.github.zsic.image.ImageDecoder;
import io.github.zsic.text.EmbeddingStore;
import io.github.zsic.text.Template;
import io.github.zsic.text.TextEmbeddings;
import io.github.zsic.text.Tokenizer;

/**
 * Builds a {@link ZeroShotClassifier}. Only the {@linkplain #checkpoint(String)
 * checkpoint} must be set. Not thread-safe.
 */
public final class ZeroShotClassifierBuilder {

	/**
	 * The template of the reference pipeline.
	 */
	public static final String DEFAULT_TEMPLATE = "This is a photo of {}.";

	private static final long MINIMUM_STORED_TEXTS = 100_000;

	private static final Logger logger = LoggerFactory.getLogger(ZeroShotClassifierBuilder.class);

	private @Nullable String checkpoint;

	private String device = "auto";

	private Precision precision = Precision.AUTO;

	private List<String> templates = List.of(DEFAULT_TEMPLATE);

	private @Nullable LabelSet labels;

	private Scoring scoring = Scoring.AUTO;

	private @Nullable Float temperature;

	private int top = Integer.MAX_VALUE;

	private float threshold = Float.NEGATIVE_INFINITY;

	private Map<String, Float> thresholds = Map.of();

	private TextCanonicalization textCanonicalization = TextCanonicalization.NONE;

	private boolean truncate;

	private long cacheMaximumSize = 10_000;

	private @Nullable Duration cacheExpireAfterAccess;

	private @Nullable Path cachePersistentDir;

	private long maximumPixels = 64_000_000;

	private long maximumBytes = 64 * 1024 * 1024;

	private Duration maximumDecodeTime = Duration.ofSeconds(30);

	private int engineThreads;

	private int intraOpThreads;

	private int batchMaximumSize;

	private @Nullable Duration batchMaximumDelay;

	private int queueCapacity = 256;

	private @Nullable Duration queueTimeout;

	private long maximumPrompts = Long.MAX_VALUE / 1024;

	private List<CustomImageDecoder> imageDecoders = List.of();

	private @Nullable String revision;

	private @Nullable String hubEndpoint;

	private @Nullable String hubToken;

	private @Nullable Path hubCacheDir;

	private @Nullable Boolean hubOffline;

	private @Nullable Duration hubConnectTimeout;

	private @Nullable Duration hubReadTimeout;

	private @Nullable DownloadListener downloadListener;

	ZeroShotClassifierBuilder() {
	}

	/**
	 * Sets the checkpoint: the name of a repository of the Hugging Face Hub, always with
	 * its owner, such as {@code openai/clip-vit-base-patch32}; a folder in the Hub's
	 * layout, as a path or a {@code file:} URL; or a class path folder as
	 * {@code classpath:some/folder}. A path that exists wins over a repository of the
	 * same name. White space around a name, a slash behind it, a prefix {@code hf-hub:}
	 * and the address of the repository's page are understood; the revision of an address
	 * counts as {@link #revision(String)}.
	 * @param checkpoint the repository or location
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder checkpoint(String checkpoint) {
		this.checkpoint = checkpoint;
		return this;
	}

	/**
	 * Sets which revision of a repository of the Hub to use, {@code main} by default. A
	 * commit that is in the cache is used without a request. Folders have no revisions.
	 * @param revision a branch, a tag, a reference such as {@code refs/pr/1}, or a
	 * commit; {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder revision(@Nullable String revision) {
		this.revision = revision;
		return this;
	}

	/**
	 * Sets the address of the Hub, by default that of the environment variable
	 * {@code HF_ENDPOINT} or else {@code https://huggingface.co}.
	 * @param endpoint an {@code http} or {@code https} URL, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubEndpoint(@Nullable String endpoint) {
		this.hubEndpoint = endpoint;
		return this;
	}

	/**
	 * Sets the access token, by default that of the environment variable {@code HF_TOKEN}
	 * or of the file that {@code hf auth login} writes, if there is one. It is sent to
	 * the Hub and to no other host.
	 * @param token the token, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubToken(@Nullable String token) {
		this.hubToken = token;
		return this;
	}

	/**
	 * Sets the folder that keeps what is downloaded, in the layout of Python's
	 * {@code huggingface_hub} and shared with it; by default the one that Python uses,
	 * {@code ~/.cache/huggingface/hub} unless {@code HF_HUB_CACHE}, {@code HF_HOME} or
	 * {@code XDG_CACHE_HOME} says otherwise.
	 * @param folder the folder, which need not exist; {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubCacheDir(@Nullable Path folder) {
		this.hubCacheDir = folder;
		return this;
	}

	/**
	 * Sets whether to do without any request and use only what is in the cache, by
	 * default what the environment variable {@code HF_HUB_OFFLINE} says, or else
	 * {@code false}.
	 * @param offline whether to make no request, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubOffline(@Nullable Boolean offline) {
		this.hubOffline = offline;
		return this;
	}

	/**
	 * Sets how long a connection to the Hub may take to be made, 10 seconds by default.
	 * @param timeout the time, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubConnectTimeout(@Nullable Duration timeout) {
		requirePositive("hubConnectTimeout", timeout);
		this.hubConnectTimeout = timeout;
		return this;
	}

	/**
	 * Sets how long the Hub may stay silent, before it answers as well as in the middle
	 * of a file, by default what {@code HF_HUB_ETAG_TIMEOUT} and
	 * {@code HF_HUB_DOWNLOAD_TIMEOUT} say, or else 10 seconds. A slow download that keeps
	 * going is not cut off.
	 * @param timeout the time, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder hubReadTimeout(@Nullable Duration timeout) {
		requirePositive("hubReadTimeout", timeout);
		this.hubReadTimeout = timeout;
		return this;
	}

	/**
	 * Sets who is told of the progress of a download; by default it is logged every few
	 * seconds, or drawn as a bar on the standard error if that is a terminal.
	 * @param listener the listener, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder downloadListener(@Nullable DownloadListener listener) {
		this.downloadListener = listener;
		return this;
	}

	/**
	 * Sets the device: {@code auto} (the first GPU if there is one, otherwise the CPU),
	 * {@code cpu}, {@code cuda}, {@code cuda:<n>} or {@code mps}.
	 * @param device the device
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder device(String device) {
		this.device = device;
		return this;
	}

	/**
	 * Sets in which type of numbers the model computes, {@link Precision#AUTO} by
	 * default, which on the CPU is float32. Less precise types are faster and take less
	 * memory; {@link #build()} fails for one that the device does not have.
	 * @param precision the precision
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder precision(Precision precision) {
		this.precision = precision;
		return this;
	}

	/**
	 * Sets the hypothesis templates, {@value #DEFAULT_TEMPLATE} by default.
	 * @param templates one template, or several for an ensemble
	 * @return this builder
	 * @see ClassificationRequest.Builder#templates(String...)
	 */
	public ZeroShotClassifierBuilder templates(String... templates) {
		return templates(Arrays.asList(templates));
	}

	/**
	 * Sets the hypothesis templates, {@value #DEFAULT_TEMPLATE} by default.
	 * @param templates one template, or several for an ensemble
	 * @return this builder
	 * @see ClassificationRequest.Builder#templates(String...)
	 */
	public ZeroShotClassifierBuilder templates(Collection<String> templates) {
		this.templates = List.copyOf(templates);
		return this;
	}

	/**
	 * Sets the labels that a request without any chooses from. They are encoded by
	 * {@link #build()}, which logs how far it is.
	 * @param labels the set, {@code null} for none, the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder labels(@Nullable LabelSet labels) {
		this.labels = labels;
		return this;
	}

	/**
	 * Sets the scoring, {@link Scoring#AUTO} by default.
	 * @param scoring the scoring
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder scoring(Scoring scoring) {
		this.scoring = scoring;
		return this;
	}

	/**
	 * Sets the temperature by which cosines are divided to get logits, by default the
	 * model's own.
	 * @param temperature a number from 1e-6 to 1e6, {@code null} for the model's own
	 * @return this builder
	 * @see ClassificationRequest.Builder#temperature(float)
	 */
	public ZeroShotClassifierBuilder temperature(@Nullable Float temperature) {
		this.temperature = (temperature != null) ? ClassificationRequest.requireTemperature(temperature) : null;
		return this;
	}

	/**
	 * Sets how many predictions there are at most, by default one for each label.
	 * @param top how many, at least 1
	 * @return this builder
	 * @see ClassificationRequest.Builder#top(int)
	 */
	public ZeroShotClassifierBuilder top(int top) {
		this.top = ClassificationRequest.requireTop(top);
		return this;
	}

	/**
	 * Sets the lowest score of a prediction, by default none.
	 * @param threshold a score in the range of the scoring, negative infinity for none
	 * @return this builder
	 * @see ClassificationRequest.Builder#threshold(float)
	 */
	public ZeroShotClassifierBuilder threshold(float threshold) {
		this.threshold = ClassificationRequest.requireThreshold(threshold);
		return this;
	}

	/**
	 * Sets the lowest score of labels that have one of their own, by default none. It
	 * holds for requests without a threshold.
	 * @param thresholds scores by label
	 * @return this builder
	 * @see ClassificationRequest.Builder#thresholds(Map)
	 */
	public ZeroShotClassifierBuilder thresholds(Map<String, Float> thresholds) {
		this.thresholds = Map.copyOf(ClassificationRequest.requireThresholds(thresholds));
		return this;
	}

	/**
	 * Sets what is done to prompts before they are tokenized,
	 * {@link TextCanonicalization#NONE} by default, as in the reference.
	 * @param textCanonicalization what is done
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder textCanonicalization(TextCanonicalization textCanonicalization) {
		this.textCanonicalization = textCanonicalization;
		return this;
	}

	/**
	 * Sets whether prompts that have more tokens than the model reads are cut off at
	 * their end. By default they are an error, but for models that always cut, as the
	 * reference does for SigLIP and in OpenCLIP's layout.
	 * @param truncate whether to cut
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder truncate(boolean truncate) {
		this.truncate = truncate;
		return this;
	}

	/**
	 * Sets how many text embeddings are kept, 10,000 by default.
	 * @param maximumSize the number of prompts, 0 to keep none
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder cacheMaximumSize(long maximumSize) {
		require(maximumSize >= 0, "'cacheMaximumSize' must be at least 0, not " + maximumSize);
		this.cacheMaximumSize = maximumSize;
		return this;
	}

	/**
	 * Sets after how long without use a text embedding is dropped; by default it is not.
	 * @param duration the time, {@code null} for no limit
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder cacheExpireAfterAccess(@Nullable Duration duration) {
		requirePositive("cacheExpireAfterAccess", duration);
		this.cacheExpireAfterAccess = duration;
		return this;
	}

	/**
	 * Sets a folder that keeps text embeddings for the next start, in files of their own
	 * for each checkpoint, revision and precision; by default there is none. Several
	 * processes may share it. A checkpoint without a revision is recognised by a hash of
	 * its files, which are read once more for it. Nothing is added when there are ten
	 * times as many embeddings as the {@linkplain #cacheMaximumSize(long) cache} may
	 * have, at least 100,000.
	 * @param folder the folder, which need not exist; {@code null} for none
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder cachePersistentDir(@Nullable Path folder) {
		this.cachePersistentDir = folder;
		return this;
	}

	/**
	 * Sets how many pixels a picture may have, 64,000,000 by default. A JPEG that is made
	 * smaller while it is decoded, because the model needs far fewer, may have four times
	 * as many. The header is checked before anything is decoded.
	 * @param maximumPixels width times height
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder maximumPixels(long maximumPixels) {
		require(maximumPixels > 0, "'maximumPixels' must be positive, not " + maximumPixels);
		this.maximumPixels = maximumPixels;
		return this;
	}

	/**
	 * Sets how many bytes an encoded picture may have, 64 MiB by default.
	 * @param maximumBytes the size in bytes
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder maximumBytes(long maximumBytes) {
		require(maximumBytes > 0, "'maximumBytes' must be positive, not " + maximumBytes);
		this.maximumBytes = maximumBytes;
		return this;
	}

	/**
	 * Sets decoders that are asked, in their order, before zsic's own; none by default.
	 * @param decoders the decoders
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder imageDecoders(Collection<? extends CustomImageDecoder> decoders) {
		this.imageDecoders = List.copyOf(decoders);
		return this;
	}

	/**
	 * Sets how long decoding a picture may take, 30 seconds by default. Few pictures need
	 * a hundredth of that; it is for those that are made to take long.
	 * @param time the time
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder maximumDecodeTime(Duration time) {
		requirePositive("maximumDecodeTime", time);
		this.maximumDecodeTime = time;
		return this;
	}

	/**
	 * Sets how many threads run the engine, each a batch of pictures at a time; by
	 * default one for every four cores that the JVM sees, and two on a GPU. All
	 * classifiers of the JVM with the same numbers share the threads.
	 * @param threads the number of threads, 0 for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder engineThreads(int threads) {
		require(threads >= 0, "'engineThreads' must be at least 0, not " + threads);
		this.engineThreads = threads;
		return this;
	}

	/**
	 * Sets how many cores one engine thread uses; by default the engine threads share out
	 * all that the JVM sees, and one that has work while the others have none uses up to
	 * four.
	 * @param threads the number of threads, 0 for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder intraOpThreads(int threads) {
		require(threads >= 0, "'intraOpThreads' must be at least 0, not " + threads);
		this.intraOpThreads = threads;
		return this;
	}

	/**
	 * Sets how many pictures that wait are computed together at most, by default 8 on a
	 * CPU and 32 elsewhere.
	 * @param maximumSize the number of pictures, 0 for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder batchMaximumSize(int maximumSize) {
		require(maximumSize >= 0, "'batchMaximumSize' must be at least 0, not " + maximumSize);
		this.batchMaximumSize = maximumSize;
		return this;
	}

	/**
	 * Sets how long a picture waits for others when a batch is not full. By default on a
	 * CPU it does not: only what waits anyway is computed together. Elsewhere it waits,
	 * up to half the time of a batch, while other calls decode their pictures.
	 * @param maximumDelay the time, zero not to wait, {@code null} for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder batchMaximumDelay(@Nullable Duration maximumDelay) {
		require(maximumDelay == null || !maximumDelay.isNegative(),
				"'batchMaximumDelay' must not be negative, but is " + maximumDelay);
		this.batchMaximumDelay = maximumDelay;
		return this;
	}

	/**
	 * Sets how many pictures may be decoded, wait and be computed at the same time, 256
	 * by default. A call that finds all places taken fails with a
	 * {@link QueueFullException}. Calls with many pictures share at most half of the
	 * places, and wait for them; so calls with one picture find a place.
	 * @param capacity the number of pictures
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder queueCapacity(int capacity) {
		require(capacity > 0, "'queueCapacity' must be positive, not " + capacity);
		this.queueCapacity = capacity;
		return this;
	}

	/**
	 * Sets how long a call with one picture waits for a core to decode it, by default as
	 * long as it takes. Pictures that take long to decode, or many at once, else delay
	 * all. A call that would wait for longer fails with a {@link QueueFullException}.
	 * Calls with several pictures have threads of their own for that. Calls with more
	 * than 64 prompts share a quarter of the heap, and wait for their part of it no
	 * longer than this either; {@link ZeroShotClassifier#prepare} waits as long as it
	 * takes.
	 * @param timeout the time, {@code null} for any
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder queueTimeout(@Nullable Duration timeout) {
		requirePositive("queueTimeout", timeout);
		this.queueTimeout = timeout;
		return this;
	}

	/**
	 * Sets how many prompts, labels times templates, a call may bring that has labels of
	 * its own, by default any number. What they take is the work of the text tower, and
	 * memory, so a program that takes labels from strangers wants a limit. There is none
	 * for a {@link LabelSet}, which the program makes itself.
	 * @param maximumPrompts the number of prompts; on average they may have 300
	 * characters
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder maximumPrompts(int maximumPrompts) {
		require(maximumPrompts > 0, "'maximumPrompts' must be positive, not " + maximumPrompts);
		this.maximumPrompts = maximumPrompts;
		return this;
	}

	/**
	 * Loads the checkpoint, which takes seconds for a large one, and downloads it before
	 * if it is on the Hub and not in the cache, which takes as long as it takes.
	 * Interrupting the thread ends a download; the next one goes on where it was.
	 * @return the classifier, to be closed by the caller
	 * @throws HubException if the checkpoint cannot be downloaded
	 * @throws CheckpointException if the checkpoint cannot be used
	 * @throws DeviceException if the device or its native library is not there
	 * @throws InvalidTemplateException if a template has no place for the label
	 * @throws InvalidLabelException if one of the {@linkplain #labels(LabelSet) labels}
	 * is too long for the model
	 */
	public ZeroShotClassifier build() {
		String name = requireCheckpoint();
		List<Template> parsedTemplates = Template.parseAll(this.templates);
		try {
			RepositoryAddress address = address(name);
			Hub.Snapshot snapshot = null;
			if (address != null) {
				name = address.repository();
				snapshot = snapshot(address);
			}
			else if (this.revision != null && !this.revision.isBlank()) {
				logger.warn("Revision '{}' is not used: checkpoint '{}' is no repository of the Hub", this.revision,
						name);
			}
			String location = (snapshot != null) ? snapshot.folder().toString() : name;
			try (Checkpoint opened = Checkpoint.open(location, DualEncoder::requireSupported)) {
				return load(name, (snapshot != null) ? snapshot.commit() : null, opened, parsedTemplates);
			}
		}
		catch (CheckpointException ex) {
			throw named(name, ex);
		}
	}

	private ZeroShotClassifier load(String name, @Nullable String commit, Checkpoint opened, List<Template> templates) {
		long begin = System.nanoTime();
		String identity = (this.cachePersistentDir == null) ? ""
				: (commit != null) ? "commit " + commit : "content " + opened.contentHash();
		DualEncoder encoder = DualEncoder.load(opened, this.device, this.precision, this.engineThreads,
				this.intraOpThreads,
				new Batching(this.batchMaximumSize, this.batchMaximumDelay, this.queueCapacity, this.queueTimeout));
		Tokenizer tokenizer = null;
		TextEmbeddings texts = null;
		try {
			tokenizer = tokenizer(opened.tokenizer(),
					(encoder.cutsTexts() || this.truncate) ? encoder.textPositions() : 0);
			float[] probe = tryOut(encoder, tokenizer);
			ModelInfo info = new ModelInfo(name, commit, opened.config().modelType(), encoder.device(),
					encoder.precision(), encoder.dimension(), encoder.scoring(), encoder.fallbacks());
			texts = new TextEmbeddings(tokenizer, encoder.textPositions(), encoder::encodeTexts, this.cacheMaximumSize,
					this.cacheExpireAfterAccess, store(info, identity, probe));
			DefaultZeroShotClassifier classifier = new DefaultZeroShotClassifier(info, encoder, tokenizer, texts,
					new ImageDecoder(this.maximumPixels, this.maximumBytes, this.maximumDecodeTime,
							opened.imageProcessing().side()),
					this.imageDecoders, templates, this.maximumPrompts,
					new Scorer(encoder.logitScale(), encoder.logitBias(), encoder.scoring(), this.scoring,
							this.temperature, this.top, this.threshold, this.thresholds),
					this.labels);
			classifier.warmUp();
			logger.info("Loaded {} checkpoint '{}'{} on {} in {} in {} ms", info.modelType(), name,
					(commit != null) ? ", revision " + commit + "," : "", info.device(), info.precision(),
					(System.nanoTime() - begin) / 1_000_000);
			if (this.labels != null) {
				long start = System.nanoTime();
				classifier.prepare(this.labels);
				logger.info("Prepared {} labels in {} ms; {} texts were new", this.labels.labels().size(),
						(System.nanoTime() - start) / 1_000_000, classifier.statistics().encodedTexts());
			}
			return classifier;
		}
		catch (RuntimeException | Error ex) {
			encoder.close();
			if (tokenizer != null) {
				tokenizer.close();
			}
			if (texts != null) {
				texts.close();
			}
			throw ex;
		}
	}

	private Tokenizer tokenizer(TokenizerDefinition definition, int maximumTokens) {
		UnaryOperator<String> canonicalization = (text) -> definition.cleaning()
			.apply(this.textCanonicalization.apply(text));
		TokenizerDefinition.Encoder encoder = definition.encoder();
		return (encoder != null)
				? Tokenizer.of((text, maximum) -> definition.finish(encoder.encode(text, maximum)), maximumTokens,
						canonicalization)
				: Tokenizer.load(definition.json(), definition.normalizer(), definition.normalizedTokens(),
						maximumTokens, canonicalization, definition::finish);
	}

	/** Everything that decides what a text's embedding is, but for the text. */
	private @Nullable EmbeddingStore store(ModelInfo info, String identity, float[] probe) {
		if (this.cachePersistentDir == null) {
			return null;
		}
		return EmbeddingStore.open(this.cachePersistentDir, info.modelType(),
				"%s, precision %s, canonicalization %s".formatted(identity, info.precision(),
						this.textCanonicalization.name().toLowerCase(Locale.ROOT)),
				probe, Math.max(10 * this.cacheMaximumSize, MINIMUM_STORED_TEXTS));
	}

	/**
	 * Downloads the checkpoint, unless it is in the cache, and loads nothing. That needs
	 * no native library.
	 * @return the folder of its files
	 * @throws HubException if the checkpoint cannot be downloaded, or is not named as a
	 * repository of the Hub
	 * @throws CheckpointException if it is of a kind that zsic does not run
	 */
	public Path download() {
		String name = requireCheckpoint();
		try {
			RepositoryAddress address = address(name);
			if (address == null) {
				address = new RepositoryAddress(name, null);
			}
			name = address.repository();
			return snapshot(address).folder();
		}
		catch (CheckpointException ex) {
			throw named(name, ex);
		}
	}

	private String requireCheckpoint() {
		if (this.checkpoint == null || this.checkpoint.isBlank()) {
			throw new CheckpointException("No checkpoint is set.",
					"Name a repository of the Hugging Face Hub, such as openai/clip-vit-base-patch32, "
							+ "a folder, or classpath:some/folder.");
		}
		return exists(this.checkpoint) ? this.checkpoint : this.checkpoint.strip();
	}

	/** A folder wins, so that what is on the Hub cannot change what a program runs. */
	private static @Nullable RepositoryAddress address(String name) {
		return exists(name) ? null : RepositoryAddress.of(name);
	}

	private static boolean exists(String name) {
		try {
			return Files.exists(Path.of(name));
		}
		catch (InvalidPathException ex) {
			return false;
		}
	}

	private Hub.Snapshot snapshot(RepositoryAddress address) {
		String wanted = (this.revision != null && !this.revision.isBlank()) ? this.revision.strip() : null;
		if (wanted != null && address.revision() != null && !wanted.equals(address.revision())) {
			throw new HubException(HubException.Reason.INVALID_SETTING,
					"It names revision '" + address.revision() + "', but revision '" + wanted + "' is set.",
					"Name the repository without a revision, or set none.");
		}
		HubOptions options = new HubOptions(this.hubEndpoint, this.hubToken, this.hubCacheDir, this.hubOffline,
				this.hubConnectTimeout, this.hubReadTimeout);
		DownloadListener listener = (this.downloadListener != null) ? this.downloadListener
				: DownloadBar.onTerminalOr(logger::info);
		// A model of the wrong kind is found out before its weights are fetched.
		return new Hub(options, listener).snapshot(address.repository(),
				(address.revision() != null) ? address.revision() : wanted, (folder, names) -> {
					ModelConfig config = ModelConfig.read(folder, names::contains);
					DualEncoder.requireSupported(config);
					Checkpoint.requireTokenizer(config, names::contains);
					return ModelConfig.isOpenClip(folder, names::contains);
				});
	}

	private static CheckpointException named(String name, CheckpointException ex) {
		String description = "Checkpoint '" + name + "' cannot be used. " + ex.getDescription();
		if (!(ex instanceof HubException failure)) {
			return new CheckpointException(description, ex.getAction(), ex);
		}
		boolean perhapsPath = failure.getReason() == HubException.Reason.REPOSITORY_NOT_FOUND
				|| failure.getReason() == HubException.Reason.OFFLINE;
		return new HubException(failure.getReason(), perhapsPath
				? description + " Nor is there a folder '" + Path.of(name).toAbsolutePath() + "'." : description,
				ex.getAction(), ex);
	}

	/**
	 * Two texts that begin alike, so that a tokenizer that was made for another model is
	 * found out: its ids are beyond the model's vocabulary, or none is the end token that
	 * the model looks for, and it reads nothing but the beginning. The reference runs the
	 * latter, so it gets no more than a warning.
	 * @return the embedding of the first
	 */
	private static float[] tryOut(DualEncoder encoder, Tokenizer tokenizer) {
		float[][] texts;
		try {
			texts = encoder.encodeTexts(List.of(tokenizer.encode("a cat"), tokenizer.encode("a dog")));
		}
		catch (InferenceException ex) {
			throw new CheckpointException(
					"'tokenizer.json' does not fit the model, which fails on its tokens. " + ex.getDescription(),
					"Use the tokenizer of the same checkpoint and revision.", ex);
		}
		if (Arrays.equals(texts[0], texts[1])) {
			logger.warn("All texts are the same to this model, so its scores will not depend on the labels: "
					+ "either 'tokenizer.json' belongs to another checkpoint, or 'eos_token_id' in 'config.json' is wrong");
		}
		return texts[0];
	}

	private static void requirePositive(String name, @Nullable Duration duration) {
		require(duration == null || (!duration.isZero() && !duration.isNegative()),
				"'" + name + "' must be positive, not " + duration);
	}

	private static void require(boolean condition, String message) {
		if (!condition) {
			throw new IllegalArgumentException(message);
		}
	}

}
