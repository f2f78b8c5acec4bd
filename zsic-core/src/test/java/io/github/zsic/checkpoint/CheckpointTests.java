package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.TestCheckpoints;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class CheckpointTests {

	private static final String SINGLE = "quickgelu-legacy-eos";

	@TempDir
	private Path folder;

	@Test
	void folder() throws IOException {
		assertOpens(TestCheckpoints.checkpoint(SINGLE).toAbsolutePath().toString());
		assertOpens(TestCheckpoints.checkpoint(SINGLE).toString());
		assertOpens("./" + TestCheckpoints.checkpoint(SINGLE) + "/");
	}

	@Test
	void fileUrl() throws IOException {
		Path umlauts = TestCheckpoints.copy(SINGLE, this.folder.resolve("Äpfel & Öl 100"));
		assertOpens("file:" + umlauts);
		assertOpens(umlauts.toUri().toString());
		assertOpens(umlauts.toUri().toASCIIString());
		assertOpens("file:" + TestCheckpoints.checkpoint(SINGLE));
		assertOpens("file:./" + TestCheckpoints.checkpoint(SINGLE));
	}

	@Test
	void classpathFolderIsUsedInPlace() throws Exception {
		Path root = this.folder.resolve("class path");
		Path checkpoint = TestCheckpoints.copy(SINGLE, root.resolve("models/mine"));
		withClassPath(root, () -> {
			for (String location : List.of("classpath:models/mine", "classpath:/models/mine/")) {
				try (Checkpoint opened = open(location)) {
					assertThat(opened.location()).isEqualTo(location);
					assertThat(opened.tokenizerFile()).isEqualTo(checkpoint.resolve("tokenizer.json"));
				}
			}
			assertThat(checkpoint.resolve("config.json")).exists();
			return null;
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { SINGLE, "sharded", "processor-config" })
	void jarIsCopiedForAsLongAsItIsOpen(String name) throws Exception {
		Path jar = jar(TestCheckpoints.checkpoint(name), "models/mine/");
		withClassPath(jar, () -> {
			Path copies;
			try (Checkpoint opened = open("classpath:models/mine")) {
				copies = opened.tokenizerFile().getParent();
				assertThat(temporaryFolders("")).contains(copies);
				assertThat(opened.config().modelType()).isEqualTo("clip");
				assertThat(opened.weights().map("logit_scale")).hasSize(1);
				assertThat(opened.tokenizerFile())
					.hasSameBinaryContentAs(TestCheckpoints.checkpoint(name).resolve("tokenizer.json"));
				assertThat(opened.imageProcessing().numbers()).isNotEmpty();
			}
			assertThat(copies).doesNotExist();
			return null;
		});
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void jarIsNotKeptOpen() throws Exception {
		Path jar = jar(TestCheckpoints.checkpoint(SINGLE), "models/mine/");
		withClassPath(jar, () -> {
			open("classpath:models/mine").close();
			return null;
		});
		try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
			assertThat(descriptors.filter(Files::isSymbolicLink).map(CheckpointTests::target))
				.doesNotContain(jar.toRealPath().toString());
		}
	}

	@Test
	void brokenCheckpointInAJarLeavesNoCopies() throws Exception {
		Path broken = TestCheckpoints.copy(SINGLE, this.folder.resolve("broken"));
		String mark = UUID.randomUUID().toString();
		Files.writeString(broken.resolve("preprocessor_config.json"), "{\"mark\":\"" + mark + "\"}");
		Files.write(broken.resolve("model.safetensors"), new byte[3]);
		withClassPath(jar(broken, "models/mine/"), () -> {
			assertError("classpath:models/mine", "'model.safetensors' is not a valid safetensors file");
			return null;
		});
		Files.delete(broken.resolve("model.safetensors"));
		Files.writeString(broken.resolve("model.safetensors.index.json"),
				"{\"weight_map\":{\"a\":\"../x.safetensors\"}}");
		withClassPath(jar(broken, "models/mine/"), () -> {
			assertError("classpath:models/mine", "puts tensor 'a' in \"../x.safetensors\"");
			return null;
		});
		assertThat(temporaryFolders(mark)).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "classpath:", "classpath:/", "classpath:no/such", "classpath:a\0b", "classpath:%zz",
			"classpath:../x" })
	void missingOnTheClassPath(String location) {
		assertError(location, "config.json' on the class path");
	}

	@Test
	void missingFolder() {
		assertError(this.folder.resolve("no").toString(), "no such folder", "Check the path");
		assertError("no/such/folder", "no such folder", Path.of("no/such/folder").toAbsolutePath().toString());
		assertError(" ", "no such folder");
	}

	@Test
	void idOnTheHubThatIsNoFolder() {
		assertError("openai/clip-vit-base-patch32", "no such folder", "Hub");
	}

	@Test
	void fileInPlaceOfAFolder() {
		assertError(TestCheckpoints.checkpoint(SINGLE).resolve("model.safetensors").toString(), "It is a file",
				"Name the folder");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\0b", "file:/a\0b", "file:a\0b", "file:/100%", "file:/a?b", "file:/a#b",
			"file://server/share", "file:/a[b" })
	void malformedLocations(String location) {
		assertError(location, "neither a path nor a file: URL", "Name a folder");
	}

	@ParameterizedTest
	@ValueSource(strings = { "config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors" })
	void missingFileIsNamed(String file) throws IOException {
		Path checkpoint = TestCheckpoints.copy(SINGLE, this.folder.resolve("x"));
		Files.delete(checkpoint.resolve(file));
		assertError(checkpoint.toString(), "'" + file + "'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors",
			"pytorch_model.bin", "vocab.json" })
	void pointerOfGitLfsIsNamed(String file) throws IOException {
		Path checkpoint = TestCheckpoints.copy(SINGLE, this.folder.resolve("x"));
		String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64)
				+ "\nsize 605143316\n";
		if (file.equals("pytorch_model.bin")) {
			Files.delete(checkpoint.resolve("model.safetensors"));
		}
		if (file.equals("vocab.json")) {
			Files.delete(checkpoint.resolve("tokenizer.json"));
			Files.writeString(checkpoint.resolve("merges.txt"), pointer);
		}
		Files.writeString(checkpoint.resolve(file), pointer);
		assertError(checkpoint.toString(), "is only the pointer of Git LFS", "'git lfs pull'");
	}

	@Test
	void shardThatIsAPointerOfGitLfsIsNamed() throws IOException {
		Path checkpoint = TestCheckpoints.copy("sharded", this.folder.resolve("x"));
		try (Stream<Path> shards = Files.list(checkpoint)) {
			Path shard = shards.filter((file) -> file.toString().endsWith(".safetensors")).findFirst().orElseThrow();
			Files.writeString(shard, "version https://git-lfs.github.com/spec/v1\n");
			assertError(checkpoint.toString(), "'" + shard.getFileName() + "' is only the pointer of Git LFS");
		}
	}

	@Test
	void folderOfSentenceTransformers() throws IOException {
		Path root = Files.createDirectory(this.folder.resolve("clip-ViT-B-32"));
		TestCheckpoints.copy(SINGLE, root.resolve("0_CLIPModel"));
		String module = "[{\"idx\": 0, \"name\": \"0\", \"path\": \"%s\", \"type\": \"sentence_transformers.models.%s\"}]";
		Files.writeString(root.resolve("modules.json"), module.formatted("0_CLIPModel", "CLIPModel"));
		assertOpens(root.toString());
		assertOpens(root.resolve("0_CLIPModel").toString());
		try (Checkpoint opened = open(root.toString());
				Checkpoint inner = open(root.resolve("0_CLIPModel").toString())) {
			assertThat(opened.contentHash()).isEqualTo(inner.contentHash());
		}
		for (String modules : List.of(module.formatted("0_Transformer", "Transformer"),
				module.formatted("../clip-ViT-B-32/0_CLIPModel", "CLIPModel"), module.formatted("", "CLIPModel"),
				"[3, null, {}]")) {
			Files.writeString(root.resolve("modules.json"), modules);
			assertError(root.toString(), "It is a folder of sentence-transformers", "names no CLIPModel");
		}
		Files.writeString(root.resolve("modules.json"), "{}");
		assertError(root.toString(), "'modules.json' is not valid JSON");
	}

	@Test
	void emptyFolder() {
		assertError(this.folder.toString(), "no 'config.json'", "Point to the folder");
	}

	private static void assertOpens(String location) {
		try (Checkpoint opened = open(location)) {
			assertThat(opened.location()).isEqualTo(location);
			assertThat(opened.config().modelType()).isEqualTo("clip");
			assertThat(opened.tokenizerFile()).exists();
			assertThat(opened.weights().map("logit_scale")).hasSize(1);
		}
	}

	private static void assertError(String location, String... findings) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> open(location)).satisfies((ex) -> {
			assertThat(ex.getMessage()).contains(findings);
			assertThat(ex.getAction()).isNotEmpty();
		});
	}

	private Path jar(Path checkpoint, String prefix) throws IOException {
		Path jar = Files.createTempFile(this.folder, "models", ".jar");
		try (OutputStream out = Files.newOutputStream(jar);
				ZipOutputStream zip = new ZipOutputStream(out);
				Stream<Path> files = Files.list(checkpoint)) {
			for (Path file : files.toList()) {
				zip.putNextEntry(new ZipEntry(prefix + file.getFileName()));
				zip.write(Files.readAllBytes(file));
				zip.closeEntry();
			}
		}
		return jar;
	}

	private static void withClassPath(Path entry, Callable<Void> action) throws Exception {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		URI uri = entry.toUri();
		try (URLClassLoader loader = new URLClassLoader(new URL[] { uri.toURL() }, before)) {
			thread.setContextClassLoader(loader);
			action.call();
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	/**
	 * Other JVMs may open checkpoints meanwhile: only those whose settings hold a text.
	 */
	private static List<Path> temporaryFolders(String mark) throws IOException {
		List<Path> found = new ArrayList<>();
		try (DirectoryStream<Path> folders = Files.newDirectoryStream(Path.of(System.getProperty("java.io.tmpdir")),
				"zsic-checkpoint-*")) {
			for (Path candidate : folders) {
				Path settings = candidate.resolve("preprocessor_config.json");
				if (Files.exists(settings) && Files.readString(settings).contains(mark)) {
					found.add(candidate);
				}
			}
		}
		catch (NoSuchFileException ex) {
			// Deleted by its JVM while this one looked at it.
			return temporaryFolders(mark);
		}
		return found;
	}

	private static String target(Path link) {
		try {
			return Files.readSymbolicLink(link).toString();
		}
		catch (IOException ex) {
			// Closed meanwhile.
			return "";
		}
	}

	private static Checkpoint open(String location) {
		return Checkpoint.open(location, (config) -> {
		});
	}

}
