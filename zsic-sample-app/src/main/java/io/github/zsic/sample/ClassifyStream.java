package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.InferenceException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.Prediction;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;
import org.springframework.web.ErrorResponse;

/**
 * Answers a form with a line of JSON for each picture, in the order of the pictures, each
 * as soon as it and those before it are done. A picture that cannot be classified gets a
 * line that says why; the others do not suffer from it.
 * <p>
 * Only so many pictures are read ahead of the line that the client takes. Writing blocks
 * while a client takes nothing, and fails when it is gone, and with that the rest is
 * dropped.
 */
@Component
class ClassifyStream implements DisposableBean {

	/** Enough for a batch to form and for decoding to go on beside the engine. */
	private static final int AHEAD = 8;

	/** How long a line waits while the classifier has too much to do. */
	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final Duration PAUSE = Duration.ofMillis(100);

	private final ZeroShotClassifier classifier;

	private final UploadBudget budget;

	private final ProblemExceptionHandler problems;

	private final JsonMapper jsonMapper;

	private final ExecutorService workers = Executors.newFixedThreadPool(AHEAD,
			new CustomizableThreadFactory("classify-stream-"));

	ClassifyStream(ZeroShotClassifier classifier, UploadBudget budget, ProblemExceptionHandler problems,
			JsonMapper jsonMapper) {
		this.classifier = classifier;
		this.budget = budget;
		this.problems = problems;
		this.jsonMapper = jsonMapper;
	}

	void answer(ClassifyForm form, HttpServletResponse response) throws Exception {
		Iterator<ClassifyForm.Picture> pictures = form.pictures().iterator();
		Queue<Task> ahead = new ArrayDeque<>();
		Doubtful doubtful = new Doubtful();
		try {
			for (int index = 0; index < form.pictures().size(); index++) {
				while (ahead.size() < AHEAD && pictures.hasNext()) {
					ClassifyForm.Picture picture = pictures.next();
					ahead.add(new Task(picture.name(), this.workers.submit(() -> classify(form, picture))));
				}
				Object line = line(index, ahead.element(), doubtful, response.isCommitted());
				ahead.remove();
				if (!doubtful.contains(line)) {
					for (Object earlier : doubtful.settle()) {
						write(response, earlier);
					}
					write(response, line);
				}
			}
			doubtful.requireSettled();
		}
		finally {
			ahead.forEach((task) -> task.result().cancel(true));
		}
	}

	private ClassifyResponse classify(ClassifyForm form, ClassifyForm.Picture picture)
			throws IOException, InterruptedException {
		try (UploadBudget.Share share = this.budget.open()) {
			ClassificationRequest request = form.request(List.of(picture.load(share)));
			long end = System.nanoTime() + PATIENCE.toNanos();
			while (true) {
				try {
					return ClassifyResponse.of(this.classifier, request);
				}
				catch (QueueFullException ex) {
					// Nobody waits for this line alone.
					if (System.nanoTime() - end > 0) {
						throw ex;
					}
					Thread.sleep(PAUSE.toMillis());
				}
			}
		}
	}

	private Object line(int index, Task task, Doubtful doubtful, boolean begun) throws Exception {
		try {
			ClassifyResponse answer = task.result().get();
			ClassifyResponse.Image image = answer.images().get(0);
			return new Line(index, task.name(), answer.checkpoint(), answer.revision(), answer.device(),
					image.predictions(), image.timings());
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException("Interrupted", ex);
		}
		catch (ExecutionException ex) {
			Throwable cause = (ex.getCause() != null) ? ex.getCause() : ex;
			boolean unsent = !begun && !(cause instanceof InvalidImageException);
			if (unsent && isAboutRequest(cause)) {
				// There is still time to say so.
				throw (Exception) cause;
			}
			Object line = new ProblemLine(index, task.name(), this.problems.problem(cause));
			if (unsent) {
				doubtful.add(line, cause);
			}
			return line;
		}
	}

	private static boolean isAboutRequest(Throwable failure) {
		return failure instanceof IOException || failure instanceof ErrorResponse
				|| (failure instanceof ZsicException && !(failure instanceof InferenceException));
	}

	private void write(HttpServletResponse response, Object line) throws IOException {
		if (!response.isCommitted()) {
			response.setContentType(MediaType.APPLICATION_NDJSON_VALUE);
		}
		OutputStream out = response.getOutputStream();
		out.write(this.jsonMapper.writeValueAsBytes(line));
		out.write('\n');
		out.flush();
	}

	@Override
	public void destroy() {
		this.workers.shutdownNow();
	}

	/**
	 * Lines, before the first that is sent, of which nobody knows whether the picture is
	 * to blame. If the next ones fare the same, it is the request.
	 */
	private static final class Doubtful {

		private final List<Object> lines = new ArrayList<>();

		private @Nullable Throwable first;

		void add(Object line, Throwable failure) throws Exception {
			this.first = (this.first != null) ? this.first : failure;
			this.lines.add(line);
			if (this.lines.size() >= AHEAD) {
				requireSettled();
			}
		}

		boolean contains(Object line) {
			return !this.lines.isEmpty() && this.lines.get(this.lines.size() - 1) == line;
		}

		List<Object> settle() {
			List<Object> settled = List.copyOf(this.lines);
			this.lines.clear();
			return settled;
		}

		void requireSettled() throws Exception {
			if (this.lines.isEmpty()) {
				return;
			}
			if (this.first instanceof Exception failure) {
				throw failure;
			}
			throw new IllegalStateException(this.first);
		}

	}

	private record Task(String name, Future<ClassifyResponse> result) {

	}

	/**
	 * The line of a picture.
	 *
	 * @param index which picture it is, counted from 0
	 * @param name its name
	 * @param checkpoint the checkpoint that was used
	 * @param revision its revision, {@code null} if it has none
	 * @param device where it runs
	 * @param predictions labels with their scores, best first
	 * @param timings how long the stages took
	 */
	record Line(int index, String name, String checkpoint, @Nullable String revision, String device,
			List<Prediction> predictions, ClassifyResponse.Timings timings) {

	}

	/**
	 * The line of a picture that cannot be classified.
	 *
	 * @param index which picture it is, counted from 0
	 * @param name its name
	 * @param problem what is wrong with it
	 */
	record ProblemLine(int index, String name, ProblemDetail problem) {

	}

}
