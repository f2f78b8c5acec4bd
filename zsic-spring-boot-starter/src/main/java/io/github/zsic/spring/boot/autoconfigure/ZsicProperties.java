package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

import io.github.zsic.spring.boot.ManagedClassifier;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.Assert;
import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Properties of the auto-configured {@link io.github.zsic.ZeroShotClassifier}.
 */
@ConfigurationProperties("zsic")
public class ZsicProperties extends ClassifierProperties {

	private static final Pattern ENDPOINT = Pattern.compile("https?://[^\\s/?#]+[^\\s?#]*");

	private final Hub hub = new Hub();

	private final Image image = new Image();

	private final Engine engine = new Engine();

	private final Batch batch = new Batch();

	private final Health health = new Health();

	private final Swap swap = new Swap();

	/**
	 * Further classifiers by name. Each is a bean of its name that is injected where a
	 * qualifier asks for it, with a checkpoint and the other properties that a classifier
	 * has for itself.
	 */
	private final Map<String, ClassifierProperties> classifiers = new LinkedHashMap<>();

	public Hub getHub() {
		return this.hub;
	}

	public Image getImage() {
		return this.image;
	}

	public Engine getEngine() {
		return this.engine;
	}

	public Batch getBatch() {
		return this.batch;
	}

	public Health getHealth() {
		return this.health;
	}

	public Swap getSwap() {
		return this.swap;
	}

	public Map<String, ClassifierProperties> getClassifiers() {
		return this.classifiers;
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
	 * What pictures are accepted.
	 */
	public static class Image {

		/**
		 * Number of pixels, width times height, that a picture may have; a JPEG that is
		 * made smaller while it is decoded may have four times as many. At least 64.
		 */
		private long maximumPixels = 64_000_000;

		/**
		 * Size that an encoded picture may have.
		 */
		private DataSize maximumBytes = DataSize.ofMegabytes(64);

		/**
		 * Time that decoding a picture may take.
		 */
		private Duration maximumDecodeTime = Duration.ofSeconds(30);

		/**
		 * Whether to offer a bean that gets pictures by URL from the public internet,
		 * within limits of size and time.
		 */
		private boolean allowUrls;

		/**
		 * Time that a picture may take that is got by URL.
		 */
		private Duration urlTimeout = Duration.ofSeconds(10);

		/**
		 * Whether to decode AVIF and HEIC with the library libheif of the system. It is
		 * native code in this process, which a picture made to attack it may harm.
		 */
		private boolean libheif;

		public long getMaximumPixels() {
			return this.maximumPixels;
		}

		public void setMaximumPixels(long maximumPixels) {
			Assert.isTrue(maximumPixels >= ManagedClassifier.SELF_TEST_PIXELS,
					() -> "'zsic.image.maximum-pixels' must be at least " + ManagedClassifier.SELF_TEST_PIXELS
							+ ", which the picture of the self-test has, not '" + maximumPixels + "'");
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

		public Duration getMaximumDecodeTime() {
			return this.maximumDecodeTime;
		}

		public void setMaximumDecodeTime(Duration maximumDecodeTime) {
			Assert.isTrue(maximumDecodeTime.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.image.maximum-decode-time' must be more than 0, not '" + maximumDecodeTime + "'");
			this.maximumDecodeTime = maximumDecodeTime;
		}

		public boolean isAllowUrls() {
			return this.allowUrls;
		}

		public void setAllowUrls(boolean allowUrls) {
			this.allowUrls = allowUrls;
		}

		public boolean isLibheif() {
			return this.libheif;
		}

		public void setLibheif(boolean libheif) {
			this.libheif = libheif;
		}

		public Duration getUrlTimeout() {
			return this.urlTimeout;
		}

		public void setUrlTimeout(Duration urlTimeout) {
			Assert.isTrue(urlTimeout.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.image.url-timeout' must be more than 0, not '" + urlTimeout + "'");
			this.urlTimeout = urlTimeout;
		}

	}

	/**
	 * The threads that run the models, shared by all classifiers.
	 */
	public static class Engine {

		/**
		 * Number of threads that run the engine, each with one batch of pictures at a
		 * time. Use 0 for one for every four cores that the JVM sees, and two on a GPU.
		 */
		private int threads;

		/**
		 * Number of cores that one engine thread uses. Use 0 to share out all that the
		 * JVM sees, and to let one that has work while the others have none use up to
		 * four.
		 */
		private int intraOpThreads;

		public int getThreads() {
			return this.threads;
		}

		public void setThreads(int threads) {
			Assert.isTrue(threads >= 0, () -> "'zsic.engine.threads' must be 0 or more, not '" + threads + "'");
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

	/**
	 * How the pictures of concurrent calls are computed together.
	 */
	public static class Batch {

		/**
		 * Number of pictures that are computed together at most. Use 0 for 8 on a CPU and
		 * 32 on other devices.
		 */
		private int maximumSize;

		/**
		 * Time that a picture waits for others when a batch is not full. Without it, 0 on
		 * a CPU, where only what waits anyway is gathered; on other devices up to half
		 * the time of a batch, while other calls decode their pictures.
		 */
		private @Nullable Duration maximumDelay;

		/**
		 * Number of pictures that may be decoded, wait and be computed at the same time.
		 * A call beyond is refused.
		 */
		private int queueCapacity = 256;

		/**
		 * Time that a call with one picture waits for a core to decode it, and a call
		 * with many prompts for memory. A call that would wait longer is refused. Without
		 * it, calls wait as long as it takes.
		 */
		private @Nullable Duration queueTimeout;

		public int getMaximumSize() {
			return this.maximumSize;
		}

		public void setMaximumSize(int maximumSize) {
			Assert.isTrue(maximumSize >= 0,
					() -> "'zsic.batch.maximum-size' must be 0 or more, not '" + maximumSize + "'");
			this.maximumSize = maximumSize;
		}

		public @Nullable Duration getMaximumDelay() {
			return this.maximumDelay;
		}

		public void setMaximumDelay(@Nullable Duration maximumDelay) {
			Assert.isTrue(maximumDelay == null || !maximumDelay.isNegative(),
					() -> "'zsic.batch.maximum-delay' must be 0 or more, not '" + maximumDelay + "'");
			this.maximumDelay = maximumDelay;
		}

		public int getQueueCapacity() {
			return this.queueCapacity;
		}

		public void setQueueCapacity(int queueCapacity) {
			Assert.isTrue(queueCapacity > 0,
					() -> "'zsic.batch.queue-capacity' must be more than 0, not '" + queueCapacity + "'");
			this.queueCapacity = queueCapacity;
		}

		public @Nullable Duration getQueueTimeout() {
			return this.queueTimeout;
		}

		public void setQueueTimeout(@Nullable Duration queueTimeout) {
			Assert.isTrue(queueTimeout == null || queueTimeout.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.batch.queue-timeout' must be more than 0, not '" + queueTimeout + "'");
			this.queueTimeout = queueTimeout;
		}

	}

	/**
	 * What counts as healthy.
	 */
	public static class Health {

		/**
		 * Time for which a failure of the engine counts, in the reported number of
		 * failures and towards the threshold.
		 */
		private Duration window = Duration.ofMinutes(5);

		/**
		 * Number of calls in a row that the engine must fail for the classifier to be
		 * reported as down.
		 */
		private int failureThreshold = 3;

		/**
		 * Time that a call may run before the classifier is reported as down.
		 */
		private Duration maximumCallTime = Duration.ofMinutes(1);

		/**
		 * Age that the result of a self-test, which classifies a built-in picture, may
		 * have when health is asked for. Without it, there is no self-test but the one
		 * after loading.
		 */
		private @Nullable Duration selfTestInterval;

		public Duration getWindow() {
			return this.window;
		}

		public void setWindow(Duration window) {
			Assert.isTrue(window.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.health.window' must be more than 0, not '" + window + "'");
			this.window = window;
		}

		public int getFailureThreshold() {
			return this.failureThreshold;
		}

		public void setFailureThreshold(int failureThreshold) {
			Assert.isTrue(failureThreshold > 0,
					() -> "'zsic.health.failure-threshold' must be more than 0, not '" + failureThreshold + "'");
			this.failureThreshold = failureThreshold;
		}

		public Duration getMaximumCallTime() {
			return this.maximumCallTime;
		}

		public void setMaximumCallTime(Duration maximumCallTime) {
			Assert.isTrue(maximumCallTime.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.health.maximum-call-time' must be more than 0, not '" + maximumCallTime + "'");
			this.maximumCallTime = maximumCallTime;
		}

		public @Nullable Duration getSelfTestInterval() {
			return this.selfTestInterval;
		}

		public void setSelfTestInterval(@Nullable Duration selfTestInterval) {
			Assert.isTrue(selfTestInterval == null || selfTestInterval.compareTo(Duration.ZERO) > 0,
					() -> "'zsic.health.self-test-interval' must be more than 0, not '" + selfTestInterval + "'");
			this.selfTestInterval = selfTestInterval;
		}

	}

	/**
	 * How a model is exchanged for another one.
	 */
	public static class Swap {

		/**
		 * Whether to free the old model before the new one is loaded, for a device that
		 * has no memory for both. Calls wait meanwhile.
		 */
		private boolean unloadFirst;

		/**
		 * Folder with pictures whose labels are known, one subfolder for each label, that
		 * a new model of the main classifier is evaluated on before it takes over.
		 */
		private @Nullable String pictures;

		/**
		 * Share of the pictures, from 0 to 1, whose label a new model of the main
		 * classifier must name at the first guess. Another one is refused. Needs
		 * 'zsic.swap.pictures', and zsic-evaluation on the class path.
		 */
		private @Nullable Double minimumAccuracy;

		public boolean isUnloadFirst() {
			return this.unloadFirst;
		}

		public void setUnloadFirst(boolean unloadFirst) {
			this.unloadFirst = unloadFirst;
		}

		public @Nullable String getPictures() {
			return this.pictures;
		}

		public void setPictures(@Nullable String pictures) {
			this.pictures = pictures;
		}

		public @Nullable Double getMinimumAccuracy() {
			return this.minimumAccuracy;
		}

		public void setMinimumAccuracy(@Nullable Double minimumAccuracy) {
			Assert.isTrue(minimumAccuracy == null || (minimumAccuracy >= 0 && minimumAccuracy <= 1),
					() -> "'zsic.swap.minimum-accuracy' must be a number from 0 to 1, not '" + minimumAccuracy + "'");
			this.minimumAccuracy = minimumAccuracy;
		}

	}

}
