package io.github.zsic.engine;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import javax.imageio.ImageIO;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.Precision;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.checkpoint.Checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class DualEncoderTests {

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "wide.png", "tall.png",
			"tiny.png");

	/** Also where the number of patches depends on the shape of the picture. */
	@ParameterizedTest
	@ValueSource(strings = { "quickgelu-legacy-eos", "siglip", "siglip2-naflex", "tipsv2-gated" })
	void picturesOfDifferentShapesInOneBatch(String checkpoint) throws IOException {
		List<DualEncoder.Picture> pictures = new ArrayList<>();
		for (String name : PICTURES) {
			pictures.add(read(name));
		}
		try (DualEncoder encoder = load(checkpoint)) {
			List<EncodedImage> together = encode(encoder, pictures);
			assertThat(together).hasSameSizeAs(pictures)
				.allSatisfy((image) -> assertThat(image.batchSize()).isEqualTo(pictures.size()));
			for (int i = 0; i < pictures.size(); i++) {
				assertSame(together.get(i).embedding(), encode(encoder, List.of(pictures.get(i))).get(0).embedding());
			}
		}
	}

	/** It is made small before it waits, which must not change what becomes of it. */
	@ParameterizedTest
	@ValueSource(strings = { "quickgelu-legacy-eos", "siglip", "siglip2-naflex", "tipsv2-gated", "blip", "altclip" })
	void aLargePictureIsTheSameWhetherItWasMadeSmallAheadOrNot(String checkpoint) {
		byte[] rgb = new byte[1300 * 900 * 3];
		for (int i = 0; i < rgb.length; i++) {
			rgb[i] = (byte) (i / 7 ^ i / 3900);
		}
		DualEncoder.Picture large = new DualEncoder.Picture(rgb, 1300, 900);
		// In the encoder's own threads, as another number of cores may change last bits.
		try (DualEncoder encoder = load(checkpoint);
				EngineThreads threads = EngineThreads.share(1, 1, new TorchDevice("cpu"))) {
			assertThat(encode(encoder, List.of(large)).get(0).embedding())
				.isEqualTo(threads.call(() -> encoder.runImages(List.of(large)))[0]);
		}
	}

	/** Padding must not reach a text's embedding, or always in the same way. */
	@ParameterizedTest
	@ValueSource(strings = { "quickgelu-legacy-eos", "siglip", "siglip2-fixed", "siglip2-naflex", "tipsv2" })
	void textsOfDifferentLengthsInOneBatch(String checkpoint) {
		List<long[]> texts = List.of(new long[] { 5, 6, 7, 8, 9, 10, 1 }, new long[] { 11, 12, 1 });
		try (DualEncoder encoder = load(checkpoint)) {
			float[][] together = encoder.encodeTexts(texts);
			for (int i = 0; i < together.length; i++) {
				assertSame(together[i], encoder.encodeTexts(List.of(texts.get(i)))[0]);
			}
		}
	}

	private static List<EncodedImage> encode(DualEncoder encoder, List<DualEncoder.Picture> pictures) {
		List<EncodedImage> results = new ArrayList<>();
		try (ImageRequest request = encoder.admit(pictures.size())) {
			request.encode(pictures, (picture) -> () -> picture, results::add);
		}
		return results;
	}

	private static void assertSame(float[] actual, float[] expected) {
		assertThat(actual).hasSameSizeAs(expected);
		for (int i = 0; i < actual.length; i++) {
			assertThat(actual[i]).isCloseTo(expected[i], within(5e-6f));
		}
	}

	private static DualEncoder load(String name) {
		try (Checkpoint checkpoint = Checkpoint.open(TestCheckpoints.checkpoint(name).toString(),
				DualEncoder::requireSupported)) {
			return DualEncoder.load(checkpoint, "cpu", Precision.FLOAT32, 1, 1,
					new Batching(PICTURES.size(), Duration.ofSeconds(1), 100));
		}
	}

	private static DualEncoder.Picture read(String name) throws IOException {
		BufferedImage image = ImageIO.read(TestCheckpoints.picture(name).toFile());
		byte[] rgb = new byte[image.getWidth() * image.getHeight() * 3];
		int i = 0;
		for (int pixel : image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth())) {
			rgb[i++] = (byte) (pixel >> 16);
			rgb[i++] = (byte) (pixel >> 8);
			rgb[i++] = (byte) pixel;
		}
		return new DualEncoder.Picture(rgb, image.getWidth(), image.getHeight(), image.getWidth(), image.getHeight());
	}

}
