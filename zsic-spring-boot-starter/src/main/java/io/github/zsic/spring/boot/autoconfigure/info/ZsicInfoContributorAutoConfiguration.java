package io.github.zsic.spring.boot.autoconfigure.info;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that adds the models of classifiers
 * to the information about a program.
 */
@AutoConfiguration(after = ZsicAutoConfiguration.class)
@ConditionalOnClass({ ZeroShotClassifier.class, ConditionalOnEnabledInfoContributor.class })
@ConditionalOnBean(ManagedClassifier.class)
@ConditionalOnEnabledInfoContributor("zsic")
public final class ZsicInfoContributorAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "zsicInfoContributor")
	InfoContributor zsicInfoContributor(ObjectProvider<ManagedClassifier> classifiers) {
		return (builder) -> {
			Map<String, Object> models = new LinkedHashMap<>();
			classifiers.stream().forEach((classifier) -> models.put(classifier.displayName(), describe(classifier)));
			builder.withDetail("zsic", models);
		};
	}

	private static Map<String, Object> describe(ManagedClassifier classifier) {
		Map<String, Object> details = new LinkedHashMap<>();
		ModelInfo model = classifier.classifier().status().model();
		if (model == null) {
			details.put("checkpoint", classifier.selection().checkpoint());
			return details;
		}
		details.put("checkpoint", model.checkpoint());
		if (model.revision() != null) {
			details.put("revision", model.revision());
		}
		details.put("device", model.device());
		details.put("precision", model.precision());
		return details;
	}

}
