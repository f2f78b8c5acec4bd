package io.github.zsic;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The checkpoints and pictures that {@code tools/golden/clip.py} makes.
 */
public final class TestCheckpoints {

	private static final Path FOLDER = Path.of("src/test/resources/parity");

	private TestCheckpoints() {
	}

	public static Path checkpoint(String name) {
		return FOLDER.resolve("checkpoints").resolve(name);
	}

	public static Path picture(String name) {
		return FOLDER.resolve("pictures").resolve(name);
	}

	/** A copy that a test may damage. */
	public static Path copy(String name, Path target) {
		try (Stream<Path> files = Files.list(checkpoint(name))) {
			Files.createDirectories(target);
			for (Path file : files.toList()) {
				Files.copy(file, target.resolve(file.getFileName()));
			}
			return target;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
