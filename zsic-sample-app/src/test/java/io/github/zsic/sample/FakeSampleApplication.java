package io.github.zsic.sample;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;

/**
 * The sample without a model. It can be run, to look at the page. A test configuration,
 * as others are found by the scan of the sample itself.
 */
@TestConfiguration(proxyBeanMethods = false)
@Import(SampleApplication.class)
class FakeSampleApplication {

	/**
	 * A classifier of the program's own has no health, which the readiness group names.
	 */
	static final String NO_HEALTH_OF_CLASSIFIER = "management.endpoint.health.validate-group-membership=false";

	@Bean
	FakeZeroShotClassifier classifier() {
		return new FakeZeroShotClassifier();
	}

	public static void main(String[] args) {
		new SpringApplicationBuilder(FakeSampleApplication.class).properties(NO_HEALTH_OF_CLASSIFIER).run(args);
	}

}
