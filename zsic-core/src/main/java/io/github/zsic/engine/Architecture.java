package io.github.zsic.engine;

import java.util.Arrays;
import java.util.stream.Collectors;

import io.github.zsic.CheckpointException;
import io.github.zsic.Scoring;

/**
 * The architectures that zsic runs. Each is a TorchScript source beside this package's
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

	/** Not a model_type, but how {@code ModelConfig} names OpenCLIP's own layout. */
	OPEN_CLIP("open_clip", Scoring.SOFTMAX),

	SIGLIP("siglip", Scoring.SIGMOID),

	SIGLIP2("siglip2", Scoring.SIGMOID),

	TIPSV2("tipsv2", Scoring.SOFTMAX);

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

	String modelType() {
		return this.modelType;
	}

	/** The resource that holds the program. */
	String source() {
		return this.modelType.replace('-', '_') + ".py";
	}

	Scoring scoring() {
		return this.scoring;
	}

}
