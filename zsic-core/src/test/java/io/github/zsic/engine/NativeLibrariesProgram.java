package io.github.zsic.engine;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;

/**
 * Loads a model in a JVM of its own, and prints what became of it.
 */
final class NativeLibrariesProgram {

	private NativeLibrariesProgram() {
	}

	public static void main(String[] arguments) {
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint("classpath:zsic/emoji-clip")
			.device("cpu")
			.build()) {
			System.out.println("Loaded, then offline is " + System.getProperty("ai.djl.offline"));
		}
		catch (ZsicException ex) {
			System.out.println("Refused: " + ex.getMessage());
		}
	}

}
