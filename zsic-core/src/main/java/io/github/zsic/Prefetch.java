package io.github.zsic;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills the cache with checkpoints from the Hugging Face Hub, for example while the image
 * of a container is built: <pre>
 * java -cp … io.github.zsic.Prefetch openai/clip-vit-base-patch32 google/siglip-base-patch16-224@main
 * </pre> Each argument is a repository, with a branch, tag or commit after {@code @} if
 * it is not {@code main}. Everything else comes from the environment variables of
 * Python's {@code huggingface_hub}, such as {@code HF_HUB_CACHE} and {@code HF_TOKEN}. It
 * needs no native library. The standard output has the folder of each and nothing else,
 * whatever logging is on the class path. The exit status is 0 if all are in the cache,
 * otherwise 1, and 2 if the arguments are wrong.
 */
public final class Prefetch {

	private Prefetch() {
	}

	/**
	 * Fills the cache, and ends the JVM if that fails.
	 * @param arguments the repositories
	 */
	public static void main(String[] arguments) {
		int status = run(arguments);
		if (status != 0) {
			System.exit(status);
		}
	}

	static int run(String... arguments) {
		List<String> names = new ArrayList<>(List.of(arguments));
		if (names.isEmpty() || names.stream().anyMatch((name) -> name.startsWith("-"))) {
			System.err
				.println("Usage: java -cp <class path> " + Prefetch.class.getName() + " <owner/name>[@<revision>] ...");
			return 2;
		}
		PrintStream out = System.out;
		// Loggers write to the standard output unless they are told otherwise.
		System.setOut(System.err);
		try {
			int status = 0;
			for (String name : names) {
				status = Math.max(status, download(name, out));
			}
			return status;
		}
		finally {
			System.setOut(out);
		}
	}

	private static int download(String name, PrintStream out) {
		int at = name.indexOf('@');
		try {
			out.println(ZeroShotClassifier.builder()
				.checkpoint((at != -1) ? name.substring(0, at) : name)
				.revision((at != -1) ? name.substring(at + 1) : null)
				.downloadListener(DownloadBar.onTerminalOr(System.err::println))
				.download());
			return 0;
		}
		catch (ZsicException ex) {
			System.err.println(ex.getMessage());
			return 1;
		}
	}

}
