package io.github.zsic.spring.boot.endpoint;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import io.github.zsic.CheckpointException;
import io.github.zsic.DeviceException;
import io.github.zsic.HubException;
import io.github.zsic.InferenceException;
import io.github.zsic.Precision;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.github.zsic.spring.boot.ModelSelection;
import io.github.zsic.spring.boot.Startup;
import io.github.zsic.spring.boot.SwapRefusedException;
import io.github.zsic.spring.boot.TestClassifier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests for {@link ZsicEndpoint}.
 */
class ZsicEndpointTests {

	private final ManagedClassifier main = managed("", new ModelSelection("main", "v1", "cpu", Precision.AUTO));

	private final ManagedClassifier night = managed("night", new ModelSelection("night", null, "cpu", Precision.AUTO));

	private final ZsicEndpoint endpoint = new ZsicEndpoint(List.of(this.night, this.main), Duration.ofMinutes(5));

	@AfterEach
	void close() {
		this.main.close();
		this.night.close();
	}

	@Test
	@SuppressWarnings("unchecked")
	void tellsAboutEachClassifier() {
		Map<String, Object> classifiers = (Map<String, Object>) this.endpoint.classifiers().get("classifiers");
		assertThat(classifiers).containsOnlyKeys("default", "night");
		assertThat((Map<String, Object>) classifiers.get("default")).containsEntry("checkpoint", "main")
			.containsEntry("revision", "v1")
			.containsEntry("device", "cpu")
			.containsKeys("state", "precision", "loadTime", "calls", "queue", "cache");
	}

	@Test
	void swapsTheMainClassifierUnlessToldOtherwise() {
		assertThat(swap(null, "other", null, null)).containsEntry("checkpoint", "other").doesNotContainKey("revision");
		assertThat(this.main.selection()).isEqualTo(new ModelSelection("other", null, "cpu", Precision.AUTO));
		assertThat(this.night.selection().checkpoint()).isEqualTo("night");
		assertThat(swap("night", "other", "v3", "")).containsEntry("revision", "v3");
		assertThat(this.night.classifier().model().checkpoint()).isEqualTo("other");
	}

	@Test
	void keepsWhatIsNotGiven() {
		swap("", null, null, "auto");
		assertThat(this.main.selection()).isEqualTo(new ModelSelection("main", "v1", "auto", Precision.AUTO));
		swap("default", null, "v2", null);
		assertThat(this.main.selection()).isEqualTo(new ModelSelection("main", "v2", "auto", Precision.AUTO));
		swap(null, "main", null, "cpu");
		assertThat(this.main.selection()).isEqualTo(new ModelSelection("main", "v2", "cpu", Precision.AUTO));
	}

	@Test
	void tellsWhatIsWrongWithAValue() {
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, null, null, null, "float8",
				null);
		assertThat(response.getStatus()).isEqualTo(400);
		assertThat(response.getBody()).containsEntry("error", "'precision' cannot be 'float8'.")
			.containsEntry("action", "It is one of [auto, float32, bfloat16, float16, int8].");
		response = this.endpoint.operate(null, null, null, null, null, "perhaps");
		assertThat(response.getStatus()).isEqualTo(400);
		assertThat(response.getBody()).containsEntry("error", "'selfTest' cannot be 'perhaps'.");
		assertThat(this.main.selection().precision()).isEqualTo(Precision.AUTO);
	}

	@Test
	void exchangesThePrecisionAlone() {
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, null, null, null, "Int8", null);
		assertThat(response.getStatus()).isEqualTo(200);
		assertThat(response.getBody()).containsEntry("precision", "int8");
		assertThat(this.main.selection()).isEqualTo(new ModelSelection("main", "v1", "cpu", Precision.INT8));
	}

	@Test
	void theOnlyClassifierNeedsNoName() {
		new ZsicEndpoint(List.of(this.night), Duration.ofMinutes(5)).operate(null, "other", null, null, null, null);
		assertThat(this.night.selection().checkpoint()).isEqualTo("other");
	}

	@Test
	void failureTellsWhyAndChangesNothing() {
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, "broken", null, null, null,
				null);
		assertThat(response.getStatus()).isEqualTo(422);
		assertThat(response.getBody()).containsEntry("error", "It is broken.").containsEntry("action", "Mend it.");
		assertThat(this.main.selection().checkpoint()).isEqualTo("main");
		assertThat(this.endpoint.operate(null, null, null, "cuda", null, null).getStatus()).isEqualTo(422);
		assertThat(TestClassifier.ask(this.main.classifier())).isEqualTo(0.5f);
	}

	@Test
	void refusesWhatMakesNoSense() {
		assertThat(this.endpoint.operate("noon", "other", null, null, null, null).getStatus()).isEqualTo(404);
		assertThat(this.endpoint.operate(null, " ", null, null, null, null).getStatus()).isEqualTo(400);
	}

	@Test
	void refusesWhileAnotherModelIsLoaded() {
		assertThat(this.endpoint.operate(null, "busy", null, null, null, null).getStatus()).isEqualTo(409);
	}

	@Test
	void refusesWhenClosed() {
		this.main.close();
		assertThat(this.endpoint.operate(null, "other", null, null, null, null).getStatus()).isEqualTo(503);
	}

	@Test
	@SuppressWarnings("unchecked")
	void testsAModelOnDemand() {
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, null, null, null, null, "true");
		assertThat(response.getStatus()).isEqualTo(200);
		assertThat((Map<String, Object>) response.getBody().get("selfTest")).containsEntry("passed", true)
			.containsKey("time");
	}

	@Test
	@SuppressWarnings("unchecked")
	void aModelThatNoLongerComputesRightFailsItsTest() {
		swap(null, "faulty", null, null);
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, null, null, null, null, "true");
		assertThat(response.getStatus()).isEqualTo(503);
		assertThat((Map<String, Object>) response.getBody().get("selfTest")).containsEntry("passed", false)
			.containsEntry("failure", "It is off.");
	}

	@Test
	void aModelThatIsTooBusyForATestIsTriedLater() {
		swap(null, "full", null, null);
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(null, null, null, null, null, "true");
		assertThat(response.getStatus()).isEqualTo(503);
		assertThat(response.getBody()).extractingByKey("error").asString().contains("busy");
	}

	@Test
	void theLastOfTwoSwapsWins() throws Exception {
		CompletableFuture<WebEndpointResponse<Map<String, Object>>> first = CompletableFuture
			.supplyAsync(() -> this.endpoint.operate(null, "slow-download", null, null, null, null));
		await().until(() -> this.main.wanted().checkpoint().equals("slow-download"));
		assertThat(swap(null, "other", null, null)).containsEntry("checkpoint", "other");
		WebEndpointResponse<Map<String, Object>> response = first.get(10, TimeUnit.SECONDS);
		assertThat(response.getStatus()).isEqualTo(409);
		assertThat(response.getBody()).containsEntry("error",
				"Checkpoint 'slow-download' was given up, because the endpoint asked for 'other' before it was loaded.")
			.containsEntry("action", "Ask for it again, if it is still wanted.");
		assertThat(this.main.selection().checkpoint()).isEqualTo("other");
	}

	@Test
	void aTestIsNoSwap() {
		assertThat(this.endpoint.operate(null, "other", null, null, null, "true").getStatus()).isEqualTo(400);
		assertThat(this.endpoint.operate(null, null, null, null, null, "false").getStatus()).isEqualTo(400);
		this.main.close();
		assertThat(this.endpoint.operate(null, null, null, null, null, "true").getStatus()).isEqualTo(503);
	}

	@Test
	void tellsWhatPlainOperatorsCompute() {
		assertThat(swap(null, "slow", null, null)).containsEntry("fallbacks", List.of("96 outputs of 64 inputs"));
	}

	private Map<String, Object> swap(String classifier, String checkpoint, String revision, String device) {
		WebEndpointResponse<Map<String, Object>> response = this.endpoint.operate(classifier, checkpoint, revision,
				device, null, null);
		assertThat(response.getStatus()).isEqualTo(200);
		return response.getBody();
	}

	private static ManagedClassifier managed(String name, ModelSelection selection) {
		ManagedClassifier classifier = new ManagedClassifier(name, selection, (next, listener) -> load(next),
				new ManagedClassifier.Settings(Startup.EAGER, Duration.ZERO, Duration.ofSeconds(5), false));
		classifier.start();
		return classifier;
	}

	private static ZeroShotClassifier load(ModelSelection selection) {
		if (selection.checkpoint().equals("broken")) {
			throw new CheckpointException("It is broken.", "Mend it.");
		}
		if (selection.checkpoint().equals("busy")) {
			throw new SwapRefusedException("Another one is loaded.", "Wait.");
		}
		if (selection.checkpoint().equals("slow-download")) {
			LockSupport.park();
			throw new HubException(HubException.Reason.INTERRUPTED, "Interrupted.", "");
		}
		if (selection.device().equals("cuda")) {
			throw new DeviceException("There is no GPU.", "Use the CPU.");
		}
		TestClassifier model = new TestClassifier(selection, 0.5f,
				selection.checkpoint().equals("slow") ? List.of("96 outputs of 64 inputs") : List.of());
		if (selection.checkpoint().equals("faulty")) {
			model.selfTestFailure = new InferenceException("It is off.", "Mend it.");
		}
		if (selection.checkpoint().equals("full")) {
			model.selfTestFailure = new QueueFullException(256);
		}
		return model;
	}

}
