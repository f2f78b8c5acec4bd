package io.github.zsic.spring.boot.metrics;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.config.MeterFilter;
import org.jspecify.annotations.Nullable;

/**
 * All meters, with their names and what is said of them.
 */
enum ZsicMeter {

	CALL("zsic.call", "Calls, without the wait for a model", null),

	CALL_ACTIVE("zsic.call.active", "Calls that are running, without those that wait for a model", null),

	STAGE("zsic.stage", "Stages of a classification", null),

	BATCH_SIZE("zsic.batch.size", "Size of the batch that a picture was computed in, recorded for each picture", null),

	REQUEST_IMAGES("zsic.request.images", "Pictures of a classification", null),

	REQUEST_LABELS("zsic.request.labels", "Labels of a classification, if it brings its own", null),

	MODEL_READY("zsic.model.ready", "Whether there is a model, 1 or 0", null),

	MODEL_MEMORY("zsic.model.memory", "Memory that the weights take on their device, about", BaseUnits.BYTES),

	CALLS_RUNNING("zsic.calls.running", "Calls that are running", null),

	CALLS_FAILURES("zsic.calls.failures", "Calls that the engine failed", null),

	CALLS_REJECTIONS("zsic.calls.rejections", "Calls that were refused because the queue was full", null),

	QUEUE_WAITING("zsic.queue.waiting", "Pictures and batches of texts that wait for a thread of the engine", null),

	QUEUE_PLACES("zsic.queue.places", "Pictures that are being decoded, wait or are being computed", null),

	QUEUE_CAPACITY("zsic.queue.capacity", "Pictures that may be decoded, wait and be computed at the same time", null),

	ZSIC_CACHE_SIZE("zsic.cache.size", "Text embeddings in the label cache", null),

	ZSIC_CACHE_GETS("zsic.cache.gets", "Texts that were looked for in the label cache of the current model", null),

	ZSIC_CACHE_EVICTIONS("zsic.cache.evictions",
			"Text embeddings that were dropped from the label cache of the current model", null),

	/** By the names that Micrometer gives to what every cache has. */
	CACHE_SIZE("cache.size", "Entries in the cache", null),

	CACHE_GETS("cache.gets", "Lookups in the cache", null),

	CACHE_EVICTIONS("cache.evictions", "Entries that were dropped from the cache", null),

	TEXTS_ENCODED("zsic.texts.encoded", "Texts that the text tower of the current model has encoded", null),

	SWAPS("zsic.swaps", "Attempts to replace a model by another one", null),

	DOWNLOADS("zsic.downloads", "Checkpoints that were downloaded from the Hub", null),

	DOWNLOAD_BYTES("zsic.download.bytes", "Bytes that were downloaded from the Hub", BaseUnits.BYTES);

	private final String id;

	private final String description;

	private final @Nullable String unit;

	ZsicMeter(String id, String description, @Nullable String unit) {
		this.id = id;
		this.description = description;
		this.unit = unit;
	}

	String id() {
		return this.id;
	}

	<T> void gauge(MeterRegistry registry, Iterable<Tag> tags, T source, ToDoubleFunction<T> value) {
		Gauge.builder(this.id, source, value)
			.description(this.description)
			.baseUnit(this.unit)
			.tags(tags)
			.register(registry);
	}

	<T> void counter(MeterRegistry registry, Iterable<Tag> tags, T source, ToDoubleFunction<T> value) {
		FunctionCounter.builder(this.id, source, value)
			.description(this.description)
			.baseUnit(this.unit)
			.tags(tags)
			.register(registry);
	}

	Counter counter(MeterRegistry registry) {
		return Counter.builder(this.id).description(this.description).baseUnit(this.unit).register(registry);
	}

	Timer timer(MeterRegistry registry, String... tags) {
		return Timer.builder(this.id).description(this.description).tags(tags).register(registry);
	}

	DistributionSummary summary(MeterRegistry registry, String... tags) {
		return DistributionSummary.builder(this.id).description(this.description).tags(tags).register(registry);
	}

	static MeterFilter descriptions() {
		return new MeterFilter() {
			@Override
			public Meter.Id map(Meter.Id id) {
				if (id.getDescription() != null) {
					return id;
				}
				return Arrays.stream(values())
					.filter((meter) -> meter.id.equals(id.getName()))
					.findFirst()
					.map((meter) -> new Meter.Id(id.getName(), Tags.of(id.getTagsAsIterable()), id.getBaseUnit(),
							meter.description, id.getType()))
					.orElse(id);
			}
		};
	}

}
