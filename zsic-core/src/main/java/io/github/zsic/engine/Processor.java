package io.github.zsic.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
		String type = System.getProperty("os.arch");
		if (Files.isReadable(DESCRIPTION)) {
			try (Stream<String> lines = Files.lines(DESCRIPTION)) {
				return lines.filter((line) -> line.startsWith("model name"))
					.findFirst()
					.map((line) -> line.substring(line.indexOf(':') + 1).strip())
					.orElse(type);
			}
			catch (IOException ex) {
				return type;
			}
		}
		String identifier = System.getenv("PROCESSOR_IDENTIFIER");
		return (identifier != null) ? identifier : type;
	}

}
