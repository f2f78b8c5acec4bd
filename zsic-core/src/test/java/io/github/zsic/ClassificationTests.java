package io.github.zsic;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ClassificationTests {

	@Test
	void aResultOfATestIsBestFirstAndOfNoModel() {
		Prediction fox = new Prediction("fox", 0.2f);
		Prediction owl = new Prediction("owl", 0.6f);
		Prediction bear = new Prediction("bear", 0.2f);
		Classification result = Classification.of(fox, owl, bear);
		assertThat(result.predictions()).containsExactly(owl, fox, bear);
		assertThat(result.best()).isEqualTo(owl);
		assertThat(result.timings()).isEqualTo(Timings.NONE);
		assertThat(result.model()).isEqualTo(ModelInfo.NONE);
		assertThat(Classification.of().noneOfThese()).isTrue();
	}

}
