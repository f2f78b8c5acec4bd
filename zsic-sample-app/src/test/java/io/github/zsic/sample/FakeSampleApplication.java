package io.github.zsic.sample;

import org.springframework.boot.SpringApplication;
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

	@Bean
	FakeZeroShotClassifier classifier() {
		return new FakeZeroShotClassifier();
	}

	public static void main(String[] args) {
		SpringApplication.run(FakeSampleApplication.class, args);
	}

}
