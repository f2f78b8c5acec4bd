package io.github.zsic;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Checkpoints of full size, in the folder that the system property names, which
 * {@code tools/golden/full_size.py} fills.
 */
@EnabledOnOs(OS.LINUX)
@EnabledIfSystemProperty(named = "zsic.full-size", matches = ".+")
class FullSizeTests {

	/** The shares are those of the packed weights, with tables of words in float16. */
	@ParameterizedTest
	@CsvSource({ "clip-vit-large-patch14-336, FLOAT32, 1.0", "clip-vit-large-patch14-336, BFLOAT16, 0.5",
			"clip-vit-large-patch14-336, INT8, 0.28", "siglip-so400m-patch14-384, FLOAT32, 1.0",
			"siglip-so400m-patch14-384, BFLOAT16, 0.5", "siglip-so400m-patch14-384, INT8, 0.28" })
	void residentMemoryIsLittleMoreThanTheWeights(String name, Precision precision, double share) throws IOException {
		Path checkpoint = Path.of(System.getProperty("zsic.full-size")).resolve(name);
		long weights = Files.size(checkpoint.resolve("model.safetensors")) / 1024;
		long before = ResidentMemory.kilobytes();
		try (ZeroShotClassifier classifier = load(name, precision)) {
			assertThat(classifier.classify(ImageInput.of(TestCheckpoints.picture("landscape.png")), "fox", "owl")
				.predictions()).hasSize(2);
			long used = ResidentMemory.kilobytes() - before;
			System.out.printf("%s in %s: %d MB of weights, %d MB resident%n", name, precision, weights / 1024,
					used / 1024);
			assertThat(used).isLessThan((long) (1.15 * share * weights) + 400 * 1024);
		}
	}

	/**
	 * How close embeddings are to float32, for docs/precision.md. Random weights have
	 * none of the order of trained ones, and errors grow faster in them.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "clip-vit-base-patch32", "clip-vit-large-patch14" })
	void embeddingsAreCloseToFloat32(String name) {
		List<String> pictures = List.of("landscape.png", "portrait.png", "wide.png", "tall.png", "photo.jpg");
		List<String> texts = List.of("fox", "a bear in the woods", "two seagulls above a boat", "owl");
		try (ZeroShotClassifier float32 = load(name, Precision.FLOAT32)) {
			for (Precision precision : List.of(Precision.BFLOAT16, Precision.INT8)) {
				try (ZeroShotClassifier classifier = load(name, precision)) {
					double ofPictures = pictures.stream()
						.map((picture) -> ImageInput.of(TestCheckpoints.picture(picture)))
						.mapToDouble((picture) -> cosine(classifier.embedImage(picture), float32.embedImage(picture)))
						.min()
						.orElseThrow();
					double ofTexts = texts.stream()
						.mapToDouble((text) -> cosine(classifier.embedText(text), float32.embedText(text)))
						.min()
						.orElseThrow();
					System.out.printf("%s in %s: least cosine to float32 of pictures %.5f, of texts %.5f%n", name,
							precision, ofPictures, ofTexts);
					assertThat(ofPictures).isGreaterThan(0.99);
					assertThat(ofTexts).isGreaterThan(0.99);
				}
			}
		}
	}

	/** {@code tools/golden/open_clip_full_size.py} fills the folder {@code open-clip}. */
	@ParameterizedTest
	@ValueSource(strings = { "mobileclip2-s2", "biomedclip", "convnext-large-d-320", "eva02-l-14-336",
			"pe-core-l-14-336", "so400m-14-siglip2" })
	void scoresOfOpenClip(String name) throws IOException {
		Path checkpoint = Path.of(System.getProperty("zsic.full-size"), "open-clip", name);
		JsonObject expected = JsonParser.parseString(Files.readString(checkpoint.resolve("expected.json")))
			.getAsJsonObject();
		Map<String, Double> scores = new LinkedHashMap<>();
		for (int i = 0; i < expected.getAsJsonArray("labels").size(); i++) {
			scores.put(expected.getAsJsonArray("labels").get(i).getAsString(),
					expected.getAsJsonArray("scores").get(i).getAsDouble());
		}
		try (ZeroShotClassifier classifier = load("open-clip/" + name, Precision.FLOAT32)) {
			Classification found = classifier.classify(ImageInput.of(checkpoint.resolve("picture.png")),
					scores.keySet().toArray(String[]::new));
			double difference = found.predictions()
				.stream()
				.mapToDouble((prediction) -> Math.abs(prediction.score() - scores.get(prediction.label())))
				.max()
				.orElseThrow();
			System.out.printf("%s: largest difference of a score %.2g%n", name, difference);
			assertThat(difference).isLessThan(1e-3);
		}
	}

	private static ZeroShotClassifier load(String name, Precision precision) {
		return ZeroShotClassifier.builder()
			.checkpoint(Path.of(System.getProperty("zsic.full-size")).resolve(name).toString())
			.device("cpu")
			.precision(precision)
			.build();
	}

	private static double cosine(float[] first, float[] second) {
		double product = 0;
		for (int i = 0; i < first.length; i++) {
			product += (double) first[i] * second[i];
		}
		return product;
	}

}
