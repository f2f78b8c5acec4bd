package io.github.zsic.spring.boot.metrics;

import io.github.zsic.ModelInfo;
import io.micrometer.observation.Observation;

/**
 * What is known of a call of a model that is observed.
 */
public class ClassifierCallContext extends Observation.Context {

	private final String classifier;

	private final String operation;

	private final ModelInfo model;

	ClassifierCallContext(String classifier, String operation, ModelInfo model) {
		this.classifier = classifier;
		this.operation = operation;
		this.model = model;
	}

	/**
	 * The classifier that was called.
	 * @return its name, {@code default} for the only or main one
	 */
	public String classifier() {
		return this.classifier;
	}

	/**
	 * What was called.
	 * @return {@code classify}, {@code prepare}, {@code embed-image} or
	 * {@code embed-text}
	 */
	public String operation() {
		return this.operation;
	}

	/**
	 * The model that answers.
	 * @return what is known of it
	 */
	public ModelInfo model() {
		return this.model;
	}

}
