package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * AVIF and HEIC that {@code tools/golden/heif.py} made, where libheif is installed.
 */
class HeifImageDecoderTests {

	private static final Path FOLDER = Path.of("src/test/resources/heif");

	private static HeifImageDecoder decoder;

	@BeforeAll
	static void find() {
		decoder = HeifImageDecoder.find(1_000_000).orElse(null);
		assumeThat(decoder).as("libheif").isNotNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "picture.avif", "picture.heic", "turned.avif", "transparent.avif" })
	void decodes(String name) throws IOException {
		BufferedImage actual = decoder.decode(read(name));
		assertThat(actual).as("whether libheif has the decoder").isNotNull();
		assertThat(difference(actual, ImageIO.read(FOLDER.resolve("picture.png").toFile()))).isLessThan(2.5);
	}

	@Test
	void leavesOtherFormatsToOthers() throws IOException {
		assertThat(decoder.decode(read("picture.png"))).isNull();
		assertThat(decoder.decode(new byte[0])).isNull();
		assertThat(decoder.decode("....ftypqt  ....".getBytes(StandardCharsets.US_ASCII))).isNull();
	}

	@Test
	void classifiesAsThePng() throws IOException {
		ZeroShotClassifierBuilder builder = ZeroShotClassifier.builder()
			.checkpoint("classpath:zsic/emoji-clip")
			.device("cpu");
		ImageInput heic = ImageInput.of(FOLDER.resolve("picture.heic"));
		try (ZeroShotClassifier classifier = builder.build()) {
			assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> classifier.embedImage(heic))
				.satisfies(
						(ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.UNSUPPORTED_FORMAT));
		}
		try (ZeroShotClassifier classifier = builder.imageDecoders(List.of(decoder)).build()) {
			float[] expected = classifier.embedImage(ImageInput.of(FOLDER.resolve("picture.png")));
			for (String name : List.of("picture.avif", "picture.heic", "turned.avif")) {
				float[] actual = classifier.embedImage(ImageInput.of(FOLDER.resolve(name)));
				double cosine = IntStream.range(0, actual.length).mapToDouble((i) -> actual[i] * expected[i]).sum();
				assertThat(cosine).as(name).isCloseTo(1, within(0.05));
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "picture.avif", "picture.heic" })
	void sizeIsCheckedBeforeItIsDecoded(String name) throws IOException {
		HeifImageDecoder strict = HeifImageDecoder.find(161 * 120 - 1).orElseThrow();
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> strict.decode(read(name)))
			.withMessageContaining("161 x 120 pixels, more than the 19,319 that are allowed")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(InvalidImageException.Reason.TOO_LARGE));
		assertThat(HeifImageDecoder.find(161 * 120).orElseThrow().decode(read(name))).isNotNull();
	}

	/** What the file tells may be larger than it is, or smaller. */
	@ParameterizedTest
	@ValueSource(ints = { 1, 7, 20_000, 30_000, 70_000, Integer.MAX_VALUE, -1, 0 })
	void sizeThatIsNotTrue(int side) throws IOException {
		for (String name : List.of("picture.avif", "picture.heic")) {
			byte[] bytes = read(name);
			int index = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("ispe");
			ByteBuffer.wrap(bytes).putInt(index + 8, side).putInt(index + 12, side);
			try {
				BufferedImage image = decoder.decode(bytes);
				assertThat(image == null || image.getWidth() * image.getHeight() <= 1_000_000).isTrue();
			}
			catch (IOException | InvalidImageException ex) {
				assertThat(ex).hasMessageMatching("(?s)(A picture in AVIF or HEIC has|its size is|libheif ).*");
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "picture.avif", "picture.heic" })
	void truncatedPictures(String name) throws IOException {
		byte[] bytes = read(name);
		for (int length = 12; length < bytes.length; length += 61) {
			byte[] part = Arrays.copyOf(bytes, length);
			try {
				decoder.decode(part);
			}
			catch (IOException ex) {
				assertThat(ex).hasMessageStartingWith("libheif ");
			}
		}
	}

	@Test
	void manyThreads() throws Exception {
		byte[] avif = read("picture.avif");
		byte[] heic = read("picture.heic");
		BufferedImage expected = ImageIO.read(FOLDER.resolve("picture.png").toFile());
		ExecutorService threads = Executors.newFixedThreadPool(8);
		try {
			List<Future<Double>> differences = new Random(1).ints(64, 0, 2)
				.mapToObj((i) -> threads.submit(() -> difference(decoder.decode((i == 0) ? avif : heic), expected)))
				.toList();
			for (Future<Double> difference : differences) {
				assertThat(difference.get()).isLessThan(2.5);
			}
		}
		finally {
			threads.shutdownNow();
		}
	}

	/** The mean of all bands of all pixels, in levels. */
	private static double difference(BufferedImage actual, BufferedImage expected) {
		assertThat(actual.getWidth()).isEqualTo(expected.getWidth());
		assertThat(actual.getHeight()).isEqualTo(expected.getHeight());
		long sum = 0;
		for (int y = 0; y < actual.getHeight(); y++) {
			for (int x = 0; x < actual.getWidth(); x++) {
				for (int shift = 0; shift < 24; shift += 8) {
					sum += Math
						.abs(((actual.getRGB(x, y) >> shift) & 0xFF) - ((expected.getRGB(x, y) >> shift) & 0xFF));
				}
			}
		}
		return sum / 3.0 / actual.getWidth() / actual.getHeight();
	}

	private static byte[] read(String name) throws IOException {
		return Files.readAllBytes(FOLDER.resolve(name));
	}

}
