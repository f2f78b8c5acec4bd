package io.github.zsic;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Times that have no end, which a number of nanoseconds cannot hold.
 */
class EndlessDurationTests {

	private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

	@Test
	void everyTimeMayBeEndless() {
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint(TestCheckpoints.checkpoint("gelu-modern-eos").toString())
			.device("cpu")
			.queueTimeout(FOR_EVER)
			.maximumDecodeTime(FOR_EVER)
			.cacheExpireAfterAccess(FOR_EVER)
			.hubConnectTimeout(FOR_EVER)
			.hubReadTimeout(FOR_EVER)
			.batchMaximumDelay(FOR_EVER)
			.batchMaximumSize(1)
			.build()) {
			ImageInput picture = ImageInput.of(TestCheckpoints.picture("tiny.png"));
			assertThat(classifier.classify(picture, "fox", "owl").predictions()).hasSize(2);
			assertThat(classifier.embedImages(List.of(picture, picture))).hasSize(2);
		}
	}

	@Test
	void messagesTellOfThem() {
		assertThat(new QueueFullException(1, FOR_EVER)).hasMessageContaining("within " + Long.MAX_VALUE + " ms");
	}

}
