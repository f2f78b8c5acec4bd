package io.github.zsic;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.checkpoint.Checkpoint;
import io.github.zsic.engine.DualEncoder;
import io.github.zsic.image.ImageDecoder;
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

	private static final Logger logger = LoggerFactory.getLogger(ZeroShotClassifierBuilder.class);

	private @Nullable String checkpoint;

	private String device = "auto";

	private List<String> templates = List.of(DEFAULT_TEMPLATE);

	private Scoring scoring = Scoring.AUTO;

	private TextCanonicalization textCanonicalization = TextCanonicalization.NONE;

	private long cacheMaximumSize = 10_000;

	private @Nullable Duration cacheExpireAfterAccess;

	private long maximumPixels = 50_000_000;

	private long maximumBytes = 64 * 1024 * 1024;

	private int engineThreads = 1;

	private int intraOpThreads;

	ZeroShotClassifierBuilder() {
	}

	/**
	 * Sets the checkpoint: a folder in the layout of the Hugging Face Hub, as a path or a
	 * {@code file:} URL, or a class path folder as {@code classpath:some/folder}.
	 * @param checkpoint the location
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder checkpoint(String checkpoint) {
		this.checkpoint = checkpoint;
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
	 * Sets the scoring, {@link Scoring#AUTO} by default.
	 * @param scoring the scoring
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder scoring(Scoring scoring) {
		this.scoring = scoring;
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
		require(duration == null || (!duration.isZero() && !duration.isNegative()),
				"'cacheExpireAfterAccess' must be positive, not " + duration);
		this.cacheExpireAfterAccess = duration;
		return this;
	}

	/**
	 * Sets how many pixels a picture may have, 50,000,000 by default. The header is
	 * checked before anything is decoded.
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
	 * Sets how many threads run the engine, 1 by default. Each runs one picture at a time
	 * on {@linkplain #intraOpThreads(int) several cores}.
	 * @param threads the number of threads
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder engineThreads(int threads) {
		require(threads > 0, "'engineThreads' must be positive, not " + threads);
		this.engineThreads = threads;
		return this;
	}

	/**
	 * Sets how many cores one engine thread uses; by default the engine threads share out
	 * all that the JVM sees. The native library keeps parts of this setting for the whole
	 * process, so give the classifiers of one JVM the same.
	 * @param threads the number of threads, 0 for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder intraOpThreads(int threads) {
		require(threads >= 0, "'intraOpThreads' must be at least 0, not " + threads);
		this.intraOpThreads = threads;
		return this;
	}

	/**
	 * Loads the checkpoint, which takes seconds for a large one.
	 * @return the classifier, to be closed by the caller
	 * @throws CheckpointException if the checkpoint cannot be used
	 * @throws DeviceException if the device or its native library is not there
	 * @throws InvalidLabelException if a template has no place for the label
	 */
	public ZeroShotClassifier build() {
		if (this.checkpoint == null || this.checkpoint.isBlank()) {
			throw new CheckpointException("No checkpoint is set.", "Name a folder, or classpath:some/folder.");
		}
		List<Template> parsedTemplates = Template.parseAll(this.templates);
		try (Checkpoint opened = Checkpoint.open(this.checkpoint, DualEncoder::requireSupported)) {
			DualEncoder encoder = DualEncoder.load(opened, this.device, this.engineThreads, this.intraOpThreads);
			Tokenizer tokenizer = null;
			try {
				tokenizer = Tokenizer.load(opened.tokenizerFile(), encoder.padsTexts() ? encoder.textPositions() : 0,
						this.textCanonicalization::apply);
				tryOut(encoder, tokenizer);
				TextEmbeddings texts = new TextEmbeddings(tokenizer, encoder.textPositions(), encoder::encodeTexts,
						this.cacheMaximumSize, this.cacheExpireAfterAccess);
				ModelInfo info = new ModelInfo(this.checkpoint, null, opened.config().modelType(), encoder.device(),
						encoder.dimension(), encoder.scoring());
				return new DefaultZeroShotClassifier(info, encoder, tokenizer, texts,
						new ImageDecoder(this.maximumPixels, this.maximumBytes), parsedTemplates, this.scoring);
			}
			catch (RuntimeException | Error ex) {
				encoder.close();
				if (tokenizer != null) {
					tokenizer.close();
				}
				throw ex;
			}
		}
		catch (CheckpointException ex) {
			throw new CheckpointException("Checkpoint '" + this.checkpoint + "' cannot be used. " + ex.getDescription(),
					ex.getAction(), ex);
		}
	}

	/**
	 * Two texts that begin alike, so that a tokenizer that was made for another model is
	 * found out: its ids are beyond the model's vocabulary, or none is the end token that
	 * the model looks for, and it reads nothing but the beginning. The reference runs the
	 * latter, so it gets no more than a warning.
	 */
	private static void tryOut(DualEncoder encoder, Tokenizer tokenizer) {
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
	}

	private static void require(boolean condition, String message) {
		if (!condition) {
			throw new IllegalArgumentException(message);
		}
	}

}
