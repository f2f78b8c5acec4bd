package io.github.zsic;

import java.io.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import io.github.zsic.hub.Sizes;

/**
 * Draws one line for a whole download, over and over in the same place of a terminal.
 */
final class DownloadBar implements DownloadListener {

	private static final int CELLS = 30;

	/** Of the last seconds, so that the speed neither jumps nor lags behind. */
	private static final double SMOOTHING_SECONDS = 3;

	private final Writer terminal;

	private final LongSupplier nanoTime;

	private boolean started;

	private long lastTime;

	private long lastBytes;

	private double bytesPerSecond;

	private int width;

	private boolean complete;

	DownloadBar(Writer terminal, LongSupplier nanoTime) {
		this.terminal = terminal;
		this.nanoTime = nanoTime;
	}

	/**
	 * A bar if somebody looks on, because both ends of the program are a terminal, and
	 * otherwise lines.
	 */
	static DownloadListener onTerminalOr(Consumer<String> lines) {
		Console console = System.console();
		return (console != null && isTerminal(console)) ? new DownloadBar(console.writer(), System::nanoTime)
				: new DownloadLog(lines);
	}

	/** From JDK 22 on there is always a console, and it knows what it is. */
	private static boolean isTerminal(Console console) {
		try {
			return (boolean) Console.class.getMethod("isTerminal").invoke(console);
		}
		catch (NoSuchMethodException ex) {
			return true;
		}
		catch (ReflectiveOperationException ex) {
			return false;
		}
	}

	@Override
	public void onProgress(DownloadProgress progress) {
		if (this.complete) {
			return;
		}
		long now = this.nanoTime.getAsLong();
		long bytes = progress.bytes();
		if (!this.started) {
			this.started = bytes > 0;
		}
		else if (now > this.lastTime) {
			double seconds = (now - this.lastTime) / 1e9;
			double weight = 1 - Math.exp(-seconds / SMOOTHING_SECONDS);
			double current = Math.max(0, bytes - this.lastBytes) / seconds;
			this.bytesPerSecond += ((this.bytesPerSecond == 0) ? 1 : weight) * (current - this.bytesPerSecond);
		}
		this.lastTime = now;
		this.lastBytes = bytes;
		this.complete = progress.complete();
		draw(progress, bytes);
	}

	private void draw(DownloadProgress progress, long bytes) {
		int filled = (progress.size() > 0) ? (int) (CELLS * bytes / progress.size()) : CELLS;
		String line = progress.checkpoint() + " [" + "#".repeat(filled) + "-".repeat(CELLS - filled) + "] "
				+ (this.complete ? Sizes.format(bytes) + ", complete"
						: DownloadLog.describe(bytes, progress.size(), this.bytesPerSecond));
		String blanks = " ".repeat(Math.max(0, this.width - line.length()));
		this.width = line.length();
		try {
			this.terminal.write("\r" + line + blanks + (this.complete ? System.lineSeparator() : ""));
			this.terminal.flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
