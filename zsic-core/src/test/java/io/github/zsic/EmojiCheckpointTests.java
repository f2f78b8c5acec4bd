package io.github.zsic;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import com.google.gson.Gson;
import com.google.gson.annotations.SerializedName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The bundled checkpoint, from its jar: it sees what its card promises, and it is as good
 * in zsic as in the reference.
 */
class EmojiCheckpointTests {

	private static final Path EXAMPLES = Path.of("../zsic-sample-app/src/main/resources/static/examples");

	/** What {@code tools/emoji-clip/golden.py} recorded. */
	private static final List<Golden> GOLDEN = golden();

	private static ZeroShotClassifier classifier;

	@BeforeAll
	static void load() {
		classifier = load(Precision.FLOAT32);
	}

	private static ZeroShotClassifier load(Precision precision) {
		return ZeroShotClassifier.builder()
			.checkpoint("classpath:zsic/emoji-clip")
			.device("cpu")
			.precision(precision)
			.build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	@ParameterizedTest
	@FieldSource("GOLDEN")
	void scoresAreThoseOfTheReference(Golden golden) {
		Map<String, Float> scores = new HashMap<>();
		for (Prediction prediction : classify(EXAMPLES.resolve(golden.picture), golden.labels)) {
			scores.put(prediction.label(), prediction.score());
		}
		for (int i = 0; i < golden.labels.size(); i++) {
			assertThat(scores.get(golden.labels.get(i))).as(golden.labels.get(i))
				.isCloseTo(golden.scores[i], within(1e-4f));
		}
	}

	@Test
	void recognisesTheExamples() {
		List<String> animals = List.of("fox", "bear", "seagull", "owl");
		List<String> others = List.of("tree", "car", "bike", "cat");
		for (String expected : List.of("bear", "owl")) {
			assertThat(classify(EXAMPLES.resolve(expected + ".png"), animals).get(0).label()).isEqualTo(expected);
		}
		for (String expected : others) {
			assertThat(classify(EXAMPLES.resolve(expected + ".png"), others).get(0).label()).isEqualTo(expected);
		}
	}

	/**
	 * The measurement of the model card, on drawings that may not be shipped:
	 * {@code -Dzsic.heldout=WORK/heldout} names what {@code tools/emoji-clip/run.sh WORK}
	 * wrote, beside its {@code evaluation.json}.
	 */
	@ParameterizedTest
	@EnumSource(names = { "FLOAT32", "BFLOAT16", "INT8" })
	@EnabledIfSystemProperty(named = "zsic.heldout", matches = ".+")
	void isAsAccurateAsInTheReference(Precision precision) throws IOException {
		Path folder = Path.of(System.getProperty("zsic.heldout"));
		Questions questions = read(folder.resolve("questions.json"), Questions.class);
		Evaluation evaluation = read(folder.resolveSibling("evaluation.json"), Evaluation.class);
		List<float[]> rows;
		try (ZeroShotClassifier subject = load(precision)) {
			rows = rows(subject, folder, questions, LabelSet.of(questions.names));
		}
		long top1 = IntStream.range(0, rows.size())
			.filter((
					i) -> best(rows.get(i), IntStream.range(0, questions.names.size()).toArray()) == questions.truth[i])
			.count();
		long draws = questions.draws.stream()
			.filter((draw) -> best(rows.get(draw.picture), draw.choices) == draw.choices[0])
			.count();
		System.out.printf("zsic in %s: top-1 %d of %d, among 10 %d of %d%n", precision, top1, rows.size(), draws,
				questions.draws.size());
		// Less precise is not worse on average, but changes some answers.
		long tolerance = (precision == Precision.FLOAT32) ? 2 : rows.size() / 100;
		assertThat(top1).isCloseTo(evaluation.float32.standard.top1, within(tolerance));
		assertThat(draws).isCloseTo(evaluation.float32.standard.draws, within(tolerance));
	}

	/**
	 * The figures of {@code docs/labels.md}, on the same drawings: ensembles by name, and
	 * the templates that were never trained on, one by one and together.
	 */
	@Test
	@EnabledIfSystemProperty(named = "zsic.heldout", matches = ".+")
	void ensembleIsBetterThanItsTemplates() {
		Path folder = Path.of(System.getProperty("zsic.heldout"));
		Questions questions = read(folder.resolve("questions.json"), Questions.class);
		for (String template : List.of(ZeroShotClassifierBuilder.DEFAULT_TEMPLATE, "photo", "drawing")) {
			measure(folder, questions, List.of(template));
		}
		double mean = questions.unseenTemplates.stream()
			.mapToDouble((template) -> measure(folder, questions, List.of(template)))
			.average()
			.orElseThrow();
		System.out.printf("zsic: mean of these: top-1 %.1f %%%n", mean);
		assertThat(measure(folder, questions, questions.unseenTemplates)).isGreaterThan(mean);
	}

	/** Prints and returns how many per cent are right. */
	private static double measure(Path folder, Questions questions, List<String> templates) {
		List<float[]> rows = rows(classifier, folder, questions,
				LabelSet.builder().labels(questions.names).templates(templates).build());
		int[] right = new int[2];
		for (int i = 0; i < rows.size(); i++) {
			float truth = rows.get(i)[questions.truth[i]];
			int better = 0;
			for (float score : rows.get(i)) {
				better += (score > truth) ? 1 : 0;
			}
			right[0] += (better < 1) ? 1 : 0;
			right[1] += (better < 5) ? 1 : 0;
		}
		double top1 = 100.0 * right[0] / rows.size();
		System.out.printf("zsic: %s: top-1 %.1f %%, top-5 %.1f %%%n", templates, top1, 100.0 * right[1] / rows.size());
		return top1;
	}

	/** The scores of each picture in the order of the names. */
	private static List<float[]> rows(ZeroShotClassifier subject, Path folder, Questions questions, LabelSet labels) {
		Map<String, Integer> positions = new HashMap<>();
		questions.names.forEach((name) -> positions.put(name, positions.size()));
		List<float[]> rows = new ArrayList<>();
		for (String file : questions.files) {
			float[] row = new float[questions.names.size()];
			for (Prediction prediction : subject.classify(ImageInput.of(folder.resolve(file)), labels).predictions()) {
				row[positions.get(prediction.label())] = prediction.score();
			}
			rows.add(row);
		}
		return rows;
	}

	private static int best(float[] scores, int[] choices) {
		return IntStream.of(choices).boxed().max(Comparator.comparing((choice) -> scores[choice])).orElseThrow();
	}

	private static List<Prediction> classify(Path picture, List<String> labels) {
		return classifier.classify(ImageInput.of(picture), labels).predictions();
	}

	private static List<Golden> golden() {
		return List.of(read(Path.of("src/test/resources/emoji-clip.json"), Golden[].class));
	}

	private static <T> T read(Path file, Class<T> type) {
		try (Reader reader = Files.newBufferedReader(file)) {
			return new Gson().fromJson(reader, type);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static final class Golden {

		String picture;

		List<String> labels;

		float[] scores;

		@Override
		public String toString() {
			return this.picture + " among " + this.labels.size();
		}

	}

	static final class Questions {

		List<String> names;

		List<String> files;

		int[] truth;

		List<Draw> draws;

		@SerializedName("unseen_templates")
		List<String> unseenTemplates;

	}

	static final class Draw {

		int picture;

		int[] choices;

	}

	static final class Evaluation {

		Templates float32;

	}

	static final class Templates {

		@SerializedName("default")
		Figures standard;

	}

	static final class Figures {

		long top1;

		long draws;

	}

}
