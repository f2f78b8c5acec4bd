package io.github.zsic.sample.command;

import java.util.List;
import java.util.Objects;

import io.github.zsic.ModelInfo;
import io.github.zsic.TextCanonicalization;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What results depend on.
 *
 * @param folder the folder that names of files are relative to
 * @param checkpoint the checkpoint
 * @param revision its revision
 * @param precision what it computes in
 * @param labels the labels
 * @param templates the templates
 * @param scoring the scoring
 * @param top how many predictions are written
 * @param threshold the lowest score that is written, {@code null} for all
 * @param temperature the temperature, {@code null} for the model's own
 * @param textCanonicalization how prompts are rewritten, {@code null} for not at all
 * @param probe scores of the first labels for a picture that is always the same, which
 * tell when the files of a checkpoint were replaced
 */
record RunSettings(String folder, String checkpoint, @Nullable String revision, String precision, List<String> labels,
		List<String> templates, String scoring, int top, @Nullable Float threshold, @Nullable Float temperature,
		@Nullable String textCanonicalization, List<Float> probe) {

	/** More than devices and batches differ, less than models do. */
	private static final float SAME_SCORE = 0.005f;

	private static final JsonMapper JSON = JsonMapper.shared();

	static RunSettings of(FolderOptions options, String folder, ModelInfo model, List<String> templates, String scoring,
			ZsicProperties properties, List<Float> probe) {
		TextCanonicalization canonicalization = properties.getTextCanonicalization();
		return new RunSettings(folder, model.checkpoint(), model.revision(), model.precision().toString(),
				options.labels(), templates, scoring, options.columns(),
				Float.isFinite(options.threshold()) ? options.threshold() : null, properties.getTemperature(),
				(canonicalization != TextCanonicalization.NONE) ? canonicalization.name() : null, probe);
	}

	String toJson() {
		return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
	}

	static RunSettings fromJson(String json) {
		try {
			return JSON.readValue(json, RunSettings.class);
		}
		catch (JacksonException ex) {
			throw CommandException.usage("The file '…" + ResultFile.SETTINGS_SUFFIX
					+ "' beside the results is damaged, so they cannot be continued. "
					+ "Name another file, or add --restart to replace them.");
		}
	}

	/**
	 * What is different from a former run, {@code null} if nothing is.
	 */
	@Nullable String difference(RunSettings former) {
		if (!this.folder.equals(former.folder)) {
			return "but holds the results of another folder, '" + former.folder + "'";
		}
		if (!this.labels.equals(former.labels)) {
			return "but was made with other labels (" + former.labels.size() + ", now " + this.labels.size()
					+ firstDifference(former.labels) + ")";
		}
		if (!this.checkpoint.equals(former.checkpoint)) {
			return "but was made with another model, '" + former.checkpoint + "' and not '" + this.checkpoint + "'";
		}
		if (!Objects.equals(this.revision, former.revision)) {
			return "but was made with another revision of the model, " + former.revision + " and not " + this.revision;
		}
		if (!this.precision.equals(former.precision)) {
			return "but was made in another precision, " + former.precision + " and not " + this.precision;
		}
		if (!this.templates.equals(former.templates)) {
			return "but was made with other templates, " + former.templates + " and not " + this.templates;
		}
		if (!this.scoring.equals(former.scoring)) {
			return "but was made with another scoring, " + former.scoring + " and not " + this.scoring;
		}
		if (this.top != former.top) {
			return "but was made with another --top, " + former.top + " and not " + this.top;
		}
		if (!Objects.equals(this.threshold, former.threshold)) {
			return "but was made with another --threshold, " + former.threshold + " and not " + this.threshold;
		}
		if (!Objects.equals(this.temperature, former.temperature)) {
			return "but was made with another temperature, " + former.temperature + " and not " + this.temperature;
		}
		if (!Objects.equals(this.textCanonicalization, former.textCanonicalization)) {
			return "but was made with another zsic.text-canonicalization, " + former.textCanonicalization + " and not "
					+ this.textCanonicalization;
		}
		for (int i = 0; i < this.probe.size(); i++) {
			if (i >= former.probe.size() || !(Math.abs(this.probe.get(i) - former.probe.get(i)) <= SAME_SCORE)) {
				return "but was made with another model: the files of '" + this.checkpoint + "' have changed";
			}
		}
		return null;
	}

	private String firstDifference(List<String> others) {
		for (int i = 0; i < Math.min(this.labels.size(), others.size()); i++) {
			if (!this.labels.get(i).equals(others.get(i))) {
				return "; the first that differs was '" + others.get(i) + "' and is '" + this.labels.get(i) + "'";
			}
		}
		return "";
	}

}
