package io.github.zsic.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

import com.google.gson.Gson;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * The process of one contender of the JVM. Reads {@link Turn}s, a line each, and ends
 * with its input.
 */
final class Worker {

	private static final Gson gson = new Gson();

	private final Contender contender;

	private final Map<Work, Callable<?>> calls = new HashMap<>();

	private Worker(Contender contender) {
		this.contender = contender;
	}

	/**
	 * Runs a worker.
	 * @param arguments the folder of pictures and labels, the contender, its checkpoint,
	 * its precision and the side of its pictures
	 */
	public static void main(String[] arguments) throws Exception {
		PrintStream answers = System.out;
		System.setOut(System.err);
		rehearse();
		long start = System.nanoTime();
		Contender contender;
		try {
			contender = load(arguments);
		}
		catch (Exception | LinkageError ex) {
			ex.printStackTrace();
			answer(answers, new Turn.Answer(null, null, ex.toString()));
			return;
		}
		answer(answers, new Turn.Answer((System.nanoTime() - start) / 1e6, null, null));
		try (contender) {
			new Worker(contender).serve(answers);
		}
		// The threads of a library must not keep the process.
		System.exit(0);
	}

	/**
	 * What reads and keeps turns is linked, and what links is compiled, while the
	 * contender loads, and not on one of the cores of its first request.
	 */
	private static void rehearse() {
		Turn turn = gson.fromJson(gson.toJson(new Turn(Work.image(1), 0, 0)), Turn.class);
		gson.toJson(new Turn.Answer(null, List.of((double) turn.work().hashCode()), String.valueOf(turn.equals(turn))));
	}

	private static Contender load(String[] arguments) throws Exception {
		Path folder = Path.of(arguments[0]);
		String checkpoint = arguments[2];
		String precision = arguments[3];
		int imageSize = Integer.parseInt(arguments[4]);
		return switch (arguments[1]) {
			case "zsic" -> new ZsicContender(folder, checkpoint, precision, imageSize);
			case "onnxruntime" ->
				new OnnxRuntimeContender(Path.of(checkpoint, "image-" + precision + ".onnx"), imageSize);
			case "djl" -> new DjlContender(folder, Path.of(checkpoint), imageSize);
			default -> throw new IllegalArgumentException(arguments[1]);
		};
	}

	private void serve(PrintStream answers) throws IOException {
		BufferedReader turns = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
		for (String line = turns.readLine(); line != null; line = turns.readLine()) {
			Turn.Answer answer;
			try {
				answer = new Turn.Answer(null, take(gson.fromJson(line, Turn.class)), null);
			}
			catch (Exception | OutOfMemoryError ex) {
				ex.printStackTrace();
				answer = new Turn.Answer(null, null, ex.toString());
			}
			answer(answers, answer);
		}
	}

	private static void answer(PrintStream answers, Turn.Answer answer) {
		answers.println(Turn.Answer.MARK + gson.toJson(answer));
		answers.flush();
	}

	private List<Double> take(Turn turn) throws Exception {
		Callable<?> call = this.calls.get(turn.work());
		if (call == null) {
			call = this.contender.prepare(turn.work());
			this.calls.put(turn.work(), call);
		}
		if (turn.seconds() == 0) {
			long start = System.nanoTime();
			call.call();
			return List.of((double) (System.nanoTime() - start));
		}
		WorkBenchmark.call = call;
		return sample(turn);
	}

	private static List<Double> sample(Turn turn) throws RunnerException {
		RunResult result = new Runner(new OptionsBuilder().include(WorkBenchmark.class.getName())
			.forks(0)
			.threads(turn.work().callers())
			.warmupIterations((turn.warmup() > 0) ? 1 : 0)
			.warmupTime(seconds(turn.warmup()))
			.measurementIterations(1)
			.measurementTime(seconds(turn.seconds()))
			.shouldFailOnError(true)
			.verbosity(VerboseMode.SILENT)
			.build()).runSingle();
		List<Double> nanos = new ArrayList<>();
		Iterator<Map.Entry<Double, Long>> samples = result.getPrimaryResult().getStatistics().getRawData();
		while (samples.hasNext()) {
			Map.Entry<Double, Long> sample = samples.next();
			for (long i = 0; i < sample.getValue(); i++) {
				nanos.add(sample.getKey());
			}
		}
		return nanos;
	}

	private static TimeValue seconds(double seconds) {
		return TimeValue.milliseconds(Math.max(1, Math.round(1000 * seconds)));
	}

}
