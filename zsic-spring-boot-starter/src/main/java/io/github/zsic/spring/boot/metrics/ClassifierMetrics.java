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
		gauge(registry, "zsic.queue.waiting", "Pieces of work that wait for a thread of the engine", tags, classifier,
				(each) -> each.statistics().queued());
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
		FunctionCounter.builder("zsic.swaps", managed, (each) -> each.swaps())
			.description("Models that replaced another one")
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
