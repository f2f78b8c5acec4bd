package io.github.zsic;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * What is computed less precisely stays close to float32, of which {@link ParityTests}
 * makes sure. The weights are random and the towers as narrow as 16 numbers, so the
 * differences are several times those of real models.
 */
class PrecisionTests {

	private static final List<String> LABELS = List.of("fox", "bear", "seagull", "owl");

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "wide.png", "tiny.png");

	@Test
	void autoIsFloat32OnTheCpu() {
		try (ZeroShotClassifier classifier = build("siglip", Precision.AUTO)) {
			assertThat(classifier.model().precision()).isEqualTo(Precision.FLOAT32).hasToString("float32");
		}
	}

	/**
	 * All architectures. The bounds are twice what was measured for the worst of them;
	 * one checkpoint increases every difference, that of bfloat16 too, ten times.
	 */
	@ParameterizedTest
	@MethodSource("checkpoints")
	void embeddingsStayCloseToFloat32(String checkpoint) {
		double factor = checkpoint.equals("tipsv2") ? 10 : 1;
		try (ZeroShotClassifier reference = build(checkpoint, Precision.FLOAT32)) {
			assertClose(reference, checkpoint, Precision.BFLOAT16, 8e-4 * factor);
			assertClose(reference, checkpoint, Precision.INT8, 5e-3 * factor);
		}
	}

	/** Of a trained model, twice what was measured. */
	@ParameterizedTest
	@CsvSource({ "BFLOAT16, 0.013", "INT8, 0.06" })
	void scoresStayCloseToFloat32(Precision precision, float bound) {
		try (ZeroShotClassifier reference = load("classpath:zsic/emoji-clip", Precision.FLOAT32);
				ZeroShotClassifier classifier = load("classpath:zsic/emoji-clip", precision)) {
			List<Map<String, Float>> expected = scores(reference, PICTURES);
			List<Map<String, Float>> actual = scores(classifier, PICTURES);
			for (int i = 0; i < expected.size(); i++) {
				assertSame(actual.get(i), expected.get(i), bound);
			}
		}
	}

	private static void assertClose(ZeroShotClassifier reference, String checkpoint, Precision precision,
			double bound) {
		try (ZeroShotClassifier classifier = build(checkpoint, precision)) {
			assertThat(classifier.model().precision()).isIn(precision, Precision.FLOAT32);
			for (String picture : PICTURES) {
				ImageInput image = ImageInput.of(TestCheckpoints.picture(picture));
				assertThat(1 - cosine(classifier.embedImage(image), reference.embedImage(image)))
					.as("%s of %s", precision, picture)
					.isLessThan(bound);
			}
			for (String label : LABELS) {
				assertThat(1 - cosine(classifier.embedText(label), reference.embedText(label)))
					.as("%s of '%s'", precision, label)
					.isLessThan(bound);
			}
		}
	}

	static List<String> checkpoints() throws IOException {
		try (Stream<Path> folders = Files.list(TestCheckpoints.checkpoint(""))) {
			return folders.map((folder) -> folder.getFileName().toString()).sorted().toList();
		}
	}

	/** Also in int8, whose scales are made of what is in the batch. */
	@ParameterizedTest
	@CsvSource({ "quickgelu-legacy-eos, BFLOAT16", "quickgelu-legacy-eos, INT8", "many-patches, BFLOAT16",
			"many-patches, INT8", "very-many-patches, BFLOAT16", "very-many-patches, INT8" })
	void scoresDoNotDependOnTheRestOfTheBatch(String checkpoint, Precision precision) {
		try (ZeroShotClassifier classifier = build(checkpoint, precision)) {
			List<Map<String, Float>> together = scores(classifier, PICTURES);
			for (int i = 0; i < PICTURES.size(); i++) {
				assertSame(together.get(i), scores(classifier, PICTURES.subList(i, i + 1)).get(0), 1e-5f);
			}
		}
	}

	@Test
	void float16NeedsAGpu() {
		assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> build("siglip", Precision.FLOAT16))
			.withMessageContaining("float16");
	}

	/**
	 * oneDNN takes the processor for one without AVX-512, or with it but without VNNI,
	 * whose sums of 8-bit products saturate.
	 */
	@ParameterizedTest
	@CsvSource({ "AVX2, FLOAT32", "AVX2, BFLOAT16", "AVX2, INT8", "AVX512_CORE, INT8" })
	@EnabledOnOs(OS.LINUX)
	void olderProcessorComputesInFloat32(String instructions, Precision precision) throws Exception {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
						System.getProperty("java.class.path"), PrecisionProgram.class.getName(),
						TestCheckpoints.checkpoint("siglip").toString(), precision.name(),
						TestCheckpoints.picture("landscape.png").toString()));
		command.addAll(LABELS);
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().put("ONEDNN_MAX_CPU_ISA", instructions);
		Process process = builder.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(output).isZero();
		String[] result = output.lines()
			.filter((line) -> line.startsWith("RESULT "))
			.findFirst()
			.orElseThrow()
			.split(" ");
		assertThat(result[1]).isEqualTo("float32");
		if (precision != Precision.FLOAT32) {
			assertThat(output).contains("no instructions for precision '" + precision + "'");
		}
		Map<String, Float> scores = new HashMap<>();
		for (String pair : Arrays.copyOfRange(result, 2, result.length)) {
			String[] parts = pair.split("=");
			scores.put(parts[0], Float.parseFloat(parts[1]));
		}
		try (ZeroShotClassifier here = build("siglip", Precision.FLOAT32)) {
			assertSame(scores, scores(here, List.of("landscape.png")).get(0), 1e-5f);
		}
	}

	private static ZeroShotClassifier build(String checkpoint, Precision precision) {
		return load(TestCheckpoints.checkpoint(checkpoint).toString(), precision);
	}

	private static ZeroShotClassifier load(String checkpoint, Precision precision) {
		return ZeroShotClassifier.builder().checkpoint(checkpoint).device("cpu").precision(precision).build();
	}

	private static List<Map<String, Float>> scores(ZeroShotClassifier classifier, List<String> pictures) {
		ClassificationRequest.Builder request = ClassificationRequest.builder().labels(LABELS);
		pictures.forEach((picture) -> request.image(ImageInput.of(TestCheckpoints.picture(picture))));
		return classifier.classify(request.build()).stream().map((classification) -> {
			Map<String, Float> scores = new HashMap<>();
			classification.predictions().forEach((prediction) -> scores.put(prediction.label(), prediction.score()));
			return scores;
		}).toList();
	}

	private static void assertSame(Map<String, Float> actual, Map<String, Float> expected, float tolerance) {
		assertThat(actual).containsOnlyKeys(expected.keySet());
		actual.forEach((label, score) -> assertThat(score).as(label).isCloseTo(expected.get(label), within(tolerance)));
	}

	private static double cosine(float[] first, float[] second) {
		double product = 0;
		double firstSquare = 0;
		double secondSquare = 0;
		for (int i = 0; i < first.length; i++) {
			product += first[i] * second[i];
			firstSquare += first[i] * first[i];
			secondSquare += second[i] * second[i];
		}
		return product / Math.sqrt(firstSquare * secondSquare);
	}

}
