package io.github.zsic.spring.boot.autoconfigure;

import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that limits which are low, but allowed, do not stop the start.
 */
class LowLimitsTests {

	@ParameterizedTest
	@ValueSource(strings = { "zsic.image.maximum-pixels=64", "zsic.image.maximum-decode-time=1ns",
			"zsic.maximum-prompts=1", "zsic.batch.queue-timeout=1ns" })
	void start(String property) {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class))
			.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu", property)
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(ZeroShotClassifier.class));
	}

}
