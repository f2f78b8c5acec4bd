package io.github.zsic.spring.boot.autoconfigure;

import io.github.zsic.ZeroShotClassifier;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.analyzer.AbstractInjectionFailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Reports that a program injects a {@link ZeroShotClassifier} without having chosen a
 * checkpoint. Spring Boot's own report, which comes after this one, would advise to
 * define a bean.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class NoClassifierFailureAnalyzer extends AbstractInjectionFailureAnalyzer<NoSuchBeanDefinitionException> {

	private final Environment environment;

	NoClassifierFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoSuchBeanDefinitionException cause,
			@Nullable String description) {
		ResolvableType type = cause.getResolvableType();
		if (type == null || type.resolve() != ZeroShotClassifier.class || cause.getNumberOfBeansFound() != 0) {
			return null;
		}
		String required = ((description != null) ? description : "A component") + " required a bean of type '"
				+ ZeroShotClassifier.class.getName() + "', ";
		if (!this.environment.getProperty("zsic.enabled", Boolean.class, true)) {
			return new FailureAnalysis(required + "which is not there because property 'zsic.enabled' is false.",
					"Remove 'zsic.enabled', or define a bean of this type yourself.", cause);
		}
		if (!StringUtils.hasText(this.environment.getProperty("zsic.checkpoint"))) {
			return new FailureAnalysis(required + "which is not there because property 'zsic.checkpoint' is not set.",
					"Set 'zsic.checkpoint' to a repository of the Hugging Face Hub, such as 'openai/clip-vit-base-patch32', "
							+ "or to the folder of a checkpoint, such as 'file:/srv/models/clip-vit-base-patch32' or "
							+ "'classpath:models/clip-vit-base-patch32'.",
					cause);
		}
		return null;
	}

}
