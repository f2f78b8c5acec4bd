package io.github.zsic.spring.boot.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import io.github.zsic.CheckpointException;
import io.github.zsic.CustomImageDecoder;
import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;
import io.github.zsic.HeifImageDecoder;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.LabelSet;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZeroShotClassifierBuilder;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.SwapRefusedException;
import io.github.zsic.spring.boot.ZeroShotClassifierBuilderCustomizer;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;
import org.springframework.core.io.Resource;
import org.springframework.core.io.ResourceLoader;
import org.springframework.util.Assert;
import org.springframework.util.ResourceUtils;
import org.springframework.util.StringUtils;

/**
 * Makes classifiers of properties.
 */
class ClassifierFactory {

	private static final Log logger = LogFactory.getLog(ClassifierFactory.class);

	private final ZsicProperties common;

	private final Duration closeTimeout;

	private final ObjectProvider<ZeroShotClassifierBuilderCustomizer> customizers;

	private final ObjectProvider<DownloadListener> downloadListeners;

	private final ObjectProvider<CustomImageDecoder> imageDecoders;

	private final ObjectProvider<ModelDecorator> decorators;

	private final ResourceLoader resources;

	private final Environment environment;

	ClassifierFactory(ZsicProperties common, Duration closeTimeout,
			ObjectProvider<ZeroShotClassifierBuilderCustomizer> customizers,
			ObjectProvider<DownloadListener> downloadListeners, ObjectProvider<CustomImageDecoder> imageDecoders,
			ObjectProvider<ModelDecorator> decorators, ResourceLoader resources, Environment environment) {
		this.common = common;
		this.closeTimeout = closeTimeout;
		this.customizers = customizers;
		this.downloadListeners = downloadListeners;
		this.imageDecoders = imageDecoders;
		this.decorators = decorators;
		this.resources = resources;
		this.environment = environment;
	}

	/**
	 * Makes a classifier, which is not started yet.
	 * @param name its name, empty for the main one
	 * @param properties what it has for itself
	 */
	ManagedClassifier create(String name, ClassifierProperties properties) {
		// Here, and not in the thread that loads: that must not wait for the context, nor
		// make beans beside it.
		Beans beans = new Beans(this.customizers.orderedStream().toList(),
				this.downloadListeners.orderedStream().toList(), this.imageDecoders.orderedStream().toList(),
				this.decorators.orderedStream().toList());
		return new ManagedClassifier(name, selection(properties),
				new PropertiesLoader(name, this.common, properties, labels(properties.getLabels()), beans,
						gate(name, this.common)),
				new ManagedClassifier.Settings(properties.getStartup(), properties.getMaximumWait(), this.closeTimeout,
						this.common.getSwap().isUnloadFirst()));
	}

	/**
	 * Makes one of {@code zsic.classifiers}.
	 * @param name its name there
	 */
	ManagedClassifier createNamed(String name) {
		ClassifierProperties properties = this.common.getClassifiers().get(name);
		if (properties == null || !StringUtils.hasText(properties.getCheckpoint())) {
			String checkpoint = NamedClassifiersRegistrar.PREFIX + name + ".checkpoint";
			throw new CheckpointException("Classifier '" + name + "' has no checkpoint.",
					"Set '" + checkpoint + "', or remove the other properties of this classifier.");
		}
		return create(name, properties);
	}

	/**
	 * Of the main classifier: the labels of another one are not those of the pictures.
	 */
	private static @Nullable SwapGate gate(String name, ZsicProperties common) {
		return name.isEmpty() ? SwapGate.of(common.getSwap()) : null;
	}

	static ModelSelection selection(ClassifierProperties properties) {
		String checkpoint = properties.getCheckpoint();
		Assert.state(checkpoint != null, "'checkpoint' must be set");
		return new ModelSelection(checkpoint, properties.getRevision(), properties.getDevice(),
				properties.getPrecision());
	}

	private @Nullable LabelSet labels(List<String> items) {
		List<String> labels = new ArrayList<>();
		for (String item : items) {
			if (item.startsWith(ResourceLoader.CLASSPATH_URL_PREFIX)
					|| item.startsWith(ResourceUtils.FILE_URL_PREFIX)) {
				labels.addAll(readLabels(item));
			}
			else {
				labels.add(item);
			}
		}
		return labels.isEmpty() ? null : LabelSet.of(labels);
	}

	private List<String> readLabels(String location) {
		Resource resource = this.resources.getResource(location);
		if (!resource.exists()) {
			throw new InvalidLabelException("There is no file '" + location + "' with labels.",
					"Check the name. A label that begins like this cannot be given here.");
		}
		try {
			String text = resource.getContentAsString(StandardCharsets.UTF_8);
			return text.replaceFirst("^\uFEFF", "").lines().map(String::strip).filter(StringUtils::hasText).toList();
		}
		catch (IOException ex) {
			throw new InvalidLabelException("The file '" + location + "' with labels cannot be read.",
					"Check the file and its permissions.", ex);
		}
	}

	/**
	 * One of the program's own that throws is left out, and disturbs none of the others.
	 */
	static DownloadListener listeners(DownloadListener own, List<DownloadListener> others) {
		DownloadListener log = DownloadListener.logging();
		List<DownloadListener> told = new ArrayList<>(others);
		return (progress) -> {
			own.onProgress(progress);
			log.onProgress(progress);
			told.removeIf((listener) -> !told(listener, progress));
		};
	}

	private static boolean told(DownloadListener listener, DownloadProgress progress) {
		try {
			listener.onProgress(progress);
			return true;
		}
		catch (RuntimeException ex) {
			logger.warn("A download listener failed and is told no more of this download", ex);
			return false;
		}
	}

	private static @Nullable Path folder(@Nullable String path) {
		return StringUtils.hasText(path) ? Path.of(path) : null;
	}

	/** What the program adds. */
	private record Beans(List<ZeroShotClassifierBuilderCustomizer> customizers,
			List<DownloadListener> downloadListeners, List<CustomImageDecoder> imageDecoders,
			List<ModelDecorator> decorators) {

	}

	/** Loads models with the properties of one moment. */
	private final class PropertiesLoader implements ManagedClassifier.Loader {

		private final String name;

		private final ZsicProperties common;

		private final ClassifierProperties properties;

		private final @Nullable LabelSet labels;

		private final Beans beans;

		private final @Nullable SwapGate gate;

		PropertiesLoader(String name, ZsicProperties common, ClassifierProperties properties, @Nullable LabelSet labels,
				Beans beans, @Nullable SwapGate gate) {
			this.name = name;
			this.common = common;
			this.properties = properties;
			this.labels = labels;
			this.beans = beans;
			this.gate = gate;
		}

		@Override
		public void requireGoodEnough(ZeroShotClassifier model) {
			if (this.gate != null) {
				this.gate.requireGoodEnough(model);
			}
		}

		@Override
		public ZeroShotClassifier load(ModelSelection selection, DownloadListener listener) {
			ZsicProperties.Hub hub = this.common.getHub();
			ClassifierProperties.Cache cache = this.properties.getCache();
			ZsicProperties.Image image = this.common.getImage();
			ZsicProperties.Engine engine = this.common.getEngine();
			ZsicProperties.Batch batch = this.common.getBatch();
			Integer top = this.properties.getTop();
			Float threshold = this.properties.getThreshold();
			ZeroShotClassifierBuilder builder = ZeroShotClassifier.builder()
				.checkpoint(selection.checkpoint())
				.revision(selection.revision())
				.device(selection.device())
				.precision(selection.precision())
				.hubEndpoint(hub.getEndpoint())
				.hubToken(hub.getToken())
				.hubCacheDir(folder(hub.getCacheDir()))
				.hubOffline(hub.getOffline())
				.hubConnectTimeout(hub.getConnectTimeout())
				.hubReadTimeout(hub.getReadTimeout())
				.downloadListener(listeners(listener, this.beans.downloadListeners()))
				.templates(this.properties.getTemplates())
				.labels(this.labels)
				.scoring(this.properties.getScoring())
				.temperature(this.properties.getTemperature())
				.top((top != null) ? top : Integer.MAX_VALUE)
				.threshold((threshold != null) ? threshold : Float.NEGATIVE_INFINITY)
				.thresholds(this.properties.getThresholds())
				.truncate(this.properties.isTruncate())
				.textCanonicalization(this.properties.getTextCanonicalization())
				.maximumPrompts(this.properties.getMaximumPrompts())
				.cacheMaximumSize(cache.getMaximumSize())
				.cacheExpireAfterAccess(cache.getExpireAfterAccess())
				.cachePersistentDir(folder(cache.getPersistentDir()))
				.maximumPixels(image.getMaximumPixels())
				.maximumBytes(image.getMaximumBytes().toBytes())
				.maximumDecodeTime(image.getMaximumDecodeTime())
				.engineThreads(engine.getThreads())
				.intraOpThreads(engine.getIntraOpThreads())
				.batchMaximumSize(batch.getMaximumSize())
				.batchMaximumDelay(batch.getMaximumDelay())
				.queueCapacity(batch.getQueueCapacity())
				.queueTimeout(batch.getQueueTimeout())
				.imageDecoders(decoders(image));
			warnOfOtherLabels();
			this.beans.customizers().forEach((customizer) -> customizer.customize(builder));
			return decorate(builder.build());
		}

		/** Such as what Spring Boot makes of a label without brackets. */
		private void warnOfOtherLabels() {
			Set<String> others = new TreeSet<>(this.properties.getThresholds().keySet());
			if (this.labels != null) {
				this.labels.labels().forEach(others::remove);
				others.forEach((other) -> logger.warn("Property '"
						+ (this.name.isEmpty() ? "zsic." : NamedClassifiersRegistrar.PREFIX + this.name + ".")
						+ "thresholds' has the label '" + other + "', which is none of 'labels'. A label of more than "
						+ "lower-case letters, digits and dashes is put in brackets, as in \"[night bird]\""));
			}
		}

		/** Those of the program first. */
		private List<CustomImageDecoder> decoders(ZsicProperties.Image image) {
			List<CustomImageDecoder> decoders = new ArrayList<>(this.beans.imageDecoders());
			if (image.isLibheif()) {
				HeifImageDecoder.find(image.getMaximumPixels())
					.ifPresentOrElse(decoders::add, () -> logger
						.warn("Property 'zsic.image.libheif' is on, but libheif is not installed where it is "
								+ "looked for, so AVIF and HEIC are refused. Install it, or name its folder in the "
								+ "system property jna.library.path"));
			}
			return decoders;
		}

		private ZeroShotClassifier decorate(ZeroShotClassifier model) {
			ZeroShotClassifier decorated = model;
			try {
				for (ModelDecorator decorator : this.beans.decorators()) {
					decorated = decorator.decorate(this.name.isEmpty() ? ManagedClassifier.MAIN : this.name, decorated);
				}
				return decorated;
			}
			catch (RuntimeException | Error ex) {
				model.close();
				throw ex;
			}
		}

		/**
		 * Bound anew: whether the bean of the properties has been depends on the order of
		 * listeners, and it keeps what is no longer set.
		 */
		@Override
		public ManagedClassifier.Loader refreshed() {
			ZsicProperties next;
			try {
				next = Binder.get(ClassifierFactory.this.environment).bindOrCreate("zsic", ZsicProperties.class);
			}
			catch (BindException ex) {
				Throwable reason = NestedExceptionUtils.getMostSpecificCause(ex);
				throw new SwapRefusedException(
						"Property '" + ex.getName() + "' cannot be used: " + reason.getMessage() + ".",
						"Correct it, and refresh again.");
			}
			ClassifierProperties own = this.name.isEmpty() ? next : next.getClassifiers().get(this.name);
			return (own != null) ? new PropertiesLoader(this.name, next, own, labels(own.getLabels()), this.beans,
					gate(this.name, next)) : this;
		}

	}

}
