package io.github.zsic.spring.boot.autoconfigure.cloud;

import java.time.Duration;
import java.util.Set;

import io.github.zsic.CheckpointException;
import io.github.zsic.Precision;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ZsicRefreshAutoConfiguration}.
 */
class ZsicRefreshAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicRefreshAutoConfiguration.class))
		.withUserConfiguration(ClassifierConfiguration.class)
		.withPropertyValues("zsic.checkpoint=first", "zsic.device=cpu");

	@Test
	void swapsWhenTheCheckpointChanges() {
		this.contextRunner.run((context) -> {
			change(context, "zsic.checkpoint", "second");
			await().until(() -> managed(context).classifier().model().checkpoint().equals("second"));
			assertThat(managed(context).selection())
				.isEqualTo(new ModelSelection("second", null, "cpu", Precision.AUTO));
		});
	}

	@Test
	void swapsWhenThePrecisionChanges() {
		this.contextRunner.run((context) -> {
			change(context, "zsic.precision", "int8");
			await().until(() -> managed(context).classifier().model().precision() == Precision.INT8);
			assertThat(managed(context).selection())
				.isEqualTo(new ModelSelection("first", null, "cpu", Precision.INT8));
		});
	}

	@Test
	void namesMayBeWrittenInAnyWay() {
		this.contextRunner.run((context) -> {
			TestPropertyValues.of("zsic.revision=v2").applyTo(context);
			context.publishEvent(new EnvironmentChangeEvent(context, Set.of("ZSIC.Revision")));
			await().until(() -> "v2".equals(managed(context).classifier().model().revision()));
		});
	}

	@Test
	void otherPropertiesDoNotMatter() {
		this.contextRunner.run((context) -> {
			change(context, "zsic.health.window", "1m");
			change(context, "zsic.checkpoint", "first");
			assertThat(managed(context).classifier().status().state()).hasToString("READY");
			assertThat(managed(context).classifier().model().checkpoint()).isEqualTo("first");
		});
	}

	@Test
	void modelStaysWhenTheNextCannotBeLoaded() {
		this.contextRunner.run((context) -> {
			change(context, "zsic.checkpoint", "broken");
			await().until(() -> managed(context).classifier().status().failure() != null);
			assertThat(managed(context).classifier().model().checkpoint()).isEqualTo("first");
		});
	}

	@Test
	void backsOffWithoutSpringCloud() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("org.springframework.cloud"))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicRefreshListener"));
	}

	@Test
	void backsOffWithoutClassifier() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicRefreshAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("zsicRefreshListener"));
	}

	private static void change(AssertableApplicationContext context, String name, String value) {
		TestPropertyValues.of(name + "=" + value).applyTo(context);
		context.publishEvent(new EnvironmentChangeEvent(context, Set.of(name)));
	}

	private static ManagedClassifier managed(AssertableApplicationContext context) {
		return context.getBean(ManagedClassifier.class);
	}

	@Configuration(proxyBeanMethods = false)
	static class ClassifierConfiguration {

		@Bean
		ManagedClassifier zsicManagedClassifier() {
			return new ManagedClassifier("", new ModelSelection("first", null, "cpu", Precision.AUTO),
					(selection, listener) -> {
						if (selection.checkpoint().equals("broken")) {
							throw new CheckpointException("It is broken.", "Mend it.");
						}
						return new TestClassifier(selection, 0.5f);
					}, new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		}

	}

}
