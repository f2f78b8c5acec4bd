package io.github.zsic.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A snippet of the README or of a page of the documentation.
 *
 * @param page the page, from the root of the repository on
 * @param language what stands behind the fence, such as {@code sh}
 * @param comment the HTML comment in the line before, or the empty text
 * @param text what the snippet says
 * @param output the block that follows at once, if there is nothing but white space
 * between, or the empty text
 */
record DocumentationSnippet(String page, String language, String comment, String text, String output) {

	static final Path ROOT = Path.of("").toAbsolutePath().getParent();

	/** Snippets that the tests leave out, with the reason. */
	private static final Path EXCEPTIONS = ROOT.resolve("tools/docs/exceptions.txt");

	private static final Pattern FENCE = Pattern
		.compile("(?ms)(?:^<!-- ([^\\n]*?) -->\\n)?^```(\\w*)\\n(.*?)^```\\n(?:\\n+```(?:json)?\\n(.*?)^```\\n)?");

	/**
	 * All snippets, in the order of the pages. Blocks without a language are what a
	 * command prints, unless they begin with the prompt of a shell.
	 */
	static List<DocumentationSnippet> all() {
		List<DocumentationSnippet> snippets = new ArrayList<>();
		for (Path page : pages()) {
			Matcher matcher = FENCE.matcher(read(page));
			while (matcher.find()) {
				String language = matcher.group(2);
				String text = matcher.group(3);
				String output = (matcher.group(4) != null) ? matcher.group(4) : "";
				if (language.isEmpty() && text.startsWith("$ ")) {
					language = "sh";
					int end = text.indexOf('\n') + 1;
					output = text.substring(end);
					text = text.substring(2, end);
				}
				snippets.add(new DocumentationSnippet(ROOT.relativize(page).toString().replace('\\', '/'), language,
						(matcher.group(1) != null) ? matcher.group(1) : "", text, output));
			}
		}
		return snippets;
	}

	private static List<Path> pages() {
		try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
			return Stream
				.concat(Stream.of(ROOT.resolve("README.md")),
						files.filter((file) -> file.toString().endsWith(".md")).sorted())
				.toList();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/** By page and first line. */
	static Map<String, String> exceptions() {
		Map<String, String> exceptions = new LinkedHashMap<>();
		String key = "";
		for (String line : read(EXCEPTIONS).lines().toList()) {
			if (line.startsWith("    ")) {
				exceptions.merge(key, line.strip(), (first, second) -> (first + " " + second).strip());
			}
			else if (!line.isBlank() && !line.startsWith("#")) {
				key = line.strip();
				exceptions.put(key, "");
			}
		}
		return exceptions;
	}

	/** How the list of exceptions names it. */
	String key() {
		return this.page + ": " + this.text.lines().findFirst().orElse("").strip();
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
