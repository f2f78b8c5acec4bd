package io.github.zsic.spring.boot.autoconfigure;

import java.util.LinkedHashMap;
import java.util.Map;

import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.Ordered;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Levels for the loggers of DJL, which tells how it finds its libraries and which modes
 * they are in whenever it starts, and warns where a machine has no GPU. Every other
 * source of the same properties counts before them.
 */
final class DjlLoggingEnvironmentPostProcessor implements EnvironmentPostProcessor, Ordered {

	private static final String DJL = "logging.level.ai.djl";

	private static final String CUDA = "logging.level.ai.djl.util.cuda";

	@Override
	public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
		// Asked, as Spring Boot puts the default properties of a program behind these.
		if (environment.containsProperty(DJL)) {
			return;
		}
		Map<String, Object> levels = new LinkedHashMap<>();
		levels.put(DJL, "warn");
		if (!environment.containsProperty(CUDA)) {
			levels.put(CUDA, "error");
		}
		environment.getPropertySources().addLast(new MapPropertySource("zsicLoggingDefaults", levels));
	}

	/** After those that read the files of the program. */
	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

}
