package io.github.zsic.sample.command;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.SimpleCommandLinePropertySource;

/**
 * Refuses properties on the command line that would be ignored in silence: those that are
 * misspelt, and those that mean nothing to the command.
 */
final class PropertyCheck {

	private static final String NO_SERVER = "it is for an application that goes on running";

	/** What has no effect on any command, and what to do instead or why. */
	private static final Map<String, String> WITHOUT_EFFECT = withoutEffect();

	private PropertyCheck() {
	}

	private static Map<String, String> withoutEffect() {
		Map<String, String> names = new LinkedHashMap<>();
		names.put("zsic.enabled", "there is always a classifier");
		names.put("zsic.startup", "the model is always loaded first");
		names.put("zsic.maximum-wait", "the model is always loaded first");
		names.put("zsic.batch.queue-timeout", "pictures wait for as long as it takes");
		names.put("zsic.classifiers", "there is one classifier, which --zsic.checkpoint names");
		names.put("zsic.image.allow-urls", "pictures come from the folder");
		names.put("zsic.image.url-timeout", "pictures come from the folder");
		names.put("zsic.health", NO_SERVER);
		names.put("zsic.swap", NO_SERVER);
		return Collections.unmodifiableMap(names);
	}

	/**
	 * Checks properties.
	 * @param withoutEffect what has no effect on this command beside what has none on
	 * any, and what to do instead or why
	 * @param arguments the properties as arguments of the application
	 * @throws CommandException if one is not known, without effect, or cannot have its
	 * value
	 */
	static void check(Map<String, String> withoutEffect, String... arguments) {
		SimpleCommandLinePropertySource source = new SimpleCommandLinePropertySource(arguments);
		for (String given : source.getPropertyNames()) {
			refuse(WITHOUT_EFFECT, given);
			refuse(withoutEffect, given);
		}
		Binder binder = new Binder(ConfigurationPropertySources.from(source));
		try {
			binder.bind("zsic", Bindable.of(ZsicProperties.class),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
		}
		catch (BindException ex) {
			if (ex.getCause() instanceof UnboundConfigurationPropertiesException unbound) {
				throw CommandException
					.usage(unknown(unbound.getUnboundProperties().iterator().next().getName().toString()));
			}
			Object value = (ex.getProperty() != null) ? ex.getProperty().getValue() : null;
			throw CommandException.usage("'--" + ex.getName() + "' cannot be '" + value + "': " + reason(ex) + ".");
		}
	}

	private static void refuse(Map<String, String> withoutEffect, String given) {
		ConfigurationPropertyName name = ConfigurationPropertyName.adapt(given, '.');
		withoutEffect.forEach((key, reason) -> {
			ConfigurationPropertyName refused = ConfigurationPropertyName.of(key);
			if (refused.equals(name) || refused.isAncestorOf(name)) {
				throw CommandException.usage("'--" + given + "' has no effect on this command: " + reason + ".");
			}
		});
	}

	private static String unknown(String name) {
		String nearest = FolderOptions.nearest(name, known());
		return "There is no property '" + name + "'."
				+ ((nearest != null) ? " Did you mean '" + nearest + "'?" : " docs/spring-boot.md of zsic lists them.");
	}

	/** As editors know them. */
	private static List<String> known() {
		List<String> names = new ArrayList<>();
		try {
			for (URL metadata : Collections.list(
					PropertyCheck.class.getClassLoader().getResources("META-INF/spring-configuration-metadata.json"))) {
				try (InputStream in = metadata.openStream()) {
					for (JsonNode property : JsonMapper.shared().readTree(in).path("properties")) {
						names.add(property.path("name").asString());
					}
				}
			}
		}
		catch (IOException ex) {
			throw CommandException
				.failure("The application's own files cannot be read: " + FolderCommand.reason(ex) + ".");
		}
		return names.stream().filter((name) -> name.startsWith("zsic.")).toList();
	}

	/** In words that do not depend on how the property is stored. */
	private static String reason(BindException ex) {
		Class<?> type = ex.getTarget().getType().resolve(Object.class);
		Object @Nullable [] constants = type.getEnumConstants();
		if (constants != null) {
			return "it is one of " + Arrays.toString(constants).toLowerCase(Locale.ROOT);
		}
		if (type == Boolean.class || type == boolean.class) {
			return "it is true or false";
		}
		Throwable root = FolderCommand.root(ex);
		if (root instanceof NumberFormatException) {
			return "it is a number";
		}
		return FolderCommand.firstLine(root);
	}

}
