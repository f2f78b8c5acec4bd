package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

import io.github.zsic.bench.Plan.Group;

/**
 * The results as tables in Markdown.
 */
final class Report {

	/** Others took so much of the machine that times are not to be trusted. */
	private static final double DISTURBED = 0.1;

	private final StringBuilder text = new StringBuilder();

	private final Results results;

	private Report(Results results) {
		this.results = results;
	}

	static String of(Results results) throws IOException {
		Report report = new Report(results);
		report.line(machine());
		report.targets();
		for (Group group : Plan.groups(false)) {
			List<Result> all = results.of(group.name());
			if (!all.isEmpty()) {
				report.line("\n### " + group.name() + "\n");
				report.line("Measured " + all.get(0).at() + ", commit " + all.get(0).commit() + "\n");
				if (group.name().equals(Plan.ROOFLINE)) {
					report.roofline(all);
				}
				else if (group.measuresStart()) {
					report.starts(all);
				}
				else {
					report.times(group, all);
				}
			}
		}
		return report.text.toString();
	}

	private static String machine() throws IOException {
		String model = System.getProperty("os.arch");
		Path info = Path.of("/proc/cpuinfo");
		if (Files.exists(info)) {
			model = Files.readAllLines(info)
				.stream()
				.filter((line) -> line.startsWith("model name"))
				.findFirst()
				.map((line) -> line.substring(line.indexOf(':') + 2))
				.orElse(model);
		}
		return model + ", " + Runtime.getRuntime().availableProcessors() + " cores, " + System.getProperty("os.name")
				+ ", Java " + System.getProperty("java.version");
	}

	private void targets() {
		line("\n### Targets\n");
		line("| work | limit | reached |");
		line("| --- | --- | --- |");
		Target.all(this.results).forEach((target) -> line(target.toString()));
	}

	private void times(Group group, List<Result> all) {
		line("| work | contender | median ms | quartiles ms | p99 ms | calls | pictures/s | against " + group.baseline()
				+ " | share of peak |");
		line("| --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
		for (Result result : all) {
			Work work = result.work();
			if (work == null || result.failed()) {
				line("| " + work + " | " + result.contender() + " | " + result.error() + " | | | | | | |");
				continue;
			}
			double baseline = this.results.find(result.group(), group.baseline(), work, result.busy())
				.map((other) -> other.number(Result.MEDIAN))
				.orElse(Double.NaN);
			double share = Double.NaN;
			if (work.operation() == Work.Operation.IMAGE && work.callers() == 1 && !result.busy()
					&& group.model() instanceof ModelShape shape) {
				share = shape.imageFlops() * work.batch() / (result.number(Result.MEDIAN) / 1000)
						/ this.results.peak(Target.precision(result.contender()));
			}
			line("| " + work + (result.busy() ? ", half of the cores busy" : "") + " | " + result.contender()
					+ ((result.number(Result.FOREIGN_LOAD) > DISTURBED) ? " (disturbed)" : "") + " | "
					+ millis(result.number(Result.MEDIAN)) + " | " + millis(result.number(Result.LOWER_QUARTILE)) + "–"
					+ millis(result.number(Result.UPPER_QUARTILE)) + " | " + millis(result.number(Result.P99)) + " | "
					+ Math.round(result.number(Result.CALLS)) + " | " + number("%.1f", result.picturesPerSecond())
					+ " | " + number("%.2fx", baseline / result.number(Result.MEDIAN)) + " | "
					+ number("%.0f %%", 100 * share) + " |");
		}
	}

	private void roofline(List<Result> all) {
		line("| matrices | by | median ms | Gop/s |");
		line("| --- | --- | ---: | ---: |");
		for (Result result : all) {
			Work work = result.work();
			if (work == null || result.failed()) {
				line("| " + work + " | " + result.contender() + " | " + result.error() + " | |");
				continue;
			}
			double operations = 2 * Math.pow(work.batch(), 3);
			line("| " + work + " | " + result.contender() + " | " + millis(result.number(Result.MEDIAN)) + " | "
					+ Math.round(operations / result.number(Result.MEDIAN) / 1e6) + " |");
		}
	}

	private void starts(List<Result> all) {
		line("| contender | start to first answer, s | of that loading, s | first request, ms | later requests, ms | "
				+ "resident, MiB |");
		line("| --- | ---: | ---: | ---: | ---: | ---: |");
		for (Result result : all) {
			if (result.failed()) {
				line("| " + result.contender() + " | " + result.error() + " | | | | |");
				continue;
			}
			line("| " + result.contender() + " | " + number("%.2f", result.number(Result.FIRST_ANSWER) / 1000) + " | "
					+ number("%.2f", result.number(Result.LOADING) / 1000) + " | "
					+ millis(result.number(Result.FIRST_REQUEST)) + " | " + millis(result.number(Result.LATER_REQUESTS))
					+ " | " + number("%.0f", result.number(Result.RESIDENT)) + " |");
		}
	}

	private void line(String line) {
		this.text.append(line).append('\n');
	}

	private static String millis(double millis) {
		return number((millis < 10) ? "%.2f" : (millis < 100) ? "%.1f" : "%.0f", millis);
	}

	private static String number(String format, double value) {
		return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
	}

}
