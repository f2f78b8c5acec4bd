package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import io.github.zsic.InvalidImageException;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.stereotype.Component;

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
		try {
			for (int index = 0; index < form.pictures().size(); index++) {
				while (ahead.size() < AHEAD && pictures.hasNext()) {
					ClassifyForm.Picture picture = pictures.next();
					ahead.add(new Task(picture.name(), this.workers.submit(() -> classify(form, picture))));
				}
				write(response, line(index, ahead.remove(), response.isCommitted()));
			}
		}
		finally {
			ahead.forEach((task) -> task.result().cancel(false));
		}
	}

	private ClassifyResponse classify(ClassifyForm form, ClassifyForm.Picture picture) throws IOException {
		try (UploadBudget.Share share = this.budget.open()) {
			return ClassifyResponse.of(this.classifier, form.request(List.of(picture.load(share))));
		}
	}

	private Object line(int index, Task task, boolean begun) throws Exception {
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
			if (ex.getCause() instanceof Exception cause) {
				if (!(cause instanceof InvalidImageException) && !begun) {
					// It is not about this picture, and there is still time to say so.
					throw cause;
				}
				return new ProblemLine(index, task.name(), this.problems.problem(cause));
			}
			throw new IllegalStateException(ex.getCause());
		}
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
		this.workers.shutdown();
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
