package io.github.zsic.spring.boot.autoconfigure.health;

import java.time.Duration;

import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.health.ZsicHealthIndicator;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.autoconfigure.contributor.HealthContributorAutoConfiguration;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthContributors.Entry;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicHealthContributorAutoConfiguration}.
 */
class ZsicHealthContributorAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class,
				ZsicHealthContributorAutoConfiguration.class, HealthContributorAutoConfiguration.class));

	@Test
	void tellsHealthOfTheClassifier() {
		this.contextRunner.withUserConfiguration(ClassifierConfiguration.class)
			.run((context) -> assertThat(context).getBean("zsicHealthContributor", ZsicHealthIndicator.class)
				.extracting((indicator) -> indicator.health().getStatus().getCode())
				.isEqualTo("UP"));
	}

	@Test
	void severalClassifiersAreAComposite() {
		this.contextRunner.withUserConfiguration(ClassifierConfiguration.class, SecondClassifierConfiguration.class)
			.run((context) -> assertThat(context).getBean("zsicHealthContributor", CompositeHealthContributor.class)
				.satisfies((composite) -> assertThat(composite.stream()).extracting(Entry::name)
					.containsExactlyInAnyOrder("default", "night")));
	}

	@Test
	void backsOffWithoutClassifier() {
		this.contextRunner
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicHealthContributor"));
	}

	@Test
	void backsOffWhenTheProgramsClassifierIsNotManaged() {
		this.contextRunner.withBean(ZeroShotClassifier.class, () -> new TestClassifier("own", 0.5f))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicHealthContributor"));
	}

	@Test
	void backsOffWhenDisabled() {
		this.contextRunner.withUserConfiguration(ClassifierConfiguration.class)
			.withPropertyValues("management.health.zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicHealthContributor"));
	}

	@Test
	void backsOffWhenProgramHasItsOwn() {
		HealthIndicator own = () -> Health.up().build();
		this.contextRunner.withUserConfiguration(ClassifierConfiguration.class)
			.withBean("zsicHealthIndicator", HealthContributor.class, () -> own)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicHealthContributor"));
	}

	@Test
	void backsOffWithoutHealthModule() {
		new ApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicHealthContributorAutoConfiguration.class))
			.withUserConfiguration(ClassifierConfiguration.class)
			.withClassLoader(new FilteredClassLoader(ConditionalOnEnabledHealthIndicator.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.hasSingleBean(ZeroShotClassifier.class)
				.doesNotHaveBean(ZsicHealthContributorAutoConfiguration.class));
	}

	private static ManagedClassifier managed(String name) {
		return new ManagedClassifier(name, new ModelSelection("model", null, "cpu", Precision.AUTO),
				(selection, listener) -> new TestClassifier(selection, 0.5f),
				new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
	}

	@Configuration(proxyBeanMethods = false)
	static class ClassifierConfiguration {

		@Bean
		ManagedClassifier zsicManagedClassifier() {
			return managed("");
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class SecondClassifierConfiguration {

		@Bean
		ManagedClassifier nightClassifier() {
			return managed("night");
		}

	}

}
