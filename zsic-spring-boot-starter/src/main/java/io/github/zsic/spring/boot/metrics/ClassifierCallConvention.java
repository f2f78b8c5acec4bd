package io.github.zsic.spring.boot.metrics;

import io.github.zsic.spring.boot.ClassifierDetails;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationConvention;

/**
 * How calls of a model are named and tagged where they are observed. A bean that extends
 * this class takes its place, as does a
 * {@link io.micrometer.observation.GlobalObservationConvention} for a
 * {@link ClassifierCallContext}.
 */
public class ClassifierCallConvention implements ObservationConvention<ClassifierCallContext> {

	@Override
	public String getName() {
		return ZsicMeter.CALL.id();
	}

	@Override
	public String getContextualName(ClassifierCallContext context) {
		return "zsic " + context.operation();
	}

	/**
	 * The classifier, the operation, and the checkpoint without telling where it is on
	 * this machine. Micrometer adds the class of an error.
	 */
	@Override
	public KeyValues getLowCardinalityKeyValues(ClassifierCallContext context) {
		return KeyValues.of("classifier", context.classifier(), "operation", context.operation(), "model",
				ClassifierDetails.checkpoint(context.model().checkpoint()));
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof ClassifierCallContext;
	}

}
