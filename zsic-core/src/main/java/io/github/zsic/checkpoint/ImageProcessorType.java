package io.github.zsic.checkpoint;

import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * The image processors that zsic has, with the defaults of their classes in transformers
 * ({@code models/<name>/image_processing_<name>.py}). What the settings of a checkpoint
 * leave out has the default of their class.
 */
enum ImageProcessorType {

	CLIP("CLIPImageProcessor", 3, Normalization.CLIP, Set.of("clip", "metaclip_2", "altclip")) {
		@Override
		boolean squaresOnDemand() {
			return true;
		}

		@Override
		boolean crops() {
			return true;
		}
	},

	BLIP("BlipImageProcessor", 3, Normalization.CLIP, Set.of("blip", "blip-2")) {
		@Override
		@Nullable Integer square() {
			return 384;
		}

		@Override
		boolean squaresByDefault() {
			return true;
		}
	},

	CHINESE_CLIP("ChineseCLIPImageProcessor", 3, Normalization.CLIP, Set.of("chinese_clip")) {
		@Override
		boolean crops() {
			return true;
		}
	},

	EFFICIENTNET("EfficientNetImageProcessor", 3, Normalization.STANDARD, Set.of("align")) {
		@Override
		@Nullable Integer square() {
			return 346;
		}

		@Override
		boolean squaresByDefault() {
			return true;
		}

		@Override
		int cropSize() {
			return 289;
		}

		@Override
		boolean normalizesTwice() {
			return true;
		}

		@Override
		boolean pads() {
			return false;
		}
	},

	VIT("ViTImageProcessor", 2, Normalization.STANDARD, Set.of("clipseg")) {
		@Override
		@Nullable Integer square() {
			return 224;
		}

		@Override
		boolean squaresByDefault() {
			return true;
		}
	},

	SIGLIP("SiglipImageProcessor", 3, Normalization.STANDARD, Set.of("siglip")) {
		@Override
		@Nullable Integer square() {
			return 224;
		}
	},

	TIPSV2("Tipsv2ImageProcessor", 2, Normalization.STANDARD, Set.of("tipsv2")) {
		@Override
		@Nullable Integer square() {
			return 448;
		}

		@Override
		boolean squaresByDefault() {
			return true;
		}

		@Override
		boolean normalizes() {
			return false;
		}
	},

	/** NaFlex: patches of the picture's own aspect. */
	SIGLIP2("Siglip2ImageProcessor", 2, Normalization.STANDARD, Set.of("siglip2")) {
		@Override
		boolean makesPatches() {
			return true;
		}

		@Override
		boolean pads() {
			return false;
		}
	};

	private final String className;

	private final int resample;

	private final Normalization normalization;

	private final Set<String> modelTypes;

	ImageProcessorType(String className, int resample, Normalization normalization, Set<String> modelTypes) {
		this.className = className;
		this.resample = resample;
		this.normalization = normalization;
		this.modelTypes = modelTypes;
	}

	/**
	 * Finds the type that settings name, or else the one that the reference takes for the
	 * model.
	 */
	static ImageProcessorType of(JsonObject settings, String modelType) {
		String type = Json.string(settings.get("image_processor_type"));
		if (type == null) {
			type = Json.string(settings.get("feature_extractor_type"));
		}
		for (ImageProcessorType candidate : values()) {
			if ((type != null) ? candidate.isNamed(type) : candidate.modelTypes.contains(modelType)) {
				return candidate;
			}
		}
		if (type == null) {
			// A model that zsic runs, but that has no image processor of its own.
			return CLIP;
		}
		throw new CheckpointException("Its pictures are prepared by '" + type + "', which zsic does not have.",
				"Use a checkpoint with one of these: "
						+ Arrays.stream(values()).map((known) -> known.className).collect(Collectors.joining(", "))
						+ ".");
	}

	/** With the names of earlier releases, and those of the implementations. */
	private boolean isNamed(String type) {
		String name = type.replaceFirst("(Fast|Pil)$", "").replaceFirst("FeatureExtractor$", "ImageProcessor");
		return this.className.equals(name);
	}

	/** Pillow's number of the filter. */
	int resample() {
		return this.resample;
	}

	double[] mean() {
		return this.normalization.mean;
	}

	double[] std() {
		return this.normalization.std;
	}

	/** The side of the square to which pictures are squashed, or none. */
	@Nullable Integer square() {
		return null;
	}

	/** Whether a size given as one number is a square, and not the shortest edge. */
	boolean squaresByDefault() {
		return false;
	}

	/** Whether a setting squashes pictures to the square of its default edge. */
	boolean squaresOnDemand() {
		return false;
	}

	boolean crops() {
		return false;
	}

	int cropSize() {
		return 224;
	}

	boolean normalizes() {
		return true;
	}

	/**
	 * Whether it has the steps that only EfficientNet's has: one is taken from the
	 * rescaled values, and the normalised ones are divided by the deviation once more.
	 */
	boolean normalizesTwice() {
		return false;
	}

	/** Whether it looks at the setting that has pictures padded at the end. */
	boolean pads() {
		return true;
	}

	/** Whether it makes patches of pictures that keep their aspect. */
	boolean makesPatches() {
		return false;
	}

	private enum Normalization {

		CLIP(new double[] { 0.48145466, 0.4578275, 0.40821073 }, new double[] { 0.26862954, 0.26130258, 0.27577711 }),

		STANDARD(new double[] { 0.5, 0.5, 0.5 }, new double[] { 0.5, 0.5, 0.5 });

		private final double[] mean;

		private final double[] std;

		Normalization(double[] mean, double[] std) {
			this.mean = mean;
			this.std = std;
		}

	}

}
