package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicAutoConfiguration} that need no model.
 */
class ZsicAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class));

	@Test
	void withoutCheckpointThereIsNoClassifier() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(ZeroShotClassifier.class);
			assertThat(context).hasSingleBean(ZsicProperties.class);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "   " })
	void emptyCheckpointCountsAsNotSet(String checkpoint) {
		this.contextRunner.withPropertyValues("zsic.checkpoint=" + checkpoint)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZeroShotClassifier.class));
	}

	@Test
	void checkpointMayBeNamedByEnvironmentVariable() {
		this.contextRunner.withInitializer((context) -> {
			var sources = context.getEnvironment().getPropertySources();
			sources.replace("systemEnvironment", new SystemEnvironmentPropertySource("systemEnvironment",
					Map.of("ZSIC_CHECKPOINT", "no/such/folder")));
			ConfigurationPropertySources.attach(context.getEnvironment());
		}).run((context) -> assertThat(context).hasFailed());
	}

	@Test
	void backsOffWhenDisabled() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder", "zsic.enabled=false").run((context) -> {
			assertThat(context).hasNotFailed().doesNotHaveBean(ZeroShotClassifier.class);
			assertThat(context).doesNotHaveBean(ZsicProperties.class);
		});
	}

	@Test
	void backsOffWithoutCore() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder")
			.withClassLoader(new FilteredClassLoader(ZeroShotClassifier.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ZsicAutoConfiguration.class));
	}

	@Test
	void backsOffWhenProgramHasItsOwnClassifier() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder")
			.withUserConfiguration(OwnClassifierConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed()
				.getBean(ZeroShotClassifier.class)
				.isInstanceOf(FakeZeroShotClassifier.class));
	}

	@Test
	void closesClassifierWithContext() {
		FakeZeroShotClassifier[] classifier = new FakeZeroShotClassifier[1];
		this.contextRunner.withUserConfiguration(OwnClassifierConfiguration.class).run((context) -> {
			classifier[0] = context.getBean(FakeZeroShotClassifier.class);
			assertThat(classifier[0].isClosed()).isFalse();
		});
		assertThat(classifier[0].isClosed()).isTrue();
	}

	@Configuration(proxyBeanMethods = false)
	static class OwnClassifierConfiguration {

		@Bean
		FakeZeroShotClassifier ownClassifier() {
			return new FakeZeroShotClassifier();
		}

	}

}
