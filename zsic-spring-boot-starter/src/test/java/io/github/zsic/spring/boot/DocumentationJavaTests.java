package io.github.zsic.spring.boot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.tools.ToolProvider;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Compiles the Java of the README and of the pages of documentation. Those that other
 * tests compile say so in a comment before them; others that are left out are in
 * {@code tools/docs/exceptions.txt}.
 */
class DocumentationJavaTests {

	private static final Path ROOT = Path.of("..");

	private static final Pattern SNIPPET = Pattern.compile("(?ms)(?:^<!-- ([^\\n]*?) -->\\n)?^```java\\n(.*?)^```\\n");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

	private static final Pattern FIELD = Pattern.compile("(?m)^@Autowired .*;\\n");

	private static final Pattern IMPORT = Pattern.compile("(?m)^import .*;\\n");

	private static final Pattern TYPE = Pattern.compile("(?s)(@\\w+(\\([^)]*\\))?\\s+)*(public |final )*class .*");

	private static final Pattern MEMBER = Pattern.compile("(?s)@(Bean|PostMapping)\\b.*");

	/** The beginning of a constructor, of which the rest does not matter. */
	private static final Pattern HEADER = Pattern.compile("(?s)(\\w+)\\([^;]*\\) \\{\\s*");

	private static final String IMPORTS = """
			import io.github.zsic.*;
			import io.github.zsic.evaluation.*;
			import io.github.zsic.spring.boot.*;
			import io.github.zsic.spring.boot.metrics.*;
			import io.micrometer.common.KeyValues;
			import java.nio.file.*;
			import java.time.Duration;
			import java.util.*;
			import java.util.concurrent.*;
			import java.util.stream.*;
			import org.junit.jupiter.api.Test;
			import org.slf4j.Logger;
			import org.springframework.beans.factory.annotation.*;
			import org.springframework.boot.http.client.InetAddressFilter;
			import org.springframework.boot.test.context.SpringBootTest;
			import org.springframework.context.annotation.Bean;
			import org.springframework.core.io.ClassPathResource;
			import org.springframework.util.MimeTypeUtils;
			import org.springframework.web.bind.annotation.*;
			import reactor.core.publisher.Mono;
			import static org.assertj.core.api.Assertions.assertThat;
			""";

	private static final String SPRING_AI = """
			import org.springframework.ai.content.Media;
			import org.springframework.ai.document.Document;
			import org.springframework.ai.embedding.EmbeddingModel;
			""";

	private static final String LANGCHAIN4J = """
			import dev.langchain4j.data.message.ImageContent;
			import dev.langchain4j.model.embedding.EmbeddingModel;
			import dev.langchain4j.model.embedding.request.EmbeddingRequest;
			import io.github.zsic.langchain4j.ZsicEmbeddingModel;
			""";

	/** What the text around a snippet takes for granted. */
	private static final String AROUND = """
			abstract class Around {
				ZeroShotClassifier classifier;
				ImageInput image;
				ImageInput nest;
				ImageInput pond;
				LabelSet birds;
				LabelSet fish;
				List<String> listOfTwentyThousand;
				byte[] bytes;
				String base64;
				Path folder;
				Logger log;
				abstract void save(ImageInput image, Prediction best);
			}
			""";

	@TempDir
	private Path folder;

	@Test
	void snippetsCompile() throws IOException {
		String exceptions = Files.readString(ROOT.resolve("tools/docs/exceptions.txt"));
		List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
		try (Stream<Path> files = Files.list(ROOT.resolve("docs"))) {
			files.filter((file) -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
		}
		Map<String, String> sources = new LinkedHashMap<>();
		for (Path page : pages) {
			String text = Files.readString(page);
			Matcher matcher = SNIPPET.matcher(text);
			while (matcher.find()) {
				String key = ROOT.relativize(page) + ": " + matcher.group(2).lines().findFirst().orElseThrow();
				if (!isCompiledElsewhere(matcher.group(1)) && !exceptions.contains("\n" + key + "\n")) {
					sources.put(key, source(heading(text, matcher.start()), matcher.group(2)));
				}
			}
		}
		assertThat(sources).hasSizeGreaterThan(20);
		assertThat(compile(sources)).isEmpty();
	}

	private static boolean isCompiledElsewhere(String comment) {
		return comment != null && (comment.startsWith("example/") || comment.startsWith("Compiled "));
	}

	private static String heading(String text, int end) {
		return HEADING.matcher(text.substring(0, end)).results().map((match) -> match.group(1)).reduce("", (a, b) -> b);
	}

	private static String source(String heading, String snippet) {
		StringBuilder imports = new StringBuilder(IMPORTS)
			.append(heading.equals("LangChain4j") ? LANGCHAIN4J : SPRING_AI);
		IMPORT.matcher(snippet).results().forEach((match) -> imports.append(match.group()));
		String code = IMPORT.matcher(snippet).replaceAll("").strip();
		StringBuilder fields = new StringBuilder();
		FIELD.matcher(code + "\n").results().forEach((match) -> fields.append(match.group()));
		Matcher header = HEADER.matcher(code);
		String type;
		if (TYPE.matcher(code).matches()) {
			type = code;
		}
		else if (header.matches()) {
			type = "class " + header.group(1) + " {\n" + code + "}\n}\n";
		}
		else {
			String body = FIELD.matcher(code + "\n").replaceAll("");
			type = "abstract class Snippet extends Around {\n" + fields
					+ (MEMBER.matcher(code).matches() ? body : "void snippet() throws Exception {\n" + body + "}\n")
					+ "}\n";
		}
		return imports + type + AROUND;
	}

	/** Each in a package of its own, whose comment leads from an error to the page. */
	private String compile(Map<String, String> sources) throws IOException {
		List<String> arguments = new ArrayList<>(List.of("-proc:none", "-Xlint:none", "-cp",
				System.getProperty("java.class.path"), "-d", this.folder.toString()));
		for (String key : sources.keySet()) {
			String name = "snippet" + arguments.size();
			Path file = Files.createDirectory(this.folder.resolve(name)).resolve("Snippet.java");
			Files.writeString(file, "package " + name + "; // " + key + "\n" + sources.get(key));
			arguments.add(file.toString());
		}
		ByteArrayOutputStream messages = new ByteArrayOutputStream();
		int result = ToolProvider.getSystemJavaCompiler()
			.run(null, messages, messages, arguments.toArray(String[]::new));
		return (result == 0) ? "" : messages.toString(StandardCharsets.UTF_8) + sources;
	}

}
