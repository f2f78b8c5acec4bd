package io.github.zsic.spring.boot.autoconfigure.info;

import java.time.Duration;
import java.util.Map;

import io.github.zsic.Precision;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicInfoContributorAutoConfiguration}.
 */
class ZsicInfoContributorAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(
				AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicInfoContributorAutoConfiguration.class))
		.withUserConfiguration(ClassifierConfiguration.class);

	@Test
	void tellsTheModel() {
		this.contextRunner.run((context) -> {
			Info.Builder builder = new Info.Builder();
			context.getBean("zsicInfoContributor", InfoContributor.class).contribute(builder);
			assertThat(builder.build().getDetails()).containsEntry("zsic",
					Map.of("checkpoint", "model", "revision", "v1", "device", "cpu", "precision", "float32"));
		});
	}

	@Test
	void tellsTheModelsOfNamedClassifiersByName() {
		this.contextRunner
			.withPropertyValues("zsic.classifiers.night.checkpoint=models/night", "zsic.classifiers.night.startup=lazy")
			.run((context) -> {
				Info.Builder builder = new Info.Builder();
				context.getBean("zsicInfoContributor", InfoContributor.class).contribute(builder);
				assertThat(builder.build().getDetails().get("zsic"))
					.asInstanceOf(InstanceOfAssertFactories.map(String.class, Object.class))
					.containsEntry("checkpoint", "model")
					.containsEntry("classifiers", Map.of("night", Map.of("checkpoint", "models/night")));
			});
	}

	@Test
	void backsOffWhenDisabled() {
		this.contextRunner.withPropertyValues("management.info.zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicInfoContributor"));
	}

	@Test
	void backsOffWithoutClassifier() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicInfoContributorAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicInfoContributor"));
	}

	@Test
	void backsOffWithoutActuator() {
		this.contextRunner.withClassLoader(new FilteredClassLoader(ConditionalOnEnabledInfoContributor.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicInfoContributor"));
	}

	@Configuration(proxyBeanMethods = false)
	static class ClassifierConfiguration {

		@Bean
		ManagedClassifier zsicManagedClassifier() {
			return new ManagedClassifier("", new ModelSelection("model", "v1", "cpu", Precision.AUTO),
					(selection, listener) -> new TestClassifier(selection, 0.5f),
					new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		}

	}

}
