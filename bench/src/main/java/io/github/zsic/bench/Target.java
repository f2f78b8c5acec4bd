package io.github.zsic.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What zsic is to reach, and what it does.
 *
 * @param work what is compared
 * @param limit the limit
 * @param atLeast whether the value must not be below the limit, rather than not above
 * @param value the value, {@code NaN} if it was not measured
 */
record Target(String work, double limit, boolean atLeast, double value) {

	static List<Target> all(Results results) {
		List<Target> targets = new ArrayList<>();
		Work four = Work.classify(Pictures.SMALL, 4);
		String latency = "vit-b-32/latency";
		String tower = "vit-b-32/tower";
		targets.add(faster(results, latency, "zsic float32", Plan.BASELINE, four, 2.6));
		targets.add(faster(results, "vit-b-32/labels", "zsic float32", Plan.BASELINE,
				Work.classify(Pictures.SMALL, 100), 17));
		targets.add(faster(results, latency, "zsic bfloat16", Plan.BASELINE, four, 4.5));
		targets.add(faster(results, latency, "zsic int8", Plan.BASELINE, four, 7));
		targets.add(faster(results, tower, "zsic float32", "onnxruntime float32", Work.image(1), 1.1));
		targets.add(faster(results, tower, "zsic int8", "onnxruntime int8", Work.image(1), 3));
		targets.add(faster(results, tower, "zsic bfloat16", "transformers bfloat16", Work.image(1), 1.3));
		shareOfPeak(results, targets, "float32", 0.8);
		shareOfPeak(results, targets, "bfloat16", 0.7);
		shareOfPeak(results, targets, "int8", 0.6);
		for (String zsic : Plan.ZSIC) {
			targets.add(new Target(zsic + ": batch 8 per picture against batch 1", 1, true,
					results.find(tower, zsic, Work.image(1), false).map(Result::millisPerPicture).orElse(Double.NaN)
							/ results.find(tower, zsic, Work.image(8), false)
								.map(Result::millisPerPicture)
								.orElse(Double.NaN)));
		}
		for (String zsic : Plan.ZSIC) {
			String callers = "vit-b-32/callers";
			double together = throughput(results, callers, zsic, four.withCallers(16), false);
			targets.add(new Target(zsic + ": throughput of 16 callers against 1", 1, true,
					together / throughput(results, callers, zsic, four, false)));
			targets.add(new Target(zsic + ": p99 of 16 callers against the ideal", 2.5, false,
					results.find(callers, zsic, four.withCallers(16), false)
						.map((result) -> result.number(Result.P99))
						.orElse(Double.NaN) / (16_000 / together)));
		}
		for (String zsic : Plan.ZSIC) {
			for (int callers : new int[] { 1, 16 }) {
				Work work = four.withCallers(callers);
				targets.add(new Target(
						zsic + ": throughput with half of the cores busy against quiet"
								+ ((callers > 1) ? ", " + callers + " callers" : ""),
						0.45, true, throughput(results, "vit-b-32/neighbour", zsic, work, true)
								/ throughput(results, "vit-b-32/neighbour", zsic, work, false)));
			}
		}
		for (ModelShape model : ModelShape.values()) {
			String group = model.id() + Plan.Group.START;
			if (!results.of(group).isEmpty()) {
				starts(results, targets, model, group);
			}
		}
		for (OpenClipModel model : OpenClipModel.values()) {
			String group = model.id() + "/tower";
			for (Result result : results.of(group)) {
				Work work = result.work();
				if (work != null && result.contender().equals(Plan.ZSIC.get(0))) {
					targets.add(new Target(model.id() + ", zsic float32 against " + Plan.OPEN_CLIP + ": " + work, 1.5,
							true, median(results, group, Plan.OPEN_CLIP, work)
									/ median(results, group, result.contender(), work)));
				}
			}
		}
		return targets;
	}

	private static void starts(Results results, List<Target> targets, ModelShape model, String group) {
		for (String zsic : Plan.ZSIC) {
			String name = model.id() + ", " + zsic + ": ";
			targets.add(new Target(name + "first request against the later ones", 1.3, false,
					start(results, group, zsic, Result.FIRST_REQUEST)
							/ start(results, group, zsic, Result.LATER_REQUESTS)));
			targets.add(new Target(name + "reference's time from start to first answer against zsic's", 1, true,
					start(results, group, Plan.BASELINE, Result.FIRST_ANSWER)
							/ start(results, group, zsic, Result.FIRST_ANSWER)));
			targets.add(new Target(name + "resident memory against 1.15 times the packed weights + 400 MB", 1, false,
					start(results, group, zsic, Result.RESIDENT) * (1 << 20)
							/ (1.15 * model.packedBytes(precision(zsic)) + 400e6)));
		}
	}

	private static Target faster(Results results, String group, String contender, String other, Work work,
			double limit) {
		return new Target(contender + " against " + other + ": " + work, limit, true,
				median(results, group, other, work) / median(results, group, contender, work));
	}

	private static void shareOfPeak(Results results, List<Target> targets, String precision, double limit) {
		targets.add(new Target("vit-l-14, batch 4, zsic " + precision + ": share of the matrix peak", limit, true,
				4 * ModelShape.VIT_L_14.imageFlops()
						/ (median(results, "vit-l-14/tower", "zsic " + precision, Work.image(4)) / 1000)
						/ results.peak(precision)));
	}

	static String precision(String contender) {
		return contender.substring(contender.indexOf(' ') + 1);
	}

	private static double median(Results results, String group, String contender, Work work) {
		return results.find(group, contender, work, false)
			.map((result) -> result.number(Result.MEDIAN))
			.orElse(Double.NaN);
	}

	private static double throughput(Results results, String group, String contender, Work work, boolean busy) {
		return results.find(group, contender, work, busy).map(Result::picturesPerSecond).orElse(Double.NaN);
	}

	private static double start(Results results, String group, String contender, String number) {
		return results.find(group, contender, null, false).map((result) -> result.number(number)).orElse(Double.NaN);
	}

	boolean reached() {
		return this.atLeast ? this.value >= this.limit : this.value <= this.limit;
	}

	@Override
	public String toString() {
		return "| " + this.work + " | " + (this.atLeast ? "at least " : "at most ") + this.limit + " | "
				+ (Double.isNaN(this.value) ? "not measured"
						: String.format(Locale.ROOT, "%.2f", this.value) + (reached() ? "" : " **missed**"))
				+ " |";
	}

}
