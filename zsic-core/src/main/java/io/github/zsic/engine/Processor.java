package io.github.zsic.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The processor, for people to read.
 */
final class Processor {

	private static final Path DESCRIPTION = Path.of("/proc/cpuinfo");

	private Processor() {
	}

	/** Its own name where the system tells it, or else its type. */
	static String name() {
		String identifier = System.getenv("PROCESSOR_IDENTIFIER");
		String fallback = (identifier != null) ? identifier : System.getProperty("os.arch");
		return description("model name").orElse(fallback);
	}

	/**
	 * Whether it has a feature of 64-bit Arm, as far as the system tells.
	 * @param feature the name that Linux gives it
	 */
	static boolean mayHave(String feature) {
		return description("Features").map((features) -> List.of(features.split(" ")).contains(feature)).orElse(true);
	}

	/** A line of Linux's description of the first processor. */
	private static Optional<String> description(String name) {
		if (!Files.isReadable(DESCRIPTION)) {
			return Optional.empty();
		}
		try (Stream<String> lines = Files.lines(DESCRIPTION)) {
			return lines.filter((line) -> line.startsWith(name))
				.findFirst()
				.map((line) -> line.substring(line.indexOf(':') + 1).strip());
		}
		catch (IOException | UncheckedIOException ex) {
			// It only serves people who read a message.
			return Optional.empty();
		}
	}

}
