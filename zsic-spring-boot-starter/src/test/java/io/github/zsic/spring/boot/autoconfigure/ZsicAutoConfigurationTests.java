package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.ZeroShotClassifierBuilderCustomizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.BeanCurrentlyInCreationException;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

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
	void backgroundModelThatCannotBeLoadedDoesNotStopTheProgram() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder", "zsic.startup=background")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThatExceptionOfType(ModelNotReadyException.class)
					.isThrownBy(() -> context.getBean(ZeroShotClassifier.class).embedText("an owl"))
					.withMessageContaining("no/such/folder");
			});
	}

	@ParameterizedTest
	@EnumSource(Startup.class)
	void beansThatAModelNeedsAreMadeInTheThreadOfTheContext(Startup startup) {
		LazyBeans.thread.set(null);
		this.contextRunner
			.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu",
					"zsic.startup=" + startup)
			.withUserConfiguration(LazyBeans.class)
			.run((context) -> {
				assertThat(context.getBean(ZeroShotClassifier.class).embedText("an owl")).isNotEmpty();
				assertThat(LazyBeans.thread).hasValue(Thread.currentThread());
			});
	}

	@ParameterizedTest
	@EnumSource(Startup.class)
	void cyclesAreRefused(Startup startup) {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder", "zsic.startup=" + startup)
			.withUserConfiguration(CycleConfiguration.class)
			.run((context) -> assertThat(context).getFailure()
				.hasRootCauseInstanceOf(BeanCurrentlyInCreationException.class));
	}

	@Test
	void lazyModelIsNotLoadedUntilItIsUsed() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder", "zsic.startup=lazy").run((context) -> {
			SwappableClassifier classifier = context.getBean(SwappableClassifier.class);
			assertThat(classifier.status().state()).isEqualTo(State.IDLE);
			assertThatExceptionOfType(ModelNotReadyException.class).isThrownBy(() -> classifier.embedText("an owl"));
		});
	}

	@Test
	void usesManagedClassifierOfTheProgram() {
		TestClassifier model = new TestClassifier("own", 0.5f);
		this.contextRunner.withPropertyValues("zsic.checkpoint=no/such/folder")
			.withBean("zsicManagedClassifier", ManagedClassifier.class,
					() -> new ManagedClassifier("", new ModelSelection("own", null, "cpu", Precision.AUTO),
							(selection, listener) -> model,
							new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false)))
			.run((context) -> assertThat(TestClassifier.ask(context.getBean(ZeroShotClassifier.class)))
				.isEqualTo(0.5f));
		assertThat(model.closed).isTrue();
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
	static class LazyBeans {

		private static final AtomicReference<Thread> thread = new AtomicReference<>();

		@Bean
		@Lazy
		ZeroShotClassifierBuilderCustomizer customizer() {
			thread.set(Thread.currentThread());
			return (builder) -> builder.top(1);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class CycleConfiguration {

		@Bean
		@Lazy
		ModelDecorator decorator(ZeroShotClassifier classifier) {
			return (name, model) -> model;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnClassifierConfiguration {

		@Bean
		FakeZeroShotClassifier ownClassifier() {
			return new FakeZeroShotClassifier();
		}

	}

}
