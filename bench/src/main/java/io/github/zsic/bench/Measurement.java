package io.github.zsic.bench;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;

import org.jspecify.annotations.Nullable;

import io.github.zsic.bench.Plan.Entry;
import io.github.zsic.bench.Plan.Group;
import io.github.zsic.bench.WorkerProcess.ContenderException;

/**
 * Measures a group. The contenders take turns, one after the other and then again, never
 * all turns of one and then all of the next: what changes on the machine meanwhile
 * changes it for all.
 */
final class Measurement {

	/** So that threads of the one before that still spin do not disturb. */
	private static final long PAUSE = 30;

	/**
	 * A turn is disturbed if other processes took more than this share of the machine.
	 */
	private static final double DISTURBED = 0.05;

	private static final long LONG_PAUSE = 1000;

	/** Calls that take longer need no warming up in every turn. */
	private static final double LONG_CALL = 3e8;

	private static final int FIRST_LATER_REQUEST = 10;

	private static final int REQUESTS = 30;

	private final Group group;

	private final Contenders contenders;

	private final String commit;

	private final Consumer<String> progress;

	private final Map<Entry, String> errors = new HashMap<>();

	private final Map<Entry, List<double[]>> turns = new HashMap<>();

	/** The largest share of the machine that others took in a turn that counts. */
	private final Map<Entry, Double> foreign = new HashMap<>();

	private int repeats;

	/**
	 * Prepares a measurement.
	 * @param group what to measure
	 * @param contenders who takes part
	 * @param repeats how many disturbed turns may be repeated
	 * @param commit what is measured
	 * @param progress is told how far it is
	 */
	Measurement(Group group, Contenders contenders, int repeats, String commit, Consumer<String> progress) {
		this.group = group;
		this.contenders = contenders;
		this.repeats = repeats;
		this.commit = commit;
		this.progress = progress;
	}

	List<Result> run() throws IOException, InterruptedException {
		if (this.group.measuresStart()) {
			return runStarts();
		}
		for (int round = 0; round <= this.group.rounds(); round++) {
			this.progress.accept((round == 0) ? "warming up" : "round " + round + " of " + this.group.rounds());
			for (Entry entry : this.group.entries()) {
				if (!this.errors.containsKey(entry)) {
					take(entry, round == 0);
				}
			}
		}
		List<Result> results = new ArrayList<>();
		for (Entry entry : this.group.entries()) {
			// The first turn does not count.
			List<double[]> counted = this.turns.getOrDefault(entry, List.of());
			results.add(result(entry, entry.work(), this.errors.containsKey(entry) ? Map.of()
					: Result.statistics(counted.stream().skip(1).flatMapToDouble(DoubleStream::of).toArray())));
		}
		return results;
	}

	private void take(Entry entry, boolean first) throws IOException, InterruptedException {
		List<double[]> before = this.turns.computeIfAbsent(entry, (key) -> new ArrayList<>());
		boolean slow = !first && Result.median(before.get(before.size() - 1)) > LONG_CALL;
		double warmup = (first || slow) ? 0 : this.group.seconds() / 5;
		Turn turn = new Turn(entry.work(), warmup, first ? 2 * this.group.seconds() : this.group.seconds());
		double[] least = null;
		double leastLoad = Double.POSITIVE_INFINITY;
		try {
			Thread.sleep(PAUSE);
			while (true) {
				try (BusyNeighbour neighbour = entry.busy() ? new BusyNeighbour() : null) {
					ForeignLoad load = ForeignLoad.watch(own(entry, neighbour));
					double[] nanos = this.contenders.take(entry.contender(), turn);
					double foreign = first ? 0 : load.share(own(entry, neighbour));
					if (foreign < leastLoad) {
						least = nanos;
						leastLoad = foreign;
					}
				}
				if (leastLoad <= DISTURBED || this.repeats == 0) {
					break;
				}
				this.repeats--;
				Thread.sleep(LONG_PAUSE);
			}
		}
		catch (ContenderException ex) {
			fail(entry, ex);
			return;
		}
		before.add(Objects.requireNonNull(least));
		this.foreign.merge(entry, leastLoad, Math::max);
	}

	private List<Long> own(Entry entry, @Nullable BusyNeighbour neighbour) {
		List<Long> processes = new ArrayList<>(List.of(ProcessHandle.current().pid()));
		processes.addAll(this.contenders.processes(entry.contender()));
		if (neighbour != null) {
			processes.addAll(neighbour.processes());
		}
		return processes;
	}

	private List<Result> runStarts() throws IOException, InterruptedException {
		Map<Entry, List<Map<String, Double>>> starts = new HashMap<>();
		for (int round = 0; round <= this.group.rounds(); round++) {
			// The first start of each may find its files on the disk.
			this.progress.accept((round == 0) ? "warming up" : "round " + round + " of " + this.group.rounds());
			for (Entry entry : this.group.entries()) {
				Thread.sleep(PAUSE);
				if (!this.errors.containsKey(entry)) {
					try {
						Map<String, Double> numbers = start(entry);
						if (round > 0) {
							starts.computeIfAbsent(entry, (key) -> new ArrayList<>()).add(numbers);
						}
					}
					catch (ContenderException ex) {
						fail(entry, ex);
					}
				}
			}
		}
		List<Result> results = new ArrayList<>();
		for (Entry entry : this.group.entries()) {
			Map<String, Double> medians = new LinkedHashMap<>();
			if (!this.errors.containsKey(entry)) {
				List<Map<String, Double>> all = starts.getOrDefault(entry, List.of());
				for (String name : all.get(0).keySet()) {
					medians.put(name,
							Result.median(all.stream().mapToDouble((numbers) -> numbers.get(name)).toArray()));
				}
			}
			results.add(result(entry, null, medians));
		}
		return results;
	}

	private Map<String, Double> start(Entry entry) throws IOException {
		long start = System.nanoTime();
		try (WorkerProcess process = this.contenders.start(entry.contender())) {
			Turn request = new Turn(entry.work(), 0, 0);
			double first = process.take(request)[0];
			Map<String, Double> numbers = new LinkedHashMap<>();
			numbers.put(Result.FIRST_ANSWER, (System.nanoTime() - start) / 1e6);
			numbers.put(Result.LOADING, process.loadMillis());
			numbers.put(Result.FIRST_REQUEST, first / 1e6);
			Double resident = process.residentMebibytes();
			double[] later = new double[REQUESTS];
			for (int i = 0; i < REQUESTS; i++) {
				later[i] = process.take(request)[0];
				if (i == 0 && later[i] > 1e9) {
					// A model this slow needs no thirty.
					Arrays.fill(later, later[i]);
					break;
				}
			}
			numbers.put(Result.LATER_REQUESTS,
					Result.median(Arrays.copyOfRange(later, FIRST_LATER_REQUEST, REQUESTS)) / 1e6);
			numbers.put(Result.RESIDENT, (resident != null) ? resident : Double.NaN);
			return numbers;
		}
	}

	private void fail(Entry entry, ContenderException ex) {
		this.errors.put(entry, String.valueOf(ex.getMessage()));
		this.progress.accept(entry.contender() + ", " + entry.work() + ": " + ex.getMessage());
	}

	private Result result(Entry entry, @Nullable Work work, Map<String, Double> numbers) {
		return new Result(this.group.name(), entry.contender(), work, entry.busy(), numbers, this.errors.get(entry),
				Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(), this.commit);
	}

}
