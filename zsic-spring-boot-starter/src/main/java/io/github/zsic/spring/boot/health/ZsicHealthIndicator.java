package io.github.zsic.spring.boot.health;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

import io.github.zsic.CallStatistics;
import io.github.zsic.ClassifierStatistics;
import io.github.zsic.ClassifierStatus;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.DownloadProgress;
import io.github.zsic.ModelInfo;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * {@link HealthIndicator} of a classifier: whether it has a model, and whether calls
 * succeed. It watches the calls that the program makes anyway and never waits for one.
 * <p>
 * A classifier that is down after failures is up again when a call succeeds, but also
 * when there was no failure for a while: if a load balancer sends it no calls because it
 * is down, none could ever succeed.
 */
public class ZsicHealthIndicator extends AbstractHealthIndicator {

	private final ManagedClassifier classifier;

	private final Thresholds thresholds;

	/**
	 * Creates an indicator.
	 * @param classifier what to watch
	 * @param thresholds what counts as healthy
	 */
	public ZsicHealthIndicator(ManagedClassifier classifier, Thresholds thresholds) {
		super("Health of the zero-shot classifier could not be told");
		this.classifier = classifier;
		this.thresholds = thresholds;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		ClassifierStatus status = this.classifier.classifier().status();
		CallStatistics calls = this.classifier.classifier().calls(this.thresholds.window());
		SelfTestResult selfTest = (this.thresholds.selfTestInterval() != null)
				? this.classifier.selfTest(this.thresholds.selfTestInterval()) : null;
		String problem = problem(status, calls, selfTest);
		builder.status((problem != null) ? Status.DOWN : statusOf(status.state()));
		builder.withDetail("state", status.state());
		builder.withDetail("since", status.since());
		if (problem != null) {
			builder.withDetail("problem", problem);
		}
		builder.withDetail("checkpoint", this.classifier.selection().checkpoint());
		addModel(builder, status);
		addLoad(builder, status);
		builder.withDetail("calls", describe(calls));
		if (status.model() != null) {
			builder.withDetail("queue", describe(this.classifier.classifier().statistics()));
		}
		if (selfTest != null) {
			builder.withDetail("selfTest", describe(selfTest));
		}
	}

	private static Status statusOf(State state) {
		return switch (state) {
			// Nothing is wrong, and nobody has asked for the model.
			case IDLE -> Status.UNKNOWN;
			case READY, SWAPPING -> Status.UP;
			case DOWNLOADING, LOADING, CLOSED -> Status.OUT_OF_SERVICE;
			case FAILED -> Status.DOWN;
		};
	}

	private @Nullable String problem(ClassifierStatus status, CallStatistics calls, @Nullable SelfTestResult selfTest) {
		if (status.state() == State.FAILED) {
			return "The model could not be loaded.";
		}
		if (status.state() != State.READY && status.state() != State.SWAPPING) {
			return null;
		}
		if (calls.longestRunning().compareTo(this.thresholds.maximumCallTime()) > 0) {
			return "A call has been running for %d seconds.".formatted(calls.longestRunning().toSeconds());
		}
		if (calls.failuresInARow() >= this.thresholds.failureThreshold() && calls.recentFailures() > 0) {
			return "The last %d calls failed.".formatted(calls.failuresInARow());
		}
		if (selfTest != null && selfTest.failure() != null && !(selfTest.failure() instanceof ModelNotReadyException)) {
			return "The self-test failed.";
		}
		return null;
	}

	private static void addModel(Health.Builder builder, ClassifierStatus status) {
		ModelInfo model = status.model();
		if (model == null) {
			return;
		}
		builder.withDetail("checkpoint", model.checkpoint());
		if (model.revision() != null) {
			builder.withDetail("revision", model.revision());
		}
		builder.withDetail("modelType", model.modelType());
		builder.withDetail("device", model.device());
		builder.withDetail("precision", model.precision());
		Duration loadTime = status.loadTime();
		if (loadTime != null) {
			builder.withDetail("loadTime", seconds(loadTime));
		}
	}

	private static void addLoad(Health.Builder builder, ClassifierStatus status) {
		if (status.loading() != null) {
			builder.withDetail("loading", status.loading());
		}
		if (status.download() != null) {
			builder.withDetail("download", describe(status.download()));
		}
		if (status.failure() != null) {
			builder.withDetail("failure", describe(status.failure()));
		}
	}

	private static Map<String, Object> describe(DownloadProgress download) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("revision", download.revision());
		details.put("bytes", download.bytes());
		details.put("size", download.size());
		details.put("percent", percent(download.bytes(), download.size()));
		details.put("files", download.files().stream().map((file) -> {
			Map<String, Object> entry = new LinkedHashMap<>();
			entry.put("name", file.name());
			entry.put("bytes", file.bytes());
			entry.put("size", file.size());
			entry.put("percent", percent(file.bytes(), file.size()));
			entry.put("complete", file.complete());
			return entry;
		}).toList());
		return details;
	}

	private static long percent(long bytes, long size) {
		return (size > 0) ? (long) (100.0 * bytes / size) : 100;
	}

	private Map<String, Object> describe(CallStatistics calls) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("running", calls.running());
		if (calls.running() > 0) {
			details.put("longestRunning", seconds(calls.longestRunning()));
		}
		details.put("succeeded", calls.successes());
		details.put("failed", calls.failures());
		details.put("window", seconds(this.thresholds.window()));
		details.put("failedInWindow", calls.recentFailures());
		details.put("failedInARow", calls.failuresInARow());
		putIfKnown(details, "lastSuccess", calls.lastSuccess());
		putIfKnown(details, "lastFailure", calls.lastFailure());
		if (calls.lastFailureCause() != null) {
			details.put("lastFailureCause", describe(calls.lastFailureCause()));
		}
		return details;
	}

	private static Map<String, Object> describe(ClassifierStatistics statistics) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("threads", statistics.engineThreads());
		details.put("waiting", statistics.queued());
		return details;
	}

	private static Map<String, Object> describe(SelfTestResult selfTest) {
		Map<String, Object> details = new LinkedHashMap<>();
		details.put("time", selfTest.time());
		details.put("passed", selfTest.failure() == null);
		if (selfTest.failure() != null) {
			details.put("failure", describe(selfTest.failure()));
		}
		return details;
	}

	private static String describe(Throwable failure) {
		return (failure instanceof ZsicException known) ? known.getDescription() : failure.getClass().getName();
	}

	private static double seconds(Duration duration) {
		return duration.toMillis() / 1000.0;
	}

	private static void putIfKnown(Map<String, Object> details, String name, @Nullable Instant time) {
		if (time != null) {
			details.put(name, time);
		}
	}

	/**
	 * What counts as healthy.
	 *
	 * @param window for how long a failure counts
	 * @param failureThreshold how many calls in a row must fail for the classifier to be
	 * down
	 * @param maximumCallTime how long a call may run
	 * @param selfTestInterval how old the result of a self-test may be, {@code null} not
	 * to test
	 */
	public record Thresholds(Duration window, int failureThreshold, Duration maximumCallTime,
			@Nullable Duration selfTestInterval) {

	}

}
