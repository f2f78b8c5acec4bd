package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What an application with the starter logs of DJL.
 */
class DjlLoggingEnvironmentPostProcessorTests {

	private final SpringApplicationBuilder application = new SpringApplicationBuilder(Empty.class)
		.web(WebApplicationType.NONE)
		.bannerMode(Banner.Mode.OFF);

	@Test
	void warningsOnlyAndErrorsOnlyOfTheSearchForGpus() {
		assertLevels("warn", "error");
		Logger djl = LoggerFactory.getLogger("ai.djl.pytorch.engine.PtEngine");
		assertThat(djl.isInfoEnabled()).isFalse();
		assertThat(djl.isWarnEnabled()).isTrue();
		assertThat(LoggerFactory.getLogger("ai.djl.util.cuda.CudaUtils").isWarnEnabled()).isFalse();
	}

	@Test
	void levelOfAnApplicationCounts() {
		assertLevels("debug", null, "--logging.level.ai.djl=debug");
		assertThat(LoggerFactory.getLogger("ai.djl.pytorch.engine.PtEngine").isDebugEnabled()).isTrue();
	}

	@Test
	void levelOfAnApplicationForPartOfItCounts() {
		assertLevels("warn", "info", "--logging.level.ai.djl.util.cuda=info", "--logging.level.ai.djl.pytorch=debug");
		assertThat(LoggerFactory.getLogger("ai.djl.util.cuda.CudaUtils").isInfoEnabled()).isTrue();
		assertThat(LoggerFactory.getLogger("ai.djl.pytorch.engine.PtEngine").isDebugEnabled()).isTrue();
	}

	@Test
	void defaultPropertiesOfAnApplicationCount() {
		this.application.properties(Map.of("logging.level.ai.djl", "info"));
		assertLevels("info", null);
	}

	private void assertLevels(String djl, @Nullable String cuda, String... arguments) {
		try (ConfigurableApplicationContext context = this.application.run(arguments)) {
			assertThat(context.getEnvironment().getProperty("logging.level.ai.djl")).isEqualTo(djl);
			assertThat(context.getEnvironment().getProperty("logging.level.ai.djl.util.cuda")).isEqualTo(cuda);
		}
	}

	@Configuration(proxyBeanMethods = false)
	static class Empty {

	}

}
