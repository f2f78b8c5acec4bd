package io.github.zsic.spring.boot.autoconfigure;

import java.lang.ref.WeakReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What DevTools does at a restart: the context is closed, and the next one starts with
 * another class loader. The old model may not stay.
 */
@Timeout(120)
class RestartTests {

	@Test
	void aClosedContextLeavesNoModel() {
		List<WeakReference<ZeroShotClassifier>> classifiers = List.of(startAndClose(), startAndClose());
		classifiers.forEach((classifier) -> await().until(() -> {
			System.gc();
			return classifier.refersTo(null);
		}));
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.startsWith("zsic-engine") || name.startsWith("zsic-prepare")
					|| name.startsWith("zsic-load"));
	}

	private static WeakReference<ZeroShotClassifier> startAndClose() {
		ClassLoader before = Thread.currentThread().getContextClassLoader();
		URLClassLoader restart = new URLClassLoader("restart", new URL[0], before);
		Thread.currentThread().setContextClassLoader(restart);
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
			.web(WebApplicationType.NONE)
			.properties("zsic.checkpoint=classpath:zsic/emoji-clip")
			.run()) {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			ImageInput owl = ImageInput.of("owl.png", new ClassPathResource("owl.png")::getInputStream);
			assertThat(classifier
				.classify(ClassificationRequest.builder().images(List.of(owl, owl, owl)).labels("fox", "owl").build()))
				.hasSize(3);
			return new WeakReference<>(classifier);
		}
		finally {
			Thread.currentThread().setContextClassLoader(before);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
