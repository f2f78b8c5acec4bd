package io.github.zsic.engine;

import java.util.Arrays;
import java.util.stream.Collectors;

import io.github.zsic.CheckpointException;
import io.github.zsic.Scoring;

/**
 * The architectures that zsic runs, each a TorchScript source beside this package's
 * {@code layers.py}.
 */
enum Architecture {

	CLIP("clip", "clip", "Clip", Scoring.SOFTMAX);

	private final String modelType;

	private final String source;

	private final String className;

	private final Scoring scoring;

	Architecture(String modelType, String source, String className, Scoring scoring) {
		this.modelType = modelType;
		this.source = source;
		this.className = className;
		this.scoring = scoring;
	}

	static Architecture of(String modelType) {
		for (Architecture architecture : values()) {
			if (architecture.modelType.equals(modelType)) {
				return architecture;
			}
		}
		String supported = Arrays.stream(values())
			.map((architecture) -> "'" + architecture.modelType + "'")
			.collect(Collectors.joining(", "));
		throw new CheckpointException("zsic does not run checkpoints of model_type '" + modelType + "'.",
				"Use one of a supported model_type: " + supported + ".");
	}

	/** The name of the source, which is also the name of its TorchScript module. */
	String source() {
		return this.source;
	}

	String className() {
		return this.className;
	}

	Scoring scoring() {
		return this.scoring;
	}

}
