package io.github.zsic.sample;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DataObjectPropertyName;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Runs the commands of the documentation and compares what they print with what it shows.
 * Each page is followed as a reader would, from its first command to its last in one
 * shell, beginning in the root of the repository. A snippet that is neither run here, nor
 * compiled by {@code DocumentationJavaTests}, nor bound below must be in
 * {@code tools/docs/exceptions.txt}, with its reason.
 * <p>
 * With the system property {@code zsic.docs.python} it also runs what the list keeps for
 * {@code tools/docs/check.sh}, with that Python and with Maven itself.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = { "zsic.device=cpu",
		"management.endpoints.access.max-permitted=unrestricted", "management.endpoint.zsic.access=unrestricted" })
class DocumentationSnippetTests {

	private static final String LATER = "check.sh:";

	private static final String PYTHON = System.getProperty("zsic.docs.python", "");

	private static final Map<String, String> EXCEPTIONS = DocumentationSnippet.exceptions();

	/** What a run took, and how fast that is. */
	private static final Pattern TIME = Pattern.compile("\\b\\d+ s \\([\\d.,]+/s\\)");

	private static final Pattern TIMINGS = Pattern.compile("\"timings\":\\{[^}]*}");

	private static final Pattern NUMBER = Pattern.compile("-?\\d+\\.\\d+(?:[eE]-?\\d+)?");

	/** Between processors, in scores. */
	private static final double TOLERANCE = 1e-5;

	private static final Pattern CODE = Pattern.compile("(?<!`)`([^`\\n]+)`(?!`)");

	/** Not those of Spring AI, nor the names of services in Kubernetes. */
	private static final Pattern PROPERTY = Pattern.compile(
			"(?:--)?((?:zsic(?!\\.default\\.svc)|sample|spring(?!\\.ai)|server|management|logging)\\.[a-z][a-z0-9.-]*)(?:[.*]\\*?|=.*)?");

	private static final Set<String> KNOWN = new HashSet<>();

	private static final Set<String> MAPS = new HashSet<>();

	/** A row of the table of meters. */
	private static final Pattern METER = Pattern
		.compile("(?m)^\\| `([a-z.]+)` \\| (?:counter|gauge|timer|summary|long task timer)\\b");

	@TempDir
	private Path folder;

	@LocalServerPort
	private int port;

	@Test
	void exceptionsHaveASnippetAndAReason() {
		List<String> keys = DocumentationSnippet.all().stream().map(DocumentationSnippet::key).toList();
		assertThat(EXCEPTIONS).isNotEmpty().allSatisfy((key, reason) -> {
			assertThat(keys).contains(key);
			assertThat(reason).as(key).hasSizeGreaterThan(20);
		});
	}

	/** The compiler's are in the starter, which has more on its class path. */
	@Test
	void everySnippetIsCheckedOrListed() {
		Set<String> languages = Set.of("sh", "python", "java", "yaml", "xml", "json", "");
		assertThat(DocumentationSnippet.all()
			.stream()
			.filter((snippet) -> !languages.contains(snippet.language()))
			.map(DocumentationSnippet::key)
			.filter((key) -> !EXCEPTIONS.containsKey(key))).isEmpty();
	}

	@Test
	void artifactsAreThoseOfTheBuild() throws Exception {
		String parent = Files.readString(DocumentationSnippet.ROOT.resolve("pom.xml"));
		Element properties = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(new InputSource(new StringReader(parent)))
			.getDocumentElement();
		// The project's own version is put together from two properties.
		String own = text(properties, "revision") + text(properties, "changelist");
		int artifacts = 0;
		for (DocumentationSnippet snippet : DocumentationSnippet.all()) {
			if (!snippet.language().equals("xml")) {
				continue;
			}
			Element root = DocumentBuilderFactory.newInstance()
				.newDocumentBuilder()
				.parse(new InputSource(new StringReader("<root>" + snippet.text() + "</root>")))
				.getDocumentElement();
			NodeList dependencies = root.getElementsByTagName("dependency");
			for (int i = 0; i < dependencies.getLength(); i++) {
				artifacts++;
				String group = text(dependencies.item(i), "groupId");
				String artifact = text(dependencies.item(i), "artifactId");
				String version = text(dependencies.item(i), "version");
				assertThat(parent).as(snippet.key())
					.contains("<groupId>" + group + "</groupId>", "<artifactId>" + artifact + "</artifactId>");
				if (group.equals("io.github.zsic")) {
					assertThat(version).as(snippet.key()).isEqualTo(own);
				}
				else {
					assertThat(parent).as(snippet.key()).contains(">" + version + "<");
				}
			}
		}
		assertThat(artifacts).isGreaterThan(5);
	}

	private static String text(Node element, String name) {
		return ((Element) element).getElementsByTagName(name).item(0).getTextContent();
	}

	static List<String> pagesWithCommands() {
		return DocumentationSnippet.all()
			.stream()
			.filter(DocumentationSnippetTests::isRun)
			.map(DocumentationSnippet::page)
			.distinct()
			.toList();
	}

	private static boolean isRun(DocumentationSnippet snippet) {
		String reason = EXCEPTIONS.get(snippet.key());
		return (snippet.language().equals("sh") || snippet.language().equals("python"))
				&& (reason == null || (!PYTHON.isEmpty() && reason.startsWith(LATER)));
	}

	@ParameterizedTest
	@MethodSource("pagesWithCommands")
	@DisabledOnOs(OS.WINDOWS)
	void commandsPrintWhatIsShown(String page) throws Exception {
		Browser.requireOnPath("bash", "curl");
		List<DocumentationSnippet> snippets = DocumentationSnippet.all()
			.stream()
			.filter((snippet) -> snippet.page().equals(page) && isRun(snippet))
			.toList();
		List<String> outputs = run(snippets);
		for (int i = 0; i < snippets.size(); i++) {
			DocumentationSnippet snippet = snippets.get(i);
			String output = outputs.get(i);
			if (snippet.output().isEmpty()) {
				assertThat(output).as(snippet.key()).endsWith("\nexit 0");
			}
			else {
				assertPrints(snippet, output.substring(0, output.lastIndexOf("\nexit ")));
			}
		}
	}

	private static void assertPrints(DocumentationSnippet snippet, String output) {
		String shown = plain(snippet.output());
		String printed = plain(output);
		StringBuilder regex = new StringBuilder();
		List<String> numbers = new ArrayList<>();
		Matcher matcher = Pattern.compile(NUMBER.pattern() + "|…\\n|…").matcher(shown);
		int end = 0;
		while (matcher.find()) {
			regex.append(Pattern.quote(shown.substring(end, matcher.start())));
			end = matcher.end();
			if (matcher.group().startsWith("…")) {
				regex.append("(?s:.*?)");
			}
			else {
				numbers.add(matcher.group());
				regex.append("(").append(NUMBER.pattern()).append(")");
			}
		}
		regex.append(Pattern.quote(shown.substring(end)));
		Matcher result = Pattern.compile(regex.toString()).matcher(printed);
		assertThat(result.matches()).as("%s%nshown:%n%s%nprinted:%n%s", snippet.key(), shown, printed).isTrue();
		for (int i = 0; i < numbers.size(); i++) {
			BigDecimal expected = new BigDecimal(numbers.get(i));
			BigDecimal actual = new BigDecimal(result.group(i + 1));
			double allowed = 0.5 * expected.ulp().doubleValue() + TOLERANCE;
			assertThat(actual.subtract(expected).abs().doubleValue())
				.as("%s: %s shown, %s printed", snippet.key(), expected, actual)
				.isLessThanOrEqualTo(allowed);
		}
	}

	/** Without times, and JSON without white space between its parts. */
	private static String plain(String text) {
		String plain = TIME.matcher(text.strip()).replaceAll("… s (…/s)");
		if (plain.startsWith("{") || plain.startsWith("[")) {
			plain = plain.replaceAll("(?<=[,:{\\[\\]}])\\s+(?=[\\[{\"\\d…n-])", "");
			plain = TIMINGS.matcher(plain).replaceAll("\"timings\":{}").replaceAll("\"(details?|error)\":\"…\"", "…");
		}
		return plain;
	}

	/** In one shell, which goes on after a command that fails. */
	private List<String> run(List<DocumentationSnippet> snippets) throws Exception {
		Path work = Files.createDirectory(this.folder.resolve("work"));
		try (Stream<Path> files = Files.list(DocumentationSnippet.ROOT)) {
			for (Path file : files.filter((file) -> !file.getFileName().toString().startsWith(".")).toList()) {
				Files.createSymbolicLink(work.resolve(file.getFileName()), file);
			}
		}
		StringBuilder script = new StringBuilder("exec 2>&1\n");
		for (DocumentationSnippet snippet : snippets) {
			script.append("echo; echo '== next'\n")
				.append(snippet.language().equals("python") ? python(snippet.text()) : snippet.text())
				.append("\ncode=$?; echo; echo \"exit $code\"\n");
		}
		Path file = Files.writeString(this.folder.resolve("script"),
				script.toString().replace("localhost:8080", "localhost:" + this.port));
		ProcessBuilder builder = new ProcessBuilder("bash", file.toString()).directory(work.toFile())
			.redirectErrorStream(true);
		builder.environment().merge("PATH", commands().toString(), (path, own) -> own + ":" + path);
		Process process = builder.start();
		process.getOutputStream().close();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
		List<String> outputs = List.of(output.split("\n== next\n"));
		assertThat(outputs).as(output).hasSize(snippets.size() + 1);
		return outputs.subList(1, outputs.size()).stream().map(String::stripTrailing).toList();
	}

	/**
	 * What the sample's jar is made of is there already, so neither Maven nor the jar is
	 * needed.
	 */
	private Path commands() throws IOException {
		Path commands = Files.createDirectory(this.folder.resolve("commands"));
		String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
		// An answer that is a problem is a failure.
		command(commands, "curl", "PATH=${PATH#*:}\nexec curl --fail-with-body \"$@\"\n");
		command(commands, "java", """
				if [ "$1" = -jar ] && [ "$(basename "$2")" = zsic-sample-app.jar ]; then
				  shift 2
				  exec '%s' -cp '%s' %s "$@"
				fi
				exec '%s' "$@"
				""".formatted(java, System.getProperty("java.class.path"), SampleApplication.class.getName(), java));
		if (PYTHON.isEmpty()) {
			command(commands, "mvn", """
					case "$*" in
					  *package*-DskipTests*) exit 0 ;;
					esac
					echo "mvn $* is not for the tests"
					exit 1
					""");
		}
		else {
			command(commands, "python", "exec '" + PYTHON + "' \"$@\"\n");
			command(commands, "python3", "exec '" + PYTHON + "' \"$@\"\n");
			// Is there.
			command(commands, "pip", "exit 0\n");
		}
		return commands;
	}

	private static void command(Path folder, String name, String script) throws IOException {
		Path file = Files.writeString(folder.resolve(name), "#!/usr/bin/env bash\n" + script);
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
	}

	/** Prints the value of the last line, as an interactive Python does. */
	private static String python(String text) {
		return "python - <<'END_OF_PYTHON'\nimport ast\ntree = ast.parse(r'''" + text + "''')\n" + """
				last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
				exec(compile(tree, 'snippet', 'exec'))
				if last:
				    print(eval(compile(ast.Expression(last.value), 'snippet', 'eval')))
				END_OF_PYTHON
				""";
	}

	@Test
	void configurationIsKnown() throws IOException {
		int snippets = 0;
		for (DocumentationSnippet snippet : DocumentationSnippet.all()) {
			if (!snippet.language().equals("yaml") || EXCEPTIONS.containsKey(snippet.key())) {
				continue;
			}
			snippets++;
			for (PropertySource<?> source : new YamlPropertySourceLoader().load(snippet.key(),
					new ByteArrayResource(snippet.text().getBytes(StandardCharsets.UTF_8)))) {
				String[] names = ((EnumerablePropertySource<?>) source).getPropertyNames();
				if (List.of(names).contains("apiVersion")) {
					assertVariablesAreKnown(snippet, source);
				}
				else {
					assertThat(names).as(snippet.key())
						.isNotEmpty()
						.filteredOn(DocumentationSnippetTests::isUnknown)
						.isEmpty();
					bind(source);
				}
			}
		}
		assertThat(snippets).isGreaterThan(10);
	}

	private static void bind(PropertySource<?> source) {
		new Binder(ConfigurationPropertySources.from(source)).bind("zsic", Bindable.of(ZsicProperties.class),
				new NoUnboundElementsBindHandler(BindHandler.DEFAULT));
	}

	/** Those of a container in Kubernetes. */
	private static void assertVariablesAreKnown(DocumentationSnippet snippet, PropertySource<?> source) {
		String container = "spec.template.spec.containers[0].env[";
		Map<String, Object> variables = new HashMap<>();
		for (int i = 0; source.containsProperty(container + i + "].name"); i++) {
			variables.put(String.valueOf(source.getProperty(container + i + "].name")),
					source.getProperty(container + i + "].value"));
		}
		assertThat(variables).as(snippet.key()).isNotEmpty();
		bind(new SystemEnvironmentPropertySource("systemEnvironment", variables));
		Set<String> known = new HashSet<>();
		known().forEach((name) -> known.add(variable(name)));
		assertThat(variables.keySet()).as(snippet.key())
			.filteredOn((name) -> !name.equals("DJL_CACHE_DIR"))
			.allMatch((name) -> known.stream().anyMatch((other) -> name.equals(other) || name.startsWith(other + "_")));
	}

	private static String variable(String property) {
		return property.replace("-", "").replace('.', '_').toUpperCase(Locale.ROOT);
	}

	@Test
	void propertiesAreKnown() throws IOException {
		Set<String> names = new LinkedHashSet<>();
		Set<String> meters = new HashSet<>();
		try (Stream<Path> files = Files.list(DocumentationSnippet.ROOT.resolve("docs"))) {
			for (Path page : files.filter((file) -> file.toString().endsWith(".md")).toList()) {
				String text = Files.readString(page);
				METER.matcher(text).results().forEach((meter) -> meters.add(meter.group(1)));
				for (MatchResult code : CODE.matcher(text).results().toList()) {
					Matcher property = PROPERTY.matcher(code.group(1));
					if (property.matches()) {
						names.add(property.group(1));
					}
				}
			}
		}
		names.removeAll(meters);
		assertThat(names).hasSizeGreaterThan(60).filteredOn(DocumentationSnippetTests::isUnknown).isEmpty();
	}

	private static boolean isUnknown(String property) {
		String name = property.replaceAll("\\[\\d+]", "").replaceAll("[.-]+$", "");
		return known().stream()
			.noneMatch((known) -> known.equals(name) || known.startsWith(name + ".") || known.startsWith(name + "-")
					|| ((name.startsWith(known + ".") || name.startsWith(known + "[")) && MAPS.contains(known)));
	}

	private static synchronized Set<String> known() {
		if (KNOWN.isEmpty()) {
			try {
				for (URL metadata : Collections.list(DocumentationSnippetTests.class.getClassLoader()
					.getResources("META-INF/spring-configuration-metadata.json"))) {
					try (InputStream in = metadata.openStream()) {
						for (JsonNode property : JsonMapper.shared().readTree(in).path("properties")) {
							KNOWN.add(property.path("name").asString());
							if (property.path("type").asString().startsWith("java.util.Map")) {
								MAPS.add(property.path("name").asString());
							}
						}
					}
				}
			}
			catch (IOException ex) {
				throw new IllegalStateException(ex);
			}
			for (Class<?> properties : List.of(SampleProperties.class, SampleWebProperties.class)) {
				String prefix = properties.getAnnotation(ConfigurationProperties.class).value();
				for (RecordComponent property : properties.getRecordComponents()) {
					KNOWN.add(prefix + "." + DataObjectPropertyName.toDashedForm(property.getName()));
				}
			}
		}
		return KNOWN;
	}

}
