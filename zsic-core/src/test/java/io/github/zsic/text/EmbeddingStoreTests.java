package io.github.zsic.text;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

/**
 * What is kept for the next start, and what is not believed.
 */
class EmbeddingStoreTests {

	private static final float[] PROBE = { 0.6f, 0.8f };

	/** How many bytes it takes. */
	private static final int RECORD_OF_A_FOX = 2 * Integer.BYTES + "a fox".length() + PROBE.length * Float.BYTES;

	@TempDir
	private Path folder;

	private final ListAppender<ILoggingEvent> log = new ListAppender<>();

	@BeforeEach
	void listen() {
		this.log.start();
		Logger logger = (Logger) LoggerFactory.getLogger(EmbeddingStore.class);
		logger.addAppender(this.log);
		logger.setAdditive(false);
	}

	@AfterEach
	void stopListening() {
		Logger logger = (Logger) LoggerFactory.getLogger(EmbeddingStore.class);
		logger.detachAppender(this.log);
		logger.setAdditive(true);
	}

	private EmbeddingStore open() {
		return open("commit 1", PROBE);
	}

	private EmbeddingStore open(String model, float[] probe) {
		return open(model, probe, 100);
	}

	private EmbeddingStore open(String model, float[] probe, long maximumSize) {
		return EmbeddingStore.open(this.folder.resolve("texts"), "clip", model, probe, maximumSize);
	}

	private List<Path> files() throws IOException {
		try (Stream<Path> files = Files.list(this.folder.resolve("texts"))) {
			return files.toList();
		}
	}

	private Path file() throws IOException {
		assertThat(files()).hasSize(1);
		return files().get(0);
	}

	private void deleteAll() throws IOException {
		for (Path file : files()) {
			Files.delete(file);
		}
	}

	private static void append(EmbeddingStore store, String prompt) {
		store.append(List.of(prompt), List.of(embedding(prompt)));
	}

	private static float[] embedding(String prompt) {
		return new float[] { prompt.length(), prompt.hashCode() };
	}

	private static void assertHas(EmbeddingStore store, String... prompts) {
		for (String prompt : prompts) {
			assertThat(store.read(prompt)).as(prompt).isEqualTo(embedding(prompt));
		}
	}

	private static void assertHasNot(EmbeddingStore store, String... prompts) {
		for (String prompt : prompts) {
			assertThat(store.read(prompt)).as(prompt).isNull();
		}
	}

	private List<String> warnings() {
		return this.log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
	}

	@Test
	void keepsEmbeddings() {
		List<String> prompts = List.of("an owl", "🦉", "", "a\nb", "x".repeat(10_000));
		try (EmbeddingStore store = open()) {
			assertHasNot(store, "an owl");
			store.append(prompts, prompts.stream().map(EmbeddingStoreTests::embedding).toList());
			assertHas(store, prompts.toArray(String[]::new));
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, prompts.toArray(String[]::new));
			assertHasNot(store, "a fox");
			append(store, "a fox");
			append(store, "an owl");
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, "an owl", "🦉", "a fox");
		}
		assertThat(warnings()).isEmpty();
	}

	@Test
	void otherModelHasAnotherFile() throws IOException {
		try (EmbeddingStore store = open(); EmbeddingStore other = open("commit 2", PROBE)) {
			append(store, "an owl");
			assertHasNot(other, "an owl");
		}
		assertThat(warnings()).isEmpty();
	}

	/** The file of one model under the name of the other. */
	@Test
	void fileOfAnotherModelIsNotUsed() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "a fox");
		}
		Path name = file();
		Files.delete(name);
		try (EmbeddingStore other = open("commit 2", PROBE)) {
			append(other, "an owl");
		}
		byte[] content = Files.readAllBytes(file());
		Files.move(file(), name);
		try (EmbeddingStore store = open()) {
			assertHasNot(store, "an owl");
		}
		assertThat(warnings()).singleElement().asString().contains("of another model");
		assertThat(Files.readAllBytes(file())).isEqualTo(content);
	}

	@Test
	void embeddingsAreNotUsedIfTheModelComputesOthersNow() {
		float[] changed = { 0.8f, 0.6f };
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
		}
		try (EmbeddingStore store = open("commit 1", new float[] { 0.6001f, 0.7999f })) {
			assertHas(store, "an owl");
		}
		assertThat(warnings()).isEmpty();
		try (EmbeddingStore store = open("commit 1", changed)) {
			assertHasNot(store, "an owl");
			append(store, "an owl");
			assertHas(store, "an owl");
		}
		assertThat(warnings()).singleElement().asString().contains("computes something else now");
		// Nor are they taken from a machine that computes the same as before.
		try (EmbeddingStore store = open(); EmbeddingStore other = open("commit 1", changed)) {
			assertHas(store, "an owl");
			assertHas(other, "an owl");
		}
	}

	@Test
	void damagedFileIsIgnoredAndDeleted() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
		}
		byte[] garbage = new byte[5000];
		new Random(1).nextBytes(garbage);
		for (byte[] content : List.of(garbage, new byte[] { 1 }, new byte[5000])) {
			Files.write(file(), content);
			this.log.list.clear();
			try (EmbeddingStore store = open()) {
				assertHasNot(store, "an owl");
				append(store, "an owl");
			}
			assertThat(warnings()).singleElement().asString().contains("is damaged and is deleted");
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl");
			}
			assertThat(warnings()).hasSize(1);
		}
	}

	@Test
	void damagedFileDoesNotHarmOthers() throws IOException {
		try (EmbeddingStore one = open(); EmbeddingStore two = open()) {
			append(one, "a fox");
			append(one, "an owl");
			append(two, "a bear");
		}
		for (Path path : files()) {
			byte[] content = Files.readAllBytes(path);
			content[content.length - 5] ^= 4;
			Files.write(path.resolveSibling(path.getFileName().toString().replace(".embeddings", "-.embeddings")),
					content);
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, "a fox", "an owl", "a bear");
		}
		assertThat(warnings()).hasSize(2).allSatisfy((warning) -> assertThat(warning).contains("is damaged from byte"));
		file();
		try (EmbeddingStore store = open()) {
			assertHas(store, "a fox", "an owl", "a bear");
		}
		assertThat(warnings()).hasSize(2);
	}

	/** As a process that is killed leaves it. */
	@Test
	void unfinishedRecordIsEncodedAgain() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			append(store, "a fox");
		}
		Path first = file();
		byte[] whole = Files.readAllBytes(first);
		for (int i = 1; i <= RECORD_OF_A_FOX; i++) {
			Files.write(first, Arrays.copyOf(whole, whole.length - i));
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl");
				assertHasNot(store, "a fox");
				append(store, "a fox");
			}
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl", "a fox");
			}
			deleteAll();
		}
		assertThat(warnings()).isEmpty();
	}

	/** As a disk leaves it that forgets. */
	@Test
	void whatIsBehindDamageIsEncodedAgain() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			append(store, "a fox");
		}
		Path first = file();
		byte[] whole = Files.readAllBytes(first);
		for (int i = 1; i <= RECORD_OF_A_FOX; i++) {
			byte[] flipped = whole.clone();
			flipped[whole.length - i] ^= 4;
			Files.write(first, flipped);
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl");
				assertHasNot(store, "a fox");
				append(store, "a fox");
			}
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl", "a fox");
			}
			deleteAll();
		}
		// A length may be so wrong that the file seems to end.
		assertThat(warnings()).hasSizeBetween(RECORD_OF_A_FOX - Integer.BYTES, RECORD_OF_A_FOX);
	}

	@Test
	void fileThatIsDamagedWhileItIsOpenIsNotBelieved() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			byte[] content = Files.readAllBytes(file());
			content[content.length - 5] ^= 4;
			Files.write(file(), content, StandardOpenOption.WRITE);
			assertHasNot(store, "an owl");
			Files.write(file(), new byte[10]);
			append(store, "a bear");
			assertHas(store, "a bear");
		}
		try (EmbeddingStore store = open()) {
			append(store, "a bear");
			append(store, "an owl");
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, "a bear", "an owl");
		}
	}

	@Test
	void severalUseOneFolder() throws IOException {
		try (EmbeddingStore one = open(); EmbeddingStore two = open()) {
			append(one, "a");
			append(two, "b");
			append(one, "c");
			append(two, "a");
			assertHas(one, "a", "c");
			assertHas(two, "a", "b");
			one.close();
			append(two, "d");
		}
		assertThat(files()).hasSize(2);
		try (EmbeddingStore store = open()) {
			assertHas(store, "a", "b", "c", "d");
		}
		assertThat(files()).hasSize(2);
		assertThat(warnings()).isEmpty();
	}

	@Test
	void whoOnlyReadsWritesNothing() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
		}
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			file();
		}
		file();
	}

	@Test
	void manyFilesBecomeOne() throws IOException {
		List<String> prompts = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			prompts.add("number " + i);
			try (EmbeddingStore store = open()) {
				append(store, "number " + i);
				assertHas(store, prompts.toArray(String[]::new));
			}
			assertThat(files()).hasSizeLessThanOrEqualTo(9);
		}
		assertThat(warnings()).isEmpty();
	}

	/** Files that are still written to become part of another, too. */
	@Test
	void nothingIsLostWhenFilesBecomeOne() throws IOException {
		List<EmbeddingStore> stores = new ArrayList<>();
		List<String> prompts = new ArrayList<>();
		try {
			for (int i = 0; i < 20; i++) {
				stores.add(open("commit 1", PROBE, 1000));
				for (int j = 0; j < stores.size(); j++) {
					append(stores.get(j), "number " + i + " of " + j);
					prompts.add("number " + i + " of " + j);
					assertHas(stores.get(j), "number " + i + " of " + j, "number " + j + " of " + j);
				}
			}
		}
		finally {
			stores.forEach(EmbeddingStore::close);
		}
		try (EmbeddingStore store = open("commit 1", PROBE, 1000)) {
			assertHas(store, prompts.toArray(String[]::new));
		}
		assertThat(files()).hasSizeLessThanOrEqualTo(8);
		assertThat(warnings()).isEmpty();
	}

	@Test
	void whatWasAbandonedIsDeleted() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
		}
		Path old = file().resolveSibling(file().getFileName() + ".1.tmp");
		Path young = file().resolveSibling(file().getFileName() + ".2.tmp");
		Files.createFile(old);
		Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
		Files.createFile(young);
		open().close();
		assertThat(old).doesNotExist();
		assertThat(young).exists();
	}

	/** As an image has it that brings its embeddings along. */
	@Test
	@DisabledOnOs(OS.WINDOWS)
	void readsWhereNothingCanBeWritten() throws IOException {
		for (int i = 0; i < 2; i++) {
			try (EmbeddingStore store = open()) {
				append(store, "number " + i);
			}
		}
		Path texts = this.folder.resolve("texts");
		Files.setPosixFilePermissions(texts, PosixFilePermissions.fromString("r-xr-xr-x"));
		assumeFalse(Files.isWritable(texts));
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			append(store, "a fox");
			assertHas(store, "number 0", "number 1");
			assertHasNot(store, "an owl", "a fox");
		}
		finally {
			Files.setPosixFilePermissions(texts, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		assertThat(warnings()).singleElement().asString().contains("get no more");
	}

	/** Two web applications of one server, each with zsic's classes of its own. */
	@Test
	void classLoadersShareAFolder() throws Exception {
		try (URLClassLoader one = classLoader();
				URLClassLoader two = classLoader();
				AutoCloseable first = open(one);
				AutoCloseable second = open(two)) {
			assertThat(first.getClass()).isNotEqualTo(second.getClass());
			int count = 50;
			Thread other = new Thread(() -> append(second, "two", count));
			other.start();
			append(first, "one", count);
			other.join();
		}
		try (EmbeddingStore store = open()) {
			for (int i = 0; i < 50; i++) {
				assertHas(store, "one " + i, "two " + i);
			}
		}
		assertThat(warnings()).isEmpty();
	}

	private static URLClassLoader classLoader() throws IOException {
		List<URL> urls = new ArrayList<>();
		for (String path : System.getProperty("java.class.path").split(File.pathSeparator)) {
			urls.add(Path.of(path).toUri().toURL());
		}
		return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
	}

	private AutoCloseable open(ClassLoader loader) throws ReflectiveOperationException {
		Object store = loader.loadClass(EmbeddingStore.class.getName())
			.getMethod("open", Path.class, String.class, String.class, float[].class, long.class)
			.invoke(null, this.folder.resolve("texts"), "clip", "commit 1", PROBE, 100L);
		return (AutoCloseable) store;
	}

	private static void append(AutoCloseable store, String name, int count) {
		try {
			Method append = store.getClass().getMethod("append", List.class, List.class);
			Method read = store.getClass().getMethod("read", String.class);
			for (int i = 0; i < count; i++) {
				String prompt = name + " " + i;
				append.invoke(store, List.of(prompt), List.of(embedding(prompt)));
				assertThat(read.invoke(store, prompt)).isEqualTo(embedding(prompt));
			}
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/** One of them is killed while it writes. */
	@Test
	void processesShareAFolder() throws Exception {
		Process killed = program("killed", Integer.MAX_VALUE);
		List<Process> others = List.of(program("one", 30), program("two", 30));
		for (Process process : others) {
			assertThat(process.getInputStream().readAllBytes()).isNotEmpty();
			assertThat(process.waitFor()).isZero();
		}
		assertThat(killed.getInputStream().read()).isPositive();
		killed.destroyForcibly().waitFor();
		try (EmbeddingStore store = open("commit 1", PROBE, 100_000)) {
			for (int i = 0; i < 30; i++) {
				assertHas(store, "one " + i, "two " + i);
			}
			assertHas(store, "killed 0");
		}
		assertThat(warnings()).isEmpty();
	}

	private Process program(String name, int count) throws IOException {
		return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Program.class.getName(),
				this.folder.resolve("texts").toString(), name, Integer.toString(count))
			.redirectError(ProcessBuilder.Redirect.DISCARD)
			.start();
	}

	/** Opens the store again and again, so that files become one all the time. */
	static final class Program {

		private Program() {
		}

		public static void main(String[] arguments) {
			for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
				try (EmbeddingStore store = EmbeddingStore.open(Path.of(arguments[0]), "clip", "commit 1", PROBE,
						100_000)) {
					append(store, arguments[1] + " " + i);
				}
				System.out.println(i);
			}
		}

	}

	@Test
	void interruptedThreadDoesNotCloseTheFile() {
		try (EmbeddingStore store = open()) {
			Thread.currentThread().interrupt();
			append(store, "an owl");
			assertHas(store, "an owl");
			assertThat(Thread.interrupted()).isTrue();
			append(store, "a fox");
			assertHas(store, "a fox");
		}
		assertThat(warnings()).isEmpty();
	}

	@Test
	void worksWithoutAFileWhereNoneCanBe() throws IOException {
		Files.writeString(this.folder.resolve("texts"), "a file in place of the folder");
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			assertHasNot(store, "an owl");
		}
		assertThat(warnings()).singleElement().asString().contains("cannot be used");
	}

	@Test
	void doesNotGrowForEver() {
		List<String> prompts = new ArrayList<>();
		for (int i = 0; i < 150; i++) {
			prompts.add("number " + i);
		}
		try (EmbeddingStore store = open()) {
			store.append(prompts, prompts.stream().map(EmbeddingStoreTests::embedding).toList());
			append(store, "one more");
			assertHas(store, "number 99");
			assertHasNot(store, "number 100", "one more");
		}
		assertThat(warnings()).singleElement()
			.asString()
			.contains("has 100 text embeddings of one model and gets no more");
	}

}
