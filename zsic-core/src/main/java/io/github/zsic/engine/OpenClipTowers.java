package io.github.zsic.engine;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.zsic.CheckpointException;
import io.github.zsic.checkpoint.ModelConfig;

/**
 * The towers of a model in OpenCLIP's layout, any of either kind with any of the other.
 * Each is a source, {@code open_clip_<name>.py}.
 *
 * @param pictures the tower for pictures
 * @param texts the tower for texts
 */
record OpenClipTowers(Pictures pictures, Texts texts) {

	private static final String VISION = "model_cfg.vision_cfg.";

	private static final String TIMM_NAME = VISION + "timm_model_name";

	private static final String TEXT = "model_cfg.text_cfg.";

	private static final String HF_NAME = TEXT + "hf_model_name";

	/**
	 * Tells the towers of a model by its configuration.
	 * @param config the configuration
	 * @return the towers
	 * @throws CheckpointException if there is no program for one of them, which it names
	 */
	static OpenClipTowers of(ModelConfig config) {
		for (String key : List.of("tokenizer_mode", "tokenizer_kwargs.language", "tokenizer_kwargs.reduction_mask")) {
			String value = config.strings().get(TEXT + key);
			if (value != null && !value.isEmpty()) {
				throw unknown(TEXT + key, value, "none there");
			}
		}
		return new OpenClipTowers(Pictures.of(config), Texts.of(config));
	}

	private static CheckpointException unknown(String key, String name, String known) {
		return new CheckpointException("%s is '%s', which zsic does not have.".formatted(key, name),
				"Use a checkpoint with another tower: docs/architectures.md lists those that zsic has. It has " + known
						+ ".");
	}

	/**
	 * Towers for pictures.
	 */
	enum Pictures {

		/** OpenCLIP's own. */
		VIT(""),

		/** OpenAI's, whose numbers of layers are a list. */
		RESNET(""),

		/** timm's plain ViT. */
		TIMM_VIT(
				"vit_base_mci_\\d+|vit_(tiny|small|medium|base|large|huge|so400m|giantopt)_patch\\d+_((siglip|clip|clip_quickgelu|gap|siglip_gap)_)?\\d+"),

		/** EVA and the Perception Encoder. */
		EVA("eva_giant_patch\\d+_\\d+|eva02_(base|large|enormous)_patch\\d+_clip_\\d+|vit_pe_core_\\w+_patch\\d+_\\d+"),

		/** timm's ConvNeXt. */
		CONVNEXT("convnext_(tiny|small|base|large|xlarge|xxlarge)"),

		/** That of MobileCLIP. */
		FASTVIT("fastvit_mci\\d");

		private final Pattern names;

		/**
		 * A tower.
		 * @param names the names of timm's models that it runs
		 */
		Pictures(String names) {
			this.names = Pattern.compile(names);
		}

		private static Pictures of(ModelConfig config) {
			String name = config.strings().getOrDefault(TIMM_NAME, "");
			if (name.isEmpty() && config.numbers().containsKey(VISION + "layers.0")) {
				return RESNET;
			}
			for (Pictures each : values()) {
				if (each.names.matcher(name).matches()) {
					return each;
				}
			}
			throw unknown(TIMM_NAME, name,
					"none, for OpenCLIP's own, " + Arrays.stream(values())
						.filter((each) -> !each.names.pattern().isEmpty())
						.map((each) -> "'" + each.names + "'")
						.collect(Collectors.joining(", ")));
		}

		/** The name of the source that runs it. */
		String source() {
			return "open_clip_" + name().toLowerCase(Locale.ROOT);
		}

	}

	/**
	 * Towers for texts.
	 */
	enum Texts {

		/** OpenCLIP's own. */
		TEXT(""),

		/** BERT, RoBERTa and XLM-RoBERTa, but not what others made of them. */
		BERT("(?i)(?!.*(deberta|albert|distilbert|mobilebert|convbert|modernbert|squeezebert)).*bert.*");

		private final Pattern names;

		Texts(String names) {
			this.names = Pattern.compile(names);
		}

		private static Texts of(ModelConfig config) {
			String name = config.strings().getOrDefault(HF_NAME, "");
			for (Texts each : values()) {
				if (each.names.matcher(name).matches()) {
					return each;
				}
			}
			throw unknown(HF_NAME, name, "OpenCLIP's own, BERT, RoBERTa and XLM-RoBERTa");
		}

		/** The name of the source that runs it. */
		String source() {
			return "open_clip_" + name().toLowerCase(Locale.ROOT);
		}

	}

	@Override
	public String toString() {
		return this.pictures.name().toLowerCase(Locale.ROOT) + "/" + this.texts.name().toLowerCase(Locale.ROOT);
	}

}
