package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How busy processes other than those that are measured keep the machine. Linux only;
 * elsewhere it knows of none.
 */
final class ForeignLoad {

	private static final Path STAT = Path.of("/proc/stat");

	private final long ticks;

	private final long idleTicks;

	private final Map<Long, Long> known = new HashMap<>();

	private ForeignLoad(List<Long> processes) throws IOException {
		long[] cpu = cpu();
		this.ticks = cpu[0];
		this.idleTicks = cpu[1];
		for (Long process : processes) {
			this.known.put(process, ticks(process));
		}
	}

	/**
	 * Starts watching.
	 * @param processes what is not foreign
	 * @return the watch
	 */
	static ForeignLoad watch(List<Long> processes) throws IOException {
		return new ForeignLoad(processes);
	}

	/**
	 * What others have used since then.
	 * @param processes what is not foreign, also if it was started meanwhile
	 * @return a share of the machine, between 0 and 1
	 */
	double share(List<Long> processes) throws IOException {
		long[] cpu = cpu();
		long all = cpu[0] - this.ticks;
		long foreign = all - (cpu[1] - this.idleTicks);
		for (Long process : processes) {
			foreign -= ticks(process) - this.known.getOrDefault(process, 0L);
		}
		return (all > 0) ? Math.max(0, foreign) / (double) all : 0;
	}

	/** All ticks, and the idle ones among them. */
	private static long[] cpu() throws IOException {
		if (!Files.exists(STAT)) {
			return new long[2];
		}
		String[] fields = Files.readAllLines(STAT).get(0).split(" +");
		long all = 0;
		// user, nice, system, idle, iowait, irq, softirq, steal; guests are in user.
		for (int i = 1; i <= 8; i++) {
			all += Long.parseLong(fields[i]);
		}
		return new long[] { all, Long.parseLong(fields[4]) + Long.parseLong(fields[5]) };
	}

	private static long ticks(long process) throws IOException {
		try {
			String stat = Files.readString(Path.of("/proc/" + process + "/stat"));
			String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
			return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
		}
		catch (NoSuchFileException ex) {
			return 0;
		}
	}

}
