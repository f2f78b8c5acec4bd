package io.github.zsic.spring.boot.autoconfigure.cloud;

import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.autoconfigure.ClassifierProperties;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Loads models anew when properties have changed that they are loaded with, and tells
 * which other ones have. Properties are read from the environment: whether the bean of
 * the properties has been bound anew already depends on the order of listeners.
 */
class RefreshListener implements ApplicationListener<EnvironmentChangeEvent> {

	private static final Log logger = LogFactory.getLog(RefreshListener.class);

	private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("zsic");

	/** Which model a classifier runs, and where. */
	private static final List<String> SELECTION = List.of("checkpoint", "revision", "device", "precision");

	/** What else a classifier has for itself and is loaded with. */
	private static final List<String> OWN = List.of("templates", "labels", "scoring", "temperature", "top", "threshold",
			"thresholds", "truncate", "text-canonicalization", "maximum-prompts", "cache");

	/** What all classifiers are loaded with. */
	private static final List<String> COMMON = List.of("engine", "batch", "image.maximum-pixels", "image.maximum-bytes",
			"image.maximum-decode-time", "image.libheif");

	/**
	 * What only the way to a model depends on, not the model: a token may change often.
	 */
	private static final List<String> NEXT = List.of("hub", "swap.pictures", "swap.minimum-accuracy");

	private final ObjectProvider<ManagedClassifier> classifiers;

	private final Environment environment;

	RefreshListener(ObjectProvider<ManagedClassifier> classifiers, Environment environment) {
		this.classifiers = classifiers;
		this.environment = environment;
	}

	@Override
	public void onApplicationEvent(EnvironmentChangeEvent event) {
		Set<ConfigurationPropertyName> changed = new TreeSet<>();
		for (String key : event.getKeys()) {
			ConfigurationPropertyName name = ConfigurationPropertyName.adapt(key, '.');
			if (ROOT.isAncestorOf(name)) {
				changed.add(name);
			}
		}
		boolean common = take(changed, ROOT, COMMON);
		boolean next = take(changed, ROOT, NEXT);
		for (ManagedClassifier classifier : this.classifiers.stream().toList()) {
			ConfigurationPropertyName prefix = classifier.name().isEmpty() ? ROOT
					: ROOT.append("classifiers").append(classifier.name());
			boolean selection = take(changed, prefix, SELECTION);
			boolean settings = take(changed, prefix, OWN) || common;
			if (selection || settings) {
				refresh(classifier, prefix, selection, settings);
			}
			else if (next) {
				classifier.refresh(null);
			}
		}
		if (!changed.isEmpty()) {
			logger.warn("Changes of " + changed + " take effect when the application starts again");
		}
	}

	/** Takes names out that are below others, and returns whether there was one. */
	private static boolean take(Collection<ConfigurationPropertyName> names, ConfigurationPropertyName prefix,
			List<String> below) {
		return names.removeIf((name) -> below.stream()
			.map(prefix::append)
			.anyMatch((other) -> other.equals(name) || other.isAncestorOf(name)));
	}

	private void refresh(ManagedClassifier classifier, ConfigurationPropertyName prefix, boolean selection,
			boolean settings) {
		ModelSelection wanted = classifier.wanted();
		ModelSelection next = wanted;
		if (selection) {
			ClassifierProperties properties;
			try {
				properties = Binder.get(this.environment).bindOrCreate(prefix.toString(), ClassifierProperties.class);
			}
			catch (BindException ex) {
				logger.error("Classifier '" + classifier.displayName() + "' stays as it is, because property '"
						+ ex.getName() + "' cannot be used: "
						+ NestedExceptionUtils.getMostSpecificCause(ex).getMessage());
				return;
			}
			String checkpoint = properties.getCheckpoint();
			if (!StringUtils.hasText(checkpoint)) {
				logger.warn("Classifier '" + classifier.displayName() + "' stays as it is, because property '" + prefix
						+ ".checkpoint' is no longer set");
				return;
			}
			String revision = properties.getRevision();
			next = new ModelSelection(checkpoint, StringUtils.hasText(revision) ? revision : null,
					properties.getDevice(), properties.getPrecision());
		}
		if (settings || !next.equals(wanted)) {
			classifier.refresh(next);
		}
	}

}
