package io.github.zsic.spring.boot.autoconfigure;

import io.github.zsic.Classification;
import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The test that an application of a user would have, on the checkpoint that comes as a
 * test dependency.
 */
@SpringBootTest(properties = "zsic.checkpoint=classpath:zsic/emoji-clip")
class EmojiCheckpointTests {

	@Autowired
	private ZeroShotClassifier classifier;

	@Test
	void recognisesAnOwl() {
		ImageInput picture = ImageInput.of("owl.png", new ClassPathResource("owl.png")::getInputStream);
		Classification result = this.classifier.classify(picture, "fox", "bear", "seagull", "owl");
		assertThat(result.best().label()).isEqualTo("owl");
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
