package io.github.zsic.hub;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;

/**
 * Downloads in a JVM of its own: prints the folder, or the reason of the failure.
 */
final class HubProgram {

	private HubProgram() {
	}

	public static void main(String[] arguments) {
		HubSettings settings = HubSettings.of(
				new HubOptions(arguments[0], null, Path.of(arguments[1]), null, null, Duration.ofSeconds(30)),
				Map.<String, String>of()::get);
		Hub hub = new Hub(settings, (progress) -> {
		}, new Retries(6, Duration.ofMillis(10), Duration.ofMillis(50)));
		try {
			for (String repository : Arrays.asList(arguments).subList(2, arguments.length)) {
				long start = System.nanoTime();
				System.out.println(hub.snapshot(repository, null, HubFixture.CHECK).folder());
				System.err.println((System.nanoTime() - start) / 1_000_000 + " ms");
			}
		}
		catch (io.github.zsic.HubException ex) {
			System.out.println(ex.getReason() + ": " + ex.getMessage());
			System.exit(1);
		}
	}

}
