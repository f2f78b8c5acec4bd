package io.github.zsic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How much memory this process has, the native part included. Linux only.
 */
final class ResidentMemory {

	private ResidentMemory() {
	}

	static long kilobytes() throws IOException {
		System.gc();
		for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
			if (line.startsWith("VmRSS:")) {
				return Long.parseLong(line.replaceAll("\\D", ""));
			}
		}
		throw new IllegalStateException("no VmRSS");
	}

	/**
	 * The least of what there is after each of some repetitions, because the JIT compiler
	 * and the allocator come and go by some megabytes.
	 */
	static long leastKilobytes(int repetitions, Runnable task) throws IOException {
		long least = Long.MAX_VALUE;
		for (int repetition = 0; repetition < repetitions; repetition++) {
			task.run();
			least = Math.min(least, kilobytes());
		}
		return least;
	}

}
