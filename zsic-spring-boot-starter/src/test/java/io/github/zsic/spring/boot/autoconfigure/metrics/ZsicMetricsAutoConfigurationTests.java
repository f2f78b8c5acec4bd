package io.github.zsic.spring.boot.autoconfigure.metrics;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationOutcome;
import io.github.zsic.DownloadProgress;
import io.github.zsic.ImageInput;
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
import io.github.zsic.spring.boot.metrics.ClassifierCallContext;
import io.github.zsic.spring.boot.metrics.ClassifierCallConvention;
import io.github.zsic.spring.boot.metrics.ClassifierMetrics;
import io.github.zsic.spring.boot.metrics.DownloadMetrics;
import io.micrometer.common.KeyValues;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
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
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ZsicMetricsAutoConfiguration}.
 */
class ZsicMetricsAutoConfigurationTests {

	private static final String TABLE_BEGIN = "<!-- Made of the meters by ZsicMetricsAutoConfigurationTests. -->\n";

	private static final String TABLE_END = "<!-- End of the table. -->";

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
			assertThat(registry.get("zsic.call")
				.tags("classifier", "default", "operation", "classify", "model", "model")
				.timer()
				.count()).isEqualTo(1);
			assertThat(registry.get("zsic.call").tags("operation", "embed-text", "error", "none").timer().count())
				.isEqualTo(2);
			assertThat(registry.get("zsic.call").tags("operation", "prepare").timer().count()).isEqualTo(1);
			for (String stage : new String[] { "decode", "queue", "image", "text", "score" }) {
				assertThat(registry.get("zsic.stage").tags("classifier", "default", "stage", stage).timer().count())
					.isEqualTo(1);
			}
			assertThat(registry.get("zsic.request.labels").summary().max()).isEqualTo(1);
			assertThat(registry.get("zsic.batch.size").tags("classifier", "default").summary().count()).isEqualTo(1);
		});
	}

	@Test
	void selfTestsAreNotCalls() {
		this.withRegistry.run((context) -> {
			ManagedClassifier managed = context.getBean(ManagedClassifier.class);
			managed.classifier().labels("an owl");
			assertThat(managed.runSelfTestNow().failure()).isNull();
			managed.swap(new ModelSelection("other", null, "cpu", Precision.AUTO));
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.find("zsic.call").timers()).singleElement()
				.satisfies((timer) -> assertThat(timer.getId().getTag("operation")).isEqualTo("prepare"))
				.satisfies((timer) -> assertThat(timer.count()).isEqualTo(1));
			assertThat(registry.find("zsic.stage").timers()).isEmpty();
			assertThat(registry.find("zsic.batch.size").summaries()).isEmpty();
			assertThat(managed.classifier().calls(Duration.ZERO).successes()).isEqualTo(1);
		});
	}

	@Test
	void applicationNamesCallsInItsOwnWay() {
		this.withRegistry.withBean(ClassifierCallConvention.class, () -> new ClassifierCallConvention() {
			@Override
			public String getName() {
				return "ai.call";
			}

			@Override
			public KeyValues getLowCardinalityKeyValues(ClassifierCallContext context) {
				return KeyValues.of("what", context.classifier() + " " + context.operation(), "device",
						context.model().device());
			}
		}).run((context) -> {
			TestClassifier.ask(context.getBean(ZeroShotClassifier.class));
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			assertThat(registry.get("ai.call")
				.tags("what", "default classify", "device", "cpu", "error", "none")
				.timer()
				.count()).isEqualTo(1);
			assertThat(registry.find("zsic.call").timer()).isNull();
		});
	}

	/** With {@code -Dzsic.update-docs=true} this test writes it. */
	@Test
	void theDocumentationHasTheTableOfMeters() {
		this.withRegistry.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			CountDownLatch hold = new CountDownLatch(1);
			TestClassifier model = context.getBean(Model.class).classifier;
			model.hold = hold;
			Thread call = new Thread(() -> TestClassifier.ask(context.getBean(ZeroShotClassifier.class)));
			call.start();
			model.entered.await();
			await().until(() -> registry.find("zsic.call.active").longTaskTimer() != null);
			Map<String, Meter> meters = new TreeMap<>();
			collect(registry, meters);
			hold.countDown();
			call.join();
			download(context.getBean(DownloadMetrics.class));
			collect(registry, meters);
			Path file = Path.of("..", "docs", "spring-boot.md");
			String page = Files.readString(file);
			int begin = page.indexOf(TABLE_BEGIN) + TABLE_BEGIN.length();
			int end = page.indexOf(TABLE_END, begin);
			if (Boolean.getBoolean("zsic.update-docs")) {
				Files.writeString(file, page.substring(0, begin) + table(meters.values()) + page.substring(end));
			}
			else {
				assertThat(page.substring(begin, end)).as("table of meters in docs/spring-boot.md")
					.isEqualTo(table(meters.values()));
			}
		});
	}

	private static void collect(MeterRegistry registry, Map<String, Meter> meters) {
		registry.getMeters()
			.stream()
			.filter((meter) -> meter.getId().getName().startsWith("zsic.") || meter.getId().getTag("cache") != null)
			.forEach((meter) -> meters.put(meter.getId().getName(), meter));
	}

	private static String table(Collection<Meter> meters) {
		StringBuilder table = new StringBuilder("| meter | type | tags | |\n| --- | --- | --- | --- |\n");
		for (Meter meter : meters) {
			Meter.Id id = meter.getId();
			String type = meter.match((gauge) -> "gauge", (counter) -> "counter", (timer) -> "timer",
					(summary) -> "summary", (active) -> "long task timer", (time) -> "gauge", (counter) -> "counter",
					(timer) -> "timer", (other) -> "other");
			String tags = id.getTags()
				.stream()
				.map((tag) -> "`" + tag.getKey() + "`")
				.collect(Collectors.joining(", "));
			assertThat(id.getDescription()).as(id.getName()).isNotBlank();
			String unit = (id.getBaseUnit() != null && type.matches("gauge|counter")) ? ", " + id.getBaseUnit() : "";
			table.append("| `%s` | %s | %s | %s |\n".formatted(id.getName(), type + unit, tags, id.getDescription()));
		}
		return table.toString();
	}

	@Test
	void observesAsynchronousCallsAndThePicturesOfStreams() {
		this.withRegistry.run((context) -> {
			MeterRegistry registry = context.getBean(MeterRegistry.class);
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			ImageInput image = ImageInput.of(new byte[0]);
			classifier.classifyAsync(image, "owl").join();
			try (Stream<ClassificationOutcome> outcomes = classifier.classifyEach(Stream.of(image, image), "owl")) {
				assertThat(outcomes).hasSize(2).allMatch((outcome) -> outcome.failure() == null);
			}
			TestClassifier model = context.getBean(Model.class).classifier;
			model.failure = new InferenceException("Lost.", "");
			assertThat(classifier.classifyAsync(image, "owl")).failsWithin(Duration.ofSeconds(10));
			model.failure = null;
			model.hold = new CountDownLatch(1);
			model.entered = new CountDownLatch(1);
			CompletableFuture<Classification> cancelled = classifier.classifyAsync(image, "owl");
			model.entered.await();
			cancelled.cancel(true);
			model.hold.countDown();
			await().untilAsserted(() -> assertThat(registry.get("zsic.call")
				.tags("operation", "classify")
				.timers()
				.stream()
				.mapToLong(Timer::count)
				.sum()).isEqualTo(5));
			assertThat(registry.get("zsic.call").tags("error", "InferenceException").timer().count()).isEqualTo(1);
			assertThat(registry.get("zsic.stage").tags("stage", "image").timer().count()).isGreaterThanOrEqualTo(3);
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
			download(downloads);
			// The first 100 came with an earlier download.
			assertThat(registry.get("zsic.download.bytes").counter().count()).isEqualTo(900);
			assertThat(registry.get("zsic.downloads").counter().count()).isEqualTo(1);
		});
	}

	private static void download(DownloadMetrics downloads) {
		for (long bytes : new long[] { 100, 250, 1000 }) {
			downloads.onProgress(new DownloadProgress("owner/model", "0123abc",
					List.of(new DownloadProgress.File("model.safetensors", bytes, 1000, bytes == 1000))));
		}
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
