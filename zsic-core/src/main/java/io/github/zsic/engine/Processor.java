package io.github.zsic.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The processor, as the system tells it.
 *
 * @param description where Linux does, which need not be there
 */
record Processor(Path description) {

	/** The processor that this runs on. */
	static Processor here() {
		return new Processor(Path.of("/proc/cpuinfo"));
	}

	/** Its own name, for people, where that is known, or else its type. */
	String name() {
		String identifier = System.getenv("PROCESSOR_IDENTIFIER");
		return line("model name").orElse((identifier != null) ? identifier : System.getProperty("os.arch"));
	}

	/**
	 * Whether it lacks a feature of 64-bit Arm.
	 * @param feature the name that Linux gives it
	 * @return {@code false} also where that is not known
	 */
	boolean lacks(String feature) {
		return line("Features").map((features) -> !List.of(features.split("\\s+")).contains(feature)).orElse(false);
	}

	/** What the line of a name says of the first processor. */
	private Optional<String> line(String name) {
		if (!Files.isReadable(this.description)) {
			return Optional.empty();
		}
		try (Stream<String> lines = Files.lines(this.description)) {
			return lines.filter((line) -> line.startsWith(name))
				.findFirst()
				.map((line) -> line.substring(line.indexOf(':') + 1).strip());
		}
		catch (IOException | UncheckedIOException ex) {
			// It only serves messages, and a check that is not made then.
			return Optional.empty();
		}
	}

}
