package io.github.zsic.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;

/**
 * Classifies one decoded picture again and again, for a profiler to look at:
 * {@code bench/profile}.
 */
final class Profile {

	private static final int WARM_UP = 30;

	private static final int CALLS = 200;

	private Profile() {
	}

	public static void main(String[] arguments) throws Exception {
		Path folder = Path.of(arguments[0]);
		ModelShape model = ModelShape.of(arguments[1]);
		try (ZsicContender contender = new ZsicContender(folder, folder.resolve(model.id()).toString(), arguments[2],
				model.imageSize())) {
			Callable<?> work = contender.prepare(Work.image(1));
			median(work, WARM_UP);
			System.out.println("warm " + ProcessHandle.current().pid());
			while (true) {
				System.out.println("median ms " + median(work, CALLS));
			}
		}
	}

	private static double median(Callable<?> work, int calls) throws Exception {
		double[] times = new double[calls];
		for (int i = 0; i < calls; i++) {
			long start = System.nanoTime();
			work.call();
			times[i] = (System.nanoTime() - start) / 1e6;
		}
		Arrays.sort(times);
		return times[calls / 2];
	}

}
