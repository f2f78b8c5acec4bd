package io.github.zsic.spring.boot.health;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;

import io.github.zsic.CallStatistics;
import io.github.zsic.ClassifierStatus;
import io.github.zsic.ClassifierStatus.State;
import io.github.zsic.Gpu;
import io.github.zsic.ModelInfo;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.spring.boot.ClassifierDetails;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;

/**
 * {@link HealthIndicator} of a classifier: whether it has a model, and whether calls
 * succeed. It watches the calls that the program makes anyway and never waits for one; of
 * a GPU it asks the driver.
 * <p>
 * A classifier that is down after failures is up again when a call succeeds, but also
 * when there was no failure for a while: if a load balancer sends it no calls because it
 * is down, none could ever succeed.
 */
public class ZsicHealthIndicator extends AbstractHealthIndicator {

	private static final String CUDA = "cuda:";

	private static final long MAXIMUM_DRIVER_TIME = 2_000;

	private final ManagedClassifier classifier;

	private final Thresholds thresholds;

	private final IntFunction<Gpu> driver;

	/** What the driver was asked last, perhaps still without an answer. */
	private volatile @Nullable CompletableFuture<Gpu> question;

	/**
	 * Creates an indicator.
	 * @param classifier what to watch
	 * @param thresholds what counts as healthy
	 */
	public ZsicHealthIndicator(ManagedClassifier classifier, Thresholds thresholds) {
		this(classifier, thresholds, Gpu::ask);
	}

	/**
	 * Creates an indicator.
	 * @param classifier what to watch
	 * @param thresholds what counts as healthy
	 * @param driver tells of a GPU by its number, or throws an exception
	 */
	public ZsicHealthIndicator(ManagedClassifier classifier, Thresholds thresholds, IntFunction<Gpu> driver) {
		super("Health of the zero-shot classifier could not be told");
		this.classifier = classifier;
		this.thresholds = thresholds;
		this.driver = driver;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		ClassifierStatus status = this.classifier.classifier().status();
		CallStatistics calls = this.classifier.classifier().calls(this.thresholds.window());
		SelfTestResult selfTest = (this.thresholds.selfTestInterval() != null)
				? this.classifier.selfTest(this.thresholds.selfTestInterval()) : null;
		ModelInfo model = status.model();
		boolean onGpu = model != null && model.device().startsWith(CUDA);
		Gpu gpu = (model != null && onGpu) ? ask(model) : null;
		String problem = (onGpu && gpu == null) ? "The driver of the GPU does not answer."
				: problem(status, calls, selfTest);
		builder.status((problem != null) ? Status.DOWN : statusOf(status.state()));
		if (problem != null) {
			builder.withDetail("problem", problem);
		}
		builder.withDetails(ClassifierDetails.of(this.classifier, this.thresholds.window()));
		if (gpu != null) {
			builder.withDetail("gpu", describe(gpu));
		}
		if (selfTest != null) {
			builder.withDetail("selfTest", ClassifierDetails.of(selfTest));
		}
	}

	/** In a thread of its own, because the driver of a lost GPU may hang. */
	private @Nullable Gpu ask(ModelInfo model) {
		CompletableFuture<Gpu> answer = this.question;
		if (answer == null || answer.isDone()) {
			CompletableFuture<Gpu> next = new CompletableFuture<>();
			int index = Integer.parseInt(model.device().substring(CUDA.length()));
			Thread thread = new Thread(() -> {
				try {
					next.complete(this.driver.apply(index));
				}
				catch (RuntimeException | Error ex) {
					next.completeExceptionally(ex);
				}
			}, "zsic-gpu");
			thread.setDaemon(true);
			thread.start();
			answer = next;
			this.question = next;
		}
		try {
			return answer.get(MAXIMUM_DRIVER_TIME, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
		catch (ExecutionException | TimeoutException ex) {
			return null;
		}
	}

	private static Map<String, Object> describe(Gpu gpu) {
		Map<String, Object> details = new LinkedHashMap<>();
		if (gpu.name() != null) {
			details.put("name", gpu.name());
		}
		details.put("memoryUsed", gpu.memoryUsed());
		details.put("memoryTotal", gpu.memoryTotal());
		return details;
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
