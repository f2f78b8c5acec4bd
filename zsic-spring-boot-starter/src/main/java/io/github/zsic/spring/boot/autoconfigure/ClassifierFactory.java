package io.github.zsic.spring.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;

import io.github.zsic.DownloadListener;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZeroShotClassifierBuilder;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;
import org.springframework.util.StringUtils;

/**
 * Makes classifiers of properties.
 */
class ClassifierFactory {

	private final ZsicProperties common;

	private final Duration closeTimeout;

	ClassifierFactory(ZsicProperties common, Duration closeTimeout) {
		this.common = common;
		this.closeTimeout = closeTimeout;
	}

	/**
	 * Makes a classifier and starts it.
	 * @param name its name, empty for the main one
	 * @param properties what it has for itself
	 */
	ManagedClassifier create(String name, ClassifierProperties properties) {
		return new ManagedClassifier(name, selection(properties),
				(selection, listener) -> load(selection, listener, properties),
				new ManagedClassifier.Settings(properties.getStartup(), properties.getMaximumWait(), this.closeTimeout,
						this.common.getSwap().isUnloadFirst()));
	}

	static ModelSelection selection(ClassifierProperties properties) {
		String checkpoint = properties.getCheckpoint();
		Assert.state(checkpoint != null, "'checkpoint' must be set");
		return new ModelSelection(checkpoint, properties.getRevision(), properties.getDevice());
	}

	private ZeroShotClassifier load(ModelSelection selection, DownloadListener listener,
			ClassifierProperties properties) {
		ZsicProperties.Hub hub = this.common.getHub();
		ClassifierProperties.Cache cache = properties.getCache();
		ZsicProperties.Image image = this.common.getImage();
		ZsicProperties.Engine engine = this.common.getEngine();
		ZeroShotClassifierBuilder builder = ZeroShotClassifier.builder()
			.checkpoint(selection.checkpoint())
			.revision(selection.revision())
			.device(selection.device())
			.hubEndpoint(hub.getEndpoint())
			.hubToken(hub.getToken())
			.hubCacheDir(folder(hub.getCacheDir()))
			.hubOffline(hub.getOffline())
			.hubConnectTimeout(hub.getConnectTimeout())
			.hubReadTimeout(hub.getReadTimeout())
			.downloadListener(all(listener, DownloadListener.logging()))
			.templates(properties.getTemplates())
			.scoring(properties.getScoring())
			.cacheMaximumSize(cache.getMaximumSize())
			.cacheExpireAfterAccess(cache.getExpireAfterAccess())
			.maximumPixels(image.getMaximumPixels())
			.maximumBytes(image.getMaximumBytes().toBytes())
			.engineThreads(engine.getThreads())
			.intraOpThreads(engine.getIntraOpThreads());
		return builder.build();
	}

	private static DownloadListener all(DownloadListener... listeners) {
		return (progress) -> {
			for (DownloadListener listener : listeners) {
				listener.onProgress(progress);
			}
		};
	}

	private static @Nullable Path folder(@Nullable String path) {
		return StringUtils.hasText(path) ? Path.of(path) : null;
	}

}
