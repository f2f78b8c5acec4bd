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
	 * Decorates a model. By default what is returned calls its own {@code classify} for
	 * asynchronous calls and the pictures of streams, in a thread for each; hand on
	 * {@link ZeroShotClassifier#classifyAsync(io.github.zsic.ClassificationRequest)},
	 * too, so that such calls wait in no thread.
	 * @param classifier the name of its classifier, {@value ManagedClassifier#MAIN} for
	 * the main one
	 * @param model the model
	 * @return what to use instead; closing it closes the model
	 */
	ZeroShotClassifier decorate(String classifier, ZeroShotClassifier model);

}
