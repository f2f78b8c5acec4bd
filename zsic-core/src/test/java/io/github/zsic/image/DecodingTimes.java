package io.github.zsic.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Prints how long pictures take to decode, in one thread, after the first third of the
 * rounds: {@code DecodingTimes SIDE FILE...}, with the side that the model needs or 0.
 */
final class DecodingTimes {

	private DecodingTimes() {
	}

	public static void main(String[] arguments) throws IOException {
		ImageDecoder decoder = new ImageDecoder(100_000_000, 100_000_000, Integer.parseInt(arguments[0]));
		for (int i = 1; i < arguments.length; i++) {
			Path file = Path.of(arguments[i]);
			byte[] bytes = Files.readAllBytes(file);
			RgbImage image = decoder.decode("picture", bytes);
			int rounds = Math.max(15, Math.min(900, 300_000_000 / image.pixels().length));
			double[] times = new double[rounds];
			for (int round = 0; round < rounds; round++) {
				long start = System.nanoTime();
				decoder.decode("picture", bytes);
				times[round] = (System.nanoTime() - start) / 1e6;
			}
			double[] warm = Arrays.copyOfRange(times, rounds / 3, rounds);
			Arrays.sort(warm);
			System.out.printf("%-24s %,10d bytes  %4d x %4d  median %7.3f  fastest %7.3f  slowest %7.3f ms%n",
					file.getFileName(), bytes.length, image.width(), image.height(), warm[warm.length / 2], warm[0],
					warm[warm.length - 1]);
		}
	}

}
