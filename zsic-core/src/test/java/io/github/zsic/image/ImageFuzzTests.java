package io.github.zsic.image;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import com.sun.management.ThreadMXBean;
import io.github.zsic.InvalidImageException;
import io.github.zsic.Mutations;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@link ImageDecoder} on pictures that are damaged at random. {@code -Dzsic.fuzz.rounds}
 * asks for more of it; {@code tools/fuzz/fuzz.sh} does it better.
 */
class ImageFuzzTests {

	/** Of a picture with as many pixels as allowed, in several forms. */
	private static final long MAXIMUM_ALLOCATION = 64L * ImageFuzz.MAXIMUM_PIXELS;

	@Test
	void damagedPictures() throws IOException {
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		Random random = new Random(7);
		List<ImageDecoderReferenceTests.Expected> pictures = ImageDecoderReferenceTests.expected().toList();
		for (ImageDecoderReferenceTests.Expected picture : pictures) {
			byte[] original = ImageDecoderReferenceTests.read(picture.file());
			for (int round = 0; round < Integer.getInteger("zsic.fuzz.rounds", 300) / 10; round++) {
				byte[] content = Mutations.of(original, random);
				long before = threads.getCurrentThreadAllocatedBytes();
				try {
					ImageFuzz.fuzzerTestOneInput(content);
				}
				catch (RuntimeException | Error ex) {
					throw new AssertionError(picture.file() + " in round " + round, ex);
				}
				assertThat(threads.getCurrentThreadAllocatedBytes() - before)
					.as("%s in round %d", picture.file(), round)
					.isLessThan(MAXIMUM_ALLOCATION);
			}
		}
	}

	@Test
	void damagedStructures() throws IOException {
		List<byte[]> pictures = new ArrayList<>();
		for (ImageDecoderReferenceTests.Expected picture : ImageDecoderReferenceTests.expected().toList()) {
			pictures.add(ImageDecoderReferenceTests.read(picture.file()));
		}
		ImageMutations mutations = new ImageMutations(new Random(7), pictures);
		for (int round = 0; round < Integer.getInteger("zsic.fuzz.rounds", 300) * 10; round++) {
			byte[] picture = pictures.get(round % pictures.size());
			byte[] content = mutations.of(picture);
			try {
				ImageFuzz.fuzzerTestOneInput(content);
			}
			catch (RuntimeException | Error ex) {
				throw new AssertionError("round " + round, ex);
			}
		}
	}

	/**
	 * Its header asks for thousands of tables that the file does not have. The reader
	 * took them for zeros, with an exception for each, for minutes.
	 */
	@Test
	void losslessWebpWithoutEnd() throws IOException {
		byte[] content = Files.readAllBytes(Path.of("src/test/resources/image-fuzz/endless-lossless.webp"));
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> new ImageDecoder(1_000_000, 1_000_000).decode("picture", content))
			.extracting(InvalidImageException::getReason)
			.isEqualTo(InvalidImageException.Reason.DAMAGED);
	}

}
