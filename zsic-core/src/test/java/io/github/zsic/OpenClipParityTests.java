package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * Scores in OpenCLIP's layout equal those of OpenCLIP itself, which
 * {@code tools/golden/open_clip_models.py} recorded.
 */
class OpenClipParityTests {

	private static final Path FOLDER = Path.of("src/test/resources/open-clip");

	/** Of pictures in the model's own size. */
	private static final float EXACT = 1e-4f;

	/** OpenCLIP resizes with Pillow, which differs by a level here and there. */
	private static final float RESIZED = 2e-3f;

	@TempDir
	private Path folder;

	@TestFactory
	Stream<DynamicTest> checkpoints() throws IOException {
		Golden golden = new Gson().fromJson(Files.readString(FOLDER.resolve("golden.json")), Golden.class);
		Map<String, List<Case>> byModel = new LinkedHashMap<>();
		golden.cases.forEach(
				(each) -> byModel
					.computeIfAbsent(each.checkpoint + ((each.preprocess != null) ? " " + each.preprocess : ""),
							(name) -> new ArrayList<>())
					.add(each));
		assertThat(byModel).isNotEmpty();
		return byModel.entrySet()
			.stream()
			.map((model) -> DynamicTest.dynamicTest(model.getKey(), () -> verify(golden, model.getValue())));
	}

	private void verify(Golden golden, List<Case> cases) throws IOException {
		Path checkpoint = FOLDER.resolve(cases.get(0).checkpoint);
		if (cases.get(0).preprocess != null) {
			checkpoint = copy(checkpoint, cases.get(0).preprocess);
		}
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint(checkpoint.toString())
			.templates(golden.template)
			.build()) {
			for (Case expected : cases) {
				Classification result = classifier.classify(picture(expected), golden.labels);
				for (Prediction prediction : result.predictions()) {
					assertThat(prediction.score())
						.as(expected.picture + " " + expected.size + ": " + prediction.label())
						.isCloseTo(expected.scores[golden.labels.indexOf(prediction.label())],
								within(expected.picture.equals("own") ? EXACT : RESIZED));
				}
			}
		}
	}

	private Path copy(Path checkpoint, JsonObject preprocess) throws IOException {
		Path target = Files.createTempDirectory(this.folder, "checkpoint");
		try (Stream<Path> files = Files.list(checkpoint)) {
			for (Path file : files.toList()) {
				Files.copy(file, target.resolve(file.getFileName()));
			}
		}
		Path file = target.resolve("open_clip_config.json");
		JsonObject config = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
		preprocess.asMap().forEach(config.getAsJsonObject("preprocess_cfg")::add);
		Files.writeString(file, config.toString());
		return target;
	}

	/** Cut out of one of the pictures, so that it has the size. */
	private static ImageInput picture(Case expected) {
		boolean own = expected.picture.equals("own");
		try {
			BufferedImage image = ImageIO
				.read(TestCheckpoints.picture(own ? "landscape.png" : expected.picture).toFile());
			if (expected.size != null) {
				image = image.getSubimage(own ? 20 : 0, own ? 10 : 0, expected.size.get(0), expected.size.get(1));
			}
			ByteArrayOutputStream png = new ByteArrayOutputStream();
			ImageIO.write(image, "png", png);
			return ImageInput.of(png.toByteArray());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	static class Golden {

		String template;

		List<String> labels;

		List<Case> cases;

	}

	static class Case {

		String checkpoint;

		JsonObject preprocess;

		String picture;

		List<Integer> size;

		float[] scores;

	}

}
