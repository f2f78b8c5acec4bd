package io.github.zsic.test.autoconfigure;

import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.test.FakeZeroShotClassifier;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AutoConfigureFakeClassifier}, in a program with checkpoints that
 * cannot be loaded.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE,
		properties = { "zsic.checkpoint=no/such/folder/anywhere",
				"zsic.classifiers.night.checkpoint=no/such/night/at/all",
				"management.endpoint.health.group.readiness.include=readinessState,zsic" })
@AutoConfigureFakeClassifier
class AutoConfigureFakeClassifierTests {

	private static final ImageInput IMAGE = ImageInput.of(new byte[0]);

	@Autowired
	private FakeZeroShotClassifier fake;

	@Autowired
	private Program program;

	@Autowired
	private HealthEndpoint health;

	@Test
	void replacesTheClassifiersOfTheProgram() {
		assertThat(this.program.main).isSameAs(this.fake);
		assertThat(this.program.main.classify(IMAGE, "fox", "owl").best().label()).isEqualTo("fox");
		assertThat(this.program.night).isInstanceOf(FakeZeroShotClassifier.class).isNotSameAs(this.fake);
	}

	@Test
	void healthStaysThere() {
		assertThat(this.health.healthForPath("zsic").getStatus()).isEqualTo(Status.UNKNOWN);
	}

	@Test
	void withoutCheckpointThereIsAFake() {
		new ApplicationContextRunner().withUserConfiguration(Annotated.class)
			.run((context) -> assertThat(context).hasSingleBean(ZeroShotClassifier.class)
				.hasSingleBean(FakeZeroShotClassifier.class));
	}

	@Test
	void classifierOfTheProgramStays() {
		FakeZeroShotClassifier own = FakeZeroShotClassifier.choosing((image, labels) -> "owl");
		new ApplicationContextRunner().withUserConfiguration(Annotated.class)
			.withPropertyValues("zsic.checkpoint=no/such/folder/anywhere")
			.withBean("own", ZeroShotClassifier.class, () -> own)
			.run((context) -> assertThat(context).getBean(ZeroShotClassifier.class).isSameAs(own));
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@AutoConfigureFakeClassifier
	static class Annotated {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class TestApplication {

		@Bean
		Program program(ZeroShotClassifier main, @Qualifier("night") ZeroShotClassifier night) {
			return new Program(main, night);
		}

	}

	record Program(ZeroShotClassifier main, ZeroShotClassifier night) {

	}

}
