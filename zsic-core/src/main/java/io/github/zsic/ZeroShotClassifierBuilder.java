package io.github.zsic;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link ZeroShotClassifier}. Only the {@linkplain #checkpoint(String)
 * checkpoint} must be set. Not thread-safe.
 */
public final class ZeroShotClassifierBuilder {

	/**
	 * The template of the reference pipeline.
	 */
	public static final String DEFAULT_TEMPLATE = "This is a photo of {}.";

	private @Nullable String checkpoint;

	private String device = "auto";

	private List<String> templates = List.of(DEFAULT_TEMPLATE);

	private Scoring scoring = Scoring.AUTO;

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
	 * Sets how many text embeddings are kept, 10,000 by default.
	 * @param maximumSize the number of prompts, 0 to keep none
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder cacheMaximumSize(long maximumSize) {
		this.cacheMaximumSize = maximumSize;
		return this;
	}

	/**
	 * Sets after how long without use a text embedding is dropped; by default it is not.
	 * @param duration the time, {@code null} for no limit
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder cacheExpireAfterAccess(@Nullable Duration duration) {
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
		this.maximumPixels = maximumPixels;
		return this;
	}

	/**
	 * Sets how many bytes an encoded picture may have, 64 MiB by default.
	 * @param maximumBytes the size in bytes
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder maximumBytes(long maximumBytes) {
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
		this.engineThreads = threads;
		return this;
	}

	/**
	 * Sets how many cores one engine thread uses, by default all that the JVM sees. The
	 * native library reads this once: the first classifier of a JVM decides.
	 * @param threads the number of threads, 0 for the default
	 * @return this builder
	 */
	public ZeroShotClassifierBuilder intraOpThreads(int threads) {
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
		throw new IllegalStateException("assembled with the engine");
	}

}
