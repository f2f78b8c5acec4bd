package io.github.zsic.spring.boot;

import io.github.zsic.ZeroShotClassifierBuilder;

/**
 * Changes the builder of every auto-configured classifier. Beans of this type are called
 * in their order, after all properties are set and each time that a model is loaded.
 */
@FunctionalInterface
public interface ZeroShotClassifierBuilderCustomizer {

	/**
	 * Changes a builder.
	 * @param builder the builder; its checkpoint, revision and device are those of the
	 * model that is loaded, and its download listener is not to be replaced: define
	 * listeners as beans
	 */
	void customize(ZeroShotClassifierBuilder builder);

}
