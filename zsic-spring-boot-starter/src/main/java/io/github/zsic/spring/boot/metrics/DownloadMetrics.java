package io.github.zsic.spring.boot.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

import io.github.zsic.DownloadListener;
import io.github.zsic.DownloadProgress;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is downloaded from the Hub.
 */
public class DownloadMetrics implements DownloadListener {

	private final Supplier<@Nullable MeterRegistry> meters;

	/** How many bytes of each revision were there when it was last heard of. */
	private final Map<String, Long> seen = new ConcurrentHashMap<>();

	/**
	 * Creates a listener.
	 * @param meters where to count, asked for each time
	 */
	public DownloadMetrics(Supplier<@Nullable MeterRegistry> meters) {
		this.meters = meters;
	}

	@Override
	public void onProgress(DownloadProgress progress) {
		MeterRegistry registry = this.meters.get();
		String revision = progress.checkpoint() + "@" + progress.revision();
		long bytes = progress.bytes();
		Long before = progress.complete() ? this.seen.remove(revision) : this.seen.put(revision, bytes);
		if (registry == null) {
			return;
		}
		// What was there at first came with an earlier download.
		if (before != null && bytes > before) {
			ZsicMeter.DOWNLOAD_BYTES.counter(registry).increment(bytes - before);
		}
		if (progress.complete()) {
			ZsicMeter.DOWNLOADS.counter(registry).increment();
		}
	}

}
