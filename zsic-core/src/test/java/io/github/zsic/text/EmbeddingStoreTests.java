package io.github.zsic.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is kept for the next start, and what is not believed.
 */
class EmbeddingStoreTests {

	private static final float[] PROBE = { 0.6f, 0.8f };

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
		return EmbeddingStore.open(this.folder.resolve("texts"), "clip", model, probe, 100);
	}

	private Path file() throws IOException {
		try (Stream<Path> files = Files.list(this.folder.resolve("texts"))) {
			return files.reduce((one, other) -> {
				throw new AssertionError("more than one file");
			}).orElseThrow();
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
		open().close();
		Path name = file();
		Files.delete(name);
		try (EmbeddingStore other = open("commit 2", PROBE)) {
			append(other, "an owl");
		}
		Files.move(file(), name);
		try (EmbeddingStore store = open()) {
			assertHasNot(store, "an owl");
		}
		assertThat(warnings()).singleElement().asString().contains("of another model");
	}

	@Test
	void embeddingsAreNotUsedIfTheModelComputesOthersNow() {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
		}
		try (EmbeddingStore store = open("commit 1", new float[] { 0.6001f, 0.7999f })) {
			assertHas(store, "an owl");
		}
		try (EmbeddingStore store = open("commit 1", new float[] { 0.8f, 0.6f })) {
			assertHasNot(store, "an owl");
			append(store, "an owl");
			assertHas(store, "an owl");
		}
		assertThat(warnings()).hasSize(1);
	}

	@Test
	void damagedFileIsIgnoredAndBegunAnew() throws IOException {
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
			assertThat(warnings()).singleElement().asString().contains("begun anew");
			try (EmbeddingStore store = open()) {
				assertHas(store, "an owl");
			}
			assertThat(warnings()).hasSize(1);
		}
	}

	/** As a process that is killed leaves it, or a disk that forgets. */
	@Test
	void whatIsBehindDamageIsEncodedAgain() throws IOException {
		try (EmbeddingStore store = open()) {
			append(store, "an owl");
			append(store, "a fox");
		}
		byte[] whole = Files.readAllBytes(file());
		int record = 2 * Integer.BYTES + "a fox".length() + PROBE.length * Float.BYTES;
		for (int i = 1; i <= record; i++) {
			byte[] torn = Arrays.copyOf(whole, whole.length - i);
			byte[] flipped = whole.clone();
			flipped[whole.length - i] ^= 4;
			for (byte[] content : List.of(torn, flipped)) {
				Files.write(file(), content);
				try (EmbeddingStore store = open()) {
					assertHas(store, "an owl");
					assertHasNot(store, "a fox");
					append(store, "a fox");
				}
				assertThat(Files.readAllBytes(file())).isEqualTo(whole);
			}
		}
		assertThat(warnings()).hasSize(2 * record - 1);
	}

	@Test
	void fileThatIsDamagedWhileItIsOpenIsNotBelieved() throws IOException {
		try (EmbeddingStore store = open(); EmbeddingStore other = open()) {
			append(store, "an owl");
			byte[] content = Files.readAllBytes(file());
			content[content.length - 5] ^= 4;
			Files.write(file(), content, StandardOpenOption.WRITE);
			assertHasNot(store, "an owl");
			Files.write(file(), new byte[10]);
			append(other, "a fox");
			append(store, "a bear");
			append(store, "an owl");
			assertHas(store, "a bear", "an owl");
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, "a fox", "a bear", "an owl");
		}
	}

	@Test
	void severalUseOneFile() {
		try (EmbeddingStore one = open(); EmbeddingStore two = open()) {
			append(one, "a");
			append(two, "b");
			append(one, "c");
			append(two, "a");
			assertHas(two, "a", "b", "c");
			one.close();
			append(two, "d");
		}
		try (EmbeddingStore store = open()) {
			assertHas(store, "a", "b", "c", "d");
		}
		assertThat(warnings()).isEmpty();
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
		assertThat(warnings()).singleElement().asString().contains("has 100 text embeddings and gets no more");
	}

}
