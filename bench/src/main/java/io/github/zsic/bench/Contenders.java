package io.github.zsic.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import io.github.zsic.bench.WorkerProcess.ContenderException;

/**
 * The contenders of one model: started when they are first asked for, and kept.
 */
final class Contenders implements AutoCloseable {

	private final Path folder;

	private final @Nullable Path python;

	private final Path scripts;

	private final @Nullable String checkpoint;

	private final int imageSize;

	private final Map<String, WorkerProcess> running = new HashMap<>();

	private final Map<String, String> failed = new HashMap<>();

	/**
	 * Prepares a model.
	 * @param folder where pictures, labels and logs are
	 * @param python the interpreter of an environment with what the contenders in Python
	 * need, {@code null} to do without them
	 * @param scripts the folder of those contenders
	 * @param checkpoint the model, {@code null} for matrices only
	 * @param imageSize the side of its pictures
	 */
	Contenders(Path folder, @Nullable Path python, Path scripts, @Nullable String checkpoint, int imageSize) {
		this.folder = folder;
		this.python = python;
		this.scripts = scripts;
		this.checkpoint = checkpoint;
		this.imageSize = imageSize;
	}

	/**
	 * Gives a contender a turn, and starts it if this is its first. One that could not be
	 * started is not tried again.
	 */
	double[] take(String contender, Turn turn) throws IOException {
		String failure = this.failed.get(contender);
		if (failure != null) {
			throw new ContenderException(failure);
		}
		WorkerProcess process = this.running.get(contender);
		if (process == null) {
			try {
				process = start(contender);
			}
			catch (ContenderException ex) {
				this.failed.put(contender, String.valueOf(ex.getMessage()));
				throw ex;
			}
			this.running.put(contender, process);
		}
		return process.take(turn);
	}

	/**
	 * The process of a contender.
	 * @return its id, none if it does not run
	 */
	List<Long> processes(String contender) {
		WorkerProcess process = this.running.get(contender);
		return (process != null) ? List.of(process.id()) : List.of();
	}

	/**
	 * Starts a contender anew, to be closed by the caller.
	 */
	WorkerProcess start(String contender) throws IOException {
		return new WorkerProcess(command(contender), this.folder.resolve("logs").resolve(contender + ".log"));
	}

	private List<String> command(String contender) {
		String kind = contender.substring(0, contender.indexOf(' '));
		String precision = contender.substring(contender.indexOf(' ') + 1);
		String model = (this.checkpoint != null) ? this.checkpoint : "";
		return switch (kind) {
			case "zsic" -> java(kind, model, precision);
			case "onnxruntime" -> {
				requireExport(Path.of(model, "image-" + precision + ".onnx"));
				yield java(kind, model, precision);
			}
			case "djl" -> {
				requireExport(Path.of(model, "traced.pt"));
				yield java(kind, model, precision);
			}
			case "transformers", "open_clip" -> python(kind, model, precision);
			default -> python("matrices", model, kind + "-" + precision);
		};
	}

	private static void requireExport(Path file) {
		if (!Files.exists(file)) {
			throw new ContenderException("no " + file.getFileName());
		}
	}

	private List<String> java(String kind, String model, String precision) {
		// A small young generation, so that all of it has been in use before the first
		// turn
		// that counts: in some virtual machines the first touch of a page takes 10 us.
		List<String> command = new ArrayList<>(List.of(WorkerProcess.java(), "-Xmx1g", "-Xmn48m", "-cp",
				System.getProperty("java.class.path"), "-Djava.awt.headless=true", "-Djmh.ignoreLock=true",
				"-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.logFile=System.err"));
		command.addAll(List.of(Worker.class.getName(), this.folder.toString(), kind, model, precision,
				String.valueOf(this.imageSize)));
		return command;
	}

	private List<String> python(String kind, String model, String precision) {
		if (this.python == null) {
			throw new ContenderException("no Python");
		}
		return List.of(this.python.toString(), this.scripts.resolve("contenders.py").toString(), this.folder.toString(),
				kind, model, precision, String.valueOf(this.imageSize));
	}

	@Override
	public void close() {
		this.running.values().forEach(WorkerProcess::close);
		this.running.clear();
	}

}
