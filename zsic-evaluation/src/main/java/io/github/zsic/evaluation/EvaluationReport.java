package io.github.zsic.evaluation;

import java.io.IOException;
import java.io.Writer;
import java.util.Collection;
import java.util.List;

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
		return html(result, List.of());
	}

	/**
	 * A page for people, which also compares the result with others on the same pictures,
	 * as {@link Comparison} does.
	 * @param result the result
	 * @param others those of other checkpoints or templates
	 * @return the page, to be stored in UTF-8
	 * @throws IllegalArgumentException if one cannot be compared
	 */
	public static String html(EvaluationResult result, Collection<EvaluationResult> others) {
		return new HtmlReport(result, List.copyOf(others)).write();
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
		json(result, List.of(), writer);
	}

	/**
	 * All figures for programs, and comparisons with other results on the same pictures:
	 *
	 * <pre>{@code
	 * {…, "comparisons": [{"checkpoint": "openai/…", "templates": […], "top1": 0.78, "top1Interval": [0.74, 0.82],
	 *   "both": 270, "onlyFirst": 26, "onlySecond": 15, "neither": 55, "pValue": 0.12, …}, …]}
	 * }</pre>
	 *
	 * In {@code comparisons} this result is the first and the other one the second.
	 * @param result the result
	 * @param others those of other checkpoints or templates
	 * @param writer takes the text, to be stored in UTF-8; not closed
	 * @throws IOException if it cannot be written
	 * @throws IllegalArgumentException if one cannot be compared
	 */
	public static void json(EvaluationResult result, Collection<EvaluationResult> others, Writer writer)
			throws IOException {
		JsonReport.write(result, List.copyOf(others), writer);
	}

}
