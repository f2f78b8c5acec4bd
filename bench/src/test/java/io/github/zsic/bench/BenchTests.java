package io.github.zsic.bench;

import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.zsic.bench.Plan.Entry;
import io.github.zsic.bench.Plan.Group;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whether everything still runs; how fast is no matter of tests.
 */
class BenchTests {

	private static final String CHECKPOINT = "classpath:zsic/emoji-clip";

	private static final int IMAGE_SIZE = 72;

	@TempDir
	Path folder;

	@Test
	void contendersTakeTurnsAndBecomeRowsOfTheTable() throws Exception {
		Work warm = Work.classify(Pictures.SMALL, 3);
		List<Entry> entries = List.of(new Entry("zsic float32", warm), new Entry("zsic float32", warm, true),
				new Entry("zsic float32", warm.withFreshLabels()), new Entry("zsic int8", warm.withCallers(3)),
				new Entry("zsic int8", Work.image(2)), new Entry("transformers float32", warm),
				new Entry("onnxruntime float32", Work.image(1)));
		List<Result> results = measure(new Group("vit-b-32/latency", null, entries, 0.05, 2));

		assertThat(results).extracting(Result::contender)
			.containsExactlyElementsOf(entries.stream().map(Entry::contender).toList());
		assertThat(results.subList(0, 5)).allSatisfy((result) -> {
			assertThat(result.error()).isNull();
			assertThat(result.number(Result.CALLS)).isGreaterThanOrEqualTo(2);
			assertThat(result.number(Result.LOWER_QUARTILE)).isPositive()
				.isLessThanOrEqualTo(result.number(Result.MEDIAN));
			assertThat(result.number(Result.P99)).isGreaterThanOrEqualTo(result.number(Result.UPPER_QUARTILE));
		});
		// Neither is there: that is said, and disturbs nobody else.
		assertThat(results.get(5).error()).isEqualTo("no Python");
		assertThat(results.get(6).error()).isEqualTo("no image-float32.onnx");
		assertThat(report(results)).contains("| small.png, 3 labels, half of the cores busy | zsic float32 | ")
			.contains("| small.png, 3 new labels | zsic float32 | ")
			.contains("| small.png, 3 labels, 3 callers | zsic int8 | ")
			.contains("| image tower, batch 2 | zsic int8 | ")
			.contains("| small.png, 3 labels | transformers float32 | no Python | ");
	}

	@Test
	void startsAreMeasuredToTheFirstAnswer() throws Exception {
		Entry entry = new Entry("zsic float32", Work.classify(Pictures.SMALL, 3));
		List<Result> results = measure(new Group("vit-b-32/start", null, List.of(entry), 0, 1));

		assertThat(results).singleElement().satisfies((result) -> {
			assertThat(result.error()).isNull();
			assertThat(result.number(Result.FIRST_ANSWER)).isGreaterThan(result.number(Result.LOADING));
			assertThat(result.number(Result.LOADING)).isPositive();
			assertThat(result.number(Result.LATER_REQUESTS)).isPositive();
		});
		assertThat(report(results)).contains("| vit-b-32, zsic float32: first request against the later ones | ");
	}

	@Test
	void groupThatIsMeasuredAgainReplacesItsResults() throws Exception {
		Result old = result("vit-b-32/latency", 10);
		Result other = result("vit-b-32/tower", 20);
		Path file = this.folder.resolve("results.jsonl");
		new Results(file).replace("vit-b-32/latency", List.of(old));
		new Results(file).replace("vit-b-32/tower", List.of(other));
		Result fresh = result("vit-b-32/latency", 30);
		new Results(file).replace("vit-b-32/latency", List.of(fresh));

		assertThat(new Results(file).of("vit-b-32/latency")).containsExactly(fresh);
		assertThat(new Results(file).of("vit-b-32/tower")).containsExactly(other);
	}

	@Test
	void operationsOfTheImageTowersAreThoseThatTheirPapersTell() {
		// OpenCLIP's table counts multiplications with additions, 4.4 and 80.7 billion.
		assertThat(ModelShape.VIT_B_32.imageFlops() / 2e9).isBetween(4.3, 4.5);
		assertThat(ModelShape.VIT_L_14.imageFlops() / 2e9).isBetween(80.0, 82.0);
	}

	private List<Result> measure(Group group) throws Exception {
		Pictures.writeSmall(this.folder);
		try (Contenders contenders = new Contenders(this.folder, null, Path.of("python"), CHECKPOINT, IMAGE_SIZE)) {
			return new Measurement(group, contenders, 0, "test", (text) -> {
			}).run();
		}
	}

	private String report(List<Result> results) throws Exception {
		Results file = new Results(this.folder.resolve("results.jsonl"));
		file.replace(results.get(0).group(), results);
		return Report.of(file);
	}

	private static Result result(String group, double median) {
		return new Result(group, "zsic int8", Work.image(1), false, Result.statistics(new double[] { median * 1e6 }),
				null, "2026-01-01T00:00:00Z", "test");
	}

}
