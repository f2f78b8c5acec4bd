package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link ImageDecoder} for a model that needs fewer pixels than a picture has: every
 * encoding of a JPEG comes out smaller, upright and in its colours.
 */
class ScaledDecodingTests {

	/** For pictures of 61 x 47, what makes 1, 2, 3 and 4 samples of 8. */
	private static final int[] SIDES = { 1, 2, 4, 5 };

	static Stream<ImageDecoderReferenceTests.Expected> jpegs() throws IOException {
		return ImageDecoderReferenceTests.expected().filter((expected) -> expected.file().startsWith("jpeg-"));
	}

	@ParameterizedTest
	@MethodSource("jpegs")
	void looksLikeTheFullPicture(ImageDecoderReferenceTests.Expected expected) throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read(expected.file());
		RgbImage full = decoder(0).decode("picture", bytes);
		for (int eighths = 1; eighths <= 4; eighths++) {
			RgbImage small = decoder(SIDES[eighths - 1]).decode("picture", bytes);
			assertThat(small.originalWidth()).isEqualTo(expected.width());
			assertThat(small.originalHeight()).isEqualTo(expected.height());
			assertThat(small.width()).isEqualTo((expected.width() * eighths + 4) / 8);
			assertThat(small.height()).isEqualTo((expected.height() * eighths + 4) / 8);
			assertThat(difference(small, full, eighths)).as("mean difference at %d/8", eighths).isLessThan(11);
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void turnedPicture(int orientation) throws IOException {
		byte[] bytes = turned(orientation, 64, 48);
		RgbImage full = decoder(0).decode("picture", bytes);
		RgbImage small = decoder(2).decode("picture", bytes);
		assertThat(small.width()).isEqualTo(full.width() / 4);
		assertThat(small.originalWidth()).isEqualTo(full.width());
		assertThat(small.originalHeight()).isEqualTo(full.height());
		assertThat(difference(small, full, 2)).isLessThan(1);
	}

	/** The incomplete squares would come first, and all others would be shifted. */
	@Test
	void turnedPictureThatDoesNotConsistOfWholeSquares() throws IOException {
		RgbImage image = decoder(2).decode("picture", turned(3, 63, 48));
		assertThat(image.width()).isEqualTo(63);
		assertThat(decoder(2).decode("picture", turned(1, 63, 48)).width()).isEqualTo(16);
	}

	private static byte[] turned(int orientation, int width, int height) throws IOException {
		BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
		for (int y = 0; y < height; y++) {
			for (int x = 0; x < width; x++) {
				image.setRGB(x, y, (x * 4) << 16 | (y * 5) << 8 | (x * y / 12));
			}
		}
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		ImageIO.write(image, "jpg", out);
		byte[] jpeg = out.toByteArray();
		byte[] exif = { (byte) 0xFF, (byte) 0xE1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1,
				0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, (byte) orientation, 0, 0, 0, 0, 0, 0 };
		out.reset();
		out.write(jpeg, 0, 2);
		out.writeBytes(exif);
		out.write(jpeg, 2, jpeg.length - 2);
		return out.toByteArray();
	}

	/** Of the means of each block of 8 x 8. */
	private static double difference(RgbImage small, RgbImage full, int eighths) {
		double sum = 0;
		int count = 0;
		for (int y = 0; y < full.height() / 8; y++) {
			for (int x = 0; x < full.width() / 8; x++) {
				for (int band = 0; band < 3; band++) {
					sum += Math.abs(mean(small, x, y, band, eighths) - mean(full, x, y, band, 8));
					count++;
				}
			}
		}
		return sum / count;
	}

	private static double mean(RgbImage image, int x, int y, int band, int size) {
		int sum = 0;
		for (int i = 0; i < size * size; i++) {
			int at = (y * size + i / size) * image.width() + x * size + i % size;
			sum += image.pixels()[3 * at + band] & 0xFF;
		}
		return (double) sum / (size * size);
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 7, 15, 47, 1000 })
	void pictureThatIsNotFarLargerIsDecodedInFull(int side) throws IOException {
		RgbImage image = decoder(side).decode("picture", ImageDecoderReferenceTests.read("jpeg-420.jpg"));
		assertThat(image.width()).isEqualTo(61);
		assertThat(image.originalWidth()).isEqualTo(61);
	}

	@ParameterizedTest
	@CsvSource({ "224, 4032, 3024, 3", "336, 4032, 3024, 4", "384, 4032, 3024, 4", "448, 4032, 3024, 8",
			"72, 4032, 3024, 2", "48, 4032, 3024, 1", "224, 12000, 8000, 2", "224, 16000, 14000, 1",
			"16, 1600, 1250, 8", "16, 1600, 1251, 1", "0, 4032, 3024, 8" })
	void smallestThatIsExactEnough(int side, int width, int height, int eighths) {
		assertThat(Downscaling.to(side).eighths(width, height, false)).isEqualTo(eighths);
	}

	@ParameterizedTest
	@ValueSource(strings = { "png-rgb.png", "gif-rgb.gif", "webp-lossy.webp", "bmp-rgb.bmp", "tiff-jpeg.tif" })
	void otherFormatsAreDecodedInFull(String file) throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read(file);
		assertThat(decoder(1).decode("picture", bytes).pixels())
			.isEqualTo(decoder(0).decode("picture", bytes).pixels());
	}

	private static ImageDecoder decoder(int side) {
		return new ImageDecoder(1_000_000, 1_000_000, Duration.ofDays(1), withoutPolicy(side));
	}

	/** Of pictures of any size. */
	static Downscaling withoutPolicy(int side) {
		return new Downscaling(side, 0, 3.9, 3.9, 3.9, 3.9);
	}

}
