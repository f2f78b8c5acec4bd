package io.github.zsic.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.github.zsic.evaluation.EvaluationResult.Bin;
import io.github.zsic.evaluation.EvaluationResult.Calibration;
import io.github.zsic.evaluation.EvaluationResult.ConfusedPair;
import io.github.zsic.evaluation.EvaluationResult.CoveragePoint;
import io.github.zsic.evaluation.EvaluationResult.Estimate;
import io.github.zsic.evaluation.EvaluationResult.Example;
import io.github.zsic.evaluation.EvaluationResult.LabelResult;
import io.github.zsic.evaluation.EvaluationResult.NoneResult;
import io.github.zsic.evaluation.EvaluationResult.Unreadable;

/**
 * Writes a result as a page for people.
 */
final class HtmlReport {

	/** More labels than that are no matrix to look at. */
	private static final int MAXIMUM_HEAT = 25;

	private static final int MAXIMUM_UNREADABLE = 50;

	/** Fewer pictures than that are no base for intervals. */
	private static final int FEW = 100;

	/** Shades of the matrix. */
	private static final int SHADES = 6;

	// The area of a chart within its 360 by 250 units.

	private static final int LEFT = 52;

	private static final int TOP = 10;

	private static final int WIDTH = 290;

	private static final int HEIGHT = 190;

	private final EvaluationResult result;

	private final List<EvaluationResult> others;

	private final StringBuilder html = new StringBuilder();

	HtmlReport(EvaluationResult result, List<EvaluationResult> others) {
		this.result = result;
		this.others = others;
	}

	String write() {
		String style = resource("report.css");
		String script = resource("report.js");
		// Whatever gets into the page by mistake, browsers neither run nor fetch it.
		String policy = "default-src 'none'; img-src data:; style-src " + hash(style) + "; script-src " + hash(script)
				+ "; base-uri 'none'; form-action 'none'";
		add("""
				<!DOCTYPE html>
				<html lang="en">
				<head>
				<meta charset="utf-8">
				<meta http-equiv="Content-Security-Policy" content="%s">
				<meta name="viewport" content="width=device-width, initial-scale=1">
				<title>How good is %s on these pictures?</title>
				<link rel="icon" href="data:,">
				<style>%s</style>
				</head>
				<body>
				<header>
				<h1>How good is %s on these pictures?</h1>
				""", policy, escape(this.result.model().checkpoint()), style, name(this.result.model().checkpoint()));
		summary();
		add("</header>\n<main>\n");
		figures();
		comparisons();
		confusion();
		pairs();
		add("<div class=\"charts\">\n");
		coverage();
		calibration();
		add("</div>\n");
		none();
		labels();
		unreadable();
		settings();
		add("""
				</main>
				<footer><p>Made by zsic. The page holds everything it shows and fetches nothing.</p></footer>
				<script>%s</script>
				</body>
				</html>
				""", script);
		return this.html.toString();
	}

	private void summary() {
		LabelResult frequent = this.result.labels()
			.stream()
			.max(Comparator.comparingLong(LabelResult::count))
			.orElseThrow();
		add("""
				<p class="lead">It named the right label for <strong>%s</strong> of %s of %d labels. \
				Always to answer %s, the most frequent label, would be right for %s.</p>
				""", percent(this.result.top1().value()), pictures(this.result.count()), this.result.labels().size(),
				name(frequent.label()), percent(EvaluationResult.share(frequent.count(), this.result.count())));
	}

	private void figures() {
		add("<section>\n<h2>Figures</h2>\n<dl class=\"figures\">\n");
		figure("Right at the first guess (top-1)", percent(this.result.top1().value()), interval(this.result.top1()));
		figure("Right label among the first five (top-5)", percent(this.result.top5().value()),
				(this.result.labels().size() <= 5) ? "with five labels or fewer this says nothing"
						: interval(this.result.top5()));
		figure("Mean recall: each label counts the same", percent(this.result.meanRecall().value()),
				interval(this.result.meanRecall()));
		Calibration calibration = this.result.calibration();
		if (calibration != null) {
			figure("Calibration error (ECE)", percent(calibration.ece()),
					"how far scores are from the share of right answers");
		}
		NoneResult none = this.result.none();
		if (none != null && none.count() > 0) {
			figure("None-of-these found", percent(none.rejectionRate()), "of " + pictures(none.count()));
		}
		figure("Speed", String.format(Locale.ROOT, "%,.1f/s", this.result.picturesPerSecond()),
				String.format(Locale.ROOT, "%,.1f seconds for all", this.result.duration().toNanos() / 1e9));
		add("</dl>\n");
		if (this.result.top1().value() == 1) {
			// The share p with p to the power of count = 0.05.
			add("<p>All are right, so the interval has no width, but that is no proof: a model that is right for %s "
					+ "would have all of %s right once in twenty times.</p>\n",
					percent(Math.pow(0.05, 1.0 / this.result.count())), pictures(this.result.count()));
		}
		else if (this.result.count() < FEW) {
			add("<p>There are few pictures, so the intervals are wide, and should be wider still.</p>\n");
		}
		add("</section>\n");
	}

	private void figure(String name, String value, String explanation) {
		add("<div><dt>%s</dt><dd class=\"value\">%s</dd><dd>%s</dd></div>\n", name, value, explanation);
	}

	private void comparisons() {
		if (this.others.isEmpty()) {
			return;
		}
		add("""
				<section>
				<h2>Compared on the same pictures</h2>
				<p>Only pictures that one of the two names right and the other wrong make a difference. p is the probability \
				of such a difference, or a larger one, if both are equally good (McNemar's exact test). With twenty \
				comparisons one has p below 0.05 by chance alone.</p>
				<div class="scroll" tabindex="0" role="region" aria-label="Comparisons">
				<table>
				<thead><tr><th scope="col">compared with</th><th scope="col">top-1</th><th scope="col">95 %% interval</th>\
				<th scope="col">right only in this report</th><th scope="col">right only there</th>\
				<th scope="col">p</th></tr></thead>
				<tbody>
				""");
		for (EvaluationResult other : this.others) {
			Comparison comparison = Comparison.of(this.result, other);
			add("<tr><th scope=\"row\">%s</th><td>%s</td><td>%s to %s</td><td>%,d</td><td>%,d</td><td>%s</td></tr>\n",
					description(other), percent(other.top1().value()), percent(other.top1().low()),
					percent(other.top1().high()), comparison.onlyFirst(), comparison.onlySecond(),
					String.format(Locale.ROOT, "%.4f", comparison.pValue()));
		}
		add("</tbody>\n</table>\n</div>\n</section>\n");
	}

	/** What is different, or else the checkpoint. */
	private String description(EvaluationResult other) {
		String templates = other.templates().equals(this.result.templates()) ? ""
				: other.templates().isEmpty() ? "the classifier's own templates"
						: other.templates().stream().map(HtmlReport::name).collect(Collectors.joining(", "));
		return (!templates.isEmpty() && other.model().equals(this.result.model())) ? templates
				: name(other.model().checkpoint()) + (templates.isEmpty() ? "" : ", " + templates);
	}

	private void confusion() {
		List<Integer> shown = shown();
		int all = this.result.labels().size();
		add("""
				<section class="heat-section">
				<h2>What is taken for what</h2>
				<p>Each row is a label, each column an answer. Green on the diagonal is right, orange is wrong; \
				the stronger, the larger the share of the row.</p>
				<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
				<table class="heat">
				<caption>Number of pictures%s</caption>
				<thead><tr><td></td>
				""",
				(shown.size() < all) ? ", of the " + shown.size() + " labels of " + all + " with most mistakes" : "");
		boolean rejections = this.result.labels().stream().anyMatch((label) -> label.rejected() > 0);
		for (int answer : shown) {
			add("<th scope=\"col\"><span>%s</span></th>\n", name(this.result.labels().get(answer).label()));
		}
		if (rejections) {
			add("<th scope=\"col\"><span><em>no answer</em></span></th>\n");
		}
		add("</tr></thead>\n<tbody>\n");
		for (int label : shown) {
			LabelResult row = this.result.labels().get(label);
			add("<tr><th scope=\"row\">%s</th>", name(row.label()));
			for (int answer : shown) {
				cell(this.result.confusion().count(label, answer), row.count(), label == answer);
			}
			if (rejections) {
				cell(row.rejected(), row.count(), false);
			}
			add("</tr>\n");
		}
		add("</tbody>\n</table>\n</div>\n</section>\n");
	}

	private List<Integer> shown() {
		int size = this.result.labels().size();
		if (size <= MAXIMUM_HEAT) {
			return IntStream.range(0, size).boxed().toList();
		}
		long[] mistakes = new long[size];
		this.result.confusion().errors((cell, count) -> {
			mistakes[Confusion.label(cell)] += count;
			mistakes[Confusion.answer(cell)] += count;
		});
		return IntStream.range(0, size)
			.boxed()
			.sorted(Comparator.comparing((label) -> -mistakes[label]))
			.limit(MAXIMUM_HEAT)
			.sorted()
			.toList();
	}

	private void cell(long count, long total, boolean right) {
		if (count == 0) {
			add("<td class=\"zero\">0</td>");
			return;
		}
		int shade = (int) Math.ceil(SHADES * EvaluationResult.share(count, total));
		add("<td class=\"%s%d\">%,d</td>", right ? "r" : "w", shade, count);
	}

	private void pairs() {
		add("<section>\n<h2>The most frequent mistakes</h2>\n");
		if (this.result.pairs().isEmpty()) {
			add("<p>There are none.</p>\n");
		}
		else {
			add("<p>Look at the pictures before you blame the model: labels of test pictures are often wrong, or two "
					+ "labels fit.</p>\n");
		}
		add("<div class=\"pairs\">\n");
		for (ConfusedPair pair : this.result.pairs()) {
			add("<div><h3>%s taken for %s: %s</h3>\n<ul class=\"pictures\">\n", name(pair.label()), name(pair.answer()),
					pictures(pair.count()));
			for (Example example : pair.examples()) {
				example(pair.label(), example);
			}
			add("</ul></div>\n");
		}
		add("</div>\n</section>\n");
	}

	private void example(String label, Example example) {
		String thumbnail = Thumbnail.of(example.name(), example.file());
		String image = (thumbnail != null)
				? "<img src=\"" + thumbnail + "\" alt=\"A picture with the label " + escape(label) + "\">"
				: "<span class=\"missing\">no preview</span>";
		add("<li>%s%s, score %s</li>\n", image, name(example.name()), number(example.score()));
	}

	private void coverage() {
		List<CoveragePoint> points = this.result.coverage();
		add("""
				<section>
				<h2>If only sure answers count</h2>
				<p>The share of right answers, when only the pictures with the highest scores are answered and people look at \
				the rest. A threshold does that.</p>
				""");
		chart("Accuracy against coverage: " + points.stream()
			.filter((point) -> point.coverage() >= 0.5)
			.findFirst()
			.map((point) -> percent(point.accuracy()) + " of the surest " + percent(point.coverage()) + " are right, ")
			.orElse("") + percent(points.isEmpty() ? 0 : points.get(points.size() - 1).accuracy()) + " of all.",
				"share of pictures answered", "share of right answers");
		add("<polyline class=\"curve\" points=\"%s\"/>\n</svg>\n",
				points.stream()
					.map((point) -> x(point.coverage()) + "," + y(point.accuracy()))
					.collect(Collectors.joining(" ")));
		add("""
				<details><summary>The same as a table</summary>
				<div class="scroll" tabindex="0" role="region" aria-label="Accuracy and coverage">
				<table><thead><tr><th scope="col">threshold</th><th scope="col">answered</th>\
				<th scope="col">right</th></tr></thead><tbody>
				""");
		int step = Math.max(1, points.size() / 20);
		for (int i = points.size() - 1; i >= 0; i -= step) {
			CoveragePoint point = points.get(i);
			add("<tr><td>%s</td><td>%s</td><td>%s</td></tr>\n", number(point.threshold()), percent(point.coverage()),
					percent(point.accuracy()));
		}
		add("</tbody></table></div></details>\n</section>\n");
	}

	private void calibration() {
		Calibration calibration = this.result.calibration();
		if (calibration == null) {
			return;
		}
		add("""
				<section>
				<h2>Can the scores be believed?</h2>
				<p>Of the answers with a score of 0.8, four in five should be right: bars should reach the dashed line. \
				Bars below it are too sure.</p>
				""");
		List<Bin> filled = calibration.bins().stream().filter((bin) -> bin.count() > 0).toList();
		chart("Reliability diagram; the expected calibration error is " + percent(calibration.ece()) + ".", "score",
				"share of right answers");
		for (Bin bin : filled) {
			add("<rect class=\"bar\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>\n", x(bin.low() + 0.005),
					y(bin.accuracy()), decimal(WIDTH * (bin.high() - bin.low() - 0.01)),
					decimal(HEIGHT * bin.accuracy()));
		}
		add("<path class=\"diagonal\" d=\"M%s %sL%s %s\"/>\n", x(0), y(0), x(1), y(1));
		add("</svg>\n");
		add("""
				<details><summary>The same as a table</summary>
				<div class="scroll" tabindex="0" role="region" aria-label="Scores and accuracy">
				<table><thead><tr><th scope="col">scores</th><th scope="col">pictures</th>\
				<th scope="col">mean score</th><th scope="col">right</th></tr></thead><tbody>
				""");
		for (Bin bin : filled) {
			add("<tr><td>%s to %s</td><td>%,d</td><td>%s</td><td>%s</td></tr>\n", number(bin.low()), number(bin.high()),
					bin.count(), number(bin.score()), percent(bin.accuracy()));
		}
		add("</tbody></table></div></details>\n</section>\n");
	}

	/** Opens a chart with its axes; both go from 0 to 1. */
	private void chart(String description, String horizontal, String vertical) {
		add("<svg viewBox=\"0 0 360 250\" role=\"img\" aria-label=\"%s\">\n", escape(description));
		for (int i = 0; i <= 4; i++) {
			double share = i / 4.0;
			add("<path class=\"grid\" d=\"M%s %sH%s\"/><text x=\"%d\" y=\"%s\" text-anchor=\"end\">%d %%</text>\n",
					x(0), y(share), x(1), LEFT - 6, decimal(TOP + HEIGHT * (1 - share) + 4), 25 * i);
			add("<text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(share), TOP + HEIGHT + 16,
					horizontal.equals("score") ? number(share) : 25 * i + " %");
		}
		add("<text x=\"%s\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x(0.5), TOP + HEIGHT + 36, horizontal);
		add("<text transform=\"translate(10 %s) rotate(-90)\" text-anchor=\"middle\">%s</text>\n", y(0.5), vertical);
	}

	private static String x(double share) {
		return decimal(LEFT + WIDTH * share);
	}

	private static String y(double share) {
		return decimal(TOP + HEIGHT * (1 - share));
	}

	private void none() {
		NoneResult none = this.result.none();
		if (none == null) {
			return;
		}
		add("<section>\n<h2>None of these</h2>\n");
		if (none.count() > 0) {
			add("<p>Rejected, as they should be: %s of %s that %s none of the labels.</p>\n",
					percent(none.rejectionRate()), pictures(none.count()), (none.count() == 1) ? "shows" : "show");
			add("""
					<p>A picture with a label has a higher score than one with none in %s of all pairs (AUROC); 50 %% is \
					chance. That does not depend on the threshold.</p>
					""",
					percent(none.auroc()));
		}
		add("<p>Rejected, as they should not be: %s with a label, %s of those.</p>\n</section>\n",
				pictures(none.labelledRejected()),
				percent(EvaluationResult.share(none.labelledRejected(), this.result.count())));
	}

	private void labels() {
		add("""
				<section class="labels-section">
				<h2>Label by label</h2>
				<p>Recall: how many pictures of the label were found. Precision: how many of the answers with the label \
				are right. F1 is their harmonic mean.</p>
				<div class="scroll" tabindex="0" role="region" aria-label="Figures of each label">
				<table class="sortable">
				<thead><tr><th scope="col">label</th><th scope="col">pictures</th><th scope="col">recall</th>\
				<th scope="col">precision</th><th scope="col">F1</th></tr></thead>
				<tbody>
				""");
		for (LabelResult label : this.result.labels()) {
			add("<tr><th scope=\"row\">%s</th><td data-value=\"%d\">%,d</td>", name(label.label()), label.count(),
					label.count());
			share(label.recall(), label.count() > 0);
			share(label.precision(), label.answered() > 0);
			share(label.f1(), label.count() + label.answered() > 0);
			add("</tr>\n");
		}
		add("</tbody>\n</table>\n</div>\n</section>\n");
	}

	private void share(double share, boolean defined) {
		add("<td data-value=\"%s\">%s</td>", String.valueOf(share), defined ? percent(share) : "–");
	}

	private void unreadable() {
		if (this.result.unreadableCount() == 0) {
			return;
		}
		add("<section>\n<h2>Not evaluated</h2>\n<p>%,d could not be read and count nowhere.</p>\n<ul>\n",
				this.result.unreadableCount());
		List<Unreadable> shown = this.result.unreadable();
		for (Unreadable unreadable : shown.subList(0, Math.min(MAXIMUM_UNREADABLE, shown.size()))) {
			add("<li>%s</li>\n", name(unreadable.reason()));
		}
		add("</ul>\n");
		if (this.result.unreadableCount() > MAXIMUM_UNREADABLE) {
			add("<p>And %,d more.</p>\n", this.result.unreadableCount() - MAXIMUM_UNREADABLE);
		}
		add("</section>\n");
	}

	private void settings() {
		List<String> lines = new ArrayList<>();
		String revision = this.result.model().revision();
		lines.add("Checkpoint " + name(this.result.model().checkpoint())
				+ ((revision != null) ? ", revision " + name(revision) : "") + ", computed in "
				+ escape(this.result.model().precision().toString()) + " on " + escape(this.result.model().device())
				+ ".");
		lines.add(this.result.templates().isEmpty() ? "The classifier's own templates." : "Templates: "
				+ this.result.templates().stream().map(HtmlReport::name).collect(Collectors.joining(", ")));
		lines.add("Scoring " + this.result.scoring().name().toLowerCase(Locale.ROOT) + ", "
				+ ((this.result.temperature() != null) ? "temperature " + this.result.temperature() + ", " : "")
				+ (Float.isFinite(this.result.threshold()) ? "threshold " + number(this.result.threshold())
						: "no threshold")
				+ (this.result.thresholds().isEmpty() ? ""
						: ", with one of their own for " + count(this.result.thresholds().size(), "label"))
				+ ".");
		lines.add("Intervals: 95 %, from 1,000 bootstrap samples of the pictures. They tell of chance alone. Pictures "
				+ "that differ from these may give quite different figures.");
		add("<section>\n<h2>How it was measured</h2>\n<ul>\n");
		lines.forEach((line) -> add("<li>%s</li>\n", line));
		add("</ul>\n</section>\n");
	}

	private static String interval(Estimate estimate) {
		return "95 % interval " + percent(estimate.low()) + " to " + percent(estimate.high());
	}

	private static String pictures(long count) {
		return count(count, "picture");
	}

	private static String count(long count, String what) {
		return String.format(Locale.ROOT, "%,d %s%s", count, what, (count == 1) ? "" : "s");
	}

	private static String percent(double share) {
		return String.format(Locale.ROOT, "%.1f\u00A0%%", 100 * share);
	}

	private static String number(double number) {
		return String.format(Locale.ROOT, "%.2f", number);
	}

	private static String decimal(double number) {
		return String.format(Locale.ROOT, "%.1f", number);
	}

	/** A text of strangers within a sentence, whichever way it is written. */
	private static String name(String text) {
		return "<bdi>" + escape(text) + "</bdi>";
	}

	static String escape(String text) {
		StringBuilder escaped = new StringBuilder(text.length());
		text.codePoints().forEach((character) -> {
			switch (character) {
				case '&' -> escaped.append("&amp;");
				case '<' -> escaped.append("&lt;");
				case '>' -> escaped.append("&gt;");
				case '"' -> escaped.append("&quot;");
				case '\'' -> escaped.append("&#39;");
				default -> escaped.appendCodePoint(isPlain(character) ? character : 0xFFFD);
			}
		});
		return escaped.toString();
	}

	private static boolean isPlain(int character) {
		return !Character.isISOControl(character) && Character.getType(character) != Character.SURROGATE;
	}

	private void add(String format, Object... arguments) {
		this.html.append(String.format(Locale.ROOT, format, arguments));
	}

	private static String resource(String name) {
		try (InputStream in = Objects.requireNonNull(HtmlReport.class.getResourceAsStream(name))) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
		catch (IOException ex) {
			throw new IllegalStateException("A part of zsic-evaluation cannot be read", ex);
		}
	}

	private static String hash(String text) {
		try {
			byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
			return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JVM has SHA-256", ex);
		}
	}

}
