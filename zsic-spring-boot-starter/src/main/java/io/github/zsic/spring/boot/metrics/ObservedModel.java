package io.github.zsic.spring.boot.metrics;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ClassifierStatistics;
import io.github.zsic.ImageInput;
import io.github.zsic.LabelSet;
import io.github.zsic.ModelInfo;
import io.github.zsic.Timings;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.InternalCalls;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;

/**
 * A model whose calls are observed, each as a whole, and the stages of a classification
 * timed. {@linkplain InternalCalls Internal calls} are not.
 */
public class ObservedModel implements ZeroShotClassifier {

	private final String classifier;

	private final ZeroShotClassifier model;

	private final Supplier<ObservationRegistry> observations;

	private final ClassifierCallConvention convention;

	private final Supplier<@Nullable MeterRegistry> meters;

	/**
	 * Creates a model.
	 * @param classifier the name of the classifier, for a tag
	 * @param model the model, closed with this one
	 * @param observations where calls are observed, asked for at each of them
	 * @param convention how they are named, if the registry knows nothing better
	 * @param meters where stages are timed, asked for at each call
	 */
	public ObservedModel(String classifier, ZeroShotClassifier model, Supplier<ObservationRegistry> observations,
			ClassifierCallConvention convention, Supplier<@Nullable MeterRegistry> meters) {
		this.classifier = classifier;
		this.model = model;
		this.observations = observations;
		this.convention = convention;
		this.meters = meters;
	}

	@Override
	public List<Classification> classify(ClassificationRequest request) {
		List<Classification> results = observe("classify", () -> this.model.classify(request));
		record(request, results);
		return results;
	}

	/** Also when the caller has cancelled it, the observation ends with the call. */
	@Override
	public CompletableFuture<List<Classification>> classifyAsync(ClassificationRequest request) {
		if (InternalCalls.running()) {
			return this.model.classifyAsync(request);
		}
		Observation observation = observation("classify").start();
		CompletableFuture<List<Classification>> call;
		try (Observation.Scope scope = observation.openScope()) {
			call = this.model.classifyAsync(request);
		}
		catch (RuntimeException | Error ex) {
			observation.error(ex).stop();
			throw ex;
		}
		return call.whenComplete((results, failure) -> {
			if (failure != null) {
				observation.error((failure instanceof CompletionException && failure.getCause() != null)
						? failure.getCause() : failure);
			}
			observation.stop();
			if (results != null) {
				record(request, results);
			}
		}).copy();
	}

	private void record(ClassificationRequest request, List<Classification> results) {
		MeterRegistry registry = this.meters.get();
		if (registry != null && !InternalCalls.running()) {
			// Of the request as a whole: its pictures share the labels.
			record(registry, "text", results.get(0).timings().text());
			results.stream().map(Classification::timings).forEach((timings) -> record(registry, timings));
			ZsicMeter.REQUEST_IMAGES.summary(registry, "classifier", this.classifier).record(request.images().size());
			int labels = request.labels(0).size();
			if (labels > 0) {
				ZsicMeter.REQUEST_LABELS.summary(registry, "classifier", this.classifier).record(labels);
			}
		}
	}

	private void record(MeterRegistry registry, Timings timings) {
		record(registry, "decode", timings.decode());
		record(registry, "queue", timings.queue());
		record(registry, "image", timings.image());
		record(registry, "score", timings.score());
		ZsicMeter.BATCH_SIZE.summary(registry, "classifier", this.classifier).record(timings.batchSize());
	}

	private void record(MeterRegistry registry, String stage, Duration time) {
		ZsicMeter.STAGE.timer(registry, "classifier", this.classifier, "stage", stage).record(time);
	}

	@Override
	public float[] embedImage(ImageInput image) {
		return observe("embed-image", () -> this.model.embedImage(image));
	}

	@Override
	public List<float[]> embedImages(Collection<ImageInput> images) {
		return observe("embed-image", () -> this.model.embedImages(images));
	}

	@Override
	public float[] embedText(String text) {
		return observe("embed-text", () -> this.model.embedText(text));
	}

	@Override
	public List<float[]> embedTexts(Collection<String> texts) {
		return observe("embed-text", () -> this.model.embedTexts(texts));
	}

	@Override
	public LabelSet prepare(LabelSet labels) {
		return observe("prepare", () -> this.model.prepare(labels));
	}

	private <T> T observe(String operation, Supplier<T> call) {
		if (InternalCalls.running()) {
			return call.get();
		}
		T result = observation(operation).observe(call);
		if (result == null) {
			throw new IllegalStateException("A model returned null");
		}
		return result;
	}

	private Observation observation(String operation) {
		return Observation.createNotStarted(null, this.convention,
				() -> new ClassifierCallContext(this.classifier, operation, this.model.model()),
				this.observations.get());
	}

	@Override
	public int countTokens(Collection<String> texts) {
		return this.model.countTokens(texts);
	}

	@Override
	public ModelInfo model() {
		return this.model.model();
	}

	@Override
	public void selfTest() {
		this.model.selfTest();
	}

	@Override
	public ClassifierStatistics statistics() {
		return this.model.statistics();
	}

	@Override
	public List<String> cachedTexts(int maximum) {
		return this.model.cachedTexts(maximum);
	}

	@Override
	public void close() {
		this.model.close();
	}

}
