package io.github.zsic.bench;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What was measured of one contender at one work; a line of the file of results.
 *
 * @param group the group it was measured in
 * @param contender the contender
 * @param work the work, {@code null} for a start
 * @param busy whether other processes kept half of the cores busy
 * @param numbers times in milliseconds, memory in MiB
 * @param error why there are no numbers
 * @param at when
 * @param commit of what
 */
record Result(String group, String contender, @Nullable Work work, boolean busy, Map<String, Double> numbers,
		@Nullable String error, String at, String commit) {

	/** The median of all calls. */
	static final String MEDIAN = "median";

	static final String MEAN = "mean";

	static final String LOWER_QUARTILE = "q1";

	static final String UPPER_QUARTILE = "q3";

	static final String P99 = "p99";

	static final String CALLS = "calls";

	/** The share of the machine that other processes took in the worst turn. */
	static final String FOREIGN_LOAD = "foreignLoad";

	/** From the start of the process to its first answer. */
	static final String FIRST_ANSWER = "firstAnswer";

	/** The loading of the model, within that. */
	static final String LOADING = "loading";

	/** The first request. */
	static final String FIRST_REQUEST = "firstRequest";

	/** The requests from the tenth on. */
	static final String LATER_REQUESTS = "laterRequests";

	static final String RESIDENT = "resident";

	static Map<String, Double> statistics(double[] nanos) {
		double[] sorted = nanos.clone();
		Arrays.sort(sorted);
		Map<String, Double> numbers = new LinkedHashMap<>();
		numbers.put(MEDIAN, quantile(sorted, 0.5) / 1e6);
		numbers.put(LOWER_QUARTILE, quantile(sorted, 0.25) / 1e6);
		numbers.put(UPPER_QUARTILE, quantile(sorted, 0.75) / 1e6);
		numbers.put(P99, quantile(sorted, 0.99) / 1e6);
		numbers.put(MEAN, Arrays.stream(sorted).average().orElseThrow() / 1e6);
		numbers.put(CALLS, (double) sorted.length);
		return numbers;
	}

	static double median(double[] values) {
		double[] sorted = values.clone();
		Arrays.sort(sorted);
		return quantile(sorted, 0.5);
	}

	private static double quantile(double[] sorted, double share) {
		double at = share * (sorted.length - 1);
		int below = (int) at;
		int above = Math.min(below + 1, sorted.length - 1);
		return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
	}

	boolean failed() {
		return this.error != null;
	}

	double number(String name) {
		Double number = this.numbers.get(name);
		return (number != null) ? number : Double.NaN;
	}

	/**
	 * Pictures in a second. Callers who call again at once, as all here do, finish as
	 * many calls as there are callers in the mean time of a call.
	 * @return the throughput
	 */
	double picturesPerSecond() {
		return (this.work == null) ? Double.NaN : 1000 * this.work.callers() * this.work.pictures() / number(MEAN);
	}

	double millisPerPicture() {
		return (this.work == null) ? Double.NaN : number(MEDIAN) / this.work.pictures();
	}

}
