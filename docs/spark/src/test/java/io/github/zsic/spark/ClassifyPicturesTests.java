package io.github.zsic.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import io.github.zsic.ImageInput;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The example on a cluster of two executors, which are processes of their own, get the
 * program's jars from the driver and have none of its classes otherwise.
 */
class ClassifyPicturesTests {

	private static final Path TARGET = Path.of("target").toAbsolutePath();

	private static final Path EXAMPLES = Path.of("../../zsic-sample-app/src/main/resources/static/examples");

	private static final String CHECKPOINT = "classpath:zsic/emoji-clip";

	private static final List<String> LABELS = List.of("owl", "bear", "tree", "car", "bike", "cat");

	private static final int COPIES = 8;

	@TempDir
	private Path temporary;

	@Test
	void classifiesOnACluster() throws IOException {
		Path pictures = pictures();
		Path output = this.temporary.resolve("output");
		System.setProperty("spark.master", "local-cluster[2,2,1024]");
		System.setProperty("spark.jars", jars());
		System.setProperty("spark.scheduler.minRegisteredResourcesRatio", "1");
		System.setProperty("spark.sql.files.minPartitionNum", "8");
		System.setProperty("spark.ui.enabled", "false");
		// Empty, so that both executors unpack the native libraries at the same time.
		System.setProperty("spark.executorEnv.DJL_CACHE_DIR", this.temporary.resolve("djl").toString());
		System.setProperty("spark.executorEnv.DJL_OFFLINE", "true");
		List<String> arguments = new ArrayList<>(List.of(CHECKPOINT, pictures.toString(), output.toString()));
		arguments.addAll(LABELS);

		ClassifyPictures.main(arguments.toArray(String[]::new));

		List<Row> rows = read(output);
		assertThat(rows).hasSize(LABELS.size() * COPIES + 1);
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder().checkpoint(CHECKPOINT).build()) {
			for (Row row : rows) {
				Path file = Path.of(row.<String>getAs("path").replaceFirst("^file:", ""));
				if (file.endsWith("half.png")) {
					assertThat(row.<String>getAs("error")).contains("is damaged");
					assertThat(row.<String>getAs("label")).isNull();
					continue;
				}
				Prediction expected = classifier.classify(ImageInput.of(file), LABELS).best();
				assertThat(file.getFileName().toString()).startsWith(expected.label());
				assertThat(row.<String>getAs("label")).isEqualTo(expected.label());
				assertThat(row.<Float>getAs("score")).isCloseTo(expected.score(), within(1e-4f));
				assertThat(row.<String>getAs("error")).isNull();
			}
		}
		assertOneClassifierForEachExecutor();
	}

	private Path pictures() throws IOException {
		Path folder = Files.createDirectories(this.temporary.resolve("pictures/more"));
		for (String label : LABELS) {
			for (int i = 0; i < COPIES; i++) {
				Files.copy(EXAMPLES.resolve(label + ".png"), folder.resolve(label + i + ".png"));
			}
		}
		byte[] owl = Files.readAllBytes(EXAMPLES.resolve("owl.png"));
		Files.write(folder.resolve("half.png"), Arrays.copyOf(owl, owl.length / 2));
		Files.writeString(folder.resolve("notes.txt"), "no picture");
		return folder.getParent();
	}

	private static String jars() throws IOException {
		try (Stream<Path> jars = Stream.concat(Files.list(TARGET.resolve("jars")), Files.list(TARGET))) {
			return jars.map(Path::toString).filter((jar) -> jar.endsWith(".jar")).collect(Collectors.joining(","));
		}
	}

	private static List<Row> read(Path output) throws IOException {
		System.setProperty("spark.master", "local[1]");
		try (SparkSession spark = SparkSession.builder().getOrCreate()) {
			Dataset<Row> table = spark.read().parquet(output.toString());
			return table.collectAsList();
		}
	}

	/** By what the executors of the last run logged. */
	private static void assertOneClassifierForEachExecutor() throws IOException {
		try (Stream<Path> applications = Files.list(TARGET.resolve("spark-home/work"))) {
			Path application = applications.max(Path::compareTo).orElseThrow();
			for (String executor : List.of("0", "1")) {
				List<String> log = Files.readAllLines(application.resolve(executor).resolve("stderr"));
				assertThat(log.stream().filter((line) -> line.contains("Loaded clip checkpoint"))).hasSize(1);
				assertThat(log.stream().filter((line) -> line.contains("Finished task")).count()).isGreaterThan(1);
			}
		}
	}

}
