package io.github.zsic.sample.command;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * Tells how far a run is: as a bar that is drawn over and over in one line of a terminal,
 * or else in a line now and then.
 */
final class Progress {

	private static final int CELLS = 24;

	private static final Duration BETWEEN_BARS = Duration.ofMillis(100);

	private static final Duration BETWEEN_LINES = Duration.ofSeconds(10);

	/** Fits into the narrowest usual terminal. */
	private static final int WIDTH = 79;

	private final @Nullable PrintStream terminal;

	private final Consumer<String> lines;

	private final LongSupplier nanoTime;

	private final int before;

	private final int total;

	private final long start;

	private long last;

	private boolean drawn;

	/**
	 * Starts.
	 * @param terminal where to draw a bar, {@code null} for lines
	 * @param lines takes lines
	 * @param nanoTime the clock
	 * @param before how many pictures were done before
	 * @param total how many there are
	 */
	Progress(@Nullable PrintStream terminal, Consumer<String> lines, LongSupplier nanoTime, int before, int total) {
		this.terminal = terminal;
		this.lines = lines;
		this.nanoTime = nanoTime;
		this.before = before;
		this.total = total;
		this.start = nanoTime.getAsLong();
		this.last = this.start;
	}

	/**
	 * Tells it, if it is time to.
	 * @param done how many pictures are done, those from before included
	 * @param failed how many could not be read
	 */
	void update(int done, int failed) {
		long now = this.nanoTime.getAsLong();
		Duration pause = (this.terminal != null) ? BETWEEN_BARS : BETWEEN_LINES;
		if (now - this.last < pause.toNanos()) {
			return;
		}
		this.last = now;
		String text = text(done + failed, failed, (now - this.start) / 1e9);
		if (this.terminal != null) {
			draw(bar(done + failed) + text);
		}
		else {
			this.lines.accept(text);
		}
	}

	/**
	 * Takes the bar away.
	 */
	void clear() {
		if (this.drawn) {
			draw("");
		}
	}

	private void draw(String line) {
		PrintStream terminal = Objects.requireNonNull(this.terminal);
		String shown = line.substring(0, Math.min(line.length(), WIDTH));
		terminal.print("\r" + shown + " ".repeat(WIDTH - shown.length()) + (shown.isEmpty() ? "\r" : ""));
		terminal.flush();
		this.drawn = true;
	}

	private String bar(int finished) {
		int filled = (int) ((long) CELLS * finished / Math.max(1, this.total));
		return "[" + "#".repeat(filled) + "-".repeat(CELLS - filled) + "] ";
	}

	private String text(int finished, int failed, double seconds) {
		double perSecond = (finished - this.before) / Math.max(seconds, 1e-9);
		StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%,d of %,d pictures", finished, this.total));
		if (finished > this.before) {
			text.append(", ").append(rate(perSecond));
			if (finished < this.total) {
				text.append(", ").append(time((long) Math.ceil((this.total - finished) / perSecond))).append(" left");
			}
		}
		if (failed > 0) {
			text.append(String.format(Locale.ROOT, ", %,d failed", failed));
		}
		return text.toString();
	}

	static String rate(double perSecond) {
		return String.format(Locale.ROOT, (perSecond < 10) ? "%.1f/s" : "%,.0f/s", perSecond);
	}

	static String time(long seconds) {
		if (seconds < 60) {
			return seconds + " s";
		}
		return (seconds < 3600) ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
				: String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
	}

}
