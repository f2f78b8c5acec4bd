package io.github.zsic.sample;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The application in a process of its own, killed when this is closed.
 */
final class ApplicationProcess implements AutoCloseable {

	private static final Pattern PORT = Pattern.compile("Tomcat started on port (\\d+)");

	private final Process process;

	private final Path log;

	private ApplicationProcess(Process process, Path log) {
		this.process = process;
		this.log = log;
	}

	/**
	 * Starts the application on the CPU and on a free port.
	 * @param log the file that gets its log
	 * @param maximumHeap as in {@code -Xmx}
	 * @param arguments for the application
	 * @return the process, which may not answer yet
	 */
	static ApplicationProcess start(Path log, String maximumHeap, String... arguments) throws IOException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx" + maximumHeap, "-cp",
						System.getProperty("java.class.path"), SampleApplication.class.getName(), "--server.port=0",
						"--zsic.device=cpu"));
		command.addAll(List.of(arguments));
		return new ApplicationProcess(
				new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
	}

	/**
	 * Waits until the application answers.
	 * @return its port
	 */
	int port() throws InterruptedException {
		for (int i = 0; i < 600 && isAlive(); i++) {
			Matcher port = PORT.matcher(log());
			if (port.find()) {
				return Integer.parseInt(port.group(1));
			}
			Thread.sleep(100);
		}
		throw new IllegalStateException("It did not start: " + log());
	}

	boolean isAlive() {
		return this.process.isAlive();
	}

	/** Sends SIGTERM. */
	void terminate() {
		this.process.destroy();
	}

	boolean waitFor(long millis) throws InterruptedException {
		return this.process.waitFor(millis, TimeUnit.MILLISECONDS);
	}

	int exitValue() {
		return this.process.exitValue();
	}

	String log() {
		try {
			return Files.exists(this.log) ? Files.readString(this.log) : "";
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.process.destroyForcibly();
	}

}
