package io.github.zsic.spring.boot.autoconfigure;

import java.beans.PropertyDescriptor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

/**
 * Warns of {@code zsic.*} properties that look like one of ours, but are none. What is
 * not similar to any, and in no group of ours, may be the program's own.
 */
class UnknownProperties implements BeanFactoryPostProcessor {

	private static final Log logger = LogFactory.getLog(UnknownProperties.class);

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of("zsic");

	/** Known names by what is compared: without the dashes. */
	private static final Map<String, String> COMMON = names(ZsicProperties.class);

	private static final Map<String, String> OF_EACH = names(ClassifierProperties.class);

	private final ConfigurableEnvironment environment;

	UnknownProperties(ConfigurableEnvironment environment) {
		this.environment = environment;
	}

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory factory) {
		Map<String, String> findings = new TreeMap<>();
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.environment)) {
			if (source instanceof IterableConfigurationPropertySource iterable) {
				boolean ofTheSystem = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
				iterable.stream()
					.filter(PREFIX::isAncestorOf)
					.forEach((name) -> look(name, source, ofTheSystem, findings));
			}
		}
		if (!findings.isEmpty()) {
			Set<ConfigurationPropertyName> others = prefixesOfOthers(factory);
			findings.keySet().removeIf((name) -> others.stream().anyMatch((prefix) -> isBelow(prefix, name)));
			findings.values().forEach(logger::warn);
		}
	}

	private static boolean isBelow(ConfigurationPropertyName prefix, String name) {
		return prefix.isAncestorOf(ConfigurationPropertyName.of(name));
	}

	private static void look(ConfigurationPropertyName name, ConfigurationPropertySource source, boolean ofTheSystem,
			Map<String, String> findings) {
		boolean ofOne = name.getNumberOfElements() > 3 && name.getElement(1, Form.UNIFORM).equals("classifiers");
		Map<String, String> known = ofOne ? OF_EACH : COMMON;
		String prefix = "zsic." + (ofOne ? "classifiers." + name.getElement(2, Form.ORIGINAL) + "." : "");
		String compared = compared(name, ofOne ? 3 : 1);
		// Behind these stands what the user calls it.
		if (known.containsKey(compared) || compared.startsWith("thresholds.")
				|| !ofOne && compared.startsWith("classifiers.")) {
			return;
		}
		// A variable has '_' for dots and, as people write it, for dashes.
		if (ofTheSystem && known.keySet().stream().anyMatch((other) -> squashed(other).equals(squashed(compared)))) {
			return;
		}
		String nearest = nearest(compared, known);
		String group = compared.contains(".") ? compared.substring(0, compared.indexOf('.') + 1) : null;
		boolean inGroup = ofOne
				|| group != null && known.keySet().stream().anyMatch((other) -> other.startsWith(group));
		// Variables of the system may come from elsewhere, such as the names of services.
		if (nearest == null && (ofTheSystem || !inGroup)) {
			return;
		}
		ConfigurationProperty property = source.getConfigurationProperty(name);
		Object origin = (property != null) ? property.getOrigin() : null;
		findings.put(name.toString(),
				"Property '" + name + "'" + ((origin != null) ? " (" + origin + ")" : "")
						+ " is unknown and has no effect."
						+ ((nearest != null) ? " Did you mean '" + prefix + nearest + "'?" : ""));
	}

	private static String compared(ConfigurationPropertyName name, int from) {
		List<String> elements = new ArrayList<>();
		for (int i = from; i < name.getNumberOfElements(); i++) {
			if (!name.isNumericIndex(i)) {
				elements.add(name.getElement(i, Form.UNIFORM));
			}
		}
		return String.join(".", elements);
	}

	private static String squashed(String name) {
		return name.replace(".", "");
	}

	/** One that is spelled nearly alike, or the same without its group. */
	private static @Nullable String nearest(String name, Map<String, String> known) {
		int allowed = Math.min(3, Math.max(1, name.length() / 4));
		return known.keySet()
			.stream()
			.filter((other) -> other.endsWith("." + name) || distance(name, other) <= allowed)
			.min(Comparator.comparingInt((other) -> other.endsWith("." + name) ? 0 : distance(name, other)))
			.map(known::get)
			.orElse(null);
	}

	/**
	 * How many letters must be put in, left out or exchanged, or be swapped with the next
	 * one (optimal string alignment).
	 */
	private static int distance(String one, String other) {
		int[][] distances = new int[one.length() + 1][other.length() + 1];
		for (int i = 0; i <= one.length(); i++) {
			for (int j = 0; j <= other.length(); j++) {
				distances[i][j] = Math.max(i, j);
				if (i > 0 && j > 0) {
					int exchange = distances[i - 1][j - 1] + ((one.charAt(i - 1) != other.charAt(j - 1)) ? 1 : 0);
					distances[i][j] = Math.min(exchange, Math.min(distances[i - 1][j], distances[i][j - 1]) + 1);
				}
				if (i > 1 && j > 1 && one.charAt(i - 1) == other.charAt(j - 2)
						&& one.charAt(i - 2) == other.charAt(j - 1)) {
					distances[i][j] = Math.min(distances[i][j], distances[i - 2][j - 2] + 1);
				}
			}
		}
		return distances[one.length()][other.length()];
	}

	/** Those of the program and other libraries that begin like ours. */
	private static Set<ConfigurationPropertyName> prefixesOfOthers(ConfigurableListableBeanFactory factory) {
		Set<ConfigurationPropertyName> prefixes = new TreeSet<>();
		for (String bean : factory.getBeanNamesForAnnotation(ConfigurationProperties.class)) {
			ConfigurationProperties annotation = factory.findAnnotationOnBean(bean, ConfigurationProperties.class,
					false);
			String prefix = (annotation != null) ? (String) AnnotationUtils.getValue(annotation) : null;
			if (prefix != null && prefix.startsWith("zsic.")) {
				prefixes.add(ConfigurationPropertyName.of(prefix));
			}
		}
		return prefixes;
	}

	private static Map<String, String> names(Class<?> type) {
		Map<String, String> names = new TreeMap<>();
		if (type == ZsicProperties.class) {
			// Those of conditions alone.
			add("enabled", names);
			add("web.problem-details", names);
		}
		collect(type, "", names);
		return names;
	}

	private static void collect(Class<?> type, String prefix, Map<String, String> names) {
		for (PropertyDescriptor property : BeanUtils.getPropertyDescriptors(type)) {
			Class<?> valueType = property.getPropertyType();
			String name = prefix + DataObjectPropertyName.toDashedForm(property.getName());
			if (valueType != null && valueType.isMemberClass()
					&& ClassifierProperties.class.isAssignableFrom(valueType.getEnclosingClass())) {
				collect(valueType, name + ".", names);
			}
			else if (!"class".equals(property.getName())) {
				add(name, names);
			}
		}
	}

	private static void add(String name, Map<String, String> names) {
		names.put(name.replace("-", ""), name);
	}

}
