package io.github.zsic.text;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Timeout(60)
class PromptMemoryTests {

	private static final long MORE_THAN_THERE_IS = Long.MAX_VALUE / 1_000_000;

	@Test
	void oneCallMayHaveEverything() {
		try (PromptMemory memory = PromptMemory.reserve(MORE_THAN_THERE_IS, 0, 512, null)) {
			assertThat(memory).isNotNull();
		}
	}

	@Test
	void theNextOneWaits() throws Exception {
		CompletableFuture<PromptMemory> second;
		try (PromptMemory first = PromptMemory.reserve(MORE_THAN_THERE_IS, 0, 512, null)) {
			assertThat(first).isNotNull();
			assertThat(PromptMemory.reserve(65, 0, 512, Duration.ofMillis(1))).isNull();
			second = CompletableFuture.supplyAsync(() -> PromptMemory.reserve(65, 0, 512, Duration.ofSeconds(30)));
			assertThat(PromptMemory.reserve(1, 100_000, 512, Duration.ofMillis(50))).isNull();
			assertThat(second).isNotDone();
		}
		second.get(30, TimeUnit.SECONDS).close();
	}

	@Test
	void fewPromptsNeverWait() {
		try (PromptMemory all = PromptMemory.reserve(MORE_THAN_THERE_IS, 0, 512, null);
				PromptMemory few = PromptMemory.reserve(64, 64 * 1024, 512, Duration.ZERO)) {
			assertThat(few).isNotNull();
		}
	}

	@Test
	void canBeInterrupted() {
		try (PromptMemory all = PromptMemory.reserve(MORE_THAN_THERE_IS, 0, 512, null)) {
			Thread.currentThread().interrupt();
			assertThatExceptionOfType(CancellationException.class)
				.isThrownBy(() -> PromptMemory.reserve(65, 0, 512, null));
			assertThat(Thread.interrupted()).isTrue();
		}
	}

}
