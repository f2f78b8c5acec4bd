package io.github.zsic.spring.boot.metrics;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;

/**
 * Meters of what classifiers count anyway.
 */
public class ClassifierMetrics implements MeterBinder {

	private final List<ManagedClassifier> classifiers;

	/**
	 * Creates a binder.
	 * @param classifiers the classifiers
	 */
	public ClassifierMetrics(Collection<ManagedClassifier> classifiers) {
		this.classifiers = List.copyOf(classifiers);
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.classifiers.forEach((classifier) -> bind(registry, classifier));
	}

	private static void bind(MeterRegistry registry, ManagedClassifier managed) {
		Tags tags = Tags.of("classifier", managed.displayName());
		SwappableClassifier classifier = managed.classifier();
		gauge(registry, "zsic.model.ready", "Whether there is a model, 1 or 0", tags, classifier,
				(each) -> (each.status().model() != null) ? 1 : 0);
		gauge(registry, "zsic.calls.running", "Calls that are running", tags, classifier,
				(each) -> each.calls(Duration.ZERO).running());
		counter(registry, "zsic.calls.failures", "Calls that the engine failed", tags, classifier,
				(each) -> each.calls(Duration.ZERO).failures());
		counter(registry, "zsic.calls.rejections", "Calls that were refused because the queue was full", tags,
				classifier, (each) -> each.calls(Duration.ZERO).rejections());
		gauge(registry, "zsic.queue.waiting", "Pictures and batches of texts that wait for a thread of the engine",
				tags, classifier, (each) -> each.statistics().queued());
		gauge(registry, "zsic.queue.places", "Pictures that are being decoded, wait or are being computed", tags,
				classifier, (each) -> each.statistics().queuePlaces());
		gauge(registry, "zsic.queue.capacity", "Pictures that may be in work at the same time", tags, classifier,
				(each) -> each.statistics().queueCapacity());
		Gauge.builder("zsic.model.memory", classifier, (each) -> each.statistics().modelBytes())
			.description("Memory that the weights take, about")
			.baseUnit(BaseUnits.BYTES)
			.tags(tags)
			.register(registry);
		gauge(registry, "zsic.cache.size", "Text embeddings in the cache", tags, classifier,
				(each) -> each.statistics().cachedTexts());
		counter(registry, "zsic.cache.gets", "Texts that were looked for in the cache", tags.and("result", "hit"),
				classifier, (each) -> each.statistics().cacheHits());
		counter(registry, "zsic.cache.gets", "Texts that were looked for in the cache", tags.and("result", "miss"),
				classifier, (each) -> each.statistics().cacheMisses());
		counter(registry, "zsic.cache.evictions", "Text embeddings that were dropped", tags, classifier,
				(each) -> each.statistics().cacheEvictions());
		counter(registry, "zsic.texts.encoded", "Texts that the text tower has encoded", tags, classifier,
				(each) -> each.statistics().encodedTexts());
		bindCache(registry, tags.and("cache", "zsic.labels"), classifier);
		swaps(registry, tags.and("result", "success"), managed, ManagedClassifier::swaps);
		swaps(registry, tags.and("result", "failure"), managed, ManagedClassifier::failedSwaps);
	}

	private static void swaps(MeterRegistry registry, Tags tags, ManagedClassifier classifier,
			ToDoubleFunction<ManagedClassifier> value) {
		FunctionCounter.builder("zsic.swaps", classifier, value)
			.description("Attempts to replace a model by another one")
			.tags(tags)
			.register(registry);
	}

	/** By the names that Micrometer gives to what every cache has. */
	private static void bindCache(MeterRegistry registry, Tags tags, SwappableClassifier classifier) {
		gauge(registry, "cache.size", "Entries in the cache", tags, classifier,
				(each) -> each.statistics().cachedTexts());
		counter(registry, "cache.gets", "Lookups in the cache", tags.and("result", "hit"), classifier,
				(each) -> each.statistics().cacheHits());
		counter(registry, "cache.gets", "Lookups in the cache", tags.and("result", "miss"), classifier,
				(each) -> each.statistics().cacheMisses());
		counter(registry, "cache.evictions", "Entries that were dropped", tags, classifier,
				(each) -> each.statistics().cacheEvictions());
	}

	private static void gauge(MeterRegistry registry, String name, String description, Tags tags,
			SwappableClassifier classifier, ToDoubleFunction<SwappableClassifier> value) {
		Gauge.builder(name, classifier, value).description(description).tags(tags).register(registry);
	}

	private static void counter(MeterRegistry registry, String name, String description, Tags tags,
			SwappableClassifier classifier, ToDoubleFunction<SwappableClassifier> value) {
		FunctionCounter.builder(name, classifier, value).description(description).tags(tags).register(registry);
	}

}
