package io.github.zsic.spring.boot.autoconfigure.metrics;

import java.time.Duration;
import java.util.List;

import io.github.zsic.DownloadProgress;
import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.github.zsic.spring.boot.metrics.ClassifierMetrics;
import io.github.zsic.spring.boot.metrics.DownloadMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link ZsicMetricsAutoConfiguration}.
 */
class ZsicMetricsAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicMetricsAutoConfiguration.class,
				MetricsAutoConfiguration.class, CompositeMeterRegistryAutoConfiguration.class,
				ObservationAutoConfiguration.class))
		.withUserConfiguration(ClassifierConfiguration.class);

	private final ApplicationContextRunner withRegistry = this.contextRunner.withBean(SimpleMeterRegistry.class);

	@Test
	void observesCallsAndTimesStages() {
		this.withRegistry.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			TestClassifier.ask(classifier);
			classifier.embedText("an owl");
			classifier.embedTexts(List.of("an owl", "a fox"));
			classifier.labels("an owl");
			// Two calls of the self-test came before.
			assertThat(registry.get("zsic.call").tags("classifier", "default", "operation", "classify").timer().count())
				.isEqualTo(3);
			assertThat(registry.get("zsic.call").tags("operation", "embed-text", "error", "none").timer().count())
				.isEqualTo(2);
			assertThat(registry.get("zsic.call").tags("operation", "prepare").timer().count()).isEqualTo(1);
			for (String stage : new String[] { "decode", "queue", "image", "text", "score" }) {
				assertThat(registry.get("zsic.stage").tags("classifier", "default", "stage", stage).timer().count())
					.isEqualTo(3);
			}
			assertThat(registry.get("zsic.request.labels").summary().max()).isEqualTo(2);
			assertThat(registry.get("zsic.batch.size").tags("classifier", "default").summary().count()).isEqualTo(3);
		});
	}

	@Test
	void countsFailures() {
		this.withRegistry.run((context) -> {
			context.getBean(Model.class).classifier.failure = new InferenceException("Lost.", "");
			assertThatExceptionOfType(InferenceException.class)
				.isThrownBy(() -> TestClassifier.ask(context.getBean(ZeroShotClassifier.class)));
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("zsic.call").tags("error", "InferenceException").timer().count()).isEqualTo(1);
			assertThat(registry.get("zsic.calls.failures").functionCounter().count()).isEqualTo(1);
		});
	}

	@Test
	void countsRejections() {
		this.withRegistry.run((context) -> {
			context.getBean(Model.class).classifier.failure = new QueueFullException(256);
			assertThatExceptionOfType(QueueFullException.class)
				.isThrownBy(() -> TestClassifier.ask(context.getBean(ZeroShotClassifier.class)));
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("zsic.calls.rejections").functionCounter().count()).isEqualTo(1);
			assertThat(registry.get("zsic.calls.failures").functionCounter().count()).isZero();
		});
	}

	@Test
	void countsDownloads() {
		this.withRegistry.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			DownloadMetrics downloads = context.getBean(DownloadMetrics.class);
			for (long bytes : new long[] { 100, 250, 1000 }) {
				downloads.onProgress(new DownloadProgress("owner/model", "0123abc",
						List.of(new DownloadProgress.File("model.safetensors", bytes, 1000, bytes == 1000))));
			}
			// The first 100 came with an earlier download.
			assertThat(registry.get("zsic.download.bytes").counter().count()).isEqualTo(900);
			assertThat(registry.get("zsic.downloads").counter().count()).isEqualTo(1);
		});
	}

	@Test
	void bindsMeters() {
		this.withRegistry.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("zsic.model.ready").gauge().value()).isEqualTo(1);
			for (String name : new String[] { "zsic.calls.running", "zsic.queue.waiting", "zsic.queue.places",
					"zsic.queue.capacity", "zsic.model.memory", "zsic.cache.size" }) {
				assertThat(registry.get(name).tags("classifier", "default").gauge().value()).isZero();
			}
			assertThat(registry.get("zsic.cache.gets").tags("result", "hit").functionCounter().count()).isZero();
			assertThat(registry.get("cache.gets")
				.tags("cache", "zsic.labels", "classifier", "default", "result", "miss")
				.functionCounter()
				.count()).isZero();
			assertThat(registry.get("cache.evictions").functionCounter().count()).isZero();
			assertThat(registry.get("cache.size").gauge().value()).isZero();
			assertThat(registry.get("zsic.texts.encoded").functionCounter().count()).isZero();
			context.getBean(ManagedClassifier.class).swap(new ModelSelection("other", null, "cpu", Precision.AUTO));
			assertThat(registry.get("zsic.swaps").tags("result", "success").functionCounter().count()).isEqualTo(1);
			assertThat(registry.get("zsic.swaps").tags("result", "failure").functionCounter().count()).isZero();
		});
	}

	@Test
	void backsOffWithoutRegistry() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicMetricsAutoConfiguration.class))
			.withUserConfiguration(ClassifierConfiguration.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ClassifierMetrics.class));
	}

	@Test
	void backsOffWithoutClassifier() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicMetricsAutoConfiguration.class))
			.withBean(SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(ClassifierMetrics.class));
	}

	@Test
	void backsOffWithoutMicrometer() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicMetricsAutoConfiguration.class))
			.withUserConfiguration(ClassifierConfiguration.class)
			.withClassLoader(new FilteredClassLoader(MeterRegistry.class))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(ZeroShotClassifier.class));
	}

	@Configuration(proxyBeanMethods = false)
	static class ClassifierConfiguration {

		private final Model model = new Model();

		@Bean
		Model model() {
			return this.model;
		}

		@Bean
		ManagedClassifier zsicManagedClassifier(ObjectProvider<ModelDecorator> decorators) {
			return new ManagedClassifier("", new ModelSelection("model", null, "cpu", Precision.AUTO),
					(selection, listener) -> {
						ZeroShotClassifier decorated = this.model.classifier;
						for (ModelDecorator decorator : decorators) {
							decorated = decorator.decorate("default", decorated);
						}
						return decorated;
					}, new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		}

	}

	/**
	 * Not a bean itself, which the auto-configuration would take for the program's own.
	 */
	static class Model {

		private final TestClassifier classifier = new TestClassifier("model", 0.5f);

	}

}
