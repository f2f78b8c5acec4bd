import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

import javax.xml.parsers.DocumentBuilderFactory;

import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Holds a bundle against the rules of Maven Central, and some of our own:
 *
 * <pre>
 * java tools/release/CheckBundle.java [--unsigned] target/zsic-0.1.0-bundle.zip
 * </pre>
 *
 * Central's: POM, jar, sources and Javadoc of each artifact, each with MD5, SHA-1 and a signature; name, description,
 * URL, licence, developers and SCM in the POM; no SNAPSHOT, no repository. Ours: LICENSE and NOTICE in each jar, an SBOM,
 * no parent, no test dependencies, no expression but the BOM's own version, and a BOM that has every module, nothing else
 * of ours, and DJL as zsic-core has it.
 * Signatures are verified with gpg, whose keys are those of the user; --unsigned leaves them out.
 */
public class CheckBundle {

	private static final String GROUP = "io/github/zsic/";

	private final Map<String, byte[]> files = new TreeMap<>();

	private final List<String> problems = new ArrayList<>();

	private final boolean signed;

	CheckBundle(boolean signed) {
		this.signed = signed;
	}

	public static void main(String[] arguments) throws Exception {
		boolean unsigned = arguments.length == 2 && arguments[0].equals("--unsigned");
		if (arguments.length != (unsigned ? 2 : 1)) {
			System.err.println("usage: java tools/release/CheckBundle.java [--unsigned] BUNDLE.zip");
			System.exit(2);
		}
		CheckBundle check = new CheckBundle(!unsigned);
		check.read(Path.of(arguments[arguments.length - 1]));
		int artifacts = check.check();
		check.problems.forEach((problem) -> System.out.println("WRONG  " + problem));
		if (!check.problems.isEmpty()) {
			System.out.println(check.problems.size() + " problems");
			System.exit(1);
		}
		System.out.printf("%d artifacts, %d files: accepted%s%n", artifacts, check.files.size(),
				unsigned ? ", but for signatures, which were not looked at" : "");
	}

	private void read(Path bundle) throws IOException {
		try (ZipFile zip = new ZipFile(bundle.toFile())) {
			for (ZipEntry entry : (Iterable<ZipEntry>) zip.stream().map(ZipEntry.class::cast)::iterator) {
				if (!entry.isDirectory()) {
					try (InputStream content = zip.getInputStream(entry)) {
						this.files.put(entry.getName(), content.readAllBytes());
					}
				}
			}
		}
		if (Files.size(bundle) > 1L << 30) {
			this.problems.add("a bundle has at most 1 GB");
		}
	}

	private int check() throws Exception {
		Set<String> modules = new HashSet<>();
		Set<String> versions = new HashSet<>();
		Element bom = null;
		Element core = null;
		for (String name : List.copyOf(this.files.keySet())) {
			if (!name.startsWith(GROUP)) {
				this.problems.add(name + ": not below " + GROUP);
			}
			if (name.contains("maven-metadata")) {
				this.problems.add(name + ": the registry writes this");
			}
			if (name.matches(".*\\.(pom|jar|json|xml)")) {
				companions(name);
			}
			if (name.endsWith(".jar")) {
				jar(name);
			}
			if (name.endsWith(".pom")) {
				Element pom = pom(name);
				versions.add(text(pom, "version"));
				if (text(pom, "artifactId").equals("zsic-bom")) {
					bom = pom;
				}
				else {
					modules.add(text(pom, "artifactId"));
				}
				if (text(pom, "artifactId").equals("zsic-core")) {
					core = pom;
				}
			}
		}
		if (versions.size() != 1) {
			this.problems.add("one version in a bundle, not " + versions);
		}
		if (bom == null) {
			this.problems.add("there is no zsic-bom");
		}
		else {
			managed(bom, core, modules, versions);
		}
		return modules.size() + 1;
	}

	private void managed(Element bom, Element core, Set<String> modules, Set<String> versions) {
		Set<String> managed = new HashSet<>();
		Map<String, String> others = new TreeMap<>();
		for (Element dependency : children(child(child(bom, "dependencyManagement"), "dependencies"), "dependency")) {
			String artifact = text(dependency, "artifactId");
			String version = text(dependency, "version").replace("${project.version}", text(bom, "version"));
			if (!text(dependency, "groupId").equals("io.github.zsic")) {
				others.put(artifact, version);
			}
			else {
				managed.add(artifact);
				if (!versions.contains(version)) {
					this.problems.add("zsic-bom has " + artifact + " in another version");
				}
			}
		}
		if (!managed.equals(modules)) {
			this.problems.add("zsic-bom has " + managed + ", the bundle " + modules);
		}
		for (Element dependency : children(child(core, "dependencies"), "dependency")) {
			String artifact = text(dependency, "artifactId");
			String version = text(dependency, "version");
			if (text(dependency, "groupId").startsWith("ai.djl") && !version.equals(others.get(artifact))) {
				this.problems.add("zsic-bom has " + artifact + " " + others.get(artifact) + ", zsic-core " + version);
			}
			if (artifact.equals("pytorch-jni") && !version.startsWith(others.get("pytorch-native-cpu") + "-")) {
				this.problems.add("zsic-bom has libtorch " + others.get("pytorch-native-cpu") + ", zsic-core needs " + version);
			}
		}
	}

	private void companions(String name) throws Exception {
		digest(name, "md5", "MD5");
		digest(name, "sha1", "SHA-1");
		if (this.signed) {
			byte[] signature = this.files.get(name + ".asc");
			if (signature == null) {
				this.problems.add(name + ": no signature");
			}
			else {
				verify(name, signature);
			}
		}
	}

	private void digest(String name, String suffix, String algorithm) throws Exception {
		byte[] told = this.files.get(name + "." + suffix);
		String actual = HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(this.files.get(name)));
		if (told == null) {
			this.problems.add(name + ": no " + algorithm);
		}
		else if (!new String(told, StandardCharsets.US_ASCII).trim().equals(actual)) {
			this.problems.add(name + ": another " + algorithm);
		}
	}

	private void verify(String name, byte[] signature) throws Exception {
		Path folder = Files.createTempDirectory("signature");
		Path content = Files.write(folder.resolve("content"), this.files.get(name));
		Path detached = Files.write(folder.resolve("content.asc"), signature);
		Process gpg = new ProcessBuilder("gpg", "--batch", "--verify", detached.toString(), content.toString())
			.redirectErrorStream(true)
			.start();
		String output = new String(gpg.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		if (gpg.waitFor() != 0) {
			this.problems.add(name + ": " + output.strip().replace("\n", "; "));
		}
		Files.delete(content);
		Files.delete(detached);
		Files.delete(folder);
	}

	private void jar(String name) throws IOException {
		Set<String> entries = new HashSet<>();
		try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(this.files.get(name)))) {
			for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
				if (!entry.isDirectory()) {
					entries.add(entry.getName());
				}
			}
		}
		for (String required : List.of("META-INF/LICENSE", "META-INF/NOTICE", "META-INF/MANIFEST.MF")) {
			if (!entries.contains(required)) {
				this.problems.add(name + ": no " + required);
			}
		}
	}

	private Element pom(String name) throws Exception {
		String content = new String(this.files.get(name), StandardCharsets.UTF_8);
		DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
		factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
		Element pom = factory.newDocumentBuilder()
			.parse(new ByteArrayInputStream(this.files.get(name)))
			.getDocumentElement();
		for (String required : List.of("groupId", "artifactId", "version", "name", "description", "url")) {
			if (text(pom, required).isBlank()) {
				this.problems.add(name + ": no " + required);
			}
		}
		required(name, pom, "licenses", "license", "name", "url");
		required(name, pom, "developers", "developer", "name");
		if (child(pom, "scm") == null || text(child(pom, "scm"), "connection").isBlank() || text(child(pom, "scm"), "url").isBlank()) {
			this.problems.add(name + ": no scm with connection and url");
		}
		for (String forbidden : List.of("parent", "repositories", "pluginRepositories", "distributionManagement", "profiles", "build")) {
			if (child(pom, forbidden) != null) {
				this.problems.add(name + ": <" + forbidden + ">");
			}
		}
		if (content.replace("${project.version}", "").contains("${")) {
			this.problems.add(name + ": an expression that is not resolved");
		}
		if (content.contains("SNAPSHOT")) {
			this.problems.add(name + ": a SNAPSHOT");
		}
		for (Element dependency : children(child(pom, "dependencies"), "dependency")) {
			String id = text(dependency, "groupId") + ":" + text(dependency, "artifactId");
			if (text(dependency, "scope").equals("test")) {
				this.problems.add(name + ": " + id + " is for tests");
			}
			if (text(dependency, "version").isBlank()) {
				this.problems.add(name + ": " + id + " has no version");
			}
		}
		String artifact = text(pom, "artifactId");
		String version = text(pom, "version");
		String base = GROUP + artifact + "/" + version + "/" + artifact + "-" + version;
		if (!name.equals(base + ".pom")) {
			this.problems.add(name + ": should be " + base + ".pom");
		}
		List<String> others = new ArrayList<>(List.of("-cyclonedx.json", "-cyclonedx.xml"));
		if (!text(pom, "packaging").equals("pom")) {
			others.addAll(List.of(".jar", "-sources.jar", "-javadoc.jar"));
		}
		for (String other : others) {
			if (!this.files.containsKey(base + other)) {
				this.problems.add(name + ": no " + base + other);
			}
		}
		return pom;
	}

	private void required(String name, Element pom, String list, String element, String... parts) {
		List<Element> found = children(child(pom, list), element);
		if (found.isEmpty()) {
			this.problems.add(name + ": no " + list);
		}
		for (Element one : found) {
			for (String part : parts) {
				if (text(one, part).isBlank()) {
					this.problems.add(name + ": a " + element + " without " + part);
				}
			}
		}
	}

	private static String text(Element parent, String name) {
		Element child = child(parent, name);
		return (child != null) ? child.getTextContent().strip() : "";
	}

	private static Element child(Element parent, String name) {
		List<Element> found = children(parent, name);
		return found.isEmpty() ? null : found.get(0);
	}

	private static List<Element> children(Element parent, String name) {
		List<Element> found = new ArrayList<>();
		for (Node node = (parent != null) ? parent.getFirstChild() : null; node != null; node = node.getNextSibling()) {
			if (node instanceof Element element && element.getTagName().equals(name)) {
				found.add(element);
			}
		}
		return found;
	}

}
