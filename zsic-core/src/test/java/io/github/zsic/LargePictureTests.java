package io.github.zsic;

import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * A JPEG that is far larger than the model's input is not decoded in full, which its
 * scores must not tell.
 */
class LargePictureTests {

	private static final Path EXAMPLES = Path.of("../zsic-sample-app/src/main/resources/static/examples");

	private static final List<String> LABELS = List.of("tree", "car", "bike", "cat", "owl", "bear", "cup", "rocket");

	private static ZeroShotClassifier classifier;

	@BeforeAll
	static void load() {
		classifier = ZeroShotClassifier.builder().checkpoint("classpath:zsic/emoji-clip").device("cpu").build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	/**
	 * A few hundred bytes that would become gigabytes, of which the crop keeps little.
	 */
	@ParameterizedTest
	@CsvSource({ "1, 100000", "65000, 1", "3, 1000000" })
	void narrowPictures(int width, int height) throws IOException {
		BufferedImage narrow = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_BINARY);
		ByteArrayOutputStream png = new ByteArrayOutputStream();
		ImageIO.write(narrow, "png", png);
		float[] expected = classifier.embedImage(ImageInput.of(new BufferedImage(50, 50, BufferedImage.TYPE_INT_RGB)));
		for (ImageInput input : List.of(ImageInput.of("strip", png.toByteArray()), ImageInput.of(narrow))) {
			assertThat(classifier.embedImage(input)).containsExactly(expected);
		}
	}

	@ParameterizedTest
	@CsvSource({ "astronaut.jpg, 1999, 1501", "coffee.jpg, 1203, 2400", "chelsea.jpg, 2001, 1997",
			"rocket.jpg, 700, 501" })
	void scoresAreThoseOfTheFullPicture(String file, int width, int height) throws IOException {
		BufferedImage original = ImageIO.read(EXAMPLES.resolve(file).toFile());
		BufferedImage large = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
		Graphics2D graphics = large.createGraphics();
		graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BICUBIC);
		graphics.drawImage(original, 0, 0, width, height, null);
		graphics.dispose();
		ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
		ImageIO.write(large, "jpg", jpeg);
		BufferedImage full = ImageIO.read(new ByteArrayInputStream(jpeg.toByteArray()));
		List<Prediction> expected = classifier
			.classify(ClassificationRequest.builder().image(ImageInput.of(full)).labels(LABELS).build())
			.get(0)
			.predictions();
		List<Prediction> actual = classifier
			.classify(ClassificationRequest.builder().image(ImageInput.of(jpeg.toByteArray())).labels(LABELS).build())
			.get(0)
			.predictions();
		for (Prediction prediction : expected) {
			Prediction same = actual.stream()
				.filter((candidate) -> candidate.label().equals(prediction.label()))
				.findFirst()
				.orElseThrow();
			assertThat(same.score()).as(prediction.label()).isCloseTo(prediction.score(), within(2e-3f));
		}
	}

}
