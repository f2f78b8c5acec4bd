package io.github.zsic.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

import com.google.gson.Gson;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link ImageDecoder} on the pictures of {@code tools/golden/encodings.py}, compared
 * with what Pillow makes of them.
 */
class ImageDecoderReferenceTests {

	private final ImageDecoder decoder = new ImageDecoder(1_000_000, 1_000_000);

	static Stream<Expected> lossless() throws IOException {
		return expected().filter((expected) -> expected.reference == null);
	}

	static Stream<Expected> lossy() throws IOException {
		return expected().filter((expected) -> expected.reference != null);
	}

	static Stream<Expected> expected() throws IOException {
		try (Reader reader = new InputStreamReader(open("expected.json"), StandardCharsets.UTF_8)) {
			return Stream.of(new Gson().fromJson(reader, Expected[].class));
		}
	}

	@ParameterizedTest
	@MethodSource
	void lossless(Expected expected) throws Exception {
		RgbImage image = decode(expected);
		assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(image.pixels())))
			.isEqualTo(expected.sha256);
	}

	@ParameterizedTest
	@MethodSource
	void lossy(Expected expected) throws IOException {
		byte[] actual = decode(expected).pixels();
		byte[] reference = this.decoder.decode(expected.reference, read(expected.reference)).pixels();
		assertThat(actual).hasSameSizeAs(reference);
		if (expected.file.endsWith(".jpg")) {
			assertThat(actual).isEqualTo(reference);
		}
		long sum = 0;
		int maximum = 0;
		for (int i = 0; i < actual.length; i++) {
			int difference = Math.abs((actual[i] & 0xFF) - (reference[i] & 0xFF));
			sum += difference;
			maximum = Math.max(maximum, difference);
		}
		assertThat((double) sum / actual.length).as("mean difference").isLessThanOrEqualTo(0.1);
		assertThat(maximum).as("maximum difference").isLessThanOrEqualTo(4);
	}

	/** The sign of the height tells which row comes first. */
	@Test
	void bmpFromTopToBottom() throws IOException {
		byte[] file = read("bmp-rgb.bmp");
		RgbImage expected = this.decoder.decode("bottom-up", file);
		ByteBuffer turned = ByteBuffer.wrap(file.clone()).order(ByteOrder.LITTLE_ENDIAN);
		turned.putInt(22, -turned.getInt(22));
		int row = (expected.width() * 3 + 3) / 4 * 4;
		int pixels = turned.getInt(10);
		for (int y = 0; y < expected.height(); y++) {
			turned.put(pixels + y * row, file, pixels + (expected.height() - 1 - y) * row, row);
		}
		assertThat(this.decoder.decode("top-down", turned.array()).pixels()).isEqualTo(expected.pixels());
	}

	@Test
	void manyThreads() throws Exception {
		List<Expected> all = expected().toList();
		ExecutorService executor = Executors.newFixedThreadPool(16);
		try {
			List<Callable<byte[]>> tasks = new ArrayList<>();
			for (int round = 0; round < 4; round++) {
				all.forEach((expected) -> tasks.add(() -> decode(expected).pixels()));
			}
			List<Future<byte[]>> results = executor.invokeAll(tasks);
			for (int i = 0; i < results.size(); i++) {
				assertThat(results.get(i).get()).as(all.get(i % all.size()).file)
					.isEqualTo(results.get(i % all.size()).get());
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void readersAreFoundWhateverTheContextClassLoader() throws IOException {
		Thread thread = Thread.currentThread();
		ClassLoader before = thread.getContextClassLoader();
		thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
		try {
			for (String file : List.of("tiff-rgb-raw.tif", "webp-lossless.webp", "jpeg-420.jpg")) {
				assertThat(this.decoder.decode(file, read(file)).width()).isPositive();
			}
		}
		finally {
			thread.setContextClassLoader(before);
		}
	}

	private RgbImage decode(Expected expected) throws IOException {
		RgbImage image = this.decoder.decode(expected.file, read(expected.file));
		assertThat(image.width()).as("width").isEqualTo(expected.width);
		assertThat(image.height()).as("height").isEqualTo(expected.height);
		return image;
	}

	static byte[] read(String file) throws IOException {
		try (InputStream in = open(file)) {
			return in.readAllBytes();
		}
	}

	private static InputStream open(String file) {
		InputStream in = ImageDecoderReferenceTests.class.getResourceAsStream("/image/" + file);
		assertThat(in).as(file).isNotNull();
		return in;
	}

	record Expected(String file, int width, int height, String sha256, String reference) {

		@Override
		public String toString() {
			return this.file;
		}

	}

}
