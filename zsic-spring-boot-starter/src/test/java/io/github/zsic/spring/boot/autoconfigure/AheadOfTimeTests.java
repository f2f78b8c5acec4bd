package io.github.zsic.spring.boot.autoconfigure;

import java.util.Map;
import java.util.function.Consumer;

import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.autoconfigure.endpoint.ZsicEndpointAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.health.ZsicHealthContributorAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.info.ZsicInfoContributorAutoConfiguration;
import io.github.zsic.spring.boot.autoconfigure.metrics.ZsicMetricsAutoConfiguration;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.aot.test.generate.TestGenerationContext;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.test.tools.CompileWithForkedClassLoader;
import org.springframework.core.test.tools.TestCompiler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that a program can be processed ahead of time, and what that fixes.
 */
class AheadOfTimeTests {

	private static final Map<String, Object> PROPERTIES = Map.of("zsic.checkpoint", "models/main", "zsic.startup",
			"lazy", "zsic.classifiers.night.checkpoint", "models/night", "zsic.classifiers.night.startup", "lazy",
			"management.endpoints.web.exposure.include", "*");

	@Test
	@CompileWithForkedClassLoader
	void classifiersAreThereWithThePropertiesOfTheRun() {
		Map<String, Object> later = Map.of("zsic.checkpoint", "models/other", "zsic.startup", "lazy",
				"zsic.classifiers.night.checkpoint", "models/night", "zsic.classifiers.night.startup", "lazy",
				"zsic.classifiers.day.checkpoint", "models/day");
		process(PROPERTIES, later, (context) -> {
			assertThat(context.getBean(ZeroShotClassifier.class)).isSameAs(context.getBean("zeroShotClassifier"));
			SwappableClassifier night = context.getBean("night", SwappableClassifier.class);
			assertThat(night.status().state()).isEqualTo(State.IDLE);
			assertThat(night).isNotSameAs(context.getBean("zeroShotClassifier"));
			Map<String, ManagedClassifier> managed = context.getBeansOfType(ManagedClassifier.class);
			assertThat(managed).containsOnlyKeys("zsicManagedClassifier", "zsic.classifiers.night");
			assertThat(managed.get("zsicManagedClassifier").selection().checkpoint()).isEqualTo("models/other");
			assertThat(managed.get("zsic.classifiers.night").classifier()).isSameAs(night);
			assertThat(context.getBean(HealthContributor.class)).isNotNull();
		});
	}

	@SuppressWarnings("unchecked")
	private static void process(Map<String, Object> build, Map<String, Object> run,
			Consumer<GenericApplicationContext> test) {
		AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext();
		addProperties(context, build);
		context.register(Program.class);
		TestGenerationContext generation = new TestGenerationContext(Program.class);
		new ApplicationContextAotGenerator().processAheadOfTime(context, generation);
		generation.writeGeneratedContent();
		TestCompiler.forSystem().with(generation).compile((compiled) -> {
			try (GenericApplicationContext fresh = new GenericApplicationContext()) {
				addProperties(fresh, run);
				ApplicationContextInitializer<GenericApplicationContext> initializer = compiled
					.getInstance(ApplicationContextInitializer.class);
				initializer.initialize(fresh);
				fresh.refresh();
				test.accept(fresh);
			}
		});
	}

	private static void addProperties(GenericApplicationContext context, Map<String, Object> properties) {
		context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
		ConfigurationPropertySources.attach(context.getEnvironment());
	}

	@Configuration(proxyBeanMethods = false)
	@Import({ ZsicAutoConfiguration.class, ZsicHealthContributorAutoConfiguration.class,
			ZsicEndpointAutoConfiguration.class, ZsicInfoContributorAutoConfiguration.class,
			ZsicMetricsAutoConfiguration.class })
	static class Program {

		@Bean
		SimpleMeterRegistry meters() {
			return new SimpleMeterRegistry();
		}

	}

}
