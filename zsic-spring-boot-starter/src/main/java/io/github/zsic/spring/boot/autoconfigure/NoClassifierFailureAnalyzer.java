package io.github.zsic.spring.boot.autoconfigure;

import java.util.Arrays;
import java.util.List;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.UnsatisfiedDependencyException;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.analyzer.AbstractInjectionFailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Reports that a program injects a {@link ZeroShotClassifier} without having chosen a
 * checkpoint, or one by a name that none has. Spring Boot's own report, which comes after
 * this one, would advise to define a bean.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class NoClassifierFailureAnalyzer extends AbstractInjectionFailureAnalyzer<NoSuchBeanDefinitionException> {

	private final BeanFactory beanFactory;

	private final Environment environment;

	NoClassifierFailureAnalyzer(BeanFactory beanFactory, Environment environment) {
		this.beanFactory = beanFactory;
		this.environment = environment;
	}

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, NoSuchBeanDefinitionException cause,
			@Nullable String description) {
		ResolvableType type = cause.getResolvableType();
		Class<?> required = (type != null) ? type.resolve() : null;
		if ((required != ZeroShotClassifier.class && required != SwappableClassifier.class)
				|| cause.getNumberOfBeansFound() != 0) {
			return null;
		}
		return report(rootFailure, cause, ((description != null) ? description : "A component")
				+ " required a bean of type '" + required.getName() + "'");
	}

	private @Nullable FailureAnalysis report(Throwable rootFailure, NoSuchBeanDefinitionException cause,
			String required) {
		if (!this.environment.getProperty("zsic.enabled", Boolean.class, true)) {
			return new FailureAnalysis(required + ", which is not there because property 'zsic.enabled' is false.",
					"Remove 'zsic.enabled', or define a bean of this type yourself.", cause);
		}
		String qualifier = qualifier(rootFailure);
		List<String> names = names();
		if (qualifier != null) {
			String property = NamedClassifiersRegistrar.PREFIX + qualifier + ".checkpoint";
			return new FailureAnalysis(
					required + " with the qualifier '" + qualifier + "'. "
							+ (names.isEmpty() ? "There is no classifier with a name."
									: "Classifiers have the names " + names + "."),
					(names.isEmpty() ? "S" : "Use one of these names, or s") + "et '" + property
							+ "' to the checkpoint of this classifier. The main classifier, of 'zsic.checkpoint', "
							+ "is the one without a qualifier.",
					cause);
		}
		if (!StringUtils.hasText(this.environment.getProperty("zsic.checkpoint"))) {
			return new FailureAnalysis(required + ", which is not there because property 'zsic.checkpoint' is not set.",
					"Set 'zsic.checkpoint' to a repository of the Hugging Face Hub, such as 'openai/clip-vit-base-patch32', "
							+ "or to the folder of a checkpoint, such as 'file:/srv/models/clip-vit-base-patch32' or "
							+ "'classpath:models/clip-vit-base-patch32'." + (names.isEmpty() ? ""
									: " Or choose one of the classifiers " + names + " with @Qualifier."),
					cause);
		}
		return null;
	}

	private static @Nullable String qualifier(Throwable failure) {
		for (Throwable candidate = failure; candidate != null; candidate = candidate.getCause()) {
			InjectionPoint point = (candidate instanceof UnsatisfiedDependencyException unsatisfied)
					? unsatisfied.getInjectionPoint() : null;
			Qualifier qualifier = (point != null) ? point.getAnnotation(Qualifier.class) : null;
			if (qualifier != null) {
				return qualifier.value();
			}
		}
		return null;
	}

	private List<String> names() {
		if (!(this.beanFactory instanceof ListableBeanFactory factory)) {
			return List.of();
		}
		return Arrays.stream(factory.getBeanNamesForType(ZeroShotClassifier.class, true, false))
			.filter((name) -> factory.containsBeanDefinition(NamedClassifiersRegistrar.PREFIX + name))
			.sorted()
			.map((name) -> "'" + name + "'")
			.toList();
	}

}
