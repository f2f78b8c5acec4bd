package io.github.zsic.spring.boot.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.github.zsic.Precision;
import io.github.zsic.Scoring;
import io.github.zsic.TextCanonicalization;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.Startup;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.util.unit.DataSize;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ZsicProperties}.
 */
class ZsicPropertiesTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class));

	@Test
	void defaultsAreThoseOfTheBuilder() {
		ZsicProperties properties = new ZsicProperties();
		Object builder = ZeroShotClassifier.builder();
		assertThat(properties.getCheckpoint()).isEqualTo(ReflectionTestUtils.getField(builder, "checkpoint"));
		assertThat(properties.getRevision()).isEqualTo(ReflectionTestUtils.getField(builder, "revision"));
		ZsicProperties.Hub hub = properties.getHub();
		assertThat(hub.getEndpoint()).isEqualTo(ReflectionTestUtils.getField(builder, "hubEndpoint"));
		assertThat(hub.getToken()).isEqualTo(ReflectionTestUtils.getField(builder, "hubToken"));
		assertThat(hub.getCacheDir()).isEqualTo(ReflectionTestUtils.getField(builder, "hubCacheDir"));
		assertThat(hub.getOffline()).isEqualTo(ReflectionTestUtils.getField(builder, "hubOffline"));
		assertThat(hub.getConnectTimeout()).isEqualTo(ReflectionTestUtils.getField(builder, "hubConnectTimeout"));
		assertThat(hub.getReadTimeout()).isEqualTo(ReflectionTestUtils.getField(builder, "hubReadTimeout"));
		assertThat(properties.getDevice()).isEqualTo(ReflectionTestUtils.getField(builder, "device"));
		assertThat(properties.getPrecision()).isEqualTo(ReflectionTestUtils.getField(builder, "precision"));
		assertThat(properties.getTemplates()).isEqualTo(ReflectionTestUtils.getField(builder, "templates"));
		assertThat(properties.getLabels()).isEmpty();
		assertThat(ReflectionTestUtils.getField(builder, "labels")).isNull();
		assertThat(properties.getScoring()).isEqualTo(ReflectionTestUtils.getField(builder, "scoring"));
		assertThat(properties.getTemperature()).isEqualTo(ReflectionTestUtils.getField(builder, "temperature"));
		assertThat(properties.isTruncate()).isEqualTo(ReflectionTestUtils.getField(builder, "truncate"));
		assertThat(properties.getCache().getPersistentDir())
			.isEqualTo(ReflectionTestUtils.getField(builder, "cachePersistentDir"));
		assertThat(properties.getTextCanonicalization())
			.isEqualTo(ReflectionTestUtils.getField(builder, "textCanonicalization"));
		assertThat(properties.getCache().getMaximumSize())
			.isEqualTo(ReflectionTestUtils.getField(builder, "cacheMaximumSize"));
		assertThat(properties.getCache().getExpireAfterAccess())
			.isEqualTo(ReflectionTestUtils.getField(builder, "cacheExpireAfterAccess"));
		assertThat(properties.getImage().getMaximumPixels())
			.isEqualTo(ReflectionTestUtils.getField(builder, "maximumPixels"));
		assertThat(properties.getImage().getMaximumBytes().toBytes())
			.isEqualTo(ReflectionTestUtils.getField(builder, "maximumBytes"));
		assertThat(properties.getEngine().getThreads())
			.isEqualTo(ReflectionTestUtils.getField(builder, "engineThreads"));
		assertThat(properties.getEngine().getIntraOpThreads())
			.isEqualTo(ReflectionTestUtils.getField(builder, "intraOpThreads"));
	}

	@Test
	void bindsEveryProperty() {
		this.contextRunner
			.withPropertyValues("zsic.checkpoint=", "zsic.revision=refs/pr/1",
					"zsic.hub.endpoint=https://hub.example.org", "zsic.hub.token=hf_x", "zsic.hub.cache-dir=~/hub",
					"zsic.hub.offline=true", "zsic.hub.connect-timeout=3s", "zsic.hub.read-timeout=4s",
					"zsic.device=cuda:1", "zsic.precision=int8", "zsic.templates[0]=A photo of a {}.",
					"zsic.templates[1]=A drawing of a {}.", "zsic.scoring=sigmoid", "zsic.labels[0]=an owl, at night",
					"zsic.labels[1]=classpath:labels.txt", "zsic.temperature=0.02", "zsic.top=5", "zsic.threshold=0.2",
					"zsic.thresholds.owl=0.3", "zsic.thresholds[Night bird, St. B]=-1", "zsic.truncate=true",
					"zsic.cache.persistent-dir=/var/cache/zsic", "zsic.text-canonicalization=lowercase",
					"zsic.cache.maximum-size=0", "zsic.cache.expire-after-access=2h", "zsic.image.maximum-pixels=1000",
					"zsic.image.maximum-bytes=1MB", "zsic.engine.threads=2", "zsic.engine.intra-op-threads=3",
					"zsic.startup=lazy", "zsic.maximum-wait=5s", "zsic.health.window=10m",
					"zsic.health.failure-threshold=5", "zsic.health.maximum-call-time=2m",
					"zsic.health.self-test-interval=3m", "zsic.swap.unload-first=true", "zsic.swap.pictures=held-out",
					"zsic.swap.minimum-accuracy=0.6", "zsic.maximum-prompts=7", "zsic.batch.queue-timeout=6s")
			.run((context) -> {
				ZsicProperties properties = context.getBean(ZsicProperties.class);
				assertThat(properties.getCheckpoint()).isEmpty();
				assertThat(properties.getRevision()).isEqualTo("refs/pr/1");
				assertThat(properties.getHub().getEndpoint()).isEqualTo("https://hub.example.org");
				assertThat(properties.getHub().getToken()).isEqualTo("hf_x");
				assertThat(properties.getHub().getCacheDir()).isEqualTo("~/hub");
				assertThat(properties.getHub().getOffline()).isTrue();
				assertThat(properties.getHub().getConnectTimeout()).isEqualTo(Duration.ofSeconds(3));
				assertThat(properties.getHub().getReadTimeout()).isEqualTo(Duration.ofSeconds(4));
				assertThat(properties.getDevice()).isEqualTo("cuda:1");
				assertThat(properties.getPrecision()).isEqualTo(Precision.INT8);
				assertThat(properties.getTemplates()).containsExactly("A photo of a {}.", "A drawing of a {}.");
				assertThat(properties.getLabels()).containsExactly("an owl, at night", "classpath:labels.txt");
				assertThat(properties.getScoring()).isEqualTo(Scoring.SIGMOID);
				assertThat(properties.getTemperature()).isEqualTo(0.02f);
				assertThat(properties.getTop()).isEqualTo(5);
				assertThat(properties.getThreshold()).isEqualTo(0.2f);
				assertThat(properties.getThresholds()).isEqualTo(Map.of("owl", 0.3f, "Night bird, St. B", -1f));
				assertThat(properties.isTruncate()).isTrue();
				assertThat(properties.getCache().getPersistentDir()).isEqualTo("/var/cache/zsic");
				assertThat(properties.getTextCanonicalization()).isEqualTo(TextCanonicalization.LOWERCASE);
				assertThat(properties.getCache().getMaximumSize()).isZero();
				assertThat(properties.getCache().getExpireAfterAccess()).isEqualTo(Duration.ofHours(2));
				assertThat(properties.getImage().getMaximumPixels()).isEqualTo(1000);
				assertThat(properties.getImage().getMaximumBytes()).isEqualTo(DataSize.ofMegabytes(1));
				assertThat(properties.getEngine().getThreads()).isEqualTo(2);
				assertThat(properties.getEngine().getIntraOpThreads()).isEqualTo(3);
				assertThat(properties.getStartup()).isEqualTo(Startup.LAZY);
				assertThat(properties.getMaximumWait()).isEqualTo(Duration.ofSeconds(5));
				assertThat(properties.getHealth().getWindow()).isEqualTo(Duration.ofMinutes(10));
				assertThat(properties.getHealth().getFailureThreshold()).isEqualTo(5);
				assertThat(properties.getHealth().getMaximumCallTime()).isEqualTo(Duration.ofMinutes(2));
				assertThat(properties.getHealth().getSelfTestInterval()).isEqualTo(Duration.ofMinutes(3));
				assertThat(properties.getSwap().isUnloadFirst()).isTrue();
				assertThat(properties.getSwap().getPictures()).isEqualTo("held-out");
				assertThat(properties.getSwap().getMinimumAccuracy()).isEqualTo(0.6);
				assertThat(properties.getMaximumPrompts()).isEqualTo(7);
				assertThat(properties.getBatch().getQueueTimeout()).isEqualTo(Duration.ofSeconds(6));
			});
	}

	@Test
	void templateInListMayContainComma() {
		this.contextRunner.withPropertyValues("zsic.templates[0]=a photo of a {}, a type of pet.")
			.run((context) -> assertThat(context.getBean(ZsicProperties.class).getTemplates())
				.isEqualTo(List.of("a photo of a {}, a type of pet.")));
	}

	@Test
	void templateMayHaveANumberedPlace() {
		this.contextRunner.withPropertyValues("zsic.templates=a photo of a {0}.")
			.run((context) -> assertThat(context.getBean(ZsicProperties.class).getTemplates())
				.isEqualTo(List.of("a photo of a {0}.")));
	}

	@Test
	void labelsMayHaveBrackets() {
		this.contextRunner.withPropertyValues("zsic.labels=[red] owl,cat [2]")
			.run((context) -> assertThat(context.getBean(ZsicProperties.class).getLabels())
				.isEqualTo(List.of("[red] owl", "cat [2]")));
	}

	@Test
	void templatesInOneStringAreSeparatedByCommas() {
		this.contextRunner.withPropertyValues("zsic.templates=a photo of a {}.,a drawing of a {}.")
			.run((context) -> assertThat(context.getBean(ZsicProperties.class).getTemplates())
				.isEqualTo(List.of("a photo of a {}.", "a drawing of a {}.")));
	}

}
