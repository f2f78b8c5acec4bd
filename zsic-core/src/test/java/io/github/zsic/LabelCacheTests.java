package io.github.zsic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * How often the text tower runs, counted in the engine.
 */
@Timeout(300)
class LabelCacheTests {

	private static final int THREADS = 8;

	private static final int CALLS = 10_000;

	private static final ImageInput IMAGE = ImageInput.of(TestCheckpoints.picture("landscape.png"));

	@TempDir
	private Path folder;

	private static ZeroShotClassifierBuilder builder() {
		return ZeroShotClassifier.builder()
			.checkpoint(TestCheckpoints.checkpoint("processor-config").toString())
			.device("cpu");
	}

	@Test
	void everyPromptIsEncodedOnceInTenThousandMixedCalls() throws Exception {
		Set<String> prompts = new HashSet<>();
		for (int i = 0; i < 50; i++) {
			prompts.add("This is a photo of thing " + i + ".");
			prompts.add("thing " + i + ", drawn");
			prompts.add("painted thing " + i);
			prompts.add("thing " + i);
			prompts.add("something else than " + i);
		}
		try (ZeroShotClassifier classifier = builder().engineThreads(2).build()) {
			ExecutorService executor = Executors.newFixedThreadPool(THREADS);
			try {
				List<Future<?>> futures = new ArrayList<>();
				for (int thread = 0; thread < THREADS; thread++) {
					int first = thread;
					futures.add(executor.submit(() -> {
						for (int call = first; call < CALLS; call += THREADS) {
							call(classifier, call);
						}
					}));
				}
				for (Future<?> future : futures) {
					future.get();
				}
			}
			finally {
				executor.shutdownNow();
			}
			assertThat(classifier.statistics().encodedTexts()).isEqualTo(prompts.size());
			assertThat(classifier.statistics().cachedTexts()).isEqualTo(prompts.size());
		}
	}

	/** Every kind of call that needs texts, each over all of the things. */
	private static void call(ZeroShotClassifier classifier, int call) {
		int start = call / 4 % 50;
		List<String> labels = IntStream.range(start, start + 8).mapToObj((i) -> "thing " + i % 50).toList();
		switch (call % 4) {
			case 0 -> classifier.classify(IMAGE, labels);
			case 1 -> classifier.classify(ClassificationRequest.builder()
				.image(IMAGE)
				.labels(labels)
				.templates("{}, drawn", "painted {}")
				.background("something else than " + start)
				.build());
			case 2 -> classifier.embedTexts(labels);
			default -> classifier.classify(IMAGE, classifier.labels(labels));
		}
	}

	@Test
	void labelsOfOthersDoNotEvictThoseOfTheProgram() {
		List<String> own = List.of("apple", "pear");
		try (ZeroShotClassifier classifier = builder().labels(LabelSet.of("apple", "pear"))
			.cacheMaximumSize(10)
			.build()) {
			LabelSet prepared = classifier.labels("plum", "cherry");
			for (int i = 0; i < 20; i++) {
				int first = i * 50;
				classifier.classify(IMAGE, IntStream.range(first, first + 50).mapToObj((n) -> "thing " + n).toList());
			}
			long before = classifier.statistics().encodedTexts();
			classifier.classify(IMAGE, own);
			classifier.classify(IMAGE, prepared);
			classifier.classify(IMAGE, "cherry", "pear", "plum");
			assertThat(classifier.statistics().encodedTexts()).isEqualTo(before);
			// For as long as somebody has the set.
			assertThat(prepared.labels()).hasSize(2);
		}
	}

	@Test
	void callsHaveAtMostSoManyPrompts() {
		try (ZeroShotClassifier classifier = builder().maximumPrompts(10).build()) {
			List<String> labels = IntStream.range(0, 10).mapToObj((i) -> "thing " + i).toList();
			assertThat(classifier.classify(IMAGE, labels).predictions()).hasSize(10);
			long before = classifier.statistics().encodedTexts();
			assertThatExceptionOfType(InvalidLabelException.class)
				.isThrownBy(() -> classifier
					.classify(ClassificationRequest.builder().image(IMAGE).labels(labels).templates("photo").build()))
				.withMessageContaining("120 prompts")
				.withMessageContaining("at most 10 ");
			assertThatExceptionOfType(InvalidLabelException.class)
				.isThrownBy(() -> classifier.classify(ClassificationRequest.builder()
					.image(IMAGE)
					.labels("x".repeat(100))
					.templates("{}".repeat(100))
					.build()))
				.withMessageContaining("10000 characters");
			assertThat(classifier.statistics().encodedTexts()).isEqualTo(before);
			// What the program makes itself has no limit.
			LabelSet set = classifier.labels(IntStream.range(0, 100).mapToObj((i) -> "thing " + i).toList());
			assertThat(classifier.classify(IMAGE, set).predictions()).hasSize(100);
		}
	}

	@Test
	void nextClassifierEncodesNothing() {
		List<String> labels = IntStream.range(0, 300).mapToObj((i) -> "thing " + i).toList();
		List<Prediction> predictions;
		try (ZeroShotClassifier first = builder().cachePersistentDir(this.folder).build()) {
			predictions = first.classify(IMAGE, labels).predictions();
			assertThat(first.statistics().encodedTexts()).isEqualTo(300);
		}
		// Also with a cache that is too small for them.
		for (int size : new int[] { 10_000, 10, 0 }) {
			try (ZeroShotClassifier next = builder().cachePersistentDir(this.folder).cacheMaximumSize(size).build()) {
				assertThat(next.classify(IMAGE, labels).predictions()).isEqualTo(predictions);
				assertThat(next.statistics().encodedTexts()).isZero();
			}
		}
		try (ZeroShotClassifier other = builder().cachePersistentDir(this.folder)
			.textCanonicalization(TextCanonicalization.LOWERCASE)
			.build()) {
			other.embedText("This is a photo of thing 1.");
			assertThat(other.statistics().encodedTexts()).isOne();
		}
	}

	@Test
	void otherWeightsOfTheSameNameSizeAndDateAreTakenForWhatTheyAre() throws IOException {
		Path checkpoint = TestCheckpoints.copy("processor-config", this.folder.resolve("model"));
		ZeroShotClassifierBuilder builder = builder().checkpoint(checkpoint.toString())
			.cachePersistentDir(this.folder.resolve("texts"));
		try (ZeroShotClassifier first = builder.build()) {
			first.embedText("an owl");
		}
		Path weights = checkpoint.resolve("model.safetensors");
		FileTime date = Files.getLastModifiedTime(weights);
		byte[] bytes = Files.readAllBytes(weights);
		// The lowest byte of some number.
		bytes[bytes.length - 400] ^= 1;
		Files.write(weights, bytes);
		Files.setLastModifiedTime(weights, date);
		try (ZeroShotClassifier next = builder.build()) {
			next.embedText("an owl");
			assertThat(next.statistics().encodedTexts()).isOne();
		}
	}

	@Test
	void nextProcessEncodesNothing() throws Exception {
		String first = output(program("fox", "bear", "an owl"));
		assertThat(first).startsWith("3 [Prediction[");
		String next = output(program("fox", "bear", "an owl"));
		assertThat(next).isEqualTo("0" + first.substring(1));
	}

	@Test
	void processesShareAFile() throws Exception {
		String[] labels = IntStream.range(0, 400).mapToObj((i) -> "thing " + i).toArray(String[]::new);
		List<Process> both = List.of(program(Arrays.copyOf(labels, 300)),
				program(Arrays.copyOfRange(labels, 100, 400)));
		for (Process process : both) {
			assertThat(output(process)).matches("\\d+ \\[Prediction.*");
		}
		assertThat(output(program(labels))).startsWith("0 ");
	}

	private Process program(String... labels) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
						"-cp", System.getProperty("java.class.path"), LabelProgram.class.getName(),
						TestCheckpoints.checkpoint("processor-config").toString(), this.folder.toString()));
		command.addAll(List.of(labels));
		return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
	}

	private static String output(Process process) throws IOException, InterruptedException {
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).isZero();
		return output.lines().filter((line) -> line.matches("\\d+ .*")).findFirst().orElse(output);
	}

}
