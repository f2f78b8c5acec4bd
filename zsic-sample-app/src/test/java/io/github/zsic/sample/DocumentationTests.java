package io.github.zsic.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the documentation says is so: links, files and counts.
 * {@link DocumentationSnippetTests} runs its commands.
 */
class DocumentationTests {

	private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

	private static final Path GOLDEN = ROOT.resolve("zsic-core/src/test/resources");

	private static final Pattern LINK = Pattern.compile("(?<!!)\\[[^\\]\\n]*]\\(([^)\\s]+)\\)");

	private static final Pattern CODE = Pattern.compile("(?s)```.*?```|`[^`\\n]*`");

	private static final Pattern FILE = Pattern.compile("(?:tools|docs|bench|zsic-[a-z-]+)(?:/[\\w.-]+)+\\.[a-z]+");

	@Test
	void linksLeadSomewhere() throws IOException {
		List<String> broken = new ArrayList<>();
		for (Path page : pages()) {
			for (MatchResult link : matches(LINK, CODE.matcher(Files.readString(page)).replaceAll("code"))) {
				String target = link.group(1);
				if (!target.matches("[a-z]+:.*") && !exists(page, target)) {
					broken.add(ROOT.relativize(page) + ": " + target);
				}
			}
		}
		assertThat(broken).isEmpty();
	}

	private static boolean exists(Path page, String target) throws IOException {
		int hash = target.indexOf('#');
		Path file = (hash == 0) ? page
				: page.resolveSibling((hash > 0) ? target.substring(0, hash) : target).normalize();
		return Files.exists(file) && (hash < 0 || anchors(file).contains(target.substring(hash + 1)));
	}

	/** As GitHub makes them of headings. */
	private static Set<String> anchors(Path page) throws IOException {
		Set<String> anchors = new HashSet<>();
		for (MatchResult heading : matches(Pattern.compile("(?m)^#+ (.+)$"), Files.readString(page))) {
			anchors
				.add(heading.group(1).toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'));
		}
		return anchors;
	}

	@Test
	void filesAreThere() throws IOException {
		List<String> missing = new ArrayList<>();
		for (Path page : pages()) {
			for (MatchResult code : matches(CODE, Files.readString(page))) {
				for (MatchResult file : matches(FILE, code.group())) {
					if (!file.group().contains("/target/") && !Files.exists(ROOT.resolve(file.group()))) {
						missing.add(ROOT.relativize(page) + ": " + file.group());
					}
				}
			}
		}
		assertThat(missing).isEmpty();
	}

	@Test
	void everyFolderOfToolsIsListed() throws IOException {
		String index = Files.readString(ROOT.resolve("tools/README.md"));
		try (Stream<Path> folders = Files.list(ROOT.resolve("tools"))) {
			assertThat(folders.filter(Files::isDirectory).map((folder) -> folder.getFileName().toString()))
				.allSatisfy((folder) -> assertThat(index).containsPattern("(?m)^\\| [\\[`]" + folder + "[\\]`]"));
		}
	}

	@Test
	void decisionsAreNumberedListedAndThere() throws IOException {
		Path folder = ROOT.resolve("docs/decisions");
		List<String> records;
		try (Stream<Path> files = Files.list(folder)) {
			records = files.map((file) -> file.getFileName().toString())
				.filter((name) -> !name.equals("README.md"))
				.sorted()
				.toList();
		}
		for (int i = 0; i < records.size(); i++) {
			String number = String.format(Locale.ROOT, "%04d", i + 1);
			String title = Files.readAllLines(folder.resolve(records.get(i))).get(0);
			assertThat(records.get(i)).startsWith(number + "-");
			assertThat(title).startsWith("# " + number + ". ");
			assertThat(Files.readString(folder.resolve("README.md")))
				.contains("| [" + number + "](" + records.get(i) + ") | " + title.substring(8) + " |");
		}
		Pattern citation = Pattern.compile("docs/decisions/(\\d{4})");
		Set<String> cited = new HashSet<>();
		for (Path source : sources()) {
			matches(citation, Files.readString(source)).forEach((match) -> cited.add(match.group(1)));
		}
		assertThat(cited).hasSizeGreaterThan(10)
			.allSatisfy((number) -> assertThat(records).anyMatch((record) -> record.startsWith(number)));
	}

	private static List<Path> sources() throws IOException {
		List<Path> sources = new ArrayList<>();
		for (String module : List.of("zsic-core", "zsic-spring-boot-starter")) {
			try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main"))) {
				files.filter((file) -> file.toString().matches(".*\\.(java|py)")).forEach(sources::add);
			}
		}
		return sources;
	}

	@Test
	void countsAreThoseOfTheGoldenFiles() throws IOException {
		JsonNode clip = json("parity/clip.json");
		int others = 0;
		try (Stream<Path> files = Files.list(GOLDEN.resolve("parity"))) {
			for (Path file : files.filter((file) -> file.toString().endsWith(".json")).toList()) {
				others += json(GOLDEN.relativize(file).toString()).get("cases").size();
			}
		}
		others -= clip.get("cases").size();
		Set<String> checkpoints = new HashSet<>();
		clip.get("cases").forEach((example) -> checkpoints.add(example.get("checkpoint").stringValue()));
		int pictures;
		try (Stream<Path> files = Files.list(GOLDEN.resolve("parity/pictures"))) {
			pictures = (int) files.count();
		}
		assertCount("docs/parity.md", "makes (\\d+) small CLIP checkpoints", checkpoints.size());
		assertCount("docs/parity.md", "and (\\d+) pictures, and records", pictures);
		assertCount("docs/parity.md", "(\\d+) combinations of checkpoint, picture", clip.get("cases").size());
		assertCount("docs/parity.md", "and (\\d+)\\s+embeddings",
				clip.get("imageEmbeddings").size() + clip.get("textEmbeddings").size());
		assertCount("docs/parity.md", "have (\\d+) combinations more", others);
		assertCount("docs/parity.md", "pixels of (\\d+) files", json("image/expected.json").size());
		assertCount("README.md", "on (\\d+) recorded combinations", clip.get("cases").size() + others);
	}

	private static void assertCount(String page, String pattern, int expected) throws IOException {
		List<MatchResult> found = matches(Pattern.compile(pattern), Files.readString(ROOT.resolve(page)));
		assertThat(found).as("%s: %s", page, pattern).hasSize(1);
		assertThat(found.get(0).group(1)).as("%s: %s", page, pattern).isEqualTo(Integer.toString(expected));
	}

	private static JsonNode json(String file) throws IOException {
		return JsonMapper.shared().readTree(Files.readString(GOLDEN.resolve(file)));
	}

	private static List<Path> pages() throws IOException {
		List<Path> pages = new ArrayList<>();
		try (Stream<Path> files = Files.list(ROOT)) {
			files.filter((file) -> file.toString().endsWith(".md")).forEach(pages::add);
		}
		for (String folder : List.of("docs", "tools", "bench")) {
			try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
				files.filter((file) -> file.toString().endsWith(".md"))
					.filter((file) -> !file.toString().contains("target") && !file.toString().contains("node_modules"))
					.forEach(pages::add);
			}
		}
		assertThat(pages).hasSizeGreaterThan(15).contains(ROOT.resolve("README.md"), ROOT.resolve("CONTRIBUTING.md"));
		return pages;
	}

	private static List<MatchResult> matches(Pattern pattern, String text) {
		Matcher matcher = pattern.matcher(text);
		return matcher.results().toList();
	}

}
