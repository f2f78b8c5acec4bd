package io.github.zsic.sample.command;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a run tells while it runs.
 */
class ProgressTests {

	private final List<String> lines = new ArrayList<>();

	private long now;

	@Test
	void drawsOneLineOfATerminal() {
		ByteArrayOutputStream terminal = new ByteArrayOutputStream();
		Progress progress = new Progress(new PrintStream(terminal), this.lines::add, () -> this.now, 1_000_000,
				2_000_000);
		for (int i = 1; i <= 20; i++) {
			this.now += 50_000_000;
			progress.update(1_000_000 + 25_000 * i, 5);
		}
		progress.clear();
		List<String> bars = List.of(terminal.toString().substring(1).split("\r"));
		assertThat(bars).hasSize(11);
		assertThat(bars.get(0)).startsWith("[############------------] 1,050,005 of 2,000,000 pictures, 500,050/s, 2 s")
			.hasSize(79);
		assertThat(bars.get(9)).startsWith("[##################------] 1,500,005 of 2,000,000 pictures");
		assertThat(bars).allSatisfy((bar) -> assertThat(bar).hasSize(79));
		assertThat(bars.get(10)).isBlank();
		assertThat(this.lines).isEmpty();
	}

	@Test
	void writesLinesNowAndThenElsewhere() {
		Progress progress = new Progress(null, this.lines::add, () -> this.now, 0, 1000);
		for (int i = 1; i <= 250; i++) {
			this.now += 100_000_000;
			progress.update(2 * i, i / 100);
		}
		progress.clear();
		assertThat(this.lines).containsExactly("201 of 1,000 pictures, 20/s, 40 s left, 1 failed",
				"402 of 1,000 pictures, 20/s, 30 s left, 2 failed");
	}

}
