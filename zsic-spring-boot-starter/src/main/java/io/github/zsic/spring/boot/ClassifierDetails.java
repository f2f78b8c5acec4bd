package io.github.zsic.spring.boot;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.zsic.CallStatistics;
import io.github.zsic.ClassifierStatistics;
import io.github.zsic.ClassifierStatus;
import io.github.zsic.DownloadProgress;
import io.github.zsic.ModelInfo;
import io.github.zsic.ZsicException;
import org.jspecify.annotations.Nullable;

/**
 * What there is to tell of a classifier, in the form in which health and endpoint do:
 * everything but where files are on this machine, which is for its log.
 */
public final class ClassifierDetails {

	/** A repository, or a folder below the working directory, which tells no more. */
	private static final Pattern PLAIN_NAME = Pattern
		.compile("classpath:.*|[A-Za-z0-9_][\\w.-]*(/[A-Za-z0-9_][\\w.-]*)?");

	private static final String ROOT = "(?:file:/*|~[/\\\\]|[A-Za-z]:[/\\\\]|[/\\\\]+)";

	/** In quotes, where it may have spaces, or between spaces. */
	private static final Pattern PATH = Pattern
		.compile("(?<=')" + ROOT + "[^']+(?=')|(?<![\\w:/\\\\.~-])" + ROOT + "[^\\s'\"<>|:*?,;()\\[\\]]+");

	private ClassifierDetails() {
	}

	/**
	 * Tells where a classifier stands, what it runs and how its calls fare.
	 * @param classifier the classifier
	 * @param window how far back failures count as recent
	 * @return names and values, the most important first
	 */
	public static Map<String, Object> of(ManagedClassifier classifier, Duration window) {
		ClassifierStatus status = classifier.classifier().status();
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("state", status.state());
		details.put("since", status.since());
		ModelInfo model = status.model();
		details.put("checkpoint",
				checkpoint((model != null) ? model.checkpoint() : classifier.selection().checkpoint()));
		if (model != null) {
			putIfKnown(details, "revision", model.revision());
			details.put("modelType", model.modelType());
			details.put("device", model.device());
			details.put("precision", model.precision().toString());
			if (!model.fallbacks().isEmpty()) {
				details.put("fallbacks", model.fallbacks());
			}
			Duration loadTime = status.loadTime();
			putIfKnown(details, "loadTime", (loadTime != null) ? seconds(loadTime) : null);
		}
		String loading = status.loading();
		putIfKnown(details, "loading", (loading != null) ? checkpoint(loading) : null);
		DownloadProgress download = status.download();
		putIfKnown(details, "download", (download != null) ? of(download) : null);
		Throwable failure = status.failure();
		putIfKnown(details, "failure", (failure != null) ? describe(failure) : null);
		putIfKnown(details, "action",
				(failure instanceof ZsicException known) ? withoutPaths(known.getAction()) : null);
		details.put("calls", of(classifier.classifier().calls(window), window));
		if (model != null) {
			ClassifierStatistics statistics = classifier.classifier().statistics();
			details.put("modelMemory", statistics.modelBytes());
			details.put("queue", queue(statistics));
			details.put("cache", cache(statistics));
		}
		return details;
	}

	/**
	 * Tells how a self-test ended.
	 * @param selfTest the result
	 * @return names and values
	 */
	public static Map<String, Object> of(ManagedClassifier.SelfTestResult selfTest) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("time", selfTest.time());
		details.put("passed", selfTest.failure() == null);
		putIfKnown(details, "failure", (selfTest.failure() != null) ? describe(selfTest.failure()) : null);
		return details;
	}

	/**
	 * Tells what went wrong without telling more than its reader may know.
	 * @param failure what was thrown
	 * @return a sentence of zsic, or the name of the class
	 */
	public static String describe(Throwable failure) {
		return (failure instanceof ZsicException known) ? withoutPaths(known.getDescription())
				: failure.getClass().getName();
	}

	/**
	 * Names a checkpoint without telling where it is on this machine.
	 * @param checkpoint the checkpoint, as it is configured
	 * @return the same, except for a path: of that only the last part
	 */
	public static String checkpoint(String checkpoint) {
		return PLAIN_NAME.matcher(checkpoint).matches() ? checkpoint : "file:" + lastPart(checkpoint);
	}

	/**
	 * Leaves out of a text where files are on this machine.
	 * @param text the text
	 * @return the text, with only the last part of each path in it
	 */
	public static String withoutPaths(String text) {
		return PATH.matcher(text).replaceAll((path) -> Matcher.quoteReplacement(lastPart(path.group())));
	}

	private static String lastPart(String path) {
		String[] parts = path.replaceFirst("[/\\\\]+$", "").split("[/\\\\:]");
		return ".../" + ((parts.length > 0) ? parts[parts.length - 1] : "");
	}

	private static Map<String, Object> of(DownloadProgress download) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("revision", download.revision());
		putProgress(details, download.bytes(), download.size());
		details.put("files", download.files().stream().map((file) -> {
			Map<String, Object> entry = new LinkedHashMap<>();
			entry.put("name", file.name());
			putProgress(entry, file.bytes(), file.size());
			entry.put("complete", file.complete());
			return entry;
		}).toList());
		return details;
	}

	private static void putProgress(Map<String, Object> details, long bytes, long size) {
		details.put("bytes", bytes);
		details.put("size", size);
		details.put("percent", (size > 0) ? (long) (100.0 * bytes / size) : 100L);
	}

	private static Map<String, Object> of(CallStatistics calls, Duration window) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("running", calls.running());
		if (calls.running() > 0) {
			details.put("longestRunning", seconds(calls.longestRunning()));
		}
		details.put("succeeded", calls.successes());
		details.put("failed", calls.failures());
		details.put("rejected", calls.rejections());
		details.put("window", seconds(window));
		details.put("failedInWindow", calls.recentFailures());
		details.put("failedInARow", calls.failuresInARow());
		putIfKnown(details, "lastSuccess", calls.lastSuccess());
		putIfKnown(details, "lastFailure", calls.lastFailure());
		Throwable cause = calls.lastFailureCause();
		putIfKnown(details, "lastFailureCause", (cause != null) ? describe(cause) : null);
		return details;
	}

	private static Map<String, Object> queue(ClassifierStatistics statistics) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("threads", statistics.engineThreads());
		details.put("waiting", statistics.queued());
		details.put("places", statistics.queuePlaces());
		details.put("capacity", statistics.queueCapacity());
		return details;
	}

	private static Map<String, Object> cache(ClassifierStatistics statistics) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("texts", statistics.cachedTexts());
		details.put("hits", statistics.cacheHits());
		details.put("misses", statistics.cacheMisses());
		details.put("evictions", statistics.cacheEvictions());
		details.put("encoded", statistics.encodedTexts());
		return details;
	}

	private static double seconds(Duration duration) {
		return TimeUnit.MILLISECONDS.convert(duration) / 1000.0;
	}

	private static void putIfKnown(Map<String, Object> details, String name, @Nullable Object value) {
		if (value != null) {
			details.put(name, value);
		}
	}

}
