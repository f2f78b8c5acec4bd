package io.github.zsic.spring.boot.autoconfigure;

import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.Scoring;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests for the classifiers of {@code zsic.classifiers}.
 */
@ExtendWith(OutputCaptureExtension.class)
class NamedClassifiersTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class))
		.withPropertyValues("zsic.classifiers.night.checkpoint=models/night", "zsic.classifiers.night.startup=lazy",
				"zsic.classifiers.night.device=cuda:1", "zsic.classifiers.night.scoring=sigmoid",
				"zsic.classifiers.day.checkpoint=models/day", "zsic.classifiers.day.startup=lazy");

	@Test
	void eachIsABeanOfItsName() {
		this.contextRunner.run((context) -> {
			assertThat(context).hasNotFailed();
			SwappableClassifier night = context.getBean("night", SwappableClassifier.class);
			assertThat(night.status().state()).isEqualTo(State.IDLE);
			assertThat(context.getBean("day", SwappableClassifier.class)).isNotSameAs(night);
			ManagedClassifier managed = context.getBean("zsic.classifiers.night", ManagedClassifier.class);
			assertThat(managed.classifier()).isSameAs(night);
			assertThat(managed.name()).isEqualTo("night");
			assertThat(managed.selection().checkpoint()).isEqualTo("models/night");
			assertThat(managed.selection().device()).isEqualTo("cuda:1");
			ClassifierProperties properties = context.getBean(ZsicProperties.class).getClassifiers().get("night");
			assertThat(properties.getScoring()).isEqualTo(Scoring.SIGMOID);
		});
	}

	@Test
	void qualifierChoosesAndThePlainOneIsTheDefault() {
		this.contextRunner.withPropertyValues("zsic.checkpoint=models/main", "zsic.startup=lazy")
			.withUserConfiguration(InjectingConfiguration.class)
			.run((context) -> {
				assertThat(context).hasNotFailed();
				InjectingConfiguration injected = context.getBean(InjectingConfiguration.class);
				assertThat(injected.main).isSameAs(context.getBean("zeroShotClassifier"));
				assertThat(injected.night).isSameAs(context.getBean("night"));
			});
	}

	@Test
	void areClosedWithTheContext() {
		SwappableClassifier[] night = new SwappableClassifier[1];
		this.contextRunner.run((context) -> night[0] = context.getBean("night", SwappableClassifier.class));
		assertThat(night[0].status().state()).isEqualTo(State.CLOSED);
	}

	@Test
	void areNotThereWhenDisabled() {
		this.contextRunner.withPropertyValues("zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean("night"));
	}

	@Test
	void classifierOfTheProgramReplacesOne() {
		FakeZeroShotClassifier own = new FakeZeroShotClassifier();
		this.contextRunner.withBean("night", ZeroShotClassifier.class, () -> own).run((context) -> {
			assertThat(context.getBean("night")).isSameAs(own);
			assertThat(context.getBeansOfType(ManagedClassifier.class)).containsOnlyKeys("zsic.classifiers.day");
		});
	}

	@Test
	void nameOfTheMainOneIsRefused(CapturedOutput output) {
		fail("--zsic.classifiers.default.checkpoint=models/x");
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("'zsic.classifiers.default' is a name that health, endpoint and metrics have for the main");
	}

	@ParameterizedTest
	@ValueSource(strings = { "zeroShotClassifier", "taskScheduler" })
	void nameOfAnotherBeanIsRefused(String name) {
		this.contextRunner
			.withPropertyValues("zsic.checkpoint=models/main", "zsic.startup=lazy",
					"zsic.classifiers." + name + ".checkpoint=models/x")
			.withBean("taskScheduler", String.class, () -> "")
			.run((context) -> assertThat(context).getFailure().hasMessageContaining("which another bean has already"));
	}

	@Test
	void qualifierThatNoneHasIsReportedWithTheNamesThatThereAre(CapturedOutput output) {
		failWith(NightlyConfiguration.class, "--zsic.checkpoint=models/main", "--zsic.startup=lazy",
				"--zsic.classifiers.night.checkpoint=models/night", "--zsic.classifiers.night.startup=lazy",
				"--zsic.classifiers.day.checkpoint=models/day", "--zsic.classifiers.day.startup=lazy");
		assertThat(output).contains("APPLICATION FAILED TO START")
			.contains("with the qualifier 'nightly'. Classifiers have the names ['day', 'night'].")
			.contains("Use one of these names, or set 'zsic.classifiers.nightly.checkpoint'");
	}

	@Test
	void missingMainOneIsReportedWithTheNamesThatThereAre(CapturedOutput output) {
		failWith(InjectingConfiguration.class, "--zsic.classifiers.night.checkpoint=models/night",
				"--zsic.classifiers.night.startup=lazy");
		assertThat(output).contains("property 'zsic.checkpoint' is not set")
			.contains("Or choose one of the classifiers ['night'] with @Qualifier.");
	}

	@Test
	void missingCheckpointIsReported(CapturedOutput output) {
		fail("--zsic.classifiers.night.device=cpu");
		assertThat(output).contains("Classifier 'night' has no checkpoint.")
			.contains("Property: zsic.classifiers.night.checkpoint")
			.contains("Set 'zsic.classifiers.night.checkpoint'");
	}

	@Test
	void failureNamesThePropertyOfTheClassifier(CapturedOutput output) {
		fail("--zsic.classifiers.night.checkpoint=no/such/folder/anywhere");
		assertThat(output).contains("Property: zsic.classifiers.night.checkpoint")
			.contains("Value: \"no/such/folder/anywhere\"");
	}

	private static void fail(String argument) {
		failWith(EmptyConfiguration.class, argument);
	}

	private static void failWith(Class<?> configuration, String... arguments) {
		assertThatException().isThrownBy(
				() -> new SpringApplicationBuilder(configuration, EmptyConfiguration.class).web(WebApplicationType.NONE)
					.properties("spring.main.banner-mode=off")
					.run(arguments)
					.close());
	}

	@Configuration(proxyBeanMethods = false)
	static class InjectingConfiguration {

		private final ZeroShotClassifier main;

		private final ZeroShotClassifier night;

		InjectingConfiguration(ZeroShotClassifier main, @Qualifier("night") ZeroShotClassifier night) {
			this.main = main;
			this.night = night;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class NightlyConfiguration {

		NightlyConfiguration(@Qualifier("nightly") ZeroShotClassifier nightly) {
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class EmptyConfiguration {

	}

}
