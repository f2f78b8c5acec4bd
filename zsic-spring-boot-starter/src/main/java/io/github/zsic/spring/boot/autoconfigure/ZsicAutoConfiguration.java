package io.github.zsic.spring.boot.autoconfigure;

import java.nio.file.Path;

import io.github.zsic.ZeroShotClassifier;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.util.StringUtils;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link ZeroShotClassifier}.
 * <p>
 * The classifier is loaded while the context starts, as soon as {@code zsic.checkpoint}
 * is set, and closed with the context. Pictures from Spring need no adapter: <pre>{@code
 * classifier.classify(ImageInput.of(resource.getFilename(), resource::getInputStream), "fox", "owl");
 * classifier.classify(ImageInput.of(file.getOriginalFilename(), file::getInputStream), "fox", "owl");
 * }</pre> for a {@code Resource} and a {@code MultipartFile}.
 */
@AutoConfiguration
@ConditionalOnClass(ZeroShotClassifier.class)
@ConditionalOnBooleanProperty(name = "zsic.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ZsicProperties.class)
public final class ZsicAutoConfiguration {

	static final String CLASSIFIER_BEAN_NAME = "zeroShotClassifier";

	@Bean(CLASSIFIER_BEAN_NAME)
	@Conditional(OnCheckpointCondition.class)
	@ConditionalOnMissingBean
	ZeroShotClassifier zeroShotClassifier(ZsicProperties properties) {
		String checkpoint = properties.getCheckpoint();
		if (checkpoint == null) {
			throw new IllegalStateException("'zsic.checkpoint' must be set");
		}
		ZsicProperties.Hub hub = properties.getHub();
		ZsicProperties.Cache cache = properties.getCache();
		ZsicProperties.Image image = properties.getImage();
		ZsicProperties.Engine engine = properties.getEngine();
		return ZeroShotClassifier.builder()
			.checkpoint(checkpoint)
			.revision(properties.getRevision())
			.hubEndpoint(hub.getEndpoint())
			.hubToken(hub.getToken())
			.hubCacheDir(StringUtils.hasText(hub.getCacheDir()) ? Path.of(hub.getCacheDir()) : null)
			.hubOffline(hub.getOffline())
			.hubConnectTimeout(hub.getConnectTimeout())
			.hubReadTimeout(hub.getReadTimeout())
			.device(properties.getDevice())
			.templates(properties.getTemplates())
			.scoring(properties.getScoring())
			.cacheMaximumSize(cache.getMaximumSize())
			.cacheExpireAfterAccess(cache.getExpireAfterAccess())
			.maximumPixels(image.getMaximumPixels())
			.maximumBytes(image.getMaximumBytes().toBytes())
			.engineThreads(engine.getThreads())
			.intraOpThreads(engine.getIntraOpThreads())
			.build();
	}

}
