package io.github.zsic;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;

import io.github.zsic.DownloadProgress.File;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What people see of a download.
 */
class DownloadReportTests {

	private long now;

	private final List<String> lines = new ArrayList<>();

	@Test
	void logHasALineForEachFileEveryFewSeconds() {
		DownloadLog log = new DownloadLog(this.lines::add, () -> this.now);
		log.onProgress(progress(file("tokenizer.json", 0, 2_000), file("model.safetensors", 0, 605_200_000)));
		log.onProgress(progress(complete("tokenizer.json", 2_000), file("model.safetensors", 1, 605_200_000)));
		for (int tenths = 1; tenths <= 120; tenths++) {
			this.now = TimeUnit.MILLISECONDS.toNanos(100L * tenths);
			log.onProgress(progress(complete("tokenizer.json", 2_000),
					file("model.safetensors", 5_000_000L * tenths, 605_200_000)));
		}
		log.onProgress(progress(complete("tokenizer.json", 2_000), complete("model.safetensors", 605_200_000)));
		log.onProgress(progress(complete("tokenizer.json", 2_000), complete("model.safetensors", 605_200_000)));
		assertThat(this.lines).containsExactly("Downloading 'acme/owl', commit 0123: 2 files of together 605.2 MB",
				"acme/owl: tokenizer.json is complete, 2.0 kB",
				"acme/owl: model.safetensors 250.0 MB of 605.2 MB (41%), 50.0 MB/s, 8 s left",
				"acme/owl: model.safetensors 500.0 MB of 605.2 MB (82%), 50.0 MB/s, 3 s left",
				"acme/owl: model.safetensors is complete, 605.2 MB");
	}

	@Test
	void whatAnEarlierDownloadLeftIsNoSpeed() {
		DownloadLog log = new DownloadLog(this.lines::add, () -> this.now);
		log.onProgress(progress(file("model.safetensors", 0, 7_200_000_000L)));
		this.now = TimeUnit.SECONDS.toNanos(2);
		log.onProgress(progress(file("model.safetensors", 3_600_000_000L, 7_200_000_000L)));
		this.now = TimeUnit.SECONDS.toNanos(12);
		log.onProgress(progress(file("model.safetensors", 3_601_000_000L, 7_200_000_000L)));
		assertThat(this.lines).last()
			.isEqualTo("acme/owl: model.safetensors 3.6 GB of 7.2 GB (50%), 100.0 kB/s, 9 h 59 min left");
	}

	@Test
	void barIsDrawnInPlace() {
		ByteArrayOutputStream terminal = new ByteArrayOutputStream();
		DownloadBar bar = new DownloadBar(new PrintStream(terminal), () -> this.now);
		bar.onProgress(progress(file("a", 0, 1_000_000), file("b", 0, 3_000_000)));
		bar.onProgress(progress(file("a", 1, 1_000_000), file("b", 0, 3_000_000)));
		this.now = TimeUnit.SECONDS.toNanos(1);
		bar.onProgress(progress(complete("a", 1_000_000), file("b", 1_000_000, 3_000_000)));
		bar.onProgress(progress(complete("a", 1_000_000), complete("b", 3_000_000)));
		bar.onProgress(progress(complete("a", 1_000_000), complete("b", 3_000_000)));
		String[] drawn = terminal.toString().split("\r(?!\n)");
		assertThat(drawn[1]).isEqualTo("acme/owl [------------------------------] 0 bytes of 4.0 MB (0%)");
		assertThat(drawn[3])
			.startsWith("acme/owl [###############---------------] 2.0 MB of 4.0 MB (50%), 2.0 MB/s, 2 s left");
		assertThat(drawn[4].strip()).isEqualTo("acme/owl [##############################] 4.0 MB, complete");
		assertThat(drawn[4].stripTrailing().length()).isLessThan(drawn[3].length());
		assertThat(drawn[4].replaceAll("\\R", "").length()).as("nothing of the longer line is left")
			.isGreaterThanOrEqualTo(drawn[3].stripTrailing().length());
		assertThat(drawn).hasSize(5);
	}

	private static DownloadProgress progress(File... files) {
		return new DownloadProgress("acme/owl", "0123", List.of(files));
	}

	private static File file(String name, long bytes, long size) {
		return new File(name, bytes, size, false);
	}

	private static File complete(String name, long size) {
		return new File(name, size, size, true);
	}

}
