package io.github.zsic.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.google.gson.Gson;
import org.jspecify.annotations.Nullable;

/**
 * A running contender, seen from the outside.
 */
final class WorkerProcess implements AutoCloseable {

	private static final Gson gson = new Gson();

	private final Process process;

	private final PrintStream turns;

	private final BufferedReader answers;

	private final Path log;

	private final double loadMillis;

	/**
	 * Starts a contender and waits until it has loaded its model.
	 * @param command what to start
	 * @param log where to put what it writes to its standard error
	 * @throws ContenderException if it fails
	 */
	WorkerProcess(List<String> command, Path log) throws IOException {
		Files.createDirectories(log.toAbsolutePath().getParent());
		ProcessBuilder builder = new ProcessBuilder(command)
			.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
		Map<String, String> environment = builder.environment();
		// Every contender with its own defaults.
		environment.remove("OMP_NUM_THREADS");
		environment.remove("MKL_NUM_THREADS");
		environment.put("HF_HUB_OFFLINE", "1");
		environment.put("TRANSFORMERS_VERBOSITY", "error");
		environment.put("OPT_OUT_TRACKING", "true");
		this.log = log;
		this.process = builder.start();
		this.turns = new PrintStream(this.process.getOutputStream(), true, StandardCharsets.UTF_8);
		this.answers = new BufferedReader(new InputStreamReader(this.process.getInputStream(), StandardCharsets.UTF_8));
		boolean ready = false;
		try {
			Double millis = read().ready();
			this.loadMillis = (millis != null) ? millis : Double.NaN;
			ready = true;
		}
		finally {
			if (!ready) {
				close();
			}
		}
	}

	static String java() {
		return System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
	}

	long id() {
		return this.process.pid();
	}

	/**
	 * How long loading took, as the contender itself saw it.
	 * @return the time in milliseconds
	 */
	double loadMillis() {
		return this.loadMillis;
	}

	/**
	 * Gives the contender a turn.
	 * @param turn what to do
	 * @return how long each call took, in nanoseconds
	 * @throws ContenderException if it fails
	 */
	double[] take(Turn turn) throws IOException {
		this.turns.println(gson.toJson(turn));
		List<Double> nanos = read().nanos();
		if (nanos == null || nanos.isEmpty()) {
			throw new ContenderException("no times");
		}
		return nanos.stream().mapToDouble(Double::doubleValue).toArray();
	}

	private Turn.Answer read() throws IOException {
		for (String line = this.answers.readLine(); line != null; line = this.answers.readLine()) {
			if (line.startsWith(Turn.Answer.MARK)) {
				Turn.Answer answer = gson.fromJson(line.substring(Turn.Answer.MARK.length()), Turn.Answer.class);
				if (answer.error() != null) {
					throw new ContenderException(answer.error());
				}
				return answer;
			}
		}
		throw new ContenderException("The process ended; see " + this.log.getFileName());
	}

	/**
	 * Its resident memory.
	 * @return the number of mebibytes, {@code null} where the system does not tell
	 */
	@Nullable Double residentMebibytes() throws IOException {
		Path status = Path.of("/proc/" + this.process.pid() + "/status");
		if (!Files.exists(status)) {
			return null;
		}
		for (String line : Files.readAllLines(status)) {
			if (line.startsWith("VmRSS:")) {
				return Double.parseDouble(line.replaceAll("\\D", "")) / 1024;
			}
		}
		return null;
	}

	@Override
	public void close() {
		this.turns.close();
		try {
			if (!this.process.waitFor(20, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
			this.answers.close();
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A contender cannot do what is asked of it.
	 */
	static final class ContenderException extends RuntimeException {

		private static final long serialVersionUID = 1L;

		ContenderException(String message) {
			super(message);
		}

	}

}
