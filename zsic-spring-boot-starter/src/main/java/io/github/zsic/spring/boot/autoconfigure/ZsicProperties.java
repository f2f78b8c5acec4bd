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
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the auto-configured {@link io.github.zsic.ZeroShotClassifier}.
 */
@ConfigurationProperties("zsic")
public class ZsicProperties {

	private static final Pattern ENDPOINT = Pattern.compile("https?://[^\\s/?#]+[^\\s?#]*");

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
	 * List of hypothesis templates with '{}' where the label goes; several are an
	 * ensemble. A template that contains a comma must be given as an item of a list, with
	 * an index in a properties file.
	 */
	private List<String> templates = new ArrayList<>(List.of(ZeroShotClassifierBuilder.DEFAULT_TEMPLATE));

	/**
	 * How similarities become scores; 'auto' is what the checkpoint was trained for.
	 */
	private Scoring scoring = Scoring.AUTO;

	private final Hub hub = new Hub();

	private final Cache cache = new Cache();

	private final Image image = new Image();

	private final Engine engine = new Engine();

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

	public Hub getHub() {
		return this.hub;
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
	 * How checkpoints come from the Hugging Face Hub. What is not set here is taken from
	 * the environment variables that Python's huggingface_hub reads.
	 */
	public static class Hub {

		/**
		 * Address of the Hub, for example of a mirror. Without it, that of the
		 * environment variable HF_ENDPOINT, or else 'https://huggingface.co'.
		 */
		private @Nullable String endpoint;

		/**
		 * Access token for gated and private repositories, sent to the Hub and to no
		 * other host. Without it, that of the environment variable HF_TOKEN or of the
		 * file that 'hf auth login' writes.
		 */
		private @Nullable String token;

		/**
		 * Folder that keeps what is downloaded, shared with Python's huggingface_hub.
		 * Without it, what the environment variables HF_HUB_CACHE and HF_HOME say, or
		 * else '~/.cache/huggingface/hub'.
		 */
		private @Nullable String cacheDir;

		/**
		 * Whether to make no request and use only what is in the cache. Without it, what
		 * the environment variable HF_HUB_OFFLINE says.
		 */
		private @Nullable Boolean offline;

		/**
		 * Time that a connection to the Hub may take to be made. Without it, 10 seconds.
		 */
		private @Nullable Duration connectTimeout;

		/**
		 * Time that the Hub may stay silent, also in the middle of a file. Without it,
		 * what the environment variables HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT
		 * say, or else 10 seconds.
		 */
		private @Nullable Duration readTimeout;

		public @Nullable String getEndpoint() {
			return this.endpoint;
		}

		public void setEndpoint(@Nullable String endpoint) {
			Assert.isTrue(!StringUtils.hasText(endpoint) || ENDPOINT.matcher(endpoint).matches(),
					() -> "'zsic.hub.endpoint' must be an http: or https: URL, not '" + endpoint + "'");
			this.endpoint = endpoint;
		}

		public @Nullable String getToken() {
			return this.token;
		}

		public void setToken(@Nullable String token) {
			this.token = token;
		}

		public @Nullable String getCacheDir() {
			return this.cacheDir;
		}

		public void setCacheDir(@Nullable String cacheDir) {
			this.cacheDir = cacheDir;
		}

		public @Nullable Boolean getOffline() {
			return this.offline;
		}

		public void setOffline(@Nullable Boolean offline) {
			this.offline = offline;
		}

		public @Nullable Duration getConnectTimeout() {
			return this.connectTimeout;
		}

		public void setConnectTimeout(@Nullable Duration connectTimeout) {
			Assert.isTrue(connectTimeout == null || connectTimeout.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.hub.connect-timeout' must be more than 0, not '" + connectTimeout + "'");
			this.connectTimeout = connectTimeout;
		}

		public @Nullable Duration getReadTimeout() {
			return this.readTimeout;
		}

		public void setReadTimeout(@Nullable Duration readTimeout) {
			Assert.isTrue(readTimeout == null || readTimeout.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.hub.read-timeout' must be more than 0, not '" + readTimeout + "'");
			this.readTimeout = readTimeout;
		}

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
