package io.github.zsic.evaluation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import io.github.zsic.ModelInfo;
import io.github.zsic.Prediction;
import io.github.zsic.Scoring;
import org.jspecify.annotations.Nullable;

import io.github.zsic.evaluation.EvaluationResult.Bin;
import io.github.zsic.evaluation.EvaluationResult.Calibration;
import io.github.zsic.evaluation.EvaluationResult.ConfusedPair;
import io.github.zsic.evaluation.EvaluationResult.CoveragePoint;
import io.github.zsic.evaluation.EvaluationResult.Example;
import io.github.zsic.evaluation.EvaluationResult.LabelResult;
import io.github.zsic.evaluation.EvaluationResult.NoneResult;
import io.github.zsic.evaluation.EvaluationResult.Unreadable;

/**
 * Keeps of each picture what the figures need, and computes them. They do not depend on
 * the order in which pictures are added.
 */
final class Tally {

	private static final int BINS = 15;

	/** Of the curve of coverage. */
	private static final int POINTS = 100;

	/** For how many pairs of labels examples are kept. */
	private static final int MAXIMUM_EXAMPLE_CELLS = 20_000;

	/** No prediction at all, because background prompts fit better. */
	private static final int NOTHING = -1;

	private static final Comparator<Example> BEST = Comparator.comparing(Example::score)
		.reversed()
		.thenComparing(Example::name);

	private final List<String> labels;

	private final Map<String, Integer> positions = new HashMap<>();

	private final Scoring scoring;

	private final float threshold;

	private final Map<String, Float> thresholds = new TreeMap<>();

	/** What an answer with each label must reach. */
	private final float[] lowest;

	private int size;

	private int[] truths = new int[1024];

	/** The first prediction of each picture, also below the threshold. */
	private int[] firsts = new int[1024];

	private float[] scores = new float[1024];

	private final BitSet amongFive = new BitSet();

	/** Of those with a label. */
	private long[] answers = new long[1024];

	private int labelled;

	private final Map<Long, Long> counts = new HashMap<>();

	private Map<Long, List<Example>> examples = new HashMap<>();

	private final List<Unreadable> unreadable = new ArrayList<>();

	private long unreadableCount;

	Tally(List<String> labels, Scoring scoring, float threshold, Map<String, Float> thresholds) {
		this.labels = labels;
		this.lowest = new float[labels.size()];
		for (String label : labels) {
			Float own = thresholds.get(label);
			if (own != null) {
				this.thresholds.put(label, own);
			}
			this.lowest[this.positions.size()] = (own != null) ? own : threshold;
			this.positions.put(label, this.positions.size());
		}
		this.scoring = scoring;
		this.threshold = threshold;
	}

	/**
	 * Adds a picture.
	 * @param picture the picture
	 * @param predictions the first five predictions, whatever their scores
	 */
	void add(LabelledPicture picture, List<Prediction> predictions) {
		if (this.size == this.truths.length) {
			int capacity = this.size + (this.size >> 1);
			this.truths = Arrays.copyOf(this.truths, capacity);
			this.firsts = Arrays.copyOf(this.firsts, capacity);
			this.scores = Arrays.copyOf(this.scores, capacity);
		}
		int picked = this.size++;
		int truth = picture.label();
		this.truths[picked] = truth;
		this.firsts[picked] = NOTHING;
		this.scores[picked] = Float.NEGATIVE_INFINITY;
		if (!predictions.isEmpty()) {
			this.firsts[picked] = position(predictions.get(0));
			this.scores[picked] = predictions.get(0).score();
		}
		for (Prediction prediction : predictions) {
			int label = position(prediction);
			if (label == truth && prediction.score() >= this.lowest[label]) {
				this.amongFive.set(picked);
			}
		}
		int answer = answer(picked);
		if (truth != LabelledPicture.NONE) {
			if (this.labelled == this.answers.length) {
				this.answers = Arrays.copyOf(this.answers, this.labelled + (this.labelled >> 1));
			}
			this.answers[this.labelled++] = Answers.key(picture.name(), answer == truth);
		}
		if (answer == NOTHING) {
			return;
		}
		long cell = Confusion.cell(truth, answer);
		this.counts.merge(cell, 1L, Long::sum);
		if (truth != LabelledPicture.NONE && truth != answer) {
			keep(cell, new Example(picture.name(), picture.file(), this.scores[picked]));
		}
	}

	private int position(Prediction prediction) {
		Integer position = this.positions.get(prediction.label());
		if (position == null) {
			throw new IllegalStateException("The classifier answers with a label that it was not asked for");
		}
		return position;
	}

	private int answer(int picture) {
		int first = this.firsts[picture];
		return (first != NOTHING && this.scores[picture] >= this.lowest[first]) ? first : NOTHING;
	}

	private void keep(long cell, Example example) {
		List<Example> kept = this.examples.computeIfAbsent(cell, (key) -> new ArrayList<>());
		kept.add(example);
		kept.sort(BEST);
		if (kept.size() > EvaluationResult.MAXIMUM_EXAMPLES) {
			kept.remove(kept.size() - 1);
		}
		if (this.examples.size() > MAXIMUM_EXAMPLE_CELLS) {
			Map<Long, List<Example>> frequent = new HashMap<>();
			this.examples.entrySet()
				.stream()
				.sorted(Comparator.comparing((entry) -> -this.counts.getOrDefault(entry.getKey(), 0L)))
				.limit(MAXIMUM_EXAMPLE_CELLS / 2)
				.forEach((entry) -> frequent.put(entry.getKey(), entry.getValue()));
			this.examples = frequent;
		}
	}

	void addUnreadable(String name, String reason) {
		this.unreadableCount++;
		if (this.unreadable.size() < EvaluationResult.MAXIMUM_UNREADABLE) {
			this.unreadable.add(new Unreadable(name, reason));
		}
	}

	long classified() {
		return this.size;
	}

	long unreadable() {
		return this.unreadableCount;
	}

	EvaluationResult result(long nanos, ModelInfo model, List<String> templates, @Nullable Float temperature) {
		int size = this.labels.size();
		long[] count = new long[size];
		long[] rejected = new long[size];
		long[] amongFive = new long[size];
		long nones = 0;
		long nonesRejected = 0;
		for (int i = 0; i < this.size; i++) {
			int truth = this.truths[i];
			if (truth == LabelledPicture.NONE) {
				nones++;
				nonesRejected += (answer(i) == NOTHING) ? 1 : 0;
				continue;
			}
			count[truth]++;
			rejected[truth] += (answer(i) == NOTHING) ? 1 : 0;
			amongFive[truth] += this.amongFive.get(i) ? 1 : 0;
		}
		long total = Arrays.stream(count).sum();
		if (total == 0) {
			throw nothing();
		}
		long[] answered = new long[size];
		this.counts.forEach((cell, number) -> answered[Confusion.answer(cell)] += number);
		List<LabelResult> results = new ArrayList<>();
		long[] correct = new long[size];
		for (int i = 0; i < size; i++) {
			correct[i] = this.counts.getOrDefault(Confusion.cell(i, i), 0L);
			results.add(new LabelResult(this.labels.get(i), count[i], answered[i], correct[i], rejected[i]));
		}
		long labelledRejected = Arrays.stream(rejected).sum();
		Map<Long, Long> labelled = new TreeMap<>(this.counts);
		labelled.keySet().removeIf((cell) -> Confusion.label(cell) == LabelledPicture.NONE);
		Confusion confusion = new Confusion(size, labelled);
		Bootstrap bootstrap = new Bootstrap(count, correct, amongFive);
		long[] ranked = ranked(false);
		this.unreadable.sort(Comparator.comparing(Unreadable::name));
		return new EvaluationResult(total, bootstrap.top1(), bootstrap.top5(), bootstrap.meanRecall(), results,
				confusion, pairs(confusion),
				(nones + labelledRejected > 0) ? new NoneResult(nones, nonesRejected, labelledRejected, auroc(nones))
						: null,
				calibration(ranked), coverage(ranked(true)), this.unreadable, this.unreadableCount,
				Duration.ofNanos(nanos), model, templates, this.scoring, temperature, this.threshold, this.thresholds,
				new Answers(Arrays.copyOf(this.answers, this.labelled), rankedByLabel()));
	}

	/** The pictures with a prediction, those without a label among them. */
	private long[] rankedByLabel() {
		long[] ranked = new long[this.size];
		int length = 0;
		for (int i = 0; i < this.size; i++) {
			if (this.firsts[i] != NOTHING) {
				ranked[length++] = Answers.rank(this.firsts[i], this.scores[i], this.firsts[i] == this.truths[i]);
			}
		}
		return Arrays.copyOf(ranked, length);
	}

	private EvaluationException nothing() {
		if (this.unreadable.isEmpty()) {
			return new EvaluationException("There are no pictures of any label.", "Put some into the subfolders.");
		}
		return new EvaluationException("No picture of a label could be classified. The first of %,d problems: %s"
			.formatted(this.unreadableCount, this.unreadable.get(0).reason()), "");
	}

	private List<ConfusedPair> pairs(Confusion confusion) {
		List<Map.Entry<Long, Long>> worst = new ArrayList<>();
		Comparator<Map.Entry<Long, Long>> order = Map.Entry.<Long, Long>comparingByValue()
			.reversed()
			.thenComparing(Map.Entry.comparingByKey());
		confusion.errors((cell, number) -> worst.add(Map.entry(cell, number)));
		return worst.stream()
			.sorted(order)
			.limit(EvaluationResult.MAXIMUM_PAIRS)
			.map((entry) -> new ConfusedPair(this.labels.get(Confusion.label(entry.getKey())),
					this.labels.get(Confusion.answer(entry.getKey())), entry.getValue(),
					this.examples.getOrDefault(entry.getKey(), List.of())))
			.toList();
	}

	/**
	 * The pictures with a prediction, highest score first: the score, in bits that have
	 * its order, and whether the prediction is right.
	 * @param nones whether those without a label are among them
	 */
	private long[] ranked(boolean nones) {
		long[] ranked = new long[this.size];
		int length = 0;
		for (int i = 0; i < this.size; i++) {
			if ((nones || this.truths[i] != LabelledPicture.NONE) && this.firsts[i] != NOTHING) {
				ranked[length++] = (~ordered(this.scores[i]) << 1) | ((this.firsts[i] == this.truths[i]) ? 1 : 0);
			}
		}
		ranked = Arrays.copyOf(ranked, length);
		Arrays.sort(ranked);
		return ranked;
	}

	/** Signed bits that have the order of the numbers. */
	static long ordered(float score) {
		// Adding 0 makes -0 the same as 0.
		int bits = Float.floatToIntBits(score + 0f);
		return (bits < 0) ? bits ^ Integer.MAX_VALUE : bits;
	}

	static float score(long ranked) {
		int ordered = (int) ~(ranked >> 1);
		return Float.intBitsToFloat((ordered < 0) ? ordered ^ Integer.MAX_VALUE : ordered);
	}

	private static boolean isRight(long ranked) {
		return (ranked & 1) != 0;
	}

	private @Nullable Calibration calibration(long[] ranked) {
		if (this.scoring != Scoring.SOFTMAX && this.scoring != Scoring.SIGMOID) {
			return null;
		}
		long[] count = new long[BINS];
		long[] right = new long[BINS];
		double[] sum = new double[BINS];
		for (long picture : ranked) {
			double score = score(picture);
			int bin = (int) Math.min(BINS - 1, Math.max(0, Math.ceil(score * BINS) - 1));
			count[bin]++;
			right[bin] += isRight(picture) ? 1 : 0;
			sum[bin] += score;
		}
		List<Bin> bins = new ArrayList<>();
		double error = 0;
		for (int i = 0; i < BINS; i++) {
			double score = (count[i] > 0) ? sum[i] / count[i] : 0;
			double accuracy = EvaluationResult.share(right[i], count[i]);
			bins.add(new Bin((double) i / BINS, (double) (i + 1) / BINS, count[i], score, accuracy));
			error += EvaluationResult.share(count[i], ranked.length) * Math.abs(accuracy - score);
		}
		return new Calibration(error, bins);
	}

	private List<CoveragePoint> coverage(long[] ranked) {
		List<CoveragePoint> points = new ArrayList<>();
		long right = 0;
		for (int i = 0; i < ranked.length; i++) {
			right += isRight(ranked[i]) ? 1 : 0;
			boolean last = i + 1 == ranked.length;
			boolean ties = !last && score(ranked[i]) == score(ranked[i + 1]);
			if (last || (!ties && (i + 1L) * POINTS >= (points.size() + 1L) * ranked.length)) {
				points.add(new CoveragePoint(score(ranked[i]), EvaluationResult.share(i + 1, this.size),
						EvaluationResult.share(right, i + 1)));
			}
		}
		return points;
	}

	/**
	 * The Mann-Whitney statistic of the scores of pictures with and without a label.
	 */
	private double auroc(long nones) {
		if (nones == 0) {
			return Double.NaN;
		}
		long[] ranked = new long[this.size];
		for (int i = 0; i < this.size; i++) {
			ranked[i] = (ordered(this.scores[i]) << 1) | ((this.truths[i] == LabelledPicture.NONE) ? 1 : 0);
		}
		Arrays.sort(ranked);
		double wins = 0;
		long below = 0;
		int begin = 0;
		while (begin < ranked.length) {
			int end = begin;
			long with = 0;
			while (end < ranked.length && ranked[end] >> 1 == ranked[begin] >> 1) {
				with += 1 - (ranked[end++] & 1);
			}
			long without = end - begin - with;
			wins += with * (below + without / 2.0);
			below += without;
			begin = end;
		}
		return wins / ((double) nones * (this.size - nones));
	}

}
