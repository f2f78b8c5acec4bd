package io.github.zsic.spring.boot.autoconfigure.cloud;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import io.github.zsic.CheckpointException;
import io.github.zsic.HubException;
import io.github.zsic.ImageInput;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.util.TestPropertyValues;
import org.springframework.cloud.context.environment.EnvironmentChangeEvent;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ZsicRefreshAutoConfiguration}.
 */
@ExtendWith(OutputCaptureExtension.class)
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
	void modelIsLoadedAgainWithOtherSettings() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicRefreshAutoConfiguration.class))
			.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu", "zsic.threshold=0")
			.run((context) -> {
				ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
				ImageInput owl = ImageInput.of("owl.png", new ClassPathResource("owl.png")::getInputStream);
				assertThat(classifier.classify(owl, "fox", "owl").predictions()).hasSize(2);
				TestPropertyValues.of("zsic.top=1", "zsic.labels=fox,owl").applyTo(context);
				context.publishEvent(new EnvironmentChangeEvent(context, Set.of("zsic.top", "zsic.labels[1]")));
				await().until(() -> managed(context).swaps() == 1);
				assertThat(classifier.classify(owl).predictions()).hasSize(1);
				TestPropertyValues.of("zsic.thresholds[owl]=1.1").applyTo(context);
				context.publishEvent(new EnvironmentChangeEvent(context, Set.of("zsic.thresholds[owl]")));
				await().until(() -> managed(context).swaps() == 2);
				assertThat(classifier.classify(owl).noneOfThese()).isTrue();
				TestPropertyValues.of("zsic.thresholds[owl]=0").applyTo(context);
				context.publishEvent(new EnvironmentChangeEvent(context, Set.of("zsic.thresholds[owl]")));
				await().until(() -> managed(context).swaps() == 3);
				// Wrong ones change nothing.
				change(context, "zsic.top", "-1");
				await().until(() -> managed(context).failedSwaps() == 1);
				assertThat(managed(context).classifier().status().failure()).isNull();
				assertThat(classifier.classify(owl).predictions()).hasSize(1);
			});
	}

	@Test
	void settingsReloadWhatTheEndpointChose() {
		this.contextRunner.run((context) -> {
			managed(context).swap(new ModelSelection("second", null, "cpu", Precision.AUTO));
			change(context, "zsic.templates[0]", "a {}");
			await().until(() -> managed(context).swaps() == 2);
			assertThat(managed(context).classifier().model().checkpoint()).isEqualTo("second");
		});
	}

	@Test
	void nothingIsLoadedForTheWayToTheHub() {
		this.contextRunner.run((context) -> {
			change(context, "zsic.hub.token", "other");
			assertThat(managed(context).wanted().checkpoint()).isEqualTo("first");
			managed(context).swap(new ModelSelection("second", null, "cpu", Precision.AUTO));
			assertThat(managed(context).swaps()).isEqualTo(1);
		});
	}

	@Test
	void refreshWhileAnotherModelIsLoadedIsNotLost() {
		this.contextRunner.run((context) -> {
			ClassifierConfiguration.hold = new CountDownLatch(1);
			change(context, "zsic.checkpoint", "held");
			change(context, "zsic.checkpoint", "second");
			ClassifierConfiguration.hold.countDown();
			await().until(() -> managed(context).classifier().model().checkpoint().equals("second"));
		});
	}

	@Test
	void tellsWhatNeedsARestart(CapturedOutput output) {
		this.contextRunner.run((context) -> {
			TestPropertyValues.of("zsic.maximum-wait=5s", "zsic.health.window=1m").applyTo(context);
			context.publishEvent(new EnvironmentChangeEvent(context,
					Set.of("zsic.maximum-wait", "zsic.health.window", "zsic.top", "zsic-other.key", "other")));
			assertThat(output).contains(
					"Changes of [zsic.health.window, zsic.maximum-wait] take effect when the application starts again");
		});
	}

	@Test
	void tellsWhatIsWrongWithAValue(CapturedOutput output) {
		this.contextRunner.run((context) -> {
			change(context, "zsic.precision", "float8");
			assertThat(output).contains("stays as it is, because property 'zsic.precision' cannot be used");
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

		private static volatile CountDownLatch hold = new CountDownLatch(0);

		@Bean
		ManagedClassifier zsicManagedClassifier() {
			return new ManagedClassifier("", new ModelSelection("first", null, "cpu", Precision.AUTO),
					(selection, listener) -> {
						if (selection.checkpoint().equals("broken")) {
							throw new CheckpointException("It is broken.", "Mend it.");
						}
						if (selection.checkpoint().equals("held")) {
							await(hold);
						}
						return new TestClassifier(selection, 0.5f);
					}, new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		}

		private static void await(CountDownLatch latch) {
			try {
				latch.await();
			}
			catch (InterruptedException ex) {
				throw new HubException(HubException.Reason.INTERRUPTED, "Interrupted.", "");
			}
		}

	}

}
