package io.github.zsic.spring.boot.endpoint;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.ClassifierDetails;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ManagedClassifier.SelfTestResult;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.SwapRefusedException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.util.StringUtils;

/**
 * Web endpoint that tells about classifiers and exchanges their models. Writing is not
 * allowed unless {@code management.endpoint.zsic.access} says so.
 */
@WebEndpoint(id = "zsic", defaultAccess = Access.READ_ONLY)
public class ZsicEndpoint {

	private static final int CONFLICT = 409;

	private static final int UNPROCESSABLE_CONTENT = 422;

	private static final int MAXIMUM_QUOTE_LENGTH = 60;

	private final Map<String, ManagedClassifier> classifiers = new TreeMap<>();

	private final Duration window;

	/**
	 * Creates an endpoint.
	 * @param classifiers the classifiers, each with a name of its own
	 * @param window how far back failures count as recent
	 */
	public ZsicEndpoint(Collection<ManagedClassifier> classifiers, Duration window) {
		classifiers.forEach((classifier) -> this.classifiers.put(classifier.displayName(), classifier));
		this.window = window;
	}

	/**
	 * Tells about all classifiers.
	 * @return what there is to tell, by name
	 */
	@ReadOperation
	public Map<String, Object> classifiers() {
		Map<String, Object> details = new LinkedHashMap<>();
		this.classifiers
			.forEach((name, classifier) -> details.put(name, ClassifierDetails.of(classifier, this.window)));
		return Map.of("classifiers", details);
	}

	/**
	 * Exchanges a model, and answers when that is done. What is not given stays as it is,
	 * except that another checkpoint starts with its default revision.
	 * @param classifier the name of the classifier, {@code null} for the main or only one
	 * @param checkpoint the checkpoint
	 * @param revision its revision
	 * @param device the device
	 * @param precision the precision, in any case
	 * @param selfTest {@code true} to run the self-test of the model instead of
	 * exchanging it
	 * @return what there is to tell about the classifier now, with the reason if the
	 * model was not exchanged; of a self-test its result, and status 503 if it failed
	 */
	@WriteOperation
	public WebEndpointResponse<Map<String, Object>> operate(@Nullable String classifier, @Nullable String checkpoint,
			@Nullable String revision, @Nullable String device, @Nullable String precision, @Nullable String selfTest) {
		ManagedClassifier target = find(classifier);
		if (target == null) {
			return refuse(WebEndpointResponse.STATUS_NOT_FOUND,
					"There is no classifier of that name, but " + this.classifiers.keySet() + ".", "Use one of these.");
		}
		boolean other = StringUtils.hasText(checkpoint) || StringUtils.hasText(revision) || StringUtils.hasText(device)
				|| StringUtils.hasText(precision);
		Precision chosen = precision(precision);
		if (StringUtils.hasText(precision) && chosen == null) {
			return refuse(WebEndpointResponse.STATUS_BAD_REQUEST,
					"'precision' cannot be '" + abbreviate(precision) + "'.",
					"It is one of " + Arrays.toString(Precision.values()) + ".");
		}
		boolean test = "true".equalsIgnoreCase(selfTest);
		if (StringUtils.hasText(selfTest) && !test && !"false".equalsIgnoreCase(selfTest)) {
			return refuse(WebEndpointResponse.STATUS_BAD_REQUEST,
					"'selfTest' cannot be '" + abbreviate(selfTest) + "'.", "It is true or false.");
		}
		if (other == test) {
			return refuse(WebEndpointResponse.STATUS_BAD_REQUEST,
					test ? "A model is either exchanged or tested." : "Nothing is to be changed.",
					test ? "Send 'selfTest' without 'checkpoint', 'revision', 'device' and 'precision'."
							: "Send 'checkpoint', 'revision', 'device' or 'precision', or 'selfTest': true.");
		}
		try {
			if (test) {
				return selfTest(target);
			}
			target.swap(select(target.selection(), checkpoint, revision, device, chosen), "the endpoint");
			return new WebEndpointResponse<>(ClassifierDetails.of(target, this.window));
		}
		catch (SwapRefusedException ex) {
			return refuse(CONFLICT, ex.getDescription(), ex.getAction());
		}
		catch (ClassifierClosedException | ModelNotReadyException | QueueFullException ex) {
			return refuse(WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE, ex.getDescription(), ex.getAction());
		}
		catch (ZsicException ex) {
			return refuse(UNPROCESSABLE_CONTENT, ex.getDescription(), ex.getAction());
		}
	}

	private static @Nullable Precision precision(@Nullable String name) {
		return Arrays.stream(Precision.values())
			.filter((precision) -> precision.name().equalsIgnoreCase((name != null) ? name.strip() : null))
			.findFirst()
			.orElse(null);
	}

	private static String abbreviate(String value) {
		return (value.length() <= MAXIMUM_QUOTE_LENGTH) ? value : value.substring(0, MAXIMUM_QUOTE_LENGTH) + "...";
	}

	private WebEndpointResponse<Map<String, Object>> selfTest(ManagedClassifier target) {
		SelfTestResult result = target.runSelfTestNow();
		Map<String, Object> details = ClassifierDetails.of(target, this.window);
		details.put("selfTest", ClassifierDetails.of(result));
		return new WebEndpointResponse<>(details, (result.failure() == null) ? WebEndpointResponse.STATUS_OK
				: WebEndpointResponse.STATUS_SERVICE_UNAVAILABLE);
	}

	private @Nullable ManagedClassifier find(@Nullable String name) {
		if (StringUtils.hasText(name)) {
			return this.classifiers.get(name);
		}
		ManagedClassifier main = this.classifiers.get(ManagedClassifier.MAIN);
		return (main == null && this.classifiers.size() == 1) ? this.classifiers.values().iterator().next() : main;
	}

	private static ModelSelection select(ModelSelection current, @Nullable String checkpoint, @Nullable String revision,
			@Nullable String device, @Nullable Precision precision) {
		boolean other = StringUtils.hasText(checkpoint) && !checkpoint.equals(current.checkpoint());
		String nextRevision = StringUtils.hasText(revision) ? revision : other ? null : current.revision();
		return new ModelSelection(StringUtils.hasText(checkpoint) ? checkpoint : current.checkpoint(), nextRevision,
				StringUtils.hasText(device) ? device : current.device(),
				(precision != null) ? precision : current.precision());
	}

	private static WebEndpointResponse<Map<String, Object>> refuse(int status, String description, String action) {
		return new WebEndpointResponse<>(Map.of("error", ClassifierDetails.withoutPaths(description), "action",
				ClassifierDetails.withoutPaths(action)), status);
	}

}
