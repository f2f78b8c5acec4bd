package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifierBuilder;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.Assert;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the auto-configured {@link io.github.zsic.ZeroShotClassifier}.
 */
@ConfigurationProperties("zsic")
public class ZsicProperties {

	private static final Pattern DEVICE = Pattern.compile("auto|cpu|cuda|cuda:\\d{1,3}|mps");

	/**
	 * Checkpoint to load: a folder in the layout of the Hugging Face Hub, as a path or
	 * 'file:' URL, or a class path folder as 'classpath:some/folder'. Without it there is
	 * no classifier.
	 */
	private @Nullable String checkpoint;

	/**
	 * Device to run on: 'auto' (the first GPU if there is one, otherwise the CPU), 'cpu',
	 * 'cuda', 'cuda:' with a number, or 'mps'.
	 */
	private String device = "auto";

	/**
	 * List of hypothesis templates with '{}' where the label goes; several are an
	 * ensemble. A template that contains a comma must be given as an item of a list, with
	 * an index in a properties file.
	 */
	private List<String> templates = new ArrayList<>(List.of(ZeroShotClassifierBuilder.DEFAULT_TEMPLATE));

	/**
	 * How similarities become scores; 'auto' is what the checkpoint was trained for.
	 */
	private Scoring scoring = Scoring.AUTO;

	private final Cache cache = new Cache();

	private final Image image = new Image();

	private final Engine engine = new Engine();

	public @Nullable String getCheckpoint() {
		return this.checkpoint;
	}

	public void setCheckpoint(@Nullable String checkpoint) {
		this.checkpoint = checkpoint;
	}

	public String getDevice() {
		return this.device;
	}

	public void setDevice(String device) {
		Assert.isTrue(DEVICE.matcher(device).matches(),
				() -> "'zsic.device' must be auto, cpu, cuda, cuda:<number> or mps, not '" + device + "'");
		this.device = device;
	}

	public List<String> getTemplates() {
		return this.templates;
	}

	public void setTemplates(List<String> templates) {
		Assert.notEmpty(templates, "'zsic.templates' must have at least one template");
		for (String template : templates) {
			Assert.isTrue(template.contains("{}"),
					() -> "'zsic.templates' must have '{}' where the label goes, but there is none in '" + template
							+ "'; a template with a comma in it must be an item of a list (zsic.templates[0]=...)");
		}
		this.templates = templates;
	}

	public Scoring getScoring() {
		return this.scoring;
	}

	public void setScoring(Scoring scoring) {
		this.scoring = scoring;
	}

	public Cache getCache() {
		return this.cache;
	}

	public Image getImage() {
		return this.image;
	}

	public Engine getEngine() {
		return this.engine;
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

		public long getMaximumSize() {
			return this.maximumSize;
		}

		public void setMaximumSize(long maximumSize) {
			Assert.isTrue(maximumSize >= 0,
					() -> "'zsic.cache.maximum-size' must be 0 or more, not '" + maximumSize + "'");
			this.maximumSize = maximumSize;
		}

		public @Nullable Duration getExpireAfterAccess() {
			return this.expireAfterAccess;
		}

		public void setExpireAfterAccess(@Nullable Duration expireAfterAccess) {
			Assert.isTrue(expireAfterAccess == null || expireAfterAccess.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.cache.expire-after-access' must be more than 0, not '" + expireAfterAccess + "'");
			this.expireAfterAccess = expireAfterAccess;
		}

	}

	/**
	 * What pictures are accepted.
	 */
	public static class Image {

		/**
		 * Number of pixels, width times height, that a picture may have.
		 */
		private long maximumPixels = 50_000_000;

		/**
		 * Size that an encoded picture may have.
		 */
		private DataSize maximumBytes = DataSize.ofMegabytes(64);

		public long getMaximumPixels() {
			return this.maximumPixels;
		}

		public void setMaximumPixels(long maximumPixels) {
			Assert.isTrue(maximumPixels > 0,
					() -> "'zsic.image.maximum-pixels' must be more than 0, not '" + maximumPixels + "'");
			this.maximumPixels = maximumPixels;
		}

		public DataSize getMaximumBytes() {
			return this.maximumBytes;
		}

		public void setMaximumBytes(DataSize maximumBytes) {
			Assert.isTrue(maximumBytes.toBytes() > 0,
					() -> "'zsic.image.maximum-bytes' must be more than 0, not '" + maximumBytes + "'");
			this.maximumBytes = maximumBytes;
		}

	}

	/**
	 * The threads that run the model.
	 */
	public static class Engine {

		/**
		 * Number of threads that run the engine, each with one picture at a time.
		 */
		private int threads = 1;

		/**
		 * Number of cores that one engine thread uses. Use 0 to share out all that the
		 * JVM sees.
		 */
		private int intraOpThreads;

		public int getThreads() {
			return this.threads;
		}

		public void setThreads(int threads) {
			Assert.isTrue(threads > 0, () -> "'zsic.engine.threads' must be more than 0, not '" + threads + "'");
			this.threads = threads;
		}

		public int getIntraOpThreads() {
			return this.intraOpThreads;
		}

		public void setIntraOpThreads(int intraOpThreads) {
			Assert.isTrue(intraOpThreads >= 0,
					() -> "'zsic.engine.intra-op-threads' must be 0 or more, not '" + intraOpThreads + "'");
			this.intraOpThreads = intraOpThreads;
		}

	}

}
