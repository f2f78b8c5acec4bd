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
 * another class loader. Nothing of the old one may stay.
 */
@Timeout(120)
class RestartTests {

	@Test
	void aClosedContextLeavesNeitherModelNorClassLoader() {
		Leftovers first = startAndClose();
		Leftovers second = startAndClose();
		for (Leftovers leftovers : List.of(first, second)) {
			await().until(() -> {
				System.gc();
				return leftovers.classifier().refersTo(null) && leftovers.classLoader().refersTo(null);
			});
		}
		assertThat(Thread.getAllStackTraces().keySet()).extracting(Thread::getName)
			.noneMatch((name) -> name.startsWith("zsic-engine") || name.startsWith("zsic-prepare")
					|| name.startsWith("zsic-load"));
	}

	private static Leftovers startAndClose() {
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
			return new Leftovers(new WeakReference<>(classifier), new WeakReference<>(restart));
		}
		finally {
			Thread.currentThread().setContextClassLoader(before);
		}
	}

	private record Leftovers(WeakReference<ZeroShotClassifier> classifier, WeakReference<ClassLoader> classLoader) {

	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
