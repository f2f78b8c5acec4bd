package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

/**
 * What users do with a classifier, beyond the scores of {@link ParityTests}.
 */
class ZeroShotClassifierTests {

	private static final Path PICTURE = TestCheckpoints.picture("landscape.png");

	private static final String[] LABELS = { "fox", "bear", "seagull", "owl" };

	private static ZeroShotClassifier classifier;

	@BeforeAll
	static void load() {
		classifier = builder().build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	private static ZeroShotClassifierBuilder builder() {
		return ZeroShotClassifier.builder().checkpoint(TestCheckpoints.checkpoint("quickgelu-legacy-eos").toString());
	}

	@Test
	void tellsWhatItRuns() {
		ModelInfo model = classifier.model();
		assertThat(model.checkpoint()).endsWith("quickgelu-legacy-eos");
		assertThat(model.revision()).isNull();
		assertThat(model.modelType()).isEqualTo("clip");
		assertThat(model.device()).isEqualTo("cpu");
		assertThat(model.scoring()).isEqualTo(Scoring.SOFTMAX);
		assertThat(model.dimension()).isEqualTo(classifier.embedText("owl").length);
	}

	@Test
	void knownEmbeddingGivesTheSameScores() {
		ImageInput picture = ImageInput.of(PICTURE);
		float[] embedding = classifier.embedImage(picture);
		ImageInput known = ImageInput.ofEmbedding("known", embedding);
		List<Classification> results = classifier
			.classify(ClassificationRequest.builder().image(known).image(picture).image(known).labels(LABELS).build());
		Classification expected = classifier.classify(picture, LABELS);
		assertThat(results).extracting(Classification::predictions).containsOnly(expected.predictions());
		assertThat(results.get(0).timings().batchSize()).isZero();
		assertThat(classifier.classify(known, LABELS).predictions()).isEqualTo(expected.predictions());
		assertThat(classifier.embedImage(known)).isEqualTo(embedding).isNotSameAs(embedding);
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> classifier.classify(ImageInput.ofEmbedding("other.png", new float[3]), LABELS))
			.withMessageContaining(
					"The picture 'other.png' has an embedding of 3 numbers, but those of the model have");
		float[] damaged = embedding.clone();
		damaged[1] = Float.NaN;
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> classifier.classify(ImageInput.ofEmbedding("other.png", damaged), LABELS))
			.withMessageContaining("a number that is not finite");
	}

	@Test
	void everyKindOfInputGivesTheSameScores() throws IOException {
		byte[] bytes = Files.readAllBytes(PICTURE);
		BufferedImage decoded = ImageIO.read(PICTURE.toFile());
		List<Prediction> expected = classifier.classify(ImageInput.of(PICTURE), LABELS).predictions();
		byte[] original = bytes.clone();
		for (ImageInput input : List.of(ImageInput.of(bytes), ImageInput.of("memory", bytes),
				ImageInput.of(new ByteArrayInputStream(bytes)), ImageInput.of(decoded),
				ImageInput.of("resource", () -> new ByteArrayInputStream(bytes)))) {
			assertThat(classifier.classify(input, List.of(LABELS)).predictions()).isEqualTo(expected);
		}
		assertThat(bytes).isEqualTo(original);
	}

	@Test
	void closesTheStreamsItOpens() throws IOException {
		AtomicBoolean closed = new AtomicBoolean();
		InputStream stream = new ByteArrayInputStream(Files.readAllBytes(PICTURE)) {
			@Override
			public void close() {
				closed.set(true);
			}
		};
		classifier.classify(ImageInput.of(stream), LABELS);
		assertThat(closed).isTrue();
	}

	@Test
	void picturesOfOneRequestAreAnsweredInOrder() {
		List<ImageInput> images = List.of(ImageInput.of(PICTURE), ImageInput.of(TestCheckpoints.picture("tiny.png")),
				ImageInput.of(PICTURE));
		List<Classification> results = classifier
			.classify(ClassificationRequest.builder().images(images).labels(LABELS).build());
		assertThat(results).hasSize(3);
		for (int i = 0; i < 3; i++) {
			assertThat(results.get(i).predictions())
				.isEqualTo(classifier.classify(images.get(i), LABELS).predictions());
		}
		assertThat(results.get(0).predictions()).isNotEqualTo(results.get(1).predictions());
		assertThat(results.get(0).timings().image()).isPositive();
	}

	@Test
	void softmaxSumsToOneAndDuplicatesAreKept() {
		List<Prediction> predictions = classifier.classify(ImageInput.of(PICTURE), "owl", "fox", "owl").predictions();
		assertThat(predictions).extracting(Prediction::label).containsExactlyInAnyOrder("owl", "owl", "fox");
		assertThat(predictions.stream().mapToDouble(Prediction::score).sum()).isCloseTo(1, within(1e-6));
		assertThat(predictions).isSortedAccordingTo((a, b) -> Float.compare(b.score(), a.score()));
	}

	@Test
	void scoringsBelongTogether() {
		float[] image = classifier.embedImage(ImageInput.of(PICTURE));
		float[] text = classifier.embedText("This is a photo of owl.");
		double cosine = 0;
		for (int i = 0; i < image.length; i++) {
			cosine += image[i] * text[i];
		}
		assertThat(score(Scoring.COSINE, "owl")).isCloseTo((float) cosine, within(1e-6f));
		float logit = score(Scoring.LOGITS, "owl");
		assertThat(logit / cosine).isGreaterThan(1);
		assertThat(score(Scoring.SIGMOID, "owl")).isCloseTo((float) (1 / (1 + Math.exp(-logit))), within(1e-6f));
		assertThat(score(Scoring.SOFTMAX, "owl")).isEqualTo(1);
		assertThat(score(Scoring.AUTO, "owl")).isEqualTo(1);
	}

	private static float score(Scoring scoring, String label) {
		ClassificationRequest request = ClassificationRequest.builder()
			.image(ImageInput.of(PICTURE))
			.labels(label)
			.scoring(scoring)
			.build();
		return classifier.classify(request).get(0).best().score();
	}

	@Test
	void templatesAreEnsembledAsTheDirectionOfTheirMean() {
		String[] templates = { "a photo of {}", "{}, drawn by a child", "{{{}}}" };
		float[] image = classifier.embedImage(ImageInput.of(PICTURE));
		double[] mean = new double[image.length];
		for (String prompt : List.of("a photo of owl", "owl, drawn by a child", "{owl}")) {
			float[] text = classifier.embedText(prompt);
			for (int i = 0; i < mean.length; i++) {
				mean[i] += text[i] / 3.0;
			}
		}
		double dot = 0;
		double norm = 0;
		for (int i = 0; i < mean.length; i++) {
			dot += mean[i] * image[i];
			norm += mean[i] * mean[i];
		}
		ClassificationRequest request = ClassificationRequest.builder()
			.image(ImageInput.of(PICTURE))
			.labels("owl")
			.templates(templates)
			.scoring(Scoring.COSINE)
			.build();
		assertThat(classifier.classify(request).get(0).best().score()).isCloseTo((float) (dot / Math.sqrt(norm)),
				within(1e-6f));
		try (ZeroShotClassifier other = builder().templates(templates).scoring(Scoring.COSINE).build()) {
			assertThat(other.classify(ImageInput.of(PICTURE), "owl").best().score())
				.isCloseTo(classifier.classify(request).get(0).best().score(), within(1e-6f));
		}
	}

	@Test
	void topAndThresholdLeaveTheScoresAlone() {
		List<Prediction> all = classifier.classify(ImageInput.of(PICTURE), LABELS).predictions();
		ClassificationRequest.Builder request = ClassificationRequest.builder()
			.image(ImageInput.of(PICTURE))
			.labels(LABELS);
		assertThat(classifier.classify(request.top(2).build()).get(0).predictions()).isEqualTo(all.subList(0, 2));
		Classification none = classifier.classify(request.threshold(1.1f).build()).get(0);
		assertThat(none.predictions()).isEmpty();
		assertThatIllegalStateException().isThrownBy(none::best);
		assertThatIllegalArgumentException().isThrownBy(() -> request.top(0));
		assertThatIllegalArgumentException().isThrownBy(() -> request.threshold(Float.NaN));
	}

	@Test
	void embeddingsAreUnitVectorsThatBelongToTheCaller() {
		float[] first = classifier.embedText("owl");
		float[] copy = first.clone();
		java.util.Arrays.fill(first, 0);
		assertThat(classifier.embedText("owl")).isEqualTo(copy);
		for (float[] vector : List.of(copy, classifier.embedImage(ImageInput.of(PICTURE)))) {
			double norm = 0;
			for (float value : vector) {
				norm += value * value;
			}
			assertThat(norm).isCloseTo(1, within(1e-5));
		}
	}

	@Test
	void badLabelsAndTemplatesAreNamed() {
		ImageInput image = ImageInput.of(PICTURE);
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.classify(image))
			.withMessageContaining("no labels");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.classify(image, "owl", " \t"))
			.withMessageContaining("Label 2 is blank");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.embedText(""))
			.withMessageContaining("blank");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.classify(image, "owl", "very ".repeat(100) + "long"))
			.withMessageContaining("very very")
			.withMessageMatching("(?s).*has \\d+ tokens, but the model reads at most 77.*");
		for (String template : List.of("no place", "{name}", "{", "a } b", "{}{")) {
			assertThatExceptionOfType(InvalidLabelException.class)
				.isThrownBy(() -> classifier
					.classify(ClassificationRequest.builder().image(image).labels("owl").templates(template).build()))
				.as(template)
				.withMessageContaining("'" + template + "'")
				.withMessageContaining("{}");
		}
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> builder().templates("x").build());
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> builder().templates(List.of()).build());
	}

	@Test
	void badPicturesAreNamed() {
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> classifier.classify(ImageInput.of(Path.of("nowhere.png")), LABELS))
			.withMessageContaining("nowhere.png")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.UNREADABLE));
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> classifier.classify(ImageInput.of("page.png", "<html>".getBytes()), LABELS))
			.withMessageContaining("page.png")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.UNSUPPORTED_FORMAT));
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> classifier.classify(ImageInput.of("broken", () -> {
				throw new IOException("disk on fire");
			}), LABELS))
			.withMessageContaining("'broken' cannot be read")
			.withRootCauseInstanceOf(IOException.class)
			.havingRootCause()
			.withMessage("disk on fire");
		try (ZeroShotClassifier small = builder().maximumPixels(100).maximumBytes(200).build()) {
			assertThatExceptionOfType(InvalidImageException.class)
				.isThrownBy(() -> small.classify(ImageInput.of(PICTURE), LABELS))
				.withMessageContaining("200 bytes")
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.TOO_LARGE));
			assertThatExceptionOfType(InvalidImageException.class).isThrownBy(
					() -> small.classify(ImageInput.of(new BufferedImage(11, 10, BufferedImage.TYPE_INT_RGB)), LABELS))
				.withMessageContaining("11 x 10");
		}
	}

	@Test
	void builderRefusesImpossibleSettings() {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> ZeroShotClassifier.builder().build())
			.withMessageContaining("No checkpoint");
		assertThatIllegalArgumentException().isThrownBy(() -> builder().engineThreads(-1));
		assertThatIllegalArgumentException().isThrownBy(() -> builder().batchMaximumSize(-1));
		assertThatIllegalArgumentException().isThrownBy(() -> builder().batchMaximumDelay(Duration.ofMillis(-1)));
		assertThatIllegalArgumentException().isThrownBy(() -> builder().queueCapacity(0));
		assertThatIllegalArgumentException().isThrownBy(() -> builder().cacheMaximumSize(-1));
		assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> builder().device("gpu").build())
			.withMessageContaining("'gpu'")
			.withMessageContaining("cuda:<number>");
		assertThatExceptionOfType(DeviceException.class).isThrownBy(() -> builder().device("cuda:99").build())
			.withMessageContaining("'cuda:99' is not there");
	}

	@Test
	void worksWithoutAnyCache() {
		try (ZeroShotClassifier uncached = builder().cacheMaximumSize(0).build()) {
			for (int i = 0; i < 3; i++) {
				assertThat(uncached.classify(ImageInput.of(PICTURE), LABELS).predictions())
					.isEqualTo(classifier.classify(ImageInput.of(PICTURE), LABELS).predictions());
			}
		}
	}

	@Test
	void manyLabelsAreEncodedInParts() {
		List<String> labels = new ArrayList<>();
		for (int i = 0; i < 500; i++) {
			labels.add("label number " + i);
		}
		List<Prediction> predictions = classifier.classify(ImageInput.of(PICTURE), labels).predictions();
		assertThat(predictions).extracting(Prediction::label).containsExactlyInAnyOrderElementsOf(labels);
		// Each row belongs to its label, whichever part it was encoded in.
		float[] one = classifier.embedText("This is a photo of label number 321.");
		try (ZeroShotClassifier fresh = builder().build()) {
			float[] alone = fresh.embedText("This is a photo of label number 321.");
			for (int i = 0; i < one.length; i++) {
				assertThat(one[i]).isCloseTo(alone[i], within(1e-5f));
			}
		}
	}

	@Test
	void aClosedClassifierSaysSo() {
		ZeroShotClassifier closed = builder().build();
		closed.close();
		closed.close();
		assertThat(closed.model().modelType()).isEqualTo("clip");
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> closed.classify(ImageInput.of(PICTURE), LABELS))
			.withMessageContaining("quickgelu-legacy-eos")
			.withMessageContaining("closed");
		assertThatExceptionOfType(ClassifierClosedException.class).isThrownBy(() -> closed.embedText("owl"));
		assertThatExceptionOfType(ClassifierClosedException.class)
			.isThrownBy(() -> closed.embedImage(ImageInput.of(PICTURE)));
	}

	@Test
	void closingWaitsForRunningCalls() throws Exception {
		for (int round = 0; round < 20; round++) {
			ZeroShotClassifier closing = builder().engineThreads(2).build();
			CountDownLatch running = new CountDownLatch(4);
			ExecutorService executor = Executors.newFixedThreadPool(4);
			List<Future<Integer>> callers = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				callers.add(executor.submit(() -> {
					int answered = 0;
					while (true) {
						try {
							assertThat(closing.classify(ImageInput.of(PICTURE), LABELS).predictions()).hasSize(4);
							if (answered++ == 0) {
								running.countDown();
							}
						}
						catch (ClassifierClosedException ex) {
							return answered;
						}
					}
				}));
			}
			assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
			closing.close();
			for (Future<Integer> caller : callers) {
				assertThat(caller.get(30, TimeUnit.SECONDS)).isPositive();
			}
			executor.shutdown();
		}
	}

	@Test
	void anInterruptedCallerStillGetsItsAnswer() {
		Thread.currentThread().interrupt();
		try {
			assertThat(classifier.classify(ImageInput.of(PICTURE), "an interruption").predictions()).hasSize(1);
			assertThat(Thread.currentThread().isInterrupted()).isTrue();
		}
		finally {
			Thread.interrupted();
		}
	}

}
