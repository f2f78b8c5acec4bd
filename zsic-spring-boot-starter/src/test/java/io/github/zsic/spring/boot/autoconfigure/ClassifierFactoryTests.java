package io.github.zsic.spring.boot.autoconfigure;

import java.util.ArrayList;
import java.util.List;

import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClassifierFactory}.
 */
class ClassifierFactoryTests {

	@Test
	void listenerThatThrowsDisturbsNoOther() {
		List<String> told = new ArrayList<>();
		DownloadListener bad = (progress) -> {
			told.add("bad");
			throw new IllegalStateException("bad listener");
		};
		DownloadListener good = (progress) -> told.add("good");
		DownloadListener listener = ClassifierFactory.listeners((progress) -> told.add("own"), List.of(bad, good));
		DownloadProgress progress = new DownloadProgress("owner/model", "0123",
				List.of(new DownloadProgress.File("config.json", 1, 2, false)));
		listener.onProgress(progress);
		listener.onProgress(progress);
		assertThat(told).containsExactly("own", "bad", "good", "own", "good");
	}

}
