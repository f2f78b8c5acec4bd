package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;

import io.github.zsic.CustomImageDecoder;
import io.github.zsic.DownloadListener;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ZeroShotClassifierBuilderCustomizer;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ResourceLoader;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link ZeroShotClassifier}.
 * <p>
 * There is a classifier as soon as {@code zsic.checkpoint} is set. Its model is loaded
 * when {@code zsic.startup} says, and closed with the context. Pictures from Spring need
 * no adapter: <pre>{@code
 * classifier.classify(ImageInput.of(resource.getFilename(), resource::getInputStream), "fox", "owl");
 * classifier.classify(ImageInput.of(file.getOriginalFilename(), file::getInputStream), "fox", "owl");
 * }</pre> for a {@code Resource} and a {@code MultipartFile}.
 */
@AutoConfiguration
@ConditionalOnClass(ZeroShotClassifier.class)
@ConditionalOnBooleanProperty(name = "zsic.enabled", matchIfMissing = true)
@EnableConfigurationProperties(ZsicProperties.class)
@Import(NamedClassifiersRegistrar.class)
public final class ZsicAutoConfiguration {

	static final String CLASSIFIER_BEAN_NAME = "zeroShotClassifier";

	static final String MANAGED_CLASSIFIER_BEAN_NAME = "zsicManagedClassifier";

	static final String FACTORY_BEAN_NAME = "zsicClassifierFactory";

	@Bean(FACTORY_BEAN_NAME)
	@ConditionalOnMissingBean
	ClassifierFactory zsicClassifierFactory(ZsicProperties properties, Environment environment,
			ObjectProvider<ZeroShotClassifierBuilderCustomizer> customizers,
			ObjectProvider<DownloadListener> downloadListeners, ObjectProvider<CustomImageDecoder> imageDecoders,
			ObjectProvider<ModelDecorator> decorators, ResourceLoader resources) {
		// As long as Spring Boot waits for requests to end.
		Duration closeTimeout = Binder.get(environment)
			.bind("spring.lifecycle.timeout-per-shutdown-phase", Duration.class)
			.orElse(Duration.ofSeconds(30));
		return new ClassifierFactory(properties, closeTimeout, customizers, downloadListeners, imageDecoders,
				decorators, resources, environment);
	}

	@Bean(MANAGED_CLASSIFIER_BEAN_NAME)
	@Conditional(OnCheckpointCondition.class)
	@ConditionalOnMissingBean(value = ZeroShotClassifier.class, name = MANAGED_CLASSIFIER_BEAN_NAME)
	ManagedClassifier zsicManagedClassifier(ClassifierFactory factory, ZsicProperties properties) {
		return factory.create("", properties);
	}

	/**
	 * The time to close begins when Spring begins to close, not when it comes to the
	 * classifiers.
	 */
	@Bean
	static ApplicationListener<ContextClosedEvent> zsicShutdown(ApplicationContext context,
			ObjectProvider<ManagedClassifier> classifiers) {
		return (event) -> {
			if (event.getApplicationContext() == context) {
				classifiers.stream().forEach(ManagedClassifier::prepareClose);
			}
		};
	}

	@Bean
	static UnknownProperties zsicUnknownProperties(ConfigurableEnvironment environment) {
		return new UnknownProperties(environment);
	}

	// Only this bean starts it, so that a mock in place of this bean loads nothing. The
	// managed classifier closes it.
	@Bean(name = CLASSIFIER_BEAN_NAME, destroyMethod = "")
	@ConditionalOnBean(name = MANAGED_CLASSIFIER_BEAN_NAME)
	@ConditionalOnMissingBean(ZeroShotClassifier.class)
	SwappableClassifier zeroShotClassifier(@Qualifier(MANAGED_CLASSIFIER_BEAN_NAME) ManagedClassifier managed) {
		return managed.start();
	}

}
