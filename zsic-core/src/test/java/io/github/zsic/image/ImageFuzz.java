package io.github.zsic.image;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

import com.sun.management.ThreadMXBean;
import io.github.zsic.InvalidImageException;

/**
 * {@link ImageDecoder} for {@link ImageFuzzTests} and for Jazzer
 * ({@code tools/fuzz/fuzz.sh}): whatever the bytes are, the outcome is a picture of no
 * more pixels than allowed or an {@link InvalidImageException}, not for a lack of memory,
 * and within a budget of processor time and allocated bytes.
 */
public final class ImageFuzz {

	static final int MAXIMUM_PIXELS = 1_000_000;

	static final int MAXIMUM_BYTES = 1_000_000;

	/** For a file of 64 KB. The processor time is of compiled code, on any machine. */
	private static final long MAXIMUM_NANOS = 1_000_000_000L * Integer.getInteger("zsic.fuzz.maximum-seconds", 1);

	private static final long MAXIMUM_ALLOCATION = 200_000_000;

	private static final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	private static final ImageDecoder decoder = new ImageDecoder(MAXIMUM_PIXELS, MAXIMUM_BYTES);

	private ImageFuzz() {
	}

	/**
	 * What Jazzer calls first: what decoding loads and compiles is not the picture's.
	 * @throws IOException if there are no pictures
	 */
	public static void fuzzerInitialize() throws IOException {
		pictures(Path.of("src/test/resources/image")).forEach(ImageFuzz::decode);
	}

	private static List<byte[]> pictures(Path folder) throws IOException {
		List<byte[]> pictures = new ArrayList<>();
		try (Stream<Path> files = Files.list(folder)) {
			for (Path file : files.filter((file) -> !file.toString().endsWith(".json")).sorted().toList()) {
				pictures.add(Files.readAllBytes(file));
			}
		}
		return pictures;
	}

	/**
	 * What Jazzer calls.
	 * @param content an encoded picture
	 */
	public static void fuzzerTestOneInput(byte[] content) {
		long time = threads.getCurrentThreadCpuTime();
		long allocated = threads.getCurrentThreadAllocatedBytes();
		decode(content);
		time = threads.getCurrentThreadCpuTime() - time;
		allocated = threads.getCurrentThreadAllocatedBytes() - allocated;
		if (time > MAXIMUM_NANOS || allocated > MAXIMUM_ALLOCATION) {
			throw new AssertionError(
					"%,d bytes took %,d ms and %,d bytes".formatted(content.length, time / 1_000_000, allocated));
		}
	}

	/**
	 * Damages pictures for a while, and keeps what is too expensive or fails otherwise.
	 * @param arguments a folder of pictures, the seconds, and a folder for what it finds
	 * @throws IOException if a folder cannot be read or written
	 */
	public static void main(String[] arguments) throws IOException {
		List<byte[]> pictures = pictures(Path.of(arguments[0]));
		long seed = System.nanoTime();
		ImageMutations mutations = new ImageMutations(new Random(seed), pictures);
		long end = System.nanoTime() + 1_000_000_000L * Long.parseLong(arguments[1]);
		fuzzerInitialize();
		int findings = 0;
		long count = 0;
		for (; System.nanoTime() < end; count++) {
			byte[] picture = mutations.of(pictures.get((int) (count % pictures.size())));
			try {
				fuzzerTestOneInput(picture);
			}
			catch (RuntimeException | Error ex) {
				Path file = Path.of(arguments[2]).resolve("finding-" + seed + "-" + count);
				Files.write(file, picture);
				System.out.println(file + ": " + ex);
				findings++;
			}
		}
		System.out.printf("%,d pictures, %d findings, seed %d%n", count, findings, seed);
		System.exit((findings == 0) ? 0 : 1);
	}

	private static void decode(byte[] content) {
		try {
			RgbImage image = decoder.decode("picture", content);
			if ((long) image.width() * image.height() > MAXIMUM_PIXELS
					|| image.pixels().length != 3 * image.width() * image.height()) {
				throw new AssertionError("%d x %d".formatted(image.width(), image.height()));
			}
		}
		catch (InvalidImageException ex) {
			if (ex.getCause() instanceof OutOfMemoryError memory) {
				throw memory;
			}
			if (!ex.getDescription().startsWith("The picture 'picture' ")) {
				throw ex;
			}
		}
	}

}
