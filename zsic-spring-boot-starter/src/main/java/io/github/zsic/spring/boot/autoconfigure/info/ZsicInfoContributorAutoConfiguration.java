package io.github.zsic.spring.boot.autoconfigure.info;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ClassifierDetails;
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
		return (builder) -> builder.withDetail("zsic", describe(classifiers.stream().toList()));
	}

	/** The main one itself, and the others by name. */
	private static Map<String, Object> describe(List<ManagedClassifier> classifiers) {
		Map<String, Object> details = new LinkedHashMap<>();
		Map<String, Object> named = new TreeMap<>();
		for (ManagedClassifier classifier : classifiers) {
			if (classifier.name().isEmpty()) {
				details.putAll(describe(classifier));
			}
			else {
				named.put(classifier.name(), describe(classifier));
			}
		}
		if (!named.isEmpty()) {
			details.put("classifiers", named);
		}
		return details;
	}

	private static Map<String, Object> describe(ManagedClassifier classifier) {
		Map<String, Object> details = new LinkedHashMap<>();
		ModelInfo model = classifier.classifier().status().model();
		if (model == null) {
			details.put("checkpoint", ClassifierDetails.checkpoint(classifier.selection().checkpoint()));
			return details;
		}
		details.put("checkpoint", ClassifierDetails.checkpoint(model.checkpoint()));
		if (model.revision() != null) {
			details.put("revision", model.revision());
		}
		details.put("device", model.device());
		details.put("precision", model.precision().toString());
		return details;
	}

}
