package io.github.zsic;

import java.io.PrintStream;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import com.sun.jna.Function;
import com.sun.jna.Platform;

import io.github.zsic.hub.Sizes;

/**
 * Draws one line for a whole download, over and over in the same place of a terminal.
 */
final class DownloadBar implements DownloadListener {

	private static final int STANDARD_ERROR = 2;

	private static final int CELLS = 30;

	/** Of the last seconds, so that the speed neither jumps nor lags behind. */
	private static final double SMOOTHING_SECONDS = 3;

	private final PrintStream terminal;

	private final LongSupplier nanoTime;

	private boolean started;

	private long lastTime;

	private long lastBytes;

	private double bytesPerSecond;

	private int width;

	private boolean complete;

	DownloadBar(PrintStream terminal, LongSupplier nanoTime) {
		this.terminal = terminal;
		this.nanoTime = nanoTime;
	}

	/**
	 * A bar on the standard error if somebody looks on there, and otherwise lines.
	 */
	static DownloadListener onTerminalOr(Consumer<String> lines) {
		return isTerminal() ? new DownloadBar(System.err, System::nanoTime) : new DownloadLog(lines);
	}

	/** {@link System#console()} knows of the standard input and output only. */
	private static boolean isTerminal() {
		try {
			Function isatty = Platform.isWindows() ? Function.getFunction("msvcrt", "_isatty")
					: Function.getFunction("c", "isatty");
			return isatty.invokeInt(new Object[] { STANDARD_ERROR }) != 0;
		}
		catch (UnsatisfiedLinkError | NoClassDefFoundError ex) {
			// A download needs no native code, so it may come where there is none.
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
		this.terminal.print("\r" + line + blanks + (this.complete ? System.lineSeparator() : ""));
		this.terminal.flush();
	}

}
