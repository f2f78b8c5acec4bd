package io.github.zsic.sample.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ModelInfo;
import io.github.zsic.Precision;
import io.github.zsic.Scoring;
import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Embeddings that are kept, with a classifier that only counts.
 */
class EmbeddingFileTests {

	private static final List<String> NAMES = List.of("a.png", "b.png", "c.png");

	private static final ImageInput PROBE = ImageInput.of("probe", new byte[0]);

	@TempDir
	private Path folder;

	private Path file;

	private final Counter classifier = new Counter();

	@BeforeEach
	void pictures() throws IOException {
		this.file = this.folder.resolve("pictures.embeddings");
		for (String name : NAMES) {
			Files.writeString(this.folder.resolve(name), name);
		}
	}

	@Test
	void computesEachPictureOnce() throws IOException {
		assertThat(computed()).containsExactlyElementsOf(NAMES);
		assertThat(computed()).isEmpty();
		Files.writeString(this.folder.resolve("b.png"), "another picture");
		assertThat(computed()).containsExactly("b.png");
		assertThat(computed()).isEmpty();
	}

	@Test
	void goesOnWhereverItWasCutOff() throws IOException {
		computed();
		byte[] whole = Files.readAllBytes(this.file);
		int header = new String(whole, StandardCharsets.ISO_8859_1).indexOf('\n') + 1;
		int record = (whole.length - header) / NAMES.size();
		for (int length = 0; length < whole.length; length++) {
			Files.write(this.file, Arrays.copyOf(whole, length));
			int kept = Math.max(0, length - header) / record;
			assertThat(computed()).as("cut off after %d bytes", length)
				.containsExactlyElementsOf(NAMES.subList(kept, NAMES.size()));
			assertThat(Files.readAllBytes(this.file)).isEqualTo(whole);
		}
		for (int i = header; i < whole.length; i++) {
			byte[] damaged = whole.clone();
			damaged[i] ^= 1;
			Files.write(this.file, damaged);
			assertThat(computed()).as("damaged at byte %d", i)
				.containsExactlyElementsOf(NAMES.subList((i - header) / record, NAMES.size()));
		}
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			owner/model        | owner/other        | model, 'owner/other' and not 'owner/model'
			"revision":null    | "revision":"12"    | revision of the model, 12 and not null
			float32            | int8               | precision, int8 and not float32
			"folder":"         | "folder":"/x       | folder, '/x/
			"probe":[          | "probe":[7.0,      | model: the files of 'owner/model' have changed
			""")
	void refusesThoseOfSomethingElse(String own, String other, String message) throws IOException {
		computed();
		String text = Files.readString(this.file, StandardCharsets.ISO_8859_1);
		assertThat(text).contains(own);
		Files.writeString(this.file, text.replace(own, other), StandardCharsets.ISO_8859_1);
		assertThatExceptionOfType(CommandException.class).isThrownBy(this::computed)
			.withMessageContaining("has embeddings of another " + message)
			.withMessageEndingWith("Name another file, or delete this one.");
	}

	@ParameterizedTest
	@ValueSource(strings = { "my notes", "my notes\n", "{}\n", "{\"format\":\"zsic embeddings 2\"}\n" })
	void leavesOtherFilesAlone(String content) throws IOException {
		Files.writeString(this.file, content);
		assertThatExceptionOfType(CommandException.class).isThrownBy(this::computed)
			.withMessageContaining("is not a file of embeddings. Name another file.");
		assertThat(this.file).hasContent(content);
	}

	@Test
	void belongsToOneRunAtATime() throws IOException {
		try (EmbeddingFile open = open()) {
			assertThat(open).isNotNull();
			assertThatExceptionOfType(CommandException.class).isThrownBy(this::computed)
				.withMessageContaining("is being written by another run");
		}
	}

	private EmbeddingFile open() throws IOException {
		return EmbeddingFile.open(this.file, this.classifier, this.folder, PROBE);
	}

	/** Asks for all pictures, and returns those that had to be computed. */
	private List<String> computed() throws IOException {
		try (EmbeddingFile embeddings = open()) {
			this.classifier.computed.clear();
			for (String name : NAMES) {
				assertThat(embeddings.input(this.folder.resolve(name), name).description()).isEqualTo(name);
			}
			return List.copyOf(this.classifier.computed);
		}
	}

	private static final class Counter implements ZeroShotClassifier {

		private final List<String> computed = new ArrayList<>();

		@Override
		public float[] embedImage(ImageInput image) {
			this.computed.add(image.description());
			return new float[] { 0.6f, 0.8f };
		}

		@Override
		public List<Classification> classify(ClassificationRequest request) {
			throw new UnsupportedOperationException();
		}

		@Override
		public float[] embedText(String text) {
			throw new UnsupportedOperationException();
		}

		@Override
		public ModelInfo model() {
			return new ModelInfo("owner/model", null, "clip", "cpu", Precision.FLOAT32, 2, Scoring.SOFTMAX, List.of());
		}

		@Override
		public void close() {
		}

	}

}
