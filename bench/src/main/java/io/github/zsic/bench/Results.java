package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The file of results. A group that is measured again replaces what there was of it.
 */
final class Results {

	private static final Gson gson = new GsonBuilder().serializeSpecialFloatingPointValues().create();

	private final Path file;

	private final List<Result> all = new ArrayList<>();

	Results(Path file) throws IOException {
		this.file = file;
		if (Files.exists(file)) {
			for (String line : Files.readAllLines(file)) {
				this.all.add(gson.fromJson(line, Result.class));
			}
		}
	}

	void replace(String group, List<Result> results) throws IOException {
		this.all.removeIf((result) -> result.group().equals(group));
		this.all.addAll(results);
		Files.write(this.file, this.all.stream().map(gson::toJson).toList());
	}

	Set<String> groups() {
		return this.all.stream().map(Result::group).collect(Collectors.toSet());
	}

	List<Result> of(String group) {
		return this.all.stream().filter((result) -> result.group().equals(group)).toList();
	}

	Optional<Result> find(String group, String contender, @Nullable Work work, boolean busy) {
		return of(group).stream()
			.filter((result) -> !result.failed() && result.contender().equals(contender) && result.busy() == busy
					&& ((work != null) ? work.equals(result.work()) : result.work() == null))
			.findFirst();
	}

	/**
	 * The most operations in a second that matrices of a type of numbers reached.
	 * @param precision such as {@code int8}
	 * @return the operations, {@code NaN} if that was not measured
	 */
	double peak(String precision) {
		return of(Plan.ROOFLINE).stream()
			.filter((result) -> !result.failed() && result.contender().endsWith(" " + precision))
			.filter((result) -> result.work() != null)
			.mapToDouble((result) -> {
				double side = (result.work() != null) ? result.work().batch() : 0;
				return 2 * side * side * side / (result.number(Result.MEDIAN) / 1000);
			})
			.max()
			.orElse(Double.NaN);
	}

}
