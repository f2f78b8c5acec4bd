package io.github.zsic.spring.boot.autoconfigure.health;

import java.util.Map;
import java.util.TreeMap;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import io.github.zsic.spring.boot.health.ZsicHealthIndicator;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} for {@link ZsicHealthIndicator}: one
 * for a single classifier, a composite for several.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class)
@ConditionalOnClass({ ZeroShotClassifier.class, ConditionalOnEnabledHealthIndicator.class })
@ConditionalOnBean(ManagedClassifier.class)
@ConditionalOnEnabledHealthIndicator("zsic")
public final class ZsicHealthContributorAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = { "zsicHealthIndicator", "zsicHealthContributor" })
	HealthContributor zsicHealthContributor(Map<String, ManagedClassifier> classifiers, ZsicProperties properties) {
		ZsicProperties.Health health = properties.getHealth();
		ZsicHealthIndicator.Thresholds thresholds = new ZsicHealthIndicator.Thresholds(health.getWindow(),
				health.getFailureThreshold(), health.getMaximumCallTime(), health.getSelfTestInterval());
		if (classifiers.size() == 1) {
			return new ZsicHealthIndicator(classifiers.values().iterator().next(), thresholds);
		}
		Map<String, ZsicHealthIndicator> indicators = new TreeMap<>();
		for (ManagedClassifier classifier : classifiers.values()) {
			indicators.put(classifier.displayName(), new ZsicHealthIndicator(classifier, thresholds));
		}
		return CompositeHealthContributor.fromMap(indicators);
	}

}
