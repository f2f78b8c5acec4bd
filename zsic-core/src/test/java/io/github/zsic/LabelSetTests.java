package io.github.zsic;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

/**
 * Label sets and what else a request can say about its labels.
 */
class LabelSetTests {

	private static final ImageInput IMAGE = ImageInput.of(TestCheckpoints.picture("landscape.png"));

	private static final ImageInput OTHER = ImageInput.of(TestCheckpoints.picture("portrait.png"));

	private static final String[] LABELS = { "fox", "bear", "seagull", "owl" };

	private static ZeroShotClassifier classifier;

	@BeforeAll
	static void load() {
		classifier = builder("processor-config").build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	private static ZeroShotClassifierBuilder builder(String checkpoint) {
		return ZeroShotClassifier.builder().checkpoint(TestCheckpoints.checkpoint(checkpoint).toString()).device("cpu");
	}

	private static ClassificationRequest.Builder request() {
		return ClassificationRequest.builder().image(IMAGE).labels(LABELS);
	}

	private static List<Prediction> classify(ClassificationRequest.Builder request) {
		return classifier.classify(request.build()).get(0).predictions();
	}

	@Test
	void setAnswersAsItsLabelsDo() {
		LabelSet set = classifier.labels(LABELS);
		assertThat(set.labels()).containsExactly(LABELS);
		ClassifierStatistics before = classifier.statistics();
		List<Prediction> predictions = classifier.classify(IMAGE, set).predictions();
		// Nothing is looked up.
		assertThat(classifier.statistics()).isEqualTo(before);
		assertThat(predictions).isEqualTo(classifier.classify(IMAGE, LABELS).predictions());
	}

	@Test
	void setIsIndependentOfWhatTheCacheDrops() {
		try (ZeroShotClassifier uncached = builder("processor-config").cacheMaximumSize(0).build()) {
			LabelSet set = uncached.labels(LABELS);
			for (int i = 0; i < 3; i++) {
				assertThat(uncached.classify(IMAGE, set).predictions())
					.isEqualTo(uncached.classify(IMAGE, set).predictions());
			}
			assertThat(uncached.statistics().encodedTexts()).isEqualTo(LABELS.length);
		}
	}

	@Test
	void setKeepsItsTemplatesAndPrompts() {
		Map<String, List<String>> prompts = new LinkedHashMap<>();
		prompts.put("owl", List.of("a bird at night", "{} with {{braces}}"));
		LabelSet set = classifier
			.prepare(LabelSet.builder().labels(prompts).labels("fox").templates("a {}, drawn").build());
		List<Prediction> expected = new ArrayList<>();
		expected.add(new Prediction("owl", cosineOfMean("a bird at night", "owl with {braces}")));
		expected.add(new Prediction("fox", cosineOfMean("a fox, drawn")));
		List<Prediction> predictions = classify(
				ClassificationRequest.builder().image(IMAGE).labels(set).scoring(Scoring.COSINE));
		assertThat(predictions).hasSize(2);
		for (Prediction each : expected) {
			assertThat(predictions).anySatisfy((prediction) -> {
				assertThat(prediction.label()).isEqualTo(each.label());
				assertThat(prediction.score()).isCloseTo(each.score(), within(1e-6f));
			});
		}
	}

	private static float cosineOfMean(String... prompts) {
		float[] image = classifier.embedImage(IMAGE);
		double[] mean = new double[image.length];
		for (float[] text : classifier.embedTexts(List.of(prompts))) {
			for (int i = 0; i < mean.length; i++) {
				mean[i] += text[i];
			}
		}
		double dot = 0;
		double norm = 0;
		for (int i = 0; i < mean.length; i++) {
			dot += mean[i] * image[i];
			norm += mean[i] * mean[i];
		}
		return (float) (dot / Math.sqrt(norm));
	}

	@Test
	void everyPictureMayHaveLabelsOfItsOwn() {
		LabelSet animals = classifier.labels("fox", "bear");
		LabelSet things = classifier.labels("car", "bike", "tree");
		List<Classification> results = classifier.classify(ClassificationRequest.builder()
			.image(IMAGE, animals)
			.image(OTHER, things)
			.image(OTHER)
			.labels("owl")
			.build());
		assertThat(results.get(0).predictions()).isEqualTo(classifier.classify(IMAGE, animals).predictions());
		assertThat(results.get(1).predictions()).isEqualTo(classifier.classify(OTHER, things).predictions());
		assertThat(results.get(2).predictions()).isEqualTo(classifier.classify(OTHER, "owl").predictions());
	}

	@Test
	void impossibleSetsAreNamed() {
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.labels("fox", "owl", "bear", "owl"))
			.withMessageContaining("'owl' is in the set twice");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.labels("fox", " "))
			.withMessageContaining("Label 2 is blank");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.labels(List.of()))
			.withMessageContaining("no labels");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.labels(Map.of("fox", List.of())))
			.withMessageContaining("'fox' has no prompts");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.labels(Map.of("fox", List.of("red", ""))))
			.withMessageContaining("Prompt 2 of the label 'fox' is blank");
		assertThatExceptionOfType(InvalidTemplateException.class)
			.isThrownBy(() -> classifier.labels(Map.of("fox", List.of("a {red animal"))))
			.withMessageContaining("The prompt 'a {red animal' has a single '{'");
		assertThatExceptionOfType(InvalidTemplateException.class)
			.isThrownBy(() -> LabelSet.builder().labels("fox").templates("a photo").build())
			.withMessageContaining("no place for the label")
			.withMessageContaining("drawing, photo");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.labels("fox", "very ".repeat(100) + "long"))
			.withMessageMatching("(?s)The label 'very .*has \\d+ tokens.*at most 77.*");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.labels("fox", "x".repeat(1_000_000)))
			.withMessageMatching("(?s)Label 2, 'x{100}…', has 1000000 characters; at most 10000 are allowed.*");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.embedText("x".repeat(1_000_000)))
			.withMessageMatching("(?s)The text 'x{100}…' has 1000000 characters; at most 10000 are allowed.*");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.withBackground("x".repeat(10_001)).classify(IMAGE, "fox"))
			.withMessageContaining("has 10001 characters");
		LabelSet set = LabelSet.of("fox");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> request().labels(set).build())
			.withMessageContaining("both a label set and other labels");
		assertThatExceptionOfType(InvalidTemplateException.class)
			.isThrownBy(() -> ClassificationRequest.builder().image(IMAGE).labels(set).templates("{}").build())
			.withMessageContaining("templates to the label set");
	}

	@Test
	void setOfOneModelIsEncodedAnewForAnother() {
		LabelSet set = classifier.labels(LABELS);
		classifier.classify(IMAGE, set);
		try (ZeroShotClassifier other = builder("gelu-modern-eos").build()) {
			assertThat(other.classify(IMAGE, set).predictions()).isEqualTo(other.classify(IMAGE, LABELS).predictions())
				.isNotEqualTo(classifier.classify(IMAGE, set).predictions());
			assertThat(other.statistics().encodedTexts()).isEqualTo(LABELS.length);
		}
	}

	@Test
	void setIsPreparedForTheNextModelBeforeItAnswers() {
		try (SwappableClassifier swappable = new SwappableClassifier(Duration.ZERO)) {
			swappable.load("first", (listener) -> builder("processor-config").build());
			LabelSet set = swappable.labels(LABELS);
			List<Prediction> first = swappable.classify(IMAGE, set).predictions();
			swappable.load("second", (listener) -> builder("gelu-modern-eos").build());
			assertThat(swappable.statistics().encodedTexts()).isEqualTo(LABELS.length);
			List<Prediction> second = swappable.classify(IMAGE, set).predictions();
			assertThat(swappable.statistics().encodedTexts()).isEqualTo(LABELS.length);
			assertThat(second).isEqualTo(swappable.classify(IMAGE, LABELS).predictions()).isNotEqualTo(first);
		}
	}

	/** Otherwise calls with the set would fail because of the exchange. */
	@Test
	void modelThatCannotReadAPreparedSetIsRefused() {
		try (SwappableClassifier swappable = new SwappableClassifier(Duration.ZERO)) {
			swappable.load("first", (listener) -> builder("processor-config").build());
			// The next reads 40 tokens, this one 77.
			LabelSet set = swappable.labels("fox", "a very ".repeat(12) + "big bear");
			assertThatExceptionOfType(InvalidLabelException.class)
				.isThrownBy(() -> swappable.load("second", (listener) -> builder("gelu-modern-eos").build()))
				.withMessageContaining("at most 40");
			assertThat(swappable.classify(IMAGE, set).predictions()).hasSize(2);
		}
	}

	@Test
	void classifierMayHaveLabelsOfItsOwn() {
		LabelSet own = LabelSet.of(LABELS);
		try (ZeroShotClassifier with = builder("processor-config").labels(own).build()) {
			assertThat(with.statistics().encodedTexts()).isEqualTo(LABELS.length);
			assertThat(with.classify(IMAGE).predictions()).isEqualTo(with.classify(IMAGE, LABELS).predictions());
			assertThat(with.classify(IMAGE, "car").predictions()).hasSize(1);
			ClassificationRequest drawn = ClassificationRequest.builder().image(IMAGE).templates("{}, drawn").build();
			assertThat(with.classify(drawn).get(0).predictions())
				.isEqualTo(with.classify(request().templates("{}, drawn").build()).get(0).predictions());
		}
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.classify(IMAGE))
			.withMessageContaining("no labels");
	}

	@Test
	void twentyThousandLabels() {
		List<String> labels = IntStream.range(0, 20_000).mapToObj((i) -> "thing " + i).toList();
		LabelSet set = classifier.labels(labels);
		List<Prediction> all = classifier.classify(IMAGE, set).predictions();
		assertThat(all).hasSize(20_000)
			.isSortedAccordingTo((one, other) -> Float.compare(other.score(), one.score()))
			.extracting(Prediction::label)
			.containsExactlyInAnyOrderElementsOf(labels);
		ClassificationRequest top = ClassificationRequest.builder().image(IMAGE).labels(set).top(5).build();
		assertThat(classifier.classify(top).get(0).predictions()).isEqualTo(all.subList(0, 5));
	}

	@Test
	void equalScoresKeepTheOrderOfTheLabels() {
		assertThat(classify(request().labels("owl", "fox").scoring(Scoring.COSINE)).stream()
			.filter((prediction) -> prediction.label().equals("owl"))).hasSize(2);
		float[] scores = { 0.5f, -0f, 0.5f, 0f, -1e-30f, Float.MAX_VALUE, 0.5f, -Float.MAX_VALUE };
		List<String> labels = List.of("a", "b", "c", "d", "e", "f", "g", "h");
		float[] lowest = new float[labels.size()];
		Arrays.fill(lowest, Float.NEGATIVE_INFINITY);
		assertThat(RankedPredictions.of(labels, scores, lowest, 100)).containsExactly(
				new Prediction("f", Float.MAX_VALUE), new Prediction("a", 0.5f), new Prediction("c", 0.5f),
				new Prediction("g", 0.5f), new Prediction("b", 0), new Prediction("d", 0), new Prediction("e", -1e-30f),
				new Prediction("h", -Float.MAX_VALUE));
		Arrays.fill(lowest, 0.5f);
		assertThat(RankedPredictions.of(labels, scores, lowest, 3)).extracting(Prediction::label)
			.containsExactly("f", "a", "c");
	}

	@Test
	void scoreDoesNotDependOnTheLabelsBesideIt() {
		Map<String, Float> alone = new HashMap<>();
		for (String label : LABELS) {
			classify(ClassificationRequest.builder().image(IMAGE).labels(label).scoring(Scoring.LOGITS))
				.forEach((prediction) -> alone.put(prediction.label(), prediction.score()));
		}
		for (Prediction prediction : classify(request().scoring(Scoring.LOGITS))) {
			assertThat(prediction.score()).isEqualTo(alone.get(prediction.label()));
		}
	}

	@Test
	void extremeTemperaturesStayNumbers() {
		for (float temperature : new float[] { 1e-6f, 1e6f }) {
			for (Scoring scoring : List.of(Scoring.SOFTMAX, Scoring.SIGMOID, Scoring.LOGITS)) {
				assertThat(classify(request().temperature(temperature).scoring(scoring))).hasSize(4)
					.allSatisfy((prediction) -> assertThat(prediction.score()).isFinite());
			}
		}
		for (float temperature : new float[] { 0, -1, Float.NaN, Float.POSITIVE_INFINITY, 1e-7f }) {
			assertThatIllegalArgumentException().isThrownBy(() -> request().temperature(temperature))
				.withMessageContaining("'temperature'");
			assertThatIllegalArgumentException().isThrownBy(() -> builder("processor-config").temperature(temperature));
		}
		try (ZeroShotClassifier warm = builder("processor-config").temperature(0.5f).build()) {
			assertThat(warm.classify(IMAGE, LABELS).predictions()).isEqualTo(classify(request().temperature(0.5f)));
		}
	}

	@Test
	void classifierMayHaveALimitAndAThreshold() {
		List<Prediction> all = classify(request());
		float second = all.get(1).score() - 1e-5f;
		try (ZeroShotClassifier strict = builder("processor-config").top(3).threshold(second).build()) {
			assertThat(strict.classify(IMAGE, LABELS).predictions()).hasSize(2);
			assertThat(strict.classify(request().threshold(Float.NEGATIVE_INFINITY).build()).get(0).predictions())
				.hasSize(3);
			assertThat(strict.classify(request().top(1).build()).get(0).predictions()).hasSize(1);
			assertThat(strict.classify(request().threshold(1.1f).build()).get(0).noneOfThese()).isTrue();
		}
		assertThatIllegalArgumentException().isThrownBy(() -> builder("processor-config").top(0));
		assertThatIllegalArgumentException().isThrownBy(() -> builder("processor-config").threshold(Float.NaN));
	}

	@Test
	void labelsMayHaveThresholdsOfTheirOwn() {
		List<Prediction> all = classify(request());
		String best = all.get(0).label();
		String second = all.get(1).label();
		Map<String, Float> strict = Map.of(best, 1.1f, "no label of the request", 0f);
		// The next best does not take the place of the best.
		assertThat(classify(request().thresholds(strict))).isEqualTo(all.subList(1, 4));
		assertThat(classify(request().thresholds(strict).top(1))).isEmpty();
		assertThat(classify(request().thresholds(strict).top(2))).isEqualTo(all.subList(1, 2));
		assertThat(classify(request().threshold(1.1f).thresholds(Map.of(second, 0f)))).isEqualTo(all.subList(1, 2));
		try (ZeroShotClassifier classifier = builder("processor-config").threshold(1.1f)
			.thresholds(Map.of(second, 0f))
			.build()) {
			assertThat(classifier.classify(IMAGE, LABELS).predictions()).isEqualTo(all.subList(1, 2));
			// A request goes before the classifier: its own labels, then its own
			// threshold.
			assertThat(predictions(classifier, request().thresholds(Map.of(best, 0f)))).isEqualTo(all.subList(0, 2));
			assertThat(predictions(classifier, request().thresholds(Map.of(second, 1.1f)))).isEmpty();
			assertThat(predictions(classifier, request().threshold(1.1f))).isEmpty();
			assertThat(predictions(classifier, request().threshold(0))).isEqualTo(all);
		}
		assertThatIllegalArgumentException().isThrownBy(() -> request().thresholds(Map.of("owl", Float.NaN)))
			.withMessage("'thresholds' must be numbers, but that of 'owl' is NaN");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> builder("processor-config").thresholds(Map.of("owl", Float.NaN)));
	}

	private static List<Prediction> predictions(ZeroShotClassifier classifier, ClassificationRequest.Builder request) {
		return classifier.classify(request.build()).get(0).predictions();
	}

	@Test
	void backgroundThatFitsBetterLeavesNothing() {
		List<Prediction> all = classify(request());
		String best = "This is a photo of " + all.get(0).label() + ".";
		String last = "This is a photo of " + all.get(3).label() + ".";
		// The best label is as good as its own prompt, and the others are not.
		assertThat(classify(request().background(best))).extracting(Prediction::label)
			.containsExactly(all.get(0).label());
		assertThat(classify(request().background(last))).extracting(Prediction::label)
			.containsExactlyElementsOf(all.stream().map(Prediction::label).toList());
		ZeroShotClassifier withBackground = classifier.withBackground(best, last);
		Classification none = withBackground.classify(IMAGE, all.get(1).label(), all.get(2).label());
		assertThat(none.noneOfThese()).isTrue();
		assertThatIllegalStateException().isThrownBy(none::best).withMessageContaining("background");
		LabelSet set = withBackground.labels(all.get(1).label());
		assertThat(withBackground.classify(IMAGE, set).noneOfThese()).isTrue();
		// A request's own background comes first.
		assertThat(withBackground.classify(request().background(last).build()).get(0).noneOfThese()).isFalse();
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.withBackground(" "))
			.withMessageContaining("Background prompt 1 is blank");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> classifier.withBackground());
	}

	@Test
	void longLabelsAreCutOnRequest() {
		String end = " and one more";
		String label = "very ".repeat(100) + "long";
		try (ZeroShotClassifier cutting = builder("processor-config").truncate(true).build()) {
			List<Prediction> predictions = cutting.classify(IMAGE, label, label + end, "owl").predictions();
			assertThat(predictions).hasSize(3);
			assertSame(cutting.embedText(label), cutting.embedText(label + end));
			assertSame(cutting.embedText("owl"), classifier.embedText("owl"));
		}
	}

	private static void assertSame(float[] actual, float[] expected) {
		assertThat(actual).hasSameSizeAs(expected);
		for (int i = 0; i < actual.length; i++) {
			assertThat(actual[i]).isCloseTo(expected[i], within(1e-5f));
		}
	}

	@Test
	void embeddingsInBatches() {
		List<float[]> texts = classifier.embedTexts(List.of("a", "b", "a"));
		assertThat(texts).hasSize(3);
		assertThat(texts.get(1)).isEqualTo(classifier.embedText("b"));
		assertThat(texts.get(0)).isEqualTo(texts.get(2)).isNotSameAs(texts.get(2));
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> classifier.embedTexts(List.of("a", " ")))
			.withMessageContaining("Text 2 is blank");
		assertThat(classifier.embedTexts(List.of())).isEmpty();
		List<float[]> images = classifier.embedImages(List.of(IMAGE, OTHER));
		assertThat(images).hasSize(2);
		assertThat(images.get(1)).isEqualTo(classifier.embedImage(OTHER));
	}

	@Test
	void ensemblesHaveNames() {
		List<Prediction> photo = classify(request().templates("photo"));
		assertThat(photo).hasSize(4).isNotEqualTo(classify(request().templates("Drawing")));
		assertThat(photo).isNotEqualTo(classify(request()));
		assertThat(classify(request().templates("photo", "{}"))).isNotEqualTo(photo);
	}

}
