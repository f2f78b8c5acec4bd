package io.github.zsic;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import io.github.zsic.hub.Sizes;

/**
 * Writes a line for each file of a download every few seconds, and one when it is
 * complete.
 */
final class DownloadLog implements DownloadListener {

	private static final long NANOSECONDS_BETWEEN_LINES = 5_000_000_000L;

	private final Consumer<String> lines;

	private final LongSupplier nanoTime;

	private final Map<String, FileLog> files = new HashMap<>();

	DownloadLog(Consumer<String> lines) {
		this(lines, System::nanoTime);
	}

	DownloadLog(Consumer<String> lines, LongSupplier nanoTime) {
		this.lines = lines;
		this.nanoTime = nanoTime;
	}

	@Override
	public void onProgress(DownloadProgress progress) {
		long now = this.nanoTime.getAsLong();
		if (this.files.isEmpty()) {
			this.lines.accept("Downloading '" + progress.checkpoint() + "', commit " + progress.revision() + ": "
					+ progress.files().size() + " files of together " + Sizes.format(progress.size()));
		}
		for (DownloadProgress.File file : progress.files()) {
			String line = this.files.computeIfAbsent(file.name(), (name) -> new FileLog(now)).line(file, now);
			if (line != null) {
				this.lines.accept(progress.checkpoint() + ": " + line);
			}
		}
	}

	/** Such as {@code 312.5 MB of 605.2 MB (51%), 48.1 MB/s, 6 s left}. */
	static String describe(long bytes, long size, double bytesPerSecond) {
		StringBuilder text = new StringBuilder(Sizes.format(bytes)).append(" of ").append(Sizes.format(size));
		if (size > 0) {
			text.append(" (").append((long) (100.0 * bytes / size)).append("%)");
		}
		if (bytesPerSecond >= 1) {
			text.append(", ").append(Sizes.format((long) bytesPerSecond)).append("/s");
			if (size > bytes) {
				text.append(", ").append(time((long) Math.ceil((size - bytes) / bytesPerSecond))).append(" left");
			}
		}
		return text.toString();
	}

	private static String time(long seconds) {
		if (seconds < 60) {
			return seconds + " s";
		}
		return (seconds < 3600) ? String.format(Locale.ROOT, "%d min %02d s", seconds / 60, seconds % 60)
				: String.format(Locale.ROOT, "%d h %02d min", seconds / 3600, seconds / 60 % 60);
	}

	/**
	 * What was said of a file.
	 */
	private static final class FileLog {

		private long lastTime;

		private long lastBytes;

		private boolean started;

		private boolean complete;

		FileLog(long now) {
			this.lastTime = now;
		}

		@Nullable String line(DownloadProgress.File file, long now) {
			if (this.complete) {
				return null;
			}
			if (file.complete()) {
				this.complete = true;
				return file.name() + " is complete, " + Sizes.format(file.size());
			}
			if (!this.started) {
				// What an earlier download left is there at once, and no sign of speed.
				this.started = file.bytes() > 0;
				this.lastTime = now;
				this.lastBytes = file.bytes();
				return null;
			}
			if (now - this.lastTime < NANOSECONDS_BETWEEN_LINES) {
				return null;
			}
			double bytesPerSecond = (file.bytes() - this.lastBytes) / ((now - this.lastTime) / 1e9);
			this.lastTime = now;
			this.lastBytes = file.bytes();
			return file.name() + " " + describe(file.bytes(), file.size(), bytesPerSecond);
		}

	}

}
