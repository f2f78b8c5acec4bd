package io.github.zsic.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.zsic.CheckpointException;
import io.github.zsic.Scoring;
import io.github.zsic.checkpoint.ModelConfig;

/**
 * The architectures that zsic runs. Each is a source beside this package's
 * {@code layers.py}, named as its {@code model_type}.
 */
enum Architecture {

	ALIGN("align", Scoring.SOFTMAX),

	ALTCLIP("altclip", Scoring.SOFTMAX),

	BLIP("blip", Scoring.SOFTMAX),

	BLIP_2("blip-2", Scoring.SOFTMAX),

	CHINESE_CLIP("chinese_clip", Scoring.SOFTMAX),

	CLIP("clip", Scoring.SOFTMAX),

	CLIPSEG("clipseg", Scoring.SOFTMAX),

	METACLIP_2("metaclip_2", Scoring.SOFTMAX),

	/**
	 * Not a model_type, but how {@code ModelConfig} names OpenCLIP's own layout. Its
	 * models with a bias of the logit are scored by sigmoid.
	 */
	OPEN_CLIP("open_clip", Scoring.SOFTMAX),

	SIGLIP("siglip", Scoring.SIGMOID),

	SIGLIP2("siglip2", Scoring.SIGMOID),

	TIPSV2("tipsv2", Scoring.SOFTMAX);

	/**
	 * Ends of the names of classes that share a model type with those that zsic runs, and
	 * whose weights are not those of two towers.
	 */
	private static final List<String> OTHER_MODELS = List.of("BlipForImageTextRetrieval", "ForConditionalGeneration",
			"ForQuestionAnswering", "ForImageClassification", "VisionModel", "VisionModelWithProjection", "TextModel",
			"TextModelWithProjection");

	private final String modelType;

	private final Scoring scoring;

	Architecture(String modelType, Scoring scoring) {
		this.modelType = modelType;
		this.scoring = scoring;
	}

	static Architecture of(String modelType) {
		for (Architecture architecture : values()) {
			if (architecture.modelType.equals(modelType)) {
				return architecture;
			}
		}
		if ("videoprism".equals(modelType)) {
			throw new CheckpointException("A checkpoint of model_type 'videoprism' takes videos, not pictures.",
					"Use a checkpoint for pictures, such as CLIP or SigLIP.");
		}
		String supported = Arrays.stream(values())
			.filter((architecture) -> architecture != OPEN_CLIP)
			.map((architecture) -> "'" + architecture.modelType + "'")
			.collect(Collectors.joining(", "));
		throw new CheckpointException("zsic does not run checkpoints of model_type '" + modelType + "'.",
				"Use one of a supported model_type: " + supported + ".");
	}

	/**
	 * Checks whether a model of this type is one that compares pictures with texts, which
	 * else the weights would tell, after they have been downloaded.
	 * @param config its configuration
	 * @throws CheckpointException if it is another
	 */
	void requireModel(ModelConfig config) {
		String name = config.strings().get("architectures.0");
		if (name != null && OTHER_MODELS.stream().anyMatch(name::endsWith)) {
			throw new CheckpointException(
					"Its weights are those of the class '" + name + "', and of model_type '" + this.modelType
							+ "' zsic runs the one that has an embedding for a picture and one for a text.",
					(this == BLIP)
							? "Use a checkpoint saved from BlipModel, or one of another model_type, such as 'clip'."
							: "Use another checkpoint of this model_type.");
		}
		requireOwnCode(config);
		if (this == OPEN_CLIP && Stream.concat(config.numbers().keySet().stream(), config.strings().keySet().stream())
			.anyMatch((path) -> path.startsWith("model_cfg.audio_cfg."))) {
			throw new CheckpointException(
					"'open_clip_config.json' has a 'model_cfg.audio_cfg': it is no model of pictures and texts.",
					"Use a checkpoint that has a 'vision_cfg' and a 'text_cfg'.");
		}
	}

	/**
	 * A model whose code comes with it has any shape, whatever model type it names; so
	 * has one whose towers name others.
	 */
	private void requireOwnCode(ModelConfig config) {
		String advice = "Use a checkpoint that Transformers runs without 'trust_remote_code', or one that has an "
				+ "'open_clip_config.json'.";
		if (config.strings().keySet().stream().anyMatch((path) -> path.startsWith("auto_map."))) {
			throw new CheckpointException(
					"'config.json' names code for the model to run ('auto_map'), so its model_type '" + this.modelType
							+ "' does not tell what it is, and zsic runs no code of checkpoints.",
					advice);
		}
		for (String tower : List.of("text_config", "vision_config")) {
			String type = config.strings().getOrDefault(tower + ".model_type", this.modelType);
			if (Set.of(CLIP, SIGLIP).contains(this) && !type.startsWith(this.modelType)) {
				throw new CheckpointException("'config.json' has the model_type '" + this.modelType + "', but its '"
						+ tower + "' is one of '" + type + "', which that does not have.", advice);
			}
		}
	}

	String modelType() {
		return this.modelType;
	}

	/** The name of the source that runs it. */
	String source() {
		return this.modelType.replace('-', '_');
	}

	/**
	 * How the reference scores.
	 * @param config the configuration of a model
	 */
	Scoring scoring(ModelConfig config) {
		return config.numbers().containsKey("model_cfg.init_logit_bias") ? Scoring.SIGMOID : this.scoring;
	}

}
