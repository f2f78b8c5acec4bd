package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.zsic.bench.Plan.Group;

/**
 * Runs all groups, or some, and prints the tables of everything that was ever measured in
 * the same folder.
 */
final class Bench {

	private static final String USAGE = """
			bench/run WORK [options]

			WORK is a folder for checkpoints (6 GB; exports of them another 10), pictures and results.

			  --only NAMES     only groups whose names start so, separated by commas, such as vit-b-32/latency; those
			                   of open-clip run only if they are named, write another 10 GB and need open_clip in Python
			  --quick          fewer rounds and not the largest model
			  --resume         not the groups that have results
			  --list           only tell the names of the groups
			  --table          only print what was measured
			  --into FILE      write the tables into this file too, between its two lines that name the benchmark
			  --python FILE    an interpreter that has bench/python/requirements.txt; by default WORK/venv/bin/python
			                   if it is there; without, only contenders in the JVM run
			""";

	private static final String BEGIN = "<!-- written by bench/run -->";

	private static final String END = "<!-- end of what bench/run writes -->";

	private final Path folder;

	private final @Nullable Path python;

	private final Path scripts = Path.of(System.getProperty("bench.scripts", "bench/python"));

	private final String commit = System.getProperty("bench.commit", "unknown");

	private final Results results;

	private Bench(Path folder, @Nullable Path python) throws IOException {
		this.folder = folder;
		this.python = python;
		this.results = new Results(folder.resolve("results.jsonl"));
	}

	public static void main(String[] arguments) throws Exception {
		List<String> rest = new ArrayList<>(List.of(arguments));
		boolean quick = rest.remove("--quick");
		boolean resume = rest.remove("--resume");
		boolean list = rest.remove("--list");
		boolean table = rest.remove("--table");
		String into = value(rest, "--into");
		String only = value(rest, "--only");
		String python = value(rest, "--python");
		if (rest.size() != 1 || rest.get(0).startsWith("--")) {
			System.err.print(USAGE);
			System.exit(2);
		}
		Path folder = Path.of(rest.get(0)).toAbsolutePath();
		Files.createDirectories(folder);
		Path own = folder.resolve("venv/bin/python");
		Bench bench = new Bench(folder, (python != null) ? Path.of(python) : Files.exists(own) ? own : null);
		List<Group> groups = Plan.groups(quick)
			.stream()
			.filter((group) -> (only == null) ? !(group.model() instanceof OpenClipModel)
					: List.of(only.split(",")).stream().anyMatch(group.name()::startsWith))
			.filter((group) -> !resume || !bench.results.groups().contains(group.name()))
			.toList();
		if (list) {
			groups.forEach((group) -> System.out.println(group.name()));
			return;
		}
		if (!table) {
			bench.run(groups);
		}
		String report = Report.of(bench.results);
		System.out.println(report);
		if (into != null) {
			write(report, Path.of(into));
		}
	}

	private static void write(String report, Path file) throws IOException {
		String text = Files.readString(file);
		int from = text.indexOf(BEGIN);
		int to = text.indexOf(END);
		if (from < 0 || to < from) {
			throw new IOException(file + " has no lines '" + BEGIN + "' and '" + END + "'");
		}
		Files.writeString(file, text.substring(0, from) + BEGIN + "\n\n" + report + "\n" + text.substring(to));
	}

	private static @Nullable String value(List<String> arguments, String option) {
		int at = arguments.indexOf(option);
		if (at < 0 || at + 1 == arguments.size()) {
			return null;
		}
		arguments.remove(at);
		return arguments.remove(at);
	}

	private void run(List<Group> groups) throws IOException, InterruptedException {
		Pictures.writeSmall(this.folder);
		Pictures.writeLarge(this.folder);
		for (Group group : groups) {
			if (group.model() != null) {
				prepare(group.model());
			}
		}
		for (int i = 0; i < groups.size();) {
			Model model = groups.get(i).model();
			try (Contenders contenders = contenders(model)) {
				for (; i < groups.size() && Objects.equals(groups.get(i).model(), model); i++) {
					Group group = groups.get(i);
					long start = System.nanoTime();
					if (group.measuresStart()) {
						contenders.close();
					}
					this.results.replace(group.name(), new Measurement(group, contenders, 2 * group.entries().size(),
							this.commit, (text) -> System.err.println(group.name() + ": " + text))
						.run());
					System.err.printf("%s: %d s%n", group.name(), (System.nanoTime() - start) / 1_000_000_000);
				}
			}
		}
	}

	private Contenders contenders(@Nullable Model model) {
		return (model != null) ? new Contenders(this.folder, this.python, this.scripts, checkpoint(model).toString(),
				model.imageSize()) : new Contenders(this.folder, this.python, this.scripts, null, 0);
	}

	private Path checkpoint(Model model) {
		return this.folder.resolve(model.id());
	}

	private void prepare(Model model) throws IOException, InterruptedException {
		Path checkpoint = checkpoint(model);
		if (model instanceof ModelShape shape) {
			RandomCheckpoint.write(shape, checkpoint);
			prepare(checkpoint, "exported", this.scripts.resolve("export.py"), checkpoint.toString());
		}
		else {
			prepare(checkpoint, "written", this.scripts.resolve("../../tools/golden/open_clip_full_size.py"),
					this.folder.resolve(OpenClipModel.FOLDER).toString(), String.valueOf(checkpoint.getFileName()));
		}
	}

	/** Runs a script once for each checkpoint, which a file there tells. */
	private void prepare(Path checkpoint, String mark, Path script, String... arguments)
			throws IOException, InterruptedException {
		if (this.python == null || Files.exists(checkpoint.resolve(mark))) {
			return;
		}
		System.err.println("Running " + script.getFileName() + " for " + checkpoint.getFileName());
		List<String> command = new ArrayList<>(List.of(this.python.toString(), script.toString()));
		command.addAll(List.of(arguments));
		if (new ProcessBuilder(command).inheritIO().start().waitFor() == 0) {
			Files.createFile(checkpoint.resolve(mark));
		}
		else {
			System.err.println("It failed; what it did not write is left out");
		}
	}

}
