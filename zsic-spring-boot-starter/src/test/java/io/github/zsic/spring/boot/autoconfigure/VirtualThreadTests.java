package io.github.zsic.spring.boot.autoconfigure;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.core.task.AsyncTaskExecutor;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Calls from virtual threads, as from a web server with
 * {@code spring.threads.virtual.enabled}. Runs on a Java that has them:
 * {@code -Djvm=/path/to/java}.
 */
@EnabledForJreRange(min = JRE.JAVA_21)
@SpringBootTest(properties = { "zsic.checkpoint=classpath:zsic/emoji-clip", "spring.threads.virtual.enabled=true",
		"zsic.batch.queue-capacity=1000" })
@Timeout(120)
class VirtualThreadTests {

	private static final int CALLS = 300;

	@Autowired
	private ZeroShotClassifier classifier;

	@Autowired
	private AsyncTaskExecutor executor;

	@Test
	void callsNeitherPinNorStarveOthers(@TempDir Path folder) throws Exception {
		// The first call initializes classes, for which all others wait, once.
		label(1);
		Path events = folder.resolve("events.jfr");
		try (Recording recording = new Recording()) {
			recording.enable("jdk.VirtualThreadPinned").withThreshold(Duration.ofMillis(1)).withStackTrace();
			recording.start();
			List<CompletableFuture<String>> calls = new ArrayList<>();
			for (int i = 0; i < CALLS; i++) {
				int pictures = (i % 10 == 0) ? 3 : 1;
				calls.add(this.executor.submitCompletable(() -> classify(pictures)));
			}
			// While they wait for the engine there is a carrier thread for others.
			CountDownLatch others = new CountDownLatch(100);
			for (int i = 0; i < 100; i++) {
				this.executor.execute(others::countDown);
			}
			others.await();
			assertThat(calls).allSatisfy((call) -> assertThat(call.get()).isEqualTo("true owl"));
			assertThat(this.classifier.statistics().queuePlaces()).isZero();
			recording.stop();
			recording.dump(events);
		}
		assertThat(RecordingFile.readAllEvents(events)).extracting(RecordedEvent::toString)
			.noneMatch((event) -> event.contains("io.github.zsic"));
	}

	private String classify(int pictures) {
		return isVirtual(Thread.currentThread()) + " " + label(pictures);
	}

	private String label(int pictures) {
		List<ImageInput> images = new ArrayList<>();
		for (int i = 0; i < pictures; i++) {
			images.add(ImageInput.of("owl.png", new ClassPathResource("owl.png")::getInputStream));
		}
		List<Classification> results = this.classifier
			.classify(ClassificationRequest.builder().images(images).labels("fox", "owl").build());
		return results.get(pictures - 1).best().label();
	}

	/** The tests are compiled for a Java that does not know the method. */
	private static boolean isVirtual(Thread thread) {
		try {
			return (boolean) Thread.class.getMethod("isVirtual").invoke(thread);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
