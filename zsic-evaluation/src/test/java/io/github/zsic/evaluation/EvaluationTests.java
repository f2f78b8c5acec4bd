package io.github.zsic.evaluation;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.zsic.InferenceException;
import io.github.zsic.Scoring;
import io.github.zsic.evaluation.EvaluationResult.Bin;
import io.github.zsic.evaluation.EvaluationResult.CoveragePoint;
import io.github.zsic.evaluation.EvaluationResult.Example;
import io.github.zsic.evaluation.EvaluationResult.LabelResult;
import io.github.zsic.evaluation.EvaluationResult.LabelThreshold;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

/**
 * Figures, of scores that are written down.
 */
class EvaluationTests {

	private static final double LAST_DIGITS = 1e-12;

	private final ScriptedClassifier classifier = new ScriptedClassifier();

	@TempDir
	private Path temporary;

	@ParameterizedTest
	@ValueSource(ints = { 0, 1 })
	void figuresAreThoseOfScikitLearn(int position) throws IOException {
		JsonObject golden = golden();
		JsonObject expected = golden.getAsJsonArray("expected").get(position).getAsJsonObject();
		EvaluationResult result = Evaluation.with(this.classifier)
			.threshold(expected.get("threshold").getAsFloat())
			.run(pictures(golden, 0));
		assertThat(result.top1().value()).isEqualTo(expected.get("top1").getAsDouble());
		assertThat(result.top5().value()).isEqualTo(expected.get("top5").getAsDouble());
		assertThat(result.meanRecall().value()).isEqualTo(expected.get("meanRecall").getAsDouble(),
				within(LAST_DIGITS));
		for (int i = 0; i < result.labels().size(); i++) {
			LabelResult label = result.labels().get(i);
			assertThat(label.label()).isEqualTo(golden.getAsJsonArray("labels").get(i).getAsString());
			assertThat(label.precision()).isEqualTo(number(expected, "precision", i));
			assertThat(label.recall()).isEqualTo(number(expected, "recall", i));
			assertThat(label.f1()).isEqualTo(number(expected, "f1", i), within(LAST_DIGITS));
			JsonArray row = expected.getAsJsonArray("confusion").get(i).getAsJsonArray();
			for (int j = 0; j < row.size(); j++) {
				assertThat(result.confusion().row(i)[j]).isEqualTo(row.get(j).getAsLong());
				assertThat(result.confusion().count(i, j)).isEqualTo(row.get(j).getAsLong());
			}
		}
		assertThat(result.none().count()).isEqualTo(expected.get("nones").getAsLong());
		assertThat(result.none().rejected()).isEqualTo(expected.get("nonesRejected").getAsLong());
		assertThat(result.none().labelledRejected()).isEqualTo(expected.get("labelledRejected").getAsLong());
		assertThat(result.none().auroc()).isEqualTo(expected.get("auroc").getAsDouble(), within(LAST_DIGITS));
		assertThat(result.calibration().ece()).isEqualTo(expected.get("ece").getAsDouble(), within(LAST_DIGITS));
		List<Bin> filled = result.calibration().bins().stream().filter((bin) -> bin.count() > 0).toList();
		JsonArray bins = expected.getAsJsonArray("bins");
		assertThat(filled).hasSize(bins.size());
		for (int i = 0; i < bins.size(); i++) {
			JsonArray bin = bins.get(i).getAsJsonArray();
			assertThat(filled.get(i).low()).isEqualTo(bin.get(0).getAsInt() / 15.0);
			assertThat(filled.get(i).count()).isEqualTo(bin.get(1).getAsLong());
			assertThat(filled.get(i).score()).isEqualTo(bin.get(2).getAsDouble(), within(LAST_DIGITS));
			assertThat(filled.get(i).accuracy()).isEqualTo(bin.get(3).getAsDouble(), within(LAST_DIGITS));
		}
	}

	@Test
	void figuresDoNotDependOnTheOrder() throws IOException {
		JsonObject golden = golden();
		EvaluationResult first = Evaluation.with(this.classifier).threshold(0.4f).run(pictures(golden, 0));
		EvaluationResult second = Evaluation.with(this.classifier).threshold(0.4f).run(pictures(golden, 1));
		assertThat(second).usingRecursiveComparison().ignoringFields("duration").isEqualTo(first);
	}

	@Test
	void intervalsAreThoseOfTheBinomialDistribution() throws IOException {
		EvaluationResult result = Evaluation.of(this.classifier, pictures(golden(), 0));
		double share = result.top1().value();
		double deviation = Math.sqrt(share * (1 - share) / result.count());
		assertThat(result.top1().low()).isEqualTo(share - 1.96 * deviation, within(deviation / 4));
		assertThat(result.top1().high()).isEqualTo(share + 1.96 * deviation, within(deviation / 4));
		assertThat(result.meanRecall().low()).isBetween(0.5, result.meanRecall().value());
		assertThat(result.meanRecall().high()).isBetween(result.meanRecall().value(), 0.8);
	}

	@Test
	void coverageAnswersEqualScoresTogether() throws IOException {
		LabelledPictures pictures = pictures("1.png,a", "2.png,a", "3.png,a", "4.png,b", "5.png,_none");
		this.classifier.put("1.png", 0.9f, 0.1f);
		this.classifier.put("2.png", 0.8f, 0.2f);
		this.classifier.put("3.png", 0.2f, 0.8f);
		this.classifier.put("4.png", 0.4f, 0.6f);
		this.classifier.put("5.png", 0.99f, 0.01f);
		EvaluationResult result = Evaluation.of(this.classifier, pictures);
		assertThat(result.coverage()).containsExactly(new CoveragePoint(0.99f, 0.2, 0),
				new CoveragePoint(0.9f, 0.4, 0.5), new CoveragePoint(0.8f, 0.8, 0.5), new CoveragePoint(0.6f, 1, 0.6));
		assertThat(result.thresholdFor(0.5)).isEqualTo(new CoveragePoint(0.6f, 1, 0.6));
		assertThat(result.thresholdFor(0.7)).isNull();
		assertThat(result.label("a").answered()).isEqualTo(3);
		assertThat(result.label("a").precision()).isEqualTo(2 / 3.0);
		assertThat(result.none().auroc()).isZero();
	}

	@Test
	void pairsHaveTheSurestPictures() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 9; i++) {
			rows.add(i + ".png,a");
			this.classifier.put(i + ".png", 0.1f, i / 10f + 0.11f);
		}
		rows.add("b.png,b");
		this.classifier.put("b.png", 1, 0);
		EvaluationResult result = Evaluation.of(this.classifier, pictures(rows.toArray(String[]::new)));
		assertThat(result.pairs()).hasSize(2);
		assertThat(result.pairs().get(0).label()).isEqualTo("a");
		assertThat(result.pairs().get(0).answer()).isEqualTo("b");
		assertThat(result.pairs().get(0).count()).isEqualTo(9);
		assertThat(result.pairs().get(0).examples()).extracting(Example::name)
			.containsExactly("8.png", "7.png", "6.png", "5.png");
	}

	@Test
	void whatCannotBeReadIsListed() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			rows.add(i + ".png," + ((i % 2 == 0) ? "a" : "b"));
			if (i % 70 != 3) {
				this.classifier.put(i + ".png", 1 - i % 2, i % 2);
			}
		}
		AtomicLong classified = new AtomicLong();
		AtomicLong unreadable = new AtomicLong();
		EvaluationResult result = Evaluation.with(this.classifier).listener((done, failed) -> {
			classified.set(done);
			unreadable.set(failed);
		}).run(pictures(rows.toArray(String[]::new)));
		assertThat(result.count()).isEqualTo(197).isEqualTo(classified.get());
		assertThat(result.top1().value()).isEqualTo(1);
		assertThat(result.unreadableCount()).isEqualTo(3).isEqualTo(unreadable.get());
		assertThat(result.unreadable()).extracting("name", "reason")
			.contains(tuple("73.png", "The picture '73.png' is damaged."));
	}

	@Test
	void nothingToEvaluateIsAnError() throws IOException {
		LabelledPictures pictures = pictures("1.png,a", "2.png,b", "none.png,_none");
		this.classifier.put("none.png", 0.5f, 0.5f);
		assertThatExceptionOfType(EvaluationException.class).isThrownBy(() -> Evaluation.of(this.classifier, pictures))
			.withMessageContaining("No picture of a label could be classified. The first of 2 problems: ")
			.withMessageContaining("The picture '1.png' is damaged.");
	}

	@Test
	void aBrokenEngineEndsTheRun() throws IOException {
		List<String> rows = new ArrayList<>(Collections.nCopies(100, "1.png,a"));
		rows.add("2.png,b");
		LabelledPictures pictures = pictures(rows.toArray(String[]::new));
		this.classifier.breakDown();
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> Evaluation.of(this.classifier, pictures))
			.withMessage("The engine is broken. Mend it.");
	}

	@Test
	void cosinesAreNoProbabilities() throws IOException {
		LabelledPictures pictures = pictures("1.png,a", "2.png,b");
		this.classifier.put("1.png", 0.2f, -0.1f);
		this.classifier.put("2.png", -0.2f, -0.1f);
		EvaluationResult result = Evaluation.with(this.classifier).scoring(Scoring.COSINE).run(pictures);
		assertThat(result.calibration()).isNull();
		assertThat(result.none()).isNull();
		assertThat(result.coverage()).extracting(CoveragePoint::threshold).containsExactly(0.2f, -0.1f);
		assertThat(EvaluationReport.html(result)).doesNotContain("Can the scores be believed");
	}

	@Test
	void temperatureMakesLabelsMostLikely() throws IOException {
		JsonObject golden = golden().getAsJsonObject("temperature");
		List<String> rows = new ArrayList<>();
		for (JsonElement picture : golden.getAsJsonArray("pictures")) {
			String name = rows.size() + ".png";
			rows.add(name + ",label" + picture.getAsJsonArray().get(0).getAsInt());
			this.classifier.put(name, scores(picture.getAsJsonArray().get(1).getAsJsonArray()));
		}
		this.classifier.put("none.png", 0.9f, 0, 0, 0);
		rows.add("none.png,_none");
		double expected = golden.get("temperature").getAsDouble();
		assertThat((double) Evaluation.with(this.classifier).fitTemperature(pictures(rows.toArray(String[]::new))))
			.isEqualTo(expected, within(expected * 0.002));
	}

	@Test
	void noTemperatureFitsWhatIsAlwaysRight() throws IOException {
		this.classifier.put("1.png", 0.3f, 0.2f);
		this.classifier.put("2.png", 0.2f, 0.3f);
		LabelledPictures pictures = pictures("1.png,a", "2.png,b");
		assertThatExceptionOfType(EvaluationException.class)
			.isThrownBy(() -> Evaluation.with(this.classifier).fitTemperature(pictures))
			.withMessageContaining("all pictures are answered right");
	}

	@Test
	void labelsHaveThresholdsOfTheirOwn() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 40; i++) {
			// Every fourth answer "a" is wrong, and is one of those with the lowest
			// scores.
			String name = i + ".png";
			rows.add(name + "," + ((i < 30) ? "a" : (i < 35) ? "b" : "_none"));
			this.classifier.put(name, 0.9f - i * 0.01f, 0.1f);
		}
		for (int i = 40; i < 59; i++) {
			rows.add(i + ".png,b");
			this.classifier.put(i + ".png", 0.1f, 0.2f);
		}
		LabelledPictures pictures = pictures(rows.toArray(String[]::new));
		EvaluationResult result = Evaluation.of(this.classifier, pictures);
		// 30 of 33 are 0.91; 19 answers "b" are too few.
		assertThat(result.thresholdsFor(0.9)).containsExactly(new LabelThreshold("a", 0.9f - 32 * 0.01f, 33, 30));
		assertThat(result.thresholdsFor(0.9).get(0).precision()).isEqualTo(30 / 33.0);
		assertThat(result.thresholdsFor(0.75)).containsExactly(new LabelThreshold("a", 0.9f - 39 * 0.01f, 40, 30));
		assertThat(result.thresholdsFor(1)).containsExactly(new LabelThreshold("a", 0.9f - 29 * 0.01f, 30, 30));
		EvaluationResult strict = Evaluation.with(this.classifier)
			.threshold(0.15f)
			.thresholds(Map.of("a", 0.9f - 32 * 0.01f, "c", 1f))
			.run(pictures);
		assertThat(strict.thresholds()).isEqualTo(Map.of("a", 0.9f - 32 * 0.01f));
		assertThat(strict.label("a").answered()).isEqualTo(33);
		assertThat(strict.label("b").correct()).isEqualTo(19);
		// What is below the threshold of "a" is not answered with "b", which is none of
		// its own.
		assertThat(strict.label("b").answered()).isEqualTo(19);
		assertThat(strict.none().rejected()).isEqualTo(5);
		assertThat(strict.thresholdsFor(0.9)).isEqualTo(result.thresholdsFor(0.9));
		assertThat(EvaluationReport.html(strict)).contains("threshold 0.15, with one of their own for 1 label.");
	}

	@Test
	void equalScoresReachAThresholdTogether() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			rows.add(i + ".png," + ((i < 45) ? "a" : "b"));
			this.classifier.put(i + ".png", (i < 20) ? -0.5f : -0.7f, -0.9f);
		}
		EvaluationResult result = Evaluation.with(this.classifier)
			.scoring(Scoring.COSINE)
			.run(pictures(rows.toArray(String[]::new)));
		assertThat(result.thresholdsFor(0.8)).containsExactly(new LabelThreshold("a", -0.5f, 20, 20));
		assertThat(result.thresholdsFor(0.75)).containsExactly(new LabelThreshold("a", -0.7f, 60, 45));
	}

	@Test
	void comparisonsArePaired() throws IOException {
		for (JsonElement known : golden().getAsJsonArray("mcnemar")) {
			JsonArray row = known.getAsJsonArray();
			Comparison comparison = new Comparison(7, row.get(0).getAsLong(), row.get(1).getAsLong(), 3);
			assertThat(comparison.pValue()).isEqualTo(row.get(2).getAsDouble(), within(1e-9));
		}
		assertThat(new Comparison(5, 0, 0, 1).pValue()).isEqualTo(1);
		LabelledPictures pictures = pictures("1.png,a", "2.png,b", "3.png,a", "4.png,b", "5.png,a", "6.png,_none");
		for (int i = 1; i <= 6; i++) {
			this.classifier.put(i + ".png", 0.6f, 0.4f);
		}
		EvaluationResult first = Evaluation.of(this.classifier, pictures);
		this.classifier.put("3.png", 0.4f, 0.6f);
		this.classifier.put("4.png", 0.4f, 0.6f);
		this.classifier.put("5.png", 0.4f, 0.6f);
		EvaluationResult second = Evaluation.of(this.classifier, pictures);
		assertThat(Comparison.of(first, second)).isEqualTo(new Comparison(1, 2, 1, 1));
		assertThat(Comparison.of(second, first)).isEqualTo(new Comparison(1, 1, 2, 1));
		LabelledPictures others = pictures("1.png,a", "2.png,c");
		EvaluationResult third = Evaluation.of(this.classifier, others);
		assertThatIllegalArgumentException().isThrownBy(() -> Comparison.of(first, third))
			.withMessage("Results with different labels cannot be compared");
	}

	@Test
	void reportsCompare() throws IOException {
		LabelledPictures pictures = pictures("1.png,a", "2.png,b", "3.png,a", "4.png,a", "5.png,_none");
		for (int i = 1; i <= 5; i++) {
			this.classifier.put(i + ".png", 0.6f, 0.4f);
		}
		EvaluationResult first = Evaluation.of(this.classifier, pictures);
		this.classifier.put("3.png", 0.4f, 0.6f);
		this.classifier.put("2.png", 0.4f, 0.6f);
		EvaluationResult second = Evaluation.with(this.classifier).templates(List.of("a <b>{}</b>")).run(pictures);
		StringWriter writer = new StringWriter();
		EvaluationReport.json(first, List.of(second, first), writer);
		JsonObject json = JsonParser.parseString(writer.toString()).getAsJsonObject();
		assertThat(json.get("top1").getAsDouble()).isEqualTo(0.75);
		JsonArray comparisons = json.getAsJsonArray("comparisons");
		assertThat(comparisons).hasSize(2);
		JsonObject comparison = comparisons.get(0).getAsJsonObject();
		assertThat(comparison.get("top1").getAsDouble()).isEqualTo(0.75);
		assertThat(comparison.get("both").getAsLong()).isEqualTo(2);
		assertThat(comparison.get("onlyFirst").getAsLong()).isEqualTo(1);
		assertThat(comparison.get("onlySecond").getAsLong()).isEqualTo(1);
		assertThat(comparison.get("neither").getAsLong()).isZero();
		assertThat(comparison.get("pValue").getAsDouble()).isEqualTo(Comparison.of(first, second).pValue());
		assertThat(comparison.get("templates").getAsJsonArray().get(0).getAsString()).isEqualTo("a <b>{}</b>");
		assertThat(comparisons.get(1).getAsJsonObject().get("both").getAsLong()).isEqualTo(3);
		assertThat(EvaluationReport.html(first, List.of(second))).contains("Compared on the same pictures",
				"<th scope=\"row\"><bdi>a &lt;b&gt;{}&lt;/b&gt;</bdi></th><td>75.0\u00A0%</td>",
				"<td>1</td><td>1</td><td>1.0000</td>");
		assertThat(EvaluationReport.html(first)).doesNotContain("Compared on the same pictures");
		EvaluationResult others = Evaluation.of(this.classifier, pictures("1.png,a", "2.png,c"));
		assertThatIllegalArgumentException().isThrownBy(() -> EvaluationReport.html(first, List.of(others)));
	}

	@Test
	void picturesAreNeverListed() throws IOException {
		int count = 20_000;
		this.classifier.put("a", 0.6f, 0.4f);
		AtomicInteger taken = new AtomicInteger();
		AtomicLong ahead = new AtomicLong();
		LabelledPictures pictures = pictures("a,a", "b,b").with(new AbstractList<>() {

			@Override
			public LabelledPicture get(int index) {
				taken.incrementAndGet();
				return new LabelledPicture(Path.of("a"), "a", index % 2);
			}

			@Override
			public int size() {
				return count;
			}

		});
		EvaluationResult result = Evaluation.with(this.classifier)
			.listener((done, failed) -> ahead.accumulateAndGet(taken.get() - done, Math::max))
			.run(pictures);
		assertThat(result.count()).isEqualTo(count).isEqualTo(taken.get());
		assertThat(result.top1().value()).isEqualTo(0.5);
		// However many there are, a few batches are in memory.
		assertThat(ahead.get()).isPositive().isLessThan(100);
	}

	@Test
	void oneThatCannotBeReadIsEmbeddedByItself() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 200; i++) {
			rows.add(i + ".png," + ((i % 2 == 0) ? "a" : "b"));
			if (i % 70 != 3) {
				this.classifier.put(i + ".png", 1 - i % 2, i % 2);
			}
		}
		List<Long> told = new ArrayList<>();
		Evaluation evaluation = Evaluation.with(this.classifier).listener((done, failed) -> told.add(done + failed));
		LabelledPictures embedded = evaluation.embed(pictures(rows.toArray(String[]::new)));
		assertThat(told).isSorted().last().isEqualTo(200L);
		assertThat(embedded.pictures().filter((picture) -> picture.embedding() == null)).hasSize(3);
		// Each once, but for those beside the three.
		assertThat(this.classifier.embedded()).isBetween(197, 197 + 3 * 63);
		EvaluationResult result = Evaluation.of(this.classifier, embedded);
		assertThat(result.count()).isEqualTo(197);
		assertThat(result.unreadable()).extracting("reason").contains("The picture '73.png' is damaged.");
		assertThat(embedded.labels()).containsExactly("a", "b");
	}

	@Test
	void jsonHasAllFigures() throws IOException {
		JsonObject golden = golden();
		EvaluationResult result = Evaluation.with(this.classifier)
			.threshold(0.5f)
			.templates(List.of("a \"drawing\" of {}"))
			.run(pictures(golden, 0));
		StringWriter writer = new StringWriter();
		EvaluationReport.json(result, writer);
		JsonObject json = JsonParser.parseString(writer.toString()).getAsJsonObject();
		JsonObject expected = golden.getAsJsonArray("expected").get(1).getAsJsonObject();
		assertThat(json.get("count").getAsLong()).isEqualTo(result.count());
		assertThat(json.get("top1").getAsDouble()).isEqualTo(expected.get("top1").getAsDouble());
		assertThat(json.get("top5").getAsDouble()).isEqualTo(expected.get("top5").getAsDouble());
		assertThat(json.getAsJsonArray("confusion")).isEqualTo(expected.getAsJsonArray("confusion"));
		JsonArray labels = json.getAsJsonArray("labels");
		assertThat(labels).hasSize(7);
		for (int i = 0; i < labels.size(); i++) {
			JsonObject label = labels.get(i).getAsJsonObject();
			assertThat(label.get("label")).isEqualTo(golden.getAsJsonArray("labels").get(i));
			assertThat(label.get("recall").getAsDouble()).isEqualTo(number(expected, "recall", i));
			assertThat(label.get("precision").getAsDouble()).isEqualTo(number(expected, "precision", i));
			assertThat(label.get("f1").getAsDouble()).isEqualTo(number(expected, "f1", i), within(LAST_DIGITS));
			long answered = 0;
			for (JsonElement count : json.getAsJsonArray("confusion").get(i).getAsJsonArray()) {
				answered += count.getAsLong();
			}
			assertThat(label.get("count").getAsLong()).isEqualTo(answered + label.get("rejected").getAsLong());
		}
		assertThat(json.getAsJsonObject("none").get("auroc").getAsDouble()).isPositive();
		assertThat(json.getAsJsonObject("calibration").getAsJsonArray("bins")).hasSize(15);
		assertThat(json.getAsJsonArray("top1Interval")).hasSize(2);
		assertThat(json.get("threshold").getAsFloat()).isEqualTo(0.5f);
		assertThat(json.getAsJsonArray("templates").get(0).getAsString()).isEqualTo("a \"drawing\" of {}");
	}

	private static JsonObject golden() throws IOException {
		try (InputStreamReader reader = new InputStreamReader(
				EvaluationTests.class.getResourceAsStream("/evaluation.json"), StandardCharsets.UTF_8)) {
			return JsonParser.parseReader(reader).getAsJsonObject();
		}
	}

	private static double number(JsonObject expected, String name, int position) {
		return expected.getAsJsonArray(name).get(position).getAsDouble();
	}

	/** The pictures of the golden file, and a label that has none. */
	private LabelledPictures pictures(JsonObject golden, int seed) throws IOException {
		List<String> rows = new ArrayList<>();
		for (JsonElement picture : golden.getAsJsonArray("pictures")) {
			String name = rows.size() + ".png";
			rows.add(name + "," + picture.getAsJsonArray().get(0).getAsString());
			this.classifier.put(name, scores(picture.getAsJsonArray().get(1).getAsJsonArray()));
		}
		// The label without pictures is known from one that cannot be read.
		rows.add("damaged.png,tree");
		if (seed != 0) {
			Collections.shuffle(rows, new Random(seed));
		}
		return pictures(rows.toArray(String[]::new));
	}

	private static float[] scores(JsonArray written) {
		float[] scores = new float[written.size()];
		for (int i = 0; i < scores.length; i++) {
			scores[i] = Float.parseFloat(written.get(i).getAsString());
		}
		return scores;
	}

	private LabelledPictures pictures(String... rows) throws IOException {
		Path csv = this.temporary.resolve("pictures.csv");
		Files.writeString(csv, "file,label\n" + String.join("\n", rows));
		return LabelledPictures.csv(csv, this.temporary);
	}

}
