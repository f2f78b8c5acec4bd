package io.github.zsic.spring.boot.metrics;

import java.time.Duration;
import java.util.Collection;
import java.util.List;

import io.github.zsic.SwappableClassifier;
import io.github.zsic.spring.boot.ManagedClassifier;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.config.MeterFilter;

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
		ZsicMeter.MODEL_READY.gauge(registry, tags, classifier, (each) -> (each.status().model() != null) ? 1 : 0);
		ZsicMeter.MODEL_MEMORY.gauge(registry, tags, classifier, (each) -> each.statistics().modelBytes());
		ZsicMeter.CALLS_RUNNING.gauge(registry, tags, classifier, (each) -> each.calls(Duration.ZERO).running());
		ZsicMeter.CALLS_FAILURES.counter(registry, tags, classifier, (each) -> each.calls(Duration.ZERO).failures());
		ZsicMeter.CALLS_REJECTIONS.counter(registry, tags, classifier,
				(each) -> each.calls(Duration.ZERO).rejections());
		ZsicMeter.QUEUE_WAITING.gauge(registry, tags, classifier, (each) -> each.statistics().queued());
		ZsicMeter.QUEUE_PLACES.gauge(registry, tags, classifier, (each) -> each.statistics().queuePlaces());
		ZsicMeter.QUEUE_CAPACITY.gauge(registry, tags, classifier, (each) -> each.statistics().queueCapacity());
		ZsicMeter.TEXTS_ENCODED.counter(registry, tags, classifier, (each) -> each.statistics().encodedTexts());
		bindCache(registry, tags, classifier, ZsicMeter.ZSIC_CACHE_SIZE, ZsicMeter.ZSIC_CACHE_GETS,
				ZsicMeter.ZSIC_CACHE_EVICTIONS);
		bindCache(registry, tags.and("cache", "zsic.labels"), classifier, ZsicMeter.CACHE_SIZE, ZsicMeter.CACHE_GETS,
				ZsicMeter.CACHE_EVICTIONS);
		ZsicMeter.SWAPS.counter(registry, tags.and("result", "success"), managed, ManagedClassifier::swaps);
		ZsicMeter.SWAPS.counter(registry, tags.and("result", "failure"), managed, ManagedClassifier::failedSwaps);
	}

	private static void bindCache(MeterRegistry registry, Tags tags, SwappableClassifier classifier, ZsicMeter size,
			ZsicMeter gets, ZsicMeter evictions) {
		size.gauge(registry, tags, classifier, (each) -> each.statistics().cachedTexts());
		gets.counter(registry, tags.and("result", "hit"), classifier, (each) -> each.statistics().cacheHits());
		gets.counter(registry, tags.and("result", "miss"), classifier, (each) -> each.statistics().cacheMisses());
		evictions.counter(registry, tags, classifier, (each) -> each.statistics().cacheEvictions());
	}

	/**
	 * Describes the meters that Micrometer makes of observed calls, and does not
	 * describe.
	 * @return a filter that adds the descriptions
	 */
	public static MeterFilter descriptions() {
		return ZsicMeter.descriptions();
	}

}
