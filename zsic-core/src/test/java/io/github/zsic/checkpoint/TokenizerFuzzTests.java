package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever a {@code tokenizer.json} or a vocabulary holds, the outcome is a tokenizer
 * that encodes texts, or an exception. {@code -Dzsic.fuzz.rounds} and
 * {@code -Dzsic.fuzz.seconds} ask for more of it, {@code -Dzsic.fuzz.seed} for others.
 */
class TokenizerFuzzTests {

	@TempDir
	private Path folder;

	@Test
	void damagedTokenizers() throws Exception {
		List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m",
				"-cp", System.getProperty("java.class.path"), TokenizerFuzz.class.getName(), this.folder.toString(),
				System.getProperty("zsic.fuzz.seed", "7"), System.getProperty("zsic.fuzz.rounds", "300"),
				System.getProperty("zsic.fuzz.seconds", "0"));
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		int code = process.waitFor();
		assertThat(code).as(() -> found(output)).isZero();
		Matcher result = Pattern.compile("ROUNDS (\\d+) refused=(\\d+) loaded=(\\d+) .*").matcher(output);
		assertThat(result.find()).as(output).isTrue();
		System.out.println(result.group());
		// Both happen, or it would be no test.
		assertThat(Integer.parseInt(result.group(2))).isGreaterThan(Integer.parseInt(result.group(1)) / 10);
		assertThat(Integer.parseInt(result.group(3))).isGreaterThan(Integer.parseInt(result.group(1)) / 10);
	}

	private String found(String output) {
		try {
			Path kept = Files.createTempDirectory("zsic-fuzz-found-");
			for (String name : List.of("round", "tokenizer.json", "text")) {
				if (Files.exists(this.folder.resolve(name))) {
					Files.copy(this.folder.resolve(name), kept.resolve(name));
				}
			}
			return "What it was at is in " + kept + ". " + output;
		}
		catch (IOException ex) {
			return output;
		}
	}

}
