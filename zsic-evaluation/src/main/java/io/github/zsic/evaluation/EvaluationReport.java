package io.github.zsic.evaluation;

import java.io.IOException;
import java.io.Writer;

/**
 * Writes results for people and for programs.
 */
public final class EvaluationReport {

	private EvaluationReport() {
	}

	/**
	 * A page for people, complete in itself: it fetches nothing, from nowhere. It shows
	 * some small previews of pictures, which are read now.
	 * @param result the result
	 * @return the page, to be stored in UTF-8
	 */
	public static String html(EvaluationResult result) {
		return new HtmlReport(result).write();
	}

	/**
	 * All figures for programs, as one JSON object. What is no share is a count, in
	 * pictures.
	 *
	 * <pre>{@code
	 * {"count": 366, "top1": 0.81, "top1Interval": [0.77, 0.85], "top5": …, "meanRecall": …,
	 *  "labels": [{"label": "bear", "count": 102, "recall": 0.86, "precision": 0.91, "f1": 0.88, …}, …],
	 *  "confusion": [[88, 2, …], …], …}
	 * }</pre>
	 *
	 * The rows of {@code confusion} are labels and its columns answers, both in the order
	 * of {@code labels}; a row sums to the label's {@code count} less its
	 * {@code rejected}.
	 * @param result the result
	 * @param writer takes the text, to be stored in UTF-8; not closed
	 * @throws IOException if it cannot be written
	 */
	public static void json(EvaluationResult result, Writer writer) throws IOException {
		JsonReport.write(result, writer);
	}

}
