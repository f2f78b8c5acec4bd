package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.stream.Stream;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationOutcome;
import io.github.zsic.ImageInput;
import io.github.zsic.InvalidImageException;
import io.github.zsic.ModelInfo;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.ClassifierDetails;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
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
class ClassifyStream {

	/** How many failures in a row are no accident. */
	private static final int MAXIMUM_DOUBTFUL = 8;

	private final ZeroShotClassifier classifier;

	private final UploadBudget budget;

	private final ProblemExceptionHandler problems;

	private final JsonMapper jsonMapper;

	ClassifyStream(ZeroShotClassifier classifier, UploadBudget budget, ProblemExceptionHandler problems,
			JsonMapper jsonMapper) {
		this.classifier = classifier;
		this.budget = budget;
		this.problems = problems;
		this.jsonMapper = jsonMapper;
	}

	void answer(ClassifyForm form, HttpServletResponse response) throws Exception {
		Queue<UploadBudget.Share> shares = new ArrayDeque<>();
		Stream<ImageInput> images = form.pictures().stream().map((picture) -> {
			UploadBudget.Share share = this.budget.open();
			shares.add(share);
			return picture.input(share);
		});
		Doubtful doubtful = new Doubtful();
		ZsicException end = null;
		try (Stream<ClassificationOutcome> stream = this.classifier.classifyEach(images, form::ask)) {
			Iterator<ClassificationOutcome> outcomes = stream.iterator();
			for (int index = 0; index < form.pictures().size(); index++) {
				String name = form.pictures().get(index).name();
				Object line;
				try {
					line = (end == null) ? line(index, name, outcomes.next(), doubtful, response.isCommitted())
							: new ProblemLine(index, name, this.problems.problem(end));
				}
				catch (ZsicException ex) {
					if (!response.isCommitted()) {
						// There is still time to say so.
						throw ex;
					}
					end = ex;
					line = new ProblemLine(index, name, this.problems.problem(ex));
				}
				if (!shares.isEmpty()) {
					shares.remove().close();
				}
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
			shares.forEach(UploadBudget.Share::close);
		}
	}

	private Object line(int index, String name, ClassificationOutcome outcome, Doubtful doubtful, boolean begun)
			throws Exception {
		Classification result = outcome.classification();
		if (result != null) {
			ModelInfo model = result.model();
			return new Line(index, name, ClassifierDetails.checkpoint(model.checkpoint()), model.revision(),
					model.device(), result.predictions(), ClassifyResponse.Timings.of(result.timings()));
		}
		Throwable failure = Objects.requireNonNull(outcome.failure());
		UploadBudget.RefusedException refused = UploadBudget.RefusedException.in(failure);
		if (refused != null && !begun) {
			throw refused;
		}
		Object line = new ProblemLine(index, name, this.problems.problem((refused != null) ? refused : failure));
		if (!begun && !(failure instanceof InvalidImageException)) {
			doubtful.add(line, failure);
		}
		return line;
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
			if (this.lines.size() >= MAXIMUM_DOUBTFUL) {
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
