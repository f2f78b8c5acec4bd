package io.github.zsic.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Classifies decoded pictures again and again, for a profiler to look at:
 * {@code bench/profile}.
 */
final class Profile {

	private static final int WARM_UP = 30;

	/** Times that a median is of; one is enough for what takes long. */
	private static final int CALLS = 200;

	private static final double SECONDS = 5;

	private Profile() {
	}

	public static void main(String[] arguments) throws Exception {
		Path folder = Path.of(arguments[0]);
		Model model = Model.of(arguments[1]);
		try (ZsicContender contender = new ZsicContender(folder, folder.resolve(model.id()).toString(), arguments[2],
				model.imageSize())) {
			Callable<?> work = contender
				.prepare(Work.image((arguments.length > 3) ? Integer.parseInt(arguments[3]) : 1));
			median(work, WARM_UP);
			System.out.println("warm " + ProcessHandle.current().pid());
			while (true) {
				System.out.println("median ms " + median(work, CALLS));
			}
		}
	}

	private static double median(Callable<?> work, int calls) throws Exception {
		List<Double> times = new ArrayList<>();
		long begin = System.nanoTime();
		while (times.isEmpty() || times.size() < calls && System.nanoTime() - begin < SECONDS * 1e9) {
			long start = System.nanoTime();
			work.call();
			times.add((System.nanoTime() - start) / 1e6);
		}
		Collections.sort(times);
		return times.get(times.size() / 2);
	}

}
