package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Other processes that keep half of the cores busy, each one core, until closed.
 */
final class BusyNeighbour implements AutoCloseable {

	private final List<Process> processes = new ArrayList<>();

	BusyNeighbour() throws IOException {
		int cores = Runtime.getRuntime().availableProcessors();
		for (int core = cores - cores / 2; core < cores; core++) {
			List<String> command = new ArrayList<>();
			if (Files.isExecutable(Path.of("/usr/bin/taskset"))) {
				command.addAll(List.of("/usr/bin/taskset", "-c", String.valueOf(core)));
			}
			command.addAll(List.of("sh", "-c", "while :; do :; done"));
			this.processes.add(new ProcessBuilder(command).start());
		}
	}

	List<Long> processes() {
		return this.processes.stream().map(Process::pid).toList();
	}

	@Override
	public void close() {
		this.processes.forEach(Process::destroyForcibly);
		for (Process process : this.processes) {
			process.onExit().join();
		}
	}

}
