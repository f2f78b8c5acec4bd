package io.github.zsic.spark;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

import io.github.zsic.ImageInput;
import io.github.zsic.InvalidImageException;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;

/**
 * Classifies all pictures below a folder and writes a table: {@code path}, {@code label}
 * and {@code score} of the best label, and {@code error} where a picture cannot be read.
 */
public final class ClassifyPictures {

	static final StructType COLUMNS = StructType.fromDDL("path STRING, label STRING, score FLOAT, error STRING");

	private ClassifyPictures() {
	}

	public static void main(String[] args) throws IOException {
		if (args.length < 4) {
			throw new IllegalArgumentException("Pass a checkpoint, a folder with pictures, a folder to write, and labels");
		}
		try (SparkSession spark = SparkSession.builder().appName("classify-pictures").getOrCreate()) {
			Dataset<Row> pictures = spark.read()
				.format("binaryFile")
				.option("pathGlobFilter", "*.{jpg,jpeg,png,webp}")
				.option("recursiveFileLookup", true)
				.load(args[1]);
			classify(pictures, args[0], List.of(args).subList(3, args.length)).write().parquet(args[2]);
		}
	}

	/**
	 * Classifies pictures.
	 * @param pictures with the columns {@code path} and {@code content} of Spark's
	 * {@code binaryFile}
	 * @param checkpoint the checkpoint, which all executors can reach under this name
	 * @param labels the candidate labels
	 * @return a row for each picture
	 */
	static Dataset<Row> classify(Dataset<Row> pictures, String checkpoint, List<String> labels) {
		String[] candidates = labels.toArray(String[]::new);
		MapPartitionsFunction<Row, Row> partition = (rows) -> {
			ZeroShotClassifier classifier = ExecutorClassifier.get(checkpoint,
					SparkEnv.get().conf().getInt("spark.executor.cores", 0));
			return stream(rows).map((row) -> classify(classifier, row, candidates)).iterator();
		};
		return pictures.select("path", "content").mapPartitions(partition, Encoders.row(COLUMNS));
	}

	private static Row classify(ZeroShotClassifier classifier, Row picture, String[] labels) {
		String path = picture.getString(0);
		try {
			Prediction best = classifier.classify(ImageInput.of(picture.<byte[]>getAs(1)), labels).best();
			return RowFactory.create(path, best.label(), best.score(), null);
		}
		catch (InvalidImageException ex) {
			// One bad picture of millions must not end the job.
			return RowFactory.create(path, null, null, ex.getMessage());
		}
	}

	private static <T> Stream<T> stream(Iterator<T> iterator) {
		Iterable<T> iterable = () -> iterator;
		return StreamSupport.stream(iterable.spliterator(), false);
	}

}
