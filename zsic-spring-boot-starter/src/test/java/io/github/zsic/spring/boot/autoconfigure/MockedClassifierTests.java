package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;

import io.github.zsic.Classification;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.ImageInput;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.endpoint.ZsicEndpoint;
import io.micrometer.core.instrument.MeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.actuate.endpoint.HealthEndpoint;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.bean.override.mockito.MockitoBean;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.BDDMockito.given;

/**
 * A test of a program that puts mocks in the place of its classifiers, with checkpoints
 * that cannot be loaded: nobody tries to.
 */
@SpringBootTest(webEnvironment = WebEnvironment.NONE,
		properties = { "zsic.checkpoint=no/such/folder/anywhere",
				"zsic.classifiers.night.checkpoint=no/such/night/at/all", "management.endpoints.web.exposure.include=*",
				"management.endpoint.health.group.readiness.include=readinessState,zsic" })
class MockedClassifierTests {

	@MockitoBean
	private ZeroShotClassifier classifier;

	@MockitoBean("night")
	private ZeroShotClassifier night;

	@Autowired
	private Program program;

	@Autowired
	private Map<String, ManagedClassifier> managed;

	@Autowired
	private HealthEndpoint health;

	@Autowired
	private MeterRegistry meters;

	@Autowired
	private ZsicEndpoint endpoint;

	@Test
	void mocksAreUsedAndNoModelIsLoaded() {
		given(this.classifier.classify(any(ImageInput.class), any(String[].class)))
			.willReturn(Classification.of(new Prediction("owl", 0.9f)));
		assertThat(this.program.main.classify(ImageInput.of(new byte[0]), "fox", "owl").best().label())
			.isEqualTo("owl");
		assertThat(this.program.night).isSameAs(this.night);
		assertThat(this.managed).hasSize(2)
			.allSatisfy(
					(name, classifier) -> assertThat(classifier.classifier().status().state()).isEqualTo(State.IDLE));
	}

	@Test
	void healthEndpointAndMetricsTellThatThereIsNoModel() {
		assertThat(this.health.healthForPath("zsic").getStatus()).isEqualTo(Status.UNKNOWN);
		assertThat(this.endpoint.classifiers().toString()).contains("IDLE");
		assertThat(this.meters.get("zsic.model.ready").gauges()).hasSize(2)
			.allSatisfy((gauge) -> assertThat(gauge.value()).isZero());
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Program {

		private final ZeroShotClassifier main;

		private final ZeroShotClassifier night;

		Program(ZeroShotClassifier main, @Qualifier("night") ZeroShotClassifier night) {
			this.main = main;
			this.night = night;
		}

	}

}
