package io.github.zsic.spring.boot.autoconfigure;

import io.github.zsic.CheckpointException;
import io.github.zsic.DeviceException;
import io.github.zsic.HubException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.InvalidTemplateException;
import io.github.zsic.ZsicException;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanCreationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.origin.OriginLookup;
import org.springframework.boot.origin.Origin;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/**
 * Reports a {@link ZsicException} that stops a program from starting: what is wrong, the
 * property it comes from and where that is set, and what to do.
 */
class ZsicFailureAnalyzer extends AbstractFailureAnalyzer<ZsicException> {

	private static final String TOKEN = "zsic.hub.token";

	private final Environment environment;

	ZsicFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, ZsicException cause) {
		StringBuilder description = new StringBuilder(cause.getDescription());
		String prefix = prefixOfFailedClassifier(rootFailure);
		String property = (prefix != null) ? propertyBehind(cause, prefix) : null;
		if (property != null) {
			appendProperty(description, property);
		}
		String action = cause.getAction().isEmpty() ? null : cause.getAction();
		return new FailureAnalysis(description.toString(), action, cause);
	}

	private @Nullable String prefixOfFailedClassifier(Throwable failure) {
		for (Throwable candidate = failure; candidate != null; candidate = candidate.getCause()) {
			String bean = (candidate instanceof BeanCreationException creation) ? creation.getBeanName() : null;
			if (ZsicAutoConfiguration.CLASSIFIER_BEAN_NAME.equals(bean)
					|| ZsicAutoConfiguration.MANAGED_CLASSIFIER_BEAN_NAME.equals(bean)) {
				return "zsic";
			}
			if (bean != null && bean.startsWith(NamedClassifiersRegistrar.PREFIX)) {
				return bean;
			}
			String named = NamedClassifiersRegistrar.PREFIX + bean;
			if (bean != null && this.environment.getProperty(named + ".checkpoint") != null) {
				return named;
			}
		}
		return null;
	}

	private @Nullable String propertyBehind(ZsicException cause, String prefix) {
		if (cause instanceof HubException failure) {
			return propertyBehind(failure.getReason(), prefix);
		}
		if (cause instanceof CheckpointException) {
			return prefix + ".checkpoint";
		}
		if (cause instanceof DeviceException failure) {
			return propertyBehind(failure.getReason(), prefix);
		}
		if (cause instanceof InvalidTemplateException) {
			return prefix + ".templates";
		}
		if (cause instanceof InvalidLabelException) {
			return prefix + ".labels";
		}
		return null;
	}

	private @Nullable String propertyBehind(DeviceException.Reason reason, String prefix) {
		return switch (reason) {
			case DEVICE -> prefix + ".device";
			case PRECISION -> prefix + ".precision";
			case MACHINE -> null;
		};
	}

	private String propertyBehind(HubException.Reason reason, String prefix) {
		String checkpoint = prefix + ".checkpoint";
		String property = switch (reason) {
			case REVISION_NOT_FOUND -> prefix + ".revision";
			case TOKEN_REFUSED -> TOKEN;
			case UNAVAILABLE, NOT_A_HUB -> "zsic.hub.endpoint";
			case NO_SPACE, CACHE_NOT_WRITABLE -> "zsic.hub.cache-dir";
			case OFFLINE -> "zsic.hub.offline";
			default -> checkpoint;
		};
		// What is not set comes from the environment or is a default, which the
		// description names.
		return (this.environment.getProperty(property) != null) ? property : checkpoint;
	}

	private void appendProperty(StringBuilder description, String property) {
		description.append("%n%n    Property: %s".formatted(property));
		String value = this.environment.getProperty(property);
		if (value == null) {
			return;
		}
		// The report goes into logs.
		description.append("%n    Value: \"%s\"".formatted(TOKEN.equals(property) ? "******" : value));
		Origin origin = findOrigin(property);
		if (origin != null) {
			description.append("%n    Origin: %s".formatted(origin));
		}
	}

	private @Nullable Origin findOrigin(String property) {
		if (this.environment instanceof ConfigurableEnvironment configurable) {
			for (PropertySource<?> source : configurable.getPropertySources()) {
				Origin origin = OriginLookup.getOrigin(source, property);
				if (origin != null) {
					return origin;
				}
			}
		}
		return null;
	}

}
