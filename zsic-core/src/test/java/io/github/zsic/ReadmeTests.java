package io.github.zsic;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the README shows of the core without Spring.
 */
class ReadmeTests {

	private static final Pattern PROGRAM = Pattern
		.compile("<!-- Compiled and run by ReadmeTests. -->\\n```java\\n(.*?class (\\w+) .*?)```", Pattern.DOTALL);

	@TempDir
	private Path folder;

	@Test
	void programCompilesAndRuns() throws Exception {
		Matcher program = PROGRAM.matcher(Files.readString(Path.of("..", "README.md")));
		assertThat(program.find()).isTrue();
		Path source = Files.writeString(this.folder.resolve(program.group(2) + ".java"), program.group(1));
		ByteArrayOutputStream messages = new ByteArrayOutputStream();
		int result = ToolProvider.getSystemJavaCompiler()
			.run(null, messages, messages, "-proc:none", "-Xlint:all,-path", "-Werror", "-cp",
					System.getProperty("java.class.path"), "-d", this.folder.toString(), source.toString());
		assertThat(result).as(messages.toString(StandardCharsets.UTF_8)).isZero();
		Path picture = Path.of("..", "zsic-sample-app", "src", "main", "resources", "static", "examples", "owl.png");
		ByteArrayOutputStream output = new ByteArrayOutputStream();
		PrintStream before = System.out;
		try (URLClassLoader classes = new URLClassLoader(new URL[] { this.folder.toUri().toURL() })) {
			System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
			classes.loadClass(program.group(2))
				.getMethod("main", String[].class)
				.invoke(null, (Object) new String[] { picture.toString() });
		}
		finally {
			System.setOut(before);
		}
		assertThat(output.toString(StandardCharsets.UTF_8).lines()).contains(picture + ": owl");
	}

}
