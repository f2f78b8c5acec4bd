package io.github.zsic.spring.boot.health;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

import io.github.zsic.CheckpointException;
import io.github.zsic.DownloadProgress;
import io.github.zsic.Gpu;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.TestClassifier;
import io.github.zsic.spring.boot.health.ZsicHealthIndicator.Thresholds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ZsicHealthIndicator}.
 */
class ZsicHealthIndicatorTests {

	private static final Thresholds THRESHOLDS = new Thresholds(Duration.ofMinutes(5), 3, Duration.ofMinutes(1), null);

	private static final DownloadProgress PROGRESS = new DownloadProgress("owner/model", "0123abc",
			List.of(new DownloadProgress.File("config.json", 40, 40, true),
					new DownloadProgress.File("model.safetensors", 20, 160, false)));

	private final TestClassifier model = new TestClassifier(
			new ModelSelection("owner/model", "0123abc", "cpu", Precision.AUTO), 0.5f);

	private final CountDownLatch load = new CountDownLatch(1);

	private ManagedClassifier managed;

	@AfterEach
	void close() {
		this.load.countDown();
		this.model.hold.countDown();
		this.managed.close();
	}

	@Test
	void lazyIsUnknownUntilItIsUsed() {
		start(Startup.LAZY);
		Health health = health(THRESHOLDS);
		assertThat(health.getStatus()).isEqualTo(Status.UNKNOWN);
		assertThat(health.getDetails()).containsEntry("checkpoint", "owner/model").containsKey("since");
		assertThat(health.getDetails().get("state")).hasToString("IDLE");
	}

	@Test
	@SuppressWarnings("unchecked")
	void downloadingIsOutOfServiceWithProgress() {
		start(Startup.BACKGROUND);
		await().until(() -> health(THRESHOLDS).getDetails().containsKey("download"));
		Health health = health(THRESHOLDS);
		assertThat(health.getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
		assertThat(health.getDetails().get("state")).hasToString("DOWNLOADING");
		Map<String, Object> download = (Map<String, Object>) health.getDetails().get("download");
		assertThat(download).containsEntry("revision", "0123abc")
			.containsEntry("bytes", 60L)
			.containsEntry("size", 200L)
			.containsEntry("percent", 30L);
		assertThat((List<Map<String, Object>>) download.get("files")).containsExactly(
				Map.of("name", "config.json", "bytes", 40L, "size", 40L, "percent", 100L, "complete", true),
				Map.of("name", "model.safetensors", "bytes", 20L, "size", 160L, "percent", 12L, "complete", false));
	}

	@Test
	void readyTellsAboutTheModel() {
		startReady();
		Health health = health(THRESHOLDS);
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("checkpoint", "owner/model")
			.containsEntry("revision", "0123abc")
			.containsEntry("modelType", "clip")
			.containsEntry("device", "cpu")
			.containsEntry("precision", "float32")
			.containsKeys("loadTime", "queue", "calls")
			.doesNotContainKeys("problem", "failure", "download", "selfTest");
		assertThat(details(health, "calls")).containsEntry("succeeded", 0L).doesNotContainKey("lastSuccess");
		TestClassifier.ask(this.managed.classifier());
		assertThat(details(health(THRESHOLDS), "calls")).containsEntry("succeeded", 1L).containsKey("lastSuccess");
	}

	@Test
	void swappingIsUp() {
		startReady();
		this.model.hold = new CountDownLatch(1);
		CompletableFuture<Void> swap = CompletableFuture
			.runAsync(() -> this.managed.swap(new ModelSelection("owner/other", null, "cpu", Precision.AUTO)));
		await().until(() -> health(THRESHOLDS).getDetails().get("state").toString().equals("SWAPPING"));
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
		assertThat(health(THRESHOLDS).getDetails()).containsEntry("loading", "owner/other");
		this.model.hold.countDown();
		assertThat(swap).succeedsWithin(10, TimeUnit.SECONDS);
	}

	@Test
	void failedLoadIsDown() {
		this.managed = new ManagedClassifier("", new ModelSelection("owner/model", null, "cpu", Precision.AUTO),
				(selection, listener) -> {
					throw new CheckpointException("No weights.", "Get them.");
				}, new ManagedClassifier.Settings(Startup.BACKGROUND, Duration.ZERO, Duration.ZERO, false));
		this.managed.start();
		await().until(() -> health(THRESHOLDS).getStatus() == Status.DOWN);
		assertThat(health(THRESHOLDS).getDetails()).containsEntry("failure", "No weights.")
			.containsEntry("problem", "The model could not be loaded.");
	}

	@Test
	void failedSwapIsUpAndTold() {
		startReady();
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> this.managed.swap(new ModelSelection("broken", null, "cpu", Precision.AUTO)));
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
		assertThat(health(THRESHOLDS).getDetails()).containsEntry("failure", "It is broken.");
	}

	@Test
	void repeatedFailuresAreDownUntilACallSucceeds() {
		startReady();
		fail(new InferenceException("Device lost.", ""), 2);
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
		fail(new InferenceException("Device lost.", ""), 1);
		Health health = health(THRESHOLDS);
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("problem", "The last 3 calls failed.");
		assertThat(details(health, "calls")).containsEntry("failed", 3L)
			.containsEntry("failedInWindow", 3)
			.containsEntry("lastFailureCause", "Device lost.");
		this.model.failure = null;
		TestClassifier.ask(this.managed.classifier());
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void failuresAreForgottenWithTime() {
		startReady();
		fail(new InferenceException("Device lost.", ""), 3);
		Thresholds brief = new Thresholds(Duration.ofMillis(100), 3, Duration.ofMinutes(1), null);
		await().until(() -> health(brief).getStatus() == Status.UP);
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void whatCallersDoWrongIsNoFailure() {
		startReady();
		fail(new InvalidLabelException("Blank.", ""), 10);
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void hangingCallIsDownUntilItEnds() {
		startReady();
		this.model.hold = new CountDownLatch(1);
		CompletableFuture<Float> call = CompletableFuture
			.supplyAsync(() -> TestClassifier.ask(this.managed.classifier()));
		Thresholds brief = new Thresholds(Duration.ofMinutes(5), 3, Duration.ofMillis(50), null);
		await().until(() -> health(brief).getStatus() == Status.DOWN);
		assertThat(health(brief).getDetails().get("problem")).asString().startsWith("A call has been running");
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.UP);
		this.model.hold.countDown();
		assertThat(call).succeedsWithin(10, TimeUnit.SECONDS);
		assertThat(health(brief).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void selfTestThatFailsIsDownUntilItPasses() {
		startReady();
		Thresholds tested = new Thresholds(Duration.ofMinutes(5), 3, Duration.ofMinutes(1), Duration.ofNanos(1));
		assertThat(health(tested).getStatus()).isEqualTo(Status.UP);
		await().until(() -> health(tested).getDetails().containsKey("selfTest"));
		assertThat(details(health(tested), "selfTest")).containsEntry("passed", true);
		this.model.score = 0.1f;
		await().until(() -> health(tested).getStatus() == Status.DOWN);
		this.model.score = 0.5f;
		await().until(() -> health(tested).getStatus() == Status.UP);
	}

	@Test
	void thresholdsMayBeEndless() {
		startReady();
		Duration forEver = Duration.ofSeconds(Long.MAX_VALUE);
		Thresholds endless = new Thresholds(forEver, 3, forEver, forEver);
		await().until(() -> health(endless).getDetails().containsKey("selfTest"));
		assertThat(health(endless).getStatus()).isEqualTo(Status.UP);
		fail(new InferenceException("Device lost.", ""), 3);
		assertThat(health(endless).getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void toldOfTheGpuByItsDriver() {
		startOnGpu();
		Health health = health((index) -> new Gpu("Some GPU " + index, 3_000, 8_000));
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(health.getDetails()).containsEntry("device", "cuda:1")
			.containsEntry("gpu", Map.of("name", "Some GPU 1", "memoryUsed", 3_000L, "memoryTotal", 8_000L));
	}

	@Test
	void driverThatFailsIsDown() {
		startOnGpu();
		Health health = health((index) -> {
			throw new IllegalArgumentException("no such device");
		});
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
		assertThat(health.getDetails()).containsEntry("problem", "The driver of the GPU does not answer.")
			.doesNotContainKey("gpu");
	}

	@Test
	void driverThatHangsIsDown() {
		startOnGpu();
		CountDownLatch answer = new CountDownLatch(1);
		Health health = health((index) -> {
			try {
				answer.await();
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			return new Gpu("late", 1, 2);
		});
		answer.countDown();
		assertThat(health.getStatus()).isEqualTo(Status.DOWN);
	}

	@Test
	void driverIsNotAskedForModelsOnTheCpu() {
		startReady();
		assertThat(health((index) -> {
			throw new IllegalStateException("asked");
		}).getStatus()).isEqualTo(Status.UP);
	}

	@Test
	void tellsOfTheQueue() {
		startReady();
		assertThat(details(health(THRESHOLDS), "queue")).containsKeys("threads", "waiting", "places", "capacity");
		fail(new QueueFullException(256), 10);
		Health health = health(THRESHOLDS);
		assertThat(health.getStatus()).isEqualTo(Status.UP);
		assertThat(details(health, "calls")).containsEntry("rejected", 10L).containsEntry("failed", 0L);
	}

	@Test
	void closedIsOutOfService() {
		startReady();
		this.managed.close();
		assertThat(health(THRESHOLDS).getStatus()).isEqualTo(Status.OUT_OF_SERVICE);
	}

	private void fail(RuntimeException failure, int times) {
		this.model.failure = failure;
		for (int i = 0; i < times; i++) {
			assertThatExceptionOfType(RuntimeException.class)
				.isThrownBy(() -> TestClassifier.ask(this.managed.classifier()));
		}
	}

	private void startReady() {
		this.load.countDown();
		start(Startup.EAGER);
	}

	private void start(Startup startup) {
		this.managed = new ManagedClassifier("", new ModelSelection("owner/model", null, "cpu", Precision.AUTO),
				(selection, listener) -> load(selection.checkpoint(), startup, listener::onProgress),
				new ManagedClassifier.Settings(startup, Duration.ofSeconds(20), Duration.ofSeconds(5), false));
		this.managed.start();
	}

	private ZeroShotClassifier load(String checkpoint, Startup startup, Consumer<DownloadProgress> progress) {
		if (checkpoint.equals("broken")) {
			throw new CheckpointException("It is broken.", "Mend it.");
		}
		if (startup == Startup.BACKGROUND) {
			progress.accept(PROGRESS);
		}
		try {
			this.load.await();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		return this.model;
	}

	private void startOnGpu() {
		TestClassifier onGpu = new TestClassifier(new ModelSelection("owner/model", null, "cuda:1", Precision.AUTO),
				0.5f);
		this.managed = new ManagedClassifier("", new ModelSelection("owner/model", null, "cuda:1", Precision.AUTO),
				(selection, listener) -> onGpu,
				new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		this.managed.start();
	}

	private Health health(IntFunction<Gpu> driver) {
		return new ZsicHealthIndicator(this.managed, THRESHOLDS, driver).health();
	}

	private Health health(Thresholds thresholds) {
		return new ZsicHealthIndicator(this.managed, thresholds).health();
	}

	@SuppressWarnings("unchecked")
	private static Map<String, Object> details(Health health, String name) {
		return (Map<String, Object>) health.getDetails().get(name);
	}

}
