package io.github.zsic.spring.boot;

import io.github.zsic.ZeroShotClassifier;

/**
 * Puts something around every model of an auto-configured classifier, for example to
 * watch its calls. Beans of this type are called in their order, each time that a model
 * is loaded. {@link InternalCalls} tells which calls are not those of users.
 */
@FunctionalInterface
public interface ModelDecorator {

	/**
	 * Decorates a model.
	 * @param classifier the name of its classifier, {@value ManagedClassifier#MAIN} for
	 * the main one
	 * @param model the model
	 * @return what to use instead; closing it closes the model
	 */
	ZeroShotClassifier decorate(String classifier, ZeroShotClassifier model);

}
