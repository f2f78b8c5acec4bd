package io.github.zsic.spring.boot.autoconfigure.cloud;

import java.util.Set;
import java.util.stream.Collectors;

import io.github.zsic.Precision;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Exchanges a model when its properties have changed. They are read from the environment:
 * whether the properties bean has been bound anew already depends on the order of
 * listeners.
 */
class RefreshListener implements ApplicationListener<EnvironmentChangeEvent> {

	private final ObjectProvider<ManagedClassifier> classifiers;

	private final Environment environment;

	RefreshListener(ObjectProvider<ManagedClassifier> classifiers, Environment environment) {
		this.classifiers = classifiers;
		this.environment = environment;
	}

	@Override
	public void onApplicationEvent(EnvironmentChangeEvent event) {
		Set<ConfigurationPropertyName> changed = event.getKeys()
			.stream()
			.map((key) -> ConfigurationPropertyName.adapt(key, '.'))
			.collect(Collectors.toSet());
		this.classifiers.stream()
			.filter((classifier) -> concerns(changed, prefix(classifier)))
			.forEach((classifier) -> swap(classifier, prefix(classifier)));
	}

	private static String prefix(ManagedClassifier classifier) {
		return classifier.name().isEmpty() ? "zsic" : "zsic.classifiers." + classifier.name();
	}

	private static boolean concerns(Set<ConfigurationPropertyName> changed, String prefix) {
		ConfigurationPropertyName name = ConfigurationPropertyName.of(prefix);
		return changed.contains(name.append("checkpoint")) || changed.contains(name.append("revision"))
				|| changed.contains(name.append("device")) || changed.contains(name.append("precision"));
	}

	private void swap(ManagedClassifier classifier, String prefix) {
		String checkpoint = property(prefix + ".checkpoint");
		if (checkpoint == null) {
			return;
		}
		String device = property(prefix + ".device");
		ModelSelection selection = new ModelSelection(checkpoint, property(prefix + ".revision"),
				(device != null) ? device : "auto", precision(prefix + ".precision"));
		if (!selection.equals(classifier.selection())) {
			classifier.swapInBackground(selection);
		}
	}

	private Precision precision(String name) {
		return Binder.get(this.environment).bind(name, Precision.class).orElse(Precision.AUTO);
	}

	private @Nullable String property(String name) {
		String value = this.environment.getProperty(name);
		return StringUtils.hasText(value) ? value : null;
	}

}
