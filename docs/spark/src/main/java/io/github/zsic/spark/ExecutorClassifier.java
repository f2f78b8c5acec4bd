package io.github.zsic.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.zsic.ZeroShotClassifier;

/**
 * The classifiers of an executor: each is loaded by the first task that asks for it and
 * shared by all others of the same JVM, at the same time and later. They live as long as
 * the executor.
 */
final class ExecutorClassifier {

	private static final Map<String, ZeroShotClassifier> CLASSIFIERS = new ConcurrentHashMap<>();

	static {
		// An executor ends while tasks that were cancelled may still run: closing waits for
		// them, so that the native library is not unloaded under their feet.
		Runtime.getRuntime()
			.addShutdownHook(new Thread(() -> CLASSIFIERS.values().forEach(ZeroShotClassifier::close), "close-zsic"));
	}

	private ExecutorClassifier() {
	}

	/**
	 * Finds or loads a classifier.
	 * @param checkpoint the checkpoint
	 * @param cores how many cores the executor may use, 0 for all that the JVM sees
	 * @return the classifier, not to be closed
	 */
	static ZeroShotClassifier get(String checkpoint, int cores) {
		return CLASSIFIERS.computeIfAbsent(checkpoint,
				(name) -> ZeroShotClassifier.builder().checkpoint(name).intraOpThreads(cores).build());
	}

}
