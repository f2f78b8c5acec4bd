package io.github.zsic.spring.boot;

/**
 * When the model of a classifier is loaded.
 */
public enum Startup {

	/**
	 * While the context starts, which fails if the model cannot be loaded.
	 */
	EAGER,

	/**
	 * In a thread of its own, which starts with the context; calls wait.
	 */
	BACKGROUND,

	/**
	 * In a thread of its own, which the first call starts; it and others wait.
	 */
	LAZY

}
