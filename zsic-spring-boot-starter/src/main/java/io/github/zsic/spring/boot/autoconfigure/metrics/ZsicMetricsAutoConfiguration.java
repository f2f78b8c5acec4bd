package io.github.zsic.spring.boot.autoconfigure.metrics;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.metrics.ClassifierCallConvention;
import io.github.zsic.spring.boot.metrics.ClassifierMetrics;
import io.github.zsic.spring.boot.metrics.DownloadMetrics;
import io.github.zsic.spring.boot.metrics.ObservedModel;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.observation.ObservationRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for metrics and observations of
 * classifiers.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class,
		afterName = {
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
				"org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration" })
@ConditionalOnClass({ ZeroShotClassifier.class, MeterRegistry.class })
@ConditionalOnBean({ ManagedClassifier.class, MeterRegistry.class })
public final class ZsicMetricsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ClassifierMetrics zsicClassifierMetrics(ObjectProvider<ManagedClassifier> classifiers) {
		return new ClassifierMetrics(classifiers.stream().toList());
	}

	@Bean
	@ConditionalOnMissingBean
	DownloadMetrics zsicDownloadMetrics(ObjectProvider<MeterRegistry> meters) {
		return new DownloadMetrics(meters::getIfUnique);
	}

	// The registries are asked for at each call: a model may be loaded before they are
	// complete.
	@Bean
	@ConditionalOnMissingBean(name = "zsicObservingModelDecorator")
	ModelDecorator zsicObservingModelDecorator(ObjectProvider<ObservationRegistry> observations,
			ClassifierCallConvention convention, ObjectProvider<MeterRegistry> meters) {
		return (classifier, model) -> new ObservedModel(classifier, model,
				() -> observations.getIfUnique(() -> ObservationRegistry.NOOP), convention, meters::getIfUnique);
	}

	@Bean
	@ConditionalOnMissingBean
	ClassifierCallConvention zsicClassifierCallConvention() {
		return new ClassifierCallConvention();
	}

	@Bean
	static MeterFilter zsicMeterDescriptions() {
		return ClassifierMetrics.descriptions();
	}

}
