package io.github.zsic.evaluation;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Locale;

import com.google.gson.stream.JsonWriter;
import org.jspecify.annotations.Nullable;

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
 * Writes a result as JSON, piece by piece, as the confusion matrix may be large.
 */
final class JsonReport {

	private final JsonWriter json;

	private JsonReport(JsonWriter json) {
		this.json = json;
	}

	static void write(EvaluationResult result, List<EvaluationResult> others, Writer writer) throws IOException {
		// Not closed, as the writer is the caller's.
		JsonWriter json = new JsonWriter(writer);
		new JsonReport(json).write(result, others);
		json.flush();
		writer.write('\n');
	}

	private void write(EvaluationResult result, List<EvaluationResult> others) throws IOException {
		this.json.beginObject();
		this.json.name("count").value(result.count());
		estimate("top1", result.top1());
		estimate("top5", result.top5());
		estimate("meanRecall", result.meanRecall());
		this.json.name("labels").beginArray();
		for (LabelResult label : result.labels()) {
			label(label);
		}
		this.json.endArray();
		this.json.name("confusion").beginArray();
		for (int i = 0; i < result.confusion().size(); i++) {
			this.json.beginArray();
			for (long count : result.confusion().row(i)) {
				this.json.value(count);
			}
			this.json.endArray();
		}
		this.json.endArray();
		this.json.name("confusedPairs").beginArray();
		for (ConfusedPair pair : result.pairs()) {
			pair(pair);
		}
		this.json.endArray();
		none(result.none());
		calibration(result.calibration());
		this.json.name("coverage").beginArray();
		for (CoveragePoint point : result.coverage()) {
			this.json.beginObject();
			this.json.name("threshold").value(point.threshold());
			this.json.name("coverage").value(point.coverage());
			this.json.name("accuracy").value(point.accuracy());
			this.json.endObject();
		}
		this.json.endArray();
		unreadable(result);
		this.json.name("seconds").value(result.duration().toNanos() / 1e9);
		this.json.name("picturesPerSecond").value(result.picturesPerSecond());
		settings(result);
		this.json.name("comparisons").beginArray();
		for (EvaluationResult other : others) {
			comparison(other, Comparison.of(result, other));
		}
		this.json.endArray();
		this.json.endObject();
	}

	private void comparison(EvaluationResult other, Comparison comparison) throws IOException {
		this.json.beginObject();
		estimate("top1", other.top1());
		estimate("top5", other.top5());
		estimate("meanRecall", other.meanRecall());
		this.json.name("both").value(comparison.both());
		this.json.name("onlyFirst").value(comparison.onlyFirst());
		this.json.name("onlySecond").value(comparison.onlySecond());
		this.json.name("neither").value(comparison.neither());
		this.json.name("pValue").value(comparison.pValue());
		settings(other);
		this.json.endObject();
	}

	private void estimate(String name, Estimate estimate) throws IOException {
		this.json.name(name).value(estimate.value());
		this.json.name(name + "Interval").beginArray().value(estimate.low()).value(estimate.high()).endArray();
	}

	private void label(LabelResult label) throws IOException {
		this.json.beginObject();
		this.json.name("label").value(label.label());
		this.json.name("count").value(label.count());
		this.json.name("recall").value(label.recall());
		this.json.name("precision").value(label.precision());
		this.json.name("f1").value(label.f1());
		this.json.name("correct").value(label.correct());
		this.json.name("answered").value(label.answered());
		this.json.name("rejected").value(label.rejected());
		this.json.endObject();
	}

	private void pair(ConfusedPair pair) throws IOException {
		this.json.beginObject();
		this.json.name("label").value(pair.label());
		this.json.name("answer").value(pair.answer());
		this.json.name("count").value(pair.count());
		this.json.name("examples").beginArray();
		for (Example example : pair.examples()) {
			this.json.beginObject();
			this.json.name("file").value(example.name());
			this.json.name("score").value(example.score());
			this.json.endObject();
		}
		this.json.endArray();
		this.json.endObject();
	}

	private void none(@Nullable NoneResult none) throws IOException {
		this.json.name("none");
		if (none == null) {
			this.json.nullValue();
			return;
		}
		this.json.beginObject();
		this.json.name("count").value(none.count());
		this.json.name("rejected").value(none.rejected());
		this.json.name("labelledRejected").value(none.labelledRejected());
		this.json.name("auroc");
		if (Double.isNaN(none.auroc())) {
			this.json.nullValue();
		}
		else {
			this.json.value(none.auroc());
		}
		this.json.endObject();
	}

	private void calibration(@Nullable Calibration calibration) throws IOException {
		this.json.name("calibration");
		if (calibration == null) {
			this.json.nullValue();
			return;
		}
		this.json.beginObject();
		this.json.name("ece").value(calibration.ece());
		this.json.name("bins").beginArray();
		for (Bin bin : calibration.bins()) {
			this.json.beginObject();
			this.json.name("low").value(bin.low());
			this.json.name("high").value(bin.high());
			this.json.name("count").value(bin.count());
			this.json.name("score").value(bin.score());
			this.json.name("accuracy").value(bin.accuracy());
			this.json.endObject();
		}
		this.json.endArray();
		this.json.endObject();
	}

	private void unreadable(EvaluationResult result) throws IOException {
		this.json.name("unreadableCount").value(result.unreadableCount());
		this.json.name("unreadable").beginArray();
		for (Unreadable unreadable : result.unreadable()) {
			this.json.beginObject();
			this.json.name("file").value(unreadable.name());
			this.json.name("reason").value(unreadable.reason());
			this.json.endObject();
		}
		this.json.endArray();
	}

	private void settings(EvaluationResult result) throws IOException {
		this.json.name("checkpoint").value(result.model().checkpoint());
		this.json.name("revision").value(result.model().revision());
		this.json.name("device").value(result.model().device());
		this.json.name("precision").value(result.model().precision().toString());
		this.json.name("templates").beginArray();
		for (String template : result.templates()) {
			this.json.value(template);
		}
		this.json.endArray();
		this.json.name("scoring").value(result.scoring().name().toLowerCase(Locale.ROOT));
		this.json.name("temperature").value(result.temperature());
		this.json.name("threshold");
		if (Float.isFinite(result.threshold())) {
			this.json.value(result.threshold());
		}
		else {
			this.json.nullValue();
		}
		this.json.name("thresholds").beginObject();
		for (LabelResult label : result.labels()) {
			Float threshold = result.thresholds().get(label.label());
			if (threshold != null && Float.isFinite(threshold)) {
				this.json.name(label.label()).value(threshold);
			}
		}
		this.json.endObject();
	}

}
