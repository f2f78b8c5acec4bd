import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import io.github.zsic.DeviceException;
import io.github.zsic.ImageInput;
import io.github.zsic.Precision;
import io.github.zsic.ZeroShotClassifier;

/**
 * Prints a SHA-256 of the embeddings that small checkpoints make of some pictures and texts, in each precision of the CPU:
 * a line for each checkpoint, and a last one for all. Whoever changes a program and means to keep its results to the bit
 * compares the output of before with that of after. Bits differ from machine to machine.
 *
 * The arguments are parts of the names of checkpoints; without one, all. Each line has the name, the precision that was
 * asked for, the one that the machine computes in, and the SHA-256, or "refused" where zsic found that the machine
 * computes the architecture wrong.
 */
public class Bits {

	private static final Path RESOURCES = Path.of("zsic-core/src/test/resources");

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "wide.png", "tall.png",
			"tiny.png", "grey.png", "palette.png", "rgba.png");

	private static final List<String> TEXTS = List.of("fox", "This is a photo of a brown bear.", "two cats and a dog",
			"a seagull at sea, a seagull on land, and an owl in the old oak by the old house");

	public static void main(String... arguments) throws Exception {
		MessageDigest all = MessageDigest.getInstance("SHA-256");
		for (String folder : List.of("parity/checkpoints", "open-clip")) {
			for (Path checkpoint : folders(RESOURCES.resolve(folder))) {
				String name = checkpoint.getFileName().toString();
				if (arguments.length > 0 && Arrays.stream(arguments).noneMatch(name::contains)) {
					continue;
				}
				for (Precision precision : List.of(Precision.FLOAT32, Precision.BFLOAT16, Precision.INT8)) {
					all.update(digest(checkpoint, precision));
				}
			}
		}
		System.out.println("all " + HexFormat.of().formatHex(all.digest()));
	}

	private static List<Path> folders(Path folder) throws IOException {
		try (Stream<Path> files = Files.list(folder)) {
			return new ArrayList<>(files.filter(Files::isDirectory).sorted().toList());
		}
	}

	private static byte[] digest(Path checkpoint, Precision precision) throws Exception {
		MessageDigest digest = MessageDigest.getInstance("SHA-256");
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint(checkpoint.toString())
			.device("cpu")
			.precision(precision)
			.intraOpThreads(1)
			.truncate(true)
			.build()) {
			for (String picture : PICTURES) {
				update(digest, classifier.embedImage(
						ImageInput.of(RESOURCES.resolve("parity/pictures").resolve(picture))));
			}
			for (String text : TEXTS) {
				update(digest, classifier.embedText(text));
			}
			byte[] result = digest.digest();
			System.out.printf("%s %s %s %s%n", checkpoint.getFileName(), precision, classifier.model().precision(),
					HexFormat.of().formatHex(result));
			return result;
		}
		catch (DeviceException ex) {
			System.out.printf("%s %s refused%n", checkpoint.getFileName(), precision);
			return new byte[0];
		}
	}

	private static void update(MessageDigest digest, float[] embedding) {
		ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * embedding.length);
		bytes.asFloatBuffer().put(embedding);
		digest.update(bytes);
	}

}
