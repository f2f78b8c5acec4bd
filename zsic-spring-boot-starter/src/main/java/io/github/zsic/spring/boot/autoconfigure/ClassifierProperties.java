package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.zsic.Precision;
import io.github.zsic.Scoring;
import io.github.zsic.TextCanonicalization;
import io.github.zsic.ZeroShotClassifierBuilder;
import io.github.zsic.spring.boot.Startup;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * What each classifier has for itself.
 */
public class ClassifierProperties {

	/** Which names there are, the classifier tells. */
	private static final Pattern ENSEMBLE = Pattern.compile("\\s*\\w+\\s*");

	private static final Pattern LIST_START = Pattern.compile("\\s*\\[\\s*[\"']");

	private static final Pattern DEVICE = Pattern.compile("auto|cpu|cuda|cuda:\\d{1,3}|mps");

	/**
	 * Checkpoint to load: a repository of the Hugging Face Hub with its owner, such as
	 * 'openai/clip-vit-base-patch32', a folder in the Hub's layout, as a path or 'file:'
	 * URL, or a class path folder as 'classpath:some/folder'. Without it there is no
	 * classifier.
	 */
	private @Nullable String checkpoint;

	/**
	 * Revision of a repository of the Hub: a branch, a tag, a reference such as
	 * 'refs/pr/1', or a commit. Without it, 'main'.
	 */
	private @Nullable String revision;

	/**
	 * Device to run on: 'auto' (the first GPU if there is one, otherwise the CPU), 'cpu',
	 * 'cuda', 'cuda:' with a number, or 'mps'.
	 */
	private String device = "auto";

	/**
	 * Type of numbers to compute in: 'auto' (float32 on the CPU, half precision on an
	 * NVIDIA GPU), 'float32', 'bfloat16', 'float16' (GPU only) or 'int8' (CPU only).
	 */
	private Precision precision = Precision.AUTO;

	/**
	 * List of hypothesis templates with '{}' or '{0}' where the label goes, or names of
	 * ensembles, 'photo' and 'drawing'; several are an ensemble. A template that contains
	 * a comma must be given as an item of a list, with an index in a properties file.
	 */
	private List<String> templates = new ArrayList<>(List.of(ZeroShotClassifierBuilder.DEFAULT_TEMPLATE));

	/**
	 * List of labels to encode when the model is loaded, for calls without labels. An
	 * item that begins with 'classpath:' or 'file:' is a UTF-8 file with a label in each
	 * line.
	 */
	private List<String> labels = new ArrayList<>();

	/**
	 * How similarities become scores; 'auto' is what the checkpoint was trained for.
	 */
	private Scoring scoring = Scoring.AUTO;

	/**
	 * Temperature by which cosines are divided to get logits. Without it, the model's
	 * own.
	 */
	private @Nullable Float temperature;

	/**
	 * Number of predictions that a call returns at most, the best ones. Without it, all.
	 */
	private @Nullable Integer top;

	/**
	 * Lowest score that a call returns. Without it, all are returned.
	 */
	private @Nullable Float threshold;

	/**
	 * Lowest score of a label that has one of its own, by label, in place of the common
	 * threshold. A label of more than lower-case letters, digits and dashes is put in
	 * brackets, which YAML wants in quotes.
	 */
	private Map<String, Float> thresholds = new LinkedHashMap<>();

	/**
	 * Whether to cut prompts that have more tokens than the model reads, which are an
	 * error otherwise.
	 */
	private boolean truncate;

	/**
	 * What is done to prompts before they are tokenized; 'none' is what the reference
	 * does, 'lowercase' and 'full' are what SigLIP 2 was trained with.
	 */
	private TextCanonicalization textCanonicalization = TextCanonicalization.NONE;

	/**
	 * When the model is loaded: 'eager' while the application starts, 'background' beside
	 * it, or 'lazy' on first use.
	 */
	private Startup startup = Startup.EAGER;

	/**
	 * Time that a call waits for a model that is still being loaded, before it fails. Use
	 * 0 to let it fail at once.
	 */
	private Duration maximumWait = Duration.ofSeconds(30);

	/**
	 * Number of prompts, labels times templates, that a call with labels of its own may
	 * bring; more are refused. Prepared label sets have no limit.
	 */
	private int maximumPrompts = 20_000;

	private final Cache cache = new Cache();

	public @Nullable String getCheckpoint() {
		return this.checkpoint;
	}

	public void setCheckpoint(@Nullable String checkpoint) {
		this.checkpoint = checkpoint;
	}

	public @Nullable String getRevision() {
		return this.revision;
	}

	public void setRevision(@Nullable String revision) {
		this.revision = revision;
	}

	public String getDevice() {
		return this.device;
	}

	public void setDevice(String device) {
		Assert.isTrue(DEVICE.matcher(device).matches(),
				() -> "'device' must be auto, cpu, cuda, cuda:<number> or mps, not '" + device + "'");
		this.device = device;
	}

	public Precision getPrecision() {
		return this.precision;
	}

	public void setPrecision(Precision precision) {
		this.precision = precision;
	}

	public List<String> getTemplates() {
		return this.templates;
	}

	public void setTemplates(List<String> templates) {
		// {} without quotes is an empty map in YAML, of which Spring Boot makes one of
		// these.
		Assert.isTrue(!templates.isEmpty() && templates.stream().allMatch(StringUtils::hasText),
				"'templates' must have at least one template and none that is blank; in YAML one that begins with a "
						+ "brace must be in quotes");
		refuseJson("templates", templates);
		for (String template : templates) {
			Assert.isTrue(template.contains("{}") || template.contains("{0}") || ENSEMBLE.matcher(template).matches(),
					() -> "'templates' must have '{}' where the label goes, but there is none in '" + template
							+ "'; a template with a comma in it must be an item of a list (templates[0]=...)");
		}
		this.templates = templates;
	}

	public List<String> getLabels() {
		return this.labels;
	}

	public void setLabels(List<String> labels) {
		refuseJson("labels", labels);
		this.labels = labels;
	}

	/** A list of JSON in a string is taken apart at its commas, brackets and all. */
	private static void refuseJson(String name, List<String> items) {
		Assert.isTrue(
				items.isEmpty() || !LIST_START.matcher(items.get(0)).lookingAt()
						|| !items.get(items.size() - 1).strip().endsWith("]"),
				() -> "'" + name + "' must be separated by commas, without brackets and quotes, or be items of a list ("
						+ name + "[0]=...), but begins with '" + items.get(0) + "'");
	}

	public Scoring getScoring() {
		return this.scoring;
	}

	public void setScoring(Scoring scoring) {
		this.scoring = scoring;
	}

	public @Nullable Float getTemperature() {
		return this.temperature;
	}

	public void setTemperature(@Nullable Float temperature) {
		Assert.isTrue(temperature == null || (temperature >= 1e-6f && temperature <= 1e6f),
				() -> "'temperature' must be a number from 1e-6 to 1e6, not '" + temperature + "'");
		this.temperature = temperature;
	}

	public @Nullable Integer getTop() {
		return this.top;
	}

	public void setTop(@Nullable Integer top) {
		Assert.isTrue(top == null || top > 0, () -> "'top' must be more than 0, not '" + top + "'");
		this.top = top;
	}

	public @Nullable Float getThreshold() {
		return this.threshold;
	}

	public void setThreshold(@Nullable Float threshold) {
		Assert.isTrue(threshold == null || !threshold.isNaN(), "'threshold' must be a number");
		this.threshold = threshold;
	}

	public Map<String, Float> getThresholds() {
		return this.thresholds;
	}

	public void setThresholds(Map<String, Float> thresholds) {
		thresholds.forEach((label, threshold) -> Assert.isTrue(threshold != null && !threshold.isNaN(),
				() -> "'thresholds' must have a number for each label, but for '" + label + "' there is '" + threshold
						+ "'"));
		this.thresholds = thresholds;
	}

	public boolean isTruncate() {
		return this.truncate;
	}

	public void setTruncate(boolean truncate) {
		this.truncate = truncate;
	}

	public TextCanonicalization getTextCanonicalization() {
		return this.textCanonicalization;
	}

	public void setTextCanonicalization(TextCanonicalization textCanonicalization) {
		this.textCanonicalization = textCanonicalization;
	}

	public Startup getStartup() {
		return this.startup;
	}

	public void setStartup(Startup startup) {
		this.startup = startup;
	}

	public Duration getMaximumWait() {
		return this.maximumWait;
	}

	public void setMaximumWait(Duration maximumWait) {
		Assert.isTrue(!maximumWait.isNegative(), () -> "'maximum-wait' must be 0 or more, not '" + maximumWait + "'");
		this.maximumWait = maximumWait;
	}

	public int getMaximumPrompts() {
		return this.maximumPrompts;
	}

	public void setMaximumPrompts(int maximumPrompts) {
		Assert.isTrue(maximumPrompts > 0, () -> "'maximum-prompts' must be more than 0, not '" + maximumPrompts + "'");
		this.maximumPrompts = maximumPrompts;
	}

	public Cache getCache() {
		return this.cache;
	}

	/**
	 * The text embeddings that are kept.
	 */
	public static class Cache {

		/**
		 * Number of text embeddings to keep, one for each label and template. Use 0 to
		 * keep none.
		 */
		private long maximumSize = 10_000;

		/**
		 * Time without use after which a text embedding is dropped. Without it, none is
		 * dropped for its age.
		 */
		private @Nullable Duration expireAfterAccess;

		/**
		 * Folder that keeps text embeddings for the next start, separately for each
		 * checkpoint, revision and precision. Several applications may share it. Without
		 * it, none are kept.
		 */
		private @Nullable String persistentDir;

		public long getMaximumSize() {
			return this.maximumSize;
		}

		public void setMaximumSize(long maximumSize) {
			Assert.isTrue(maximumSize >= 0, () -> "'cache.maximum-size' must be 0 or more, not '" + maximumSize + "'");
			this.maximumSize = maximumSize;
		}

		public @Nullable Duration getExpireAfterAccess() {
			return this.expireAfterAccess;
		}

		public void setExpireAfterAccess(@Nullable Duration expireAfterAccess) {
			Assert.isTrue(expireAfterAccess == null || expireAfterAccess.compareTo(Duration.ZERO) > 0,
					() -> "'cache.expire-after-access' must be more than 0, not '" + expireAfterAccess + "'");
			this.expireAfterAccess = expireAfterAccess;
		}

		public @Nullable String getPersistentDir() {
			return this.persistentDir;
		}

		public void setPersistentDir(@Nullable String persistentDir) {
			this.persistentDir = persistentDir;
		}

	}

}
