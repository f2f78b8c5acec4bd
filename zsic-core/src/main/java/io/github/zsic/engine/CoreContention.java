package io.github.zsic.engine;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether the calling thread and its team of OpenMP get the cores that they want. Linux
 * counts for each thread how long it computed and how long it was ready to and had to
 * wait for a core. Where that is not to be had there is no contention. To be used by one
 * thread.
 */
final class CoreContention {

	private static final Path TASKS = Path.of("/proc/self/task");

	/** Between two looks, which cost some tens of microseconds. */
	private static final long INTERVAL = Duration.ofMillis(100).toNanos();

	/** What is too short to tell. */
	private static final long LEAST = Duration.ofMillis(10).toNanos();

	/** There is contention if this share of the time is spent waiting. */
	private static final double SHARE = 0.15;

	private static final long SHORTEST = Duration.ofMillis(500).toNanos();

	private static final long LONGEST = Duration.ofSeconds(4).toNanos();

	private List<Path> team = List.of();

	private Times last = new Times(0, 0);

	private long nextLook = System.nanoTime();

	private boolean suspected;

	private boolean contended;

	private long until;

	private long duration = SHORTEST;

	/**
	 * Looks at the team, not more often than makes sense. After contention was found a
	 * team is worth a try only after a while, which gets longer each time that it is
	 * found again.
	 * @param size how many threads the team has had since the last call
	 */
	boolean isContended(int size) {
		long now = System.nanoTime();
		if (this.contended) {
			if (now < this.until) {
				return true;
			}
			// The next task is tried with a team, and looked at right afterwards.
			this.contended = false;
			this.suspected = true;
			this.last = read();
			this.nextLook = now;
			return false;
		}
		if (size <= 1 || now < this.nextLook) {
			return false;
		}
		this.nextLook = now + INTERVAL;
		if (this.team.size() != size) {
			this.team = findTeam();
			this.last = read();
			return false;
		}
		Times times = read();
		long waited = times.waited() - this.last.waited();
		long total = waited + times.computed() - this.last.computed();
		if (total < LEAST) {
			return false;
		}
		this.last = times;
		if (waited <= SHARE * total) {
			this.suspected = false;
			this.duration = SHORTEST;
			return false;
		}
		if (!this.suspected) {
			this.suspected = true;
			return false;
		}
		this.contended = true;
		this.until = now + this.duration;
		this.duration = Math.min(2 * this.duration, LONGEST);
		return true;
	}

	/**
	 * The threads of a team inherit the name of the thread that made them, which no other
	 * thread of the engine has.
	 */
	private static List<Path> findTeam() {
		List<Path> found = new ArrayList<>();
		try {
			String name = Files.readString(Path.of("/proc/thread-self/comm"));
			try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
				for (Path task : tasks) {
					if (name.equals(Files.readString(task.resolve("comm")))) {
						found.add(task.resolve("schedstat"));
					}
				}
			}
		}
		catch (IOException ex) {
			// No Linux, or a thread has just ended: there is another look.
			return List.of();
		}
		return found;
	}

	private Times read() {
		long computed = 0;
		long waited = 0;
		try {
			for (Path member : this.team) {
				String[] numbers = Files.readString(member).split(" ");
				computed += Long.parseLong(numbers[0]);
				waited += Long.parseLong(numbers[1]);
			}
		}
		catch (IOException | NumberFormatException ex) {
			this.team = List.of();
		}
		return new Times(computed, waited);
	}

	/** In nanoseconds. */
	private record Times(long computed, long waited) {

	}

}
