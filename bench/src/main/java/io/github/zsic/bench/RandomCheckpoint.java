package io.github.zsic.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;

/**
 * Writes checkpoints with random weights in the Hub's layout, which zsic and Transformers
 * load alike. The tokenizer is that of the bundled checkpoint: what it makes of a word
 * does not matter, only how many tokens.
 */
final class RandomCheckpoint {

	private static final String TOKENIZER = "/zsic/emoji-clip/";

	private static final int BOS = 3012;

	private static final int EOS = 3013;

	private static final Gson gson = new GsonBuilder().setPrettyPrinting().create();

	private final ModelShape model;

	/** In the order of the file. */
	private final Map<String, long[]> shapes = new LinkedHashMap<>();

	private RandomCheckpoint(ModelShape model) {
		this.model = model;
	}

	/**
	 * Writes a checkpoint unless it is there.
	 * @param model what to write
	 * @param folder where to
	 */
	static void write(ModelShape model, Path folder) throws IOException {
		Path weights = folder.resolve("model.safetensors");
		if (Files.exists(weights)) {
			return;
		}
		Files.createDirectories(folder);
		RandomCheckpoint checkpoint = new RandomCheckpoint(model);
		Files.writeString(folder.resolve("config.json"), gson.toJson(checkpoint.config()));
		Files.writeString(folder.resolve("preprocessor_config.json"), gson.toJson(checkpoint.preprocessing()));
		for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
			try (InputStream in = RandomCheckpoint.class.getResourceAsStream(TOKENIZER + name)) {
				if (in == null) {
					throw new IOException("The bundled checkpoint is not on the class path");
				}
				Files.write(folder.resolve(name), in.readAllBytes());
			}
		}
		checkpoint.collectShapes();
		Path partial = folder.resolve("model.safetensors.partial");
		checkpoint.writeWeights(partial);
		Files.move(partial, weights);
	}

	private Map<String, Object> config() {
		ModelShape.Tower text = this.model.text();
		Map<String, Object> textConfig = tower(text);
		textConfig.put("vocab_size", vocabulary());
		textConfig.put("max_position_embeddings", positions());
		textConfig.put("bos_token_id", BOS);
		textConfig.put("eos_token_id", EOS);
		textConfig.put("pad_token_id", EOS);
		Map<String, Object> visionConfig = tower(this.model.vision());
		visionConfig.put("image_size", this.model.imageSize());
		visionConfig.put("patch_size", this.model.patchSize());
		Map<String, Object> config = new LinkedHashMap<>();
		config.put("architectures", List.of(this.model.siglip() ? "SiglipModel" : "CLIPModel"));
		config.put("model_type", this.model.siglip() ? "siglip" : "clip");
		config.put("dtype", "float32");
		if (this.model.siglip()) {
			textConfig.put("projection_size", this.model.dimension());
		}
		else {
			config.put("projection_dim", this.model.dimension());
			textConfig.put("projection_dim", this.model.dimension());
			visionConfig.put("projection_dim", this.model.dimension());
		}
		config.put("text_config", textConfig);
		config.put("vision_config", visionConfig);
		return config;
	}

	private Map<String, Object> tower(ModelShape.Tower tower) {
		Map<String, Object> config = new LinkedHashMap<>();
		config.put("hidden_size", tower.width());
		config.put("intermediate_size", tower.mlp());
		config.put("num_hidden_layers", tower.layers());
		config.put("num_attention_heads", tower.heads());
		config.put("hidden_act", this.model.siglip() ? "gelu_pytorch_tanh" : "quick_gelu");
		config.put("layer_norm_eps", this.model.siglip() ? 1e-6 : 1e-5);
		return config;
	}

	private Map<String, Object> preprocessing() {
		int side = this.model.imageSize();
		Map<String, Object> config = new LinkedHashMap<>();
		config.put("image_processor_type", this.model.siglip() ? "SiglipImageProcessor" : "CLIPImageProcessor");
		config.put("do_resize", true);
		config.put("do_rescale", true);
		config.put("do_normalize", true);
		config.put("do_convert_rgb", true);
		config.put("resample", 3);
		config.put("rescale_factor", 1 / 255.0);
		config.put("image_mean", List.of(0.5, 0.5, 0.5));
		config.put("image_std", List.of(0.5, 0.5, 0.5));
		if (this.model.siglip()) {
			config.put("size", Map.of("height", side, "width", side));
		}
		else {
			config.put("size", Map.of("shortest_edge", side));
			config.put("do_center_crop", true);
			config.put("crop_size", Map.of("height", side, "width", side));
		}
		return config;
	}

	private int vocabulary() {
		return this.model.siglip() ? 32_000 : 49_408;
	}

	private int positions() {
		return this.model.siglip() ? 64 : 77;
	}

	private void collectShapes() {
		int vision = this.model.vision().width();
		int text = this.model.text().width();
		int patch = this.model.patchSize();
		boolean siglip = this.model.siglip();
		this.shapes.put("logit_scale", siglip ? new long[] { 1 } : new long[0]);
		add("text_model.embeddings.token_embedding.weight", vocabulary(), text);
		add("text_model.embeddings.position_embedding.weight", positions(), text);
		layers("text_model.", this.model.text());
		norm("text_model.final_layer_norm", text);
		add("vision_model.embeddings.patch_embedding.weight", vision, 3, patch, patch);
		add("vision_model.embeddings.position_embedding.weight", this.model.patches() + (siglip ? 0 : 1), vision);
		layers("vision_model.", this.model.vision());
		norm("vision_model.post_layernorm", vision);
		if (siglip) {
			add("logit_bias", 1);
			linear("text_model.head", this.model.dimension(), text);
			add("vision_model.embeddings.patch_embedding.bias", vision);
			add("vision_model.head.probe", 1, 1, vision);
			add("vision_model.head.attention.in_proj_weight", 3L * vision, vision);
			add("vision_model.head.attention.in_proj_bias", 3L * vision);
			linear("vision_model.head.attention.out_proj", vision, vision);
			norm("vision_model.head.layernorm", vision);
			linear("vision_model.head.mlp.fc1", this.model.vision().mlp(), vision);
			linear("vision_model.head.mlp.fc2", vision, this.model.vision().mlp());
		}
		else {
			add("vision_model.embeddings.class_embedding", vision);
			norm("vision_model.pre_layrnorm", vision);
			add("text_projection.weight", this.model.dimension(), text);
			add("visual_projection.weight", this.model.dimension(), vision);
		}
	}

	private void layers(String prefix, ModelShape.Tower tower) {
		for (int i = 0; i < tower.layers(); i++) {
			String layer = prefix + "encoder.layers." + i + ".";
			for (String projection : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
				linear(layer + "self_attn." + projection, tower.width(), tower.width());
			}
			norm(layer + "layer_norm1", tower.width());
			norm(layer + "layer_norm2", tower.width());
			linear(layer + "mlp.fc1", tower.mlp(), tower.width());
			linear(layer + "mlp.fc2", tower.width(), tower.mlp());
		}
	}

	private void linear(String name, long rows, long columns) {
		add(name + ".weight", rows, columns);
		add(name + ".bias", rows);
	}

	private void norm(String name, long width) {
		add(name + ".weight", width);
		add(name + ".bias", width);
	}

	private void add(String name, long... shape) {
		this.shapes.put(name, shape);
	}

	private void writeWeights(Path file) throws IOException {
		Map<String, Object> header = new LinkedHashMap<>();
		long at = 0;
		for (Map.Entry<String, long[]> entry : this.shapes.entrySet()) {
			long end = at + Float.BYTES * elements(entry.getValue());
			header.put(entry.getKey(),
					Map.of("dtype", "F32", "shape", entry.getValue(), "data_offsets", new long[] { at, end }));
			at = end;
		}
		byte[] text = new Gson().toJson(header).getBytes(StandardCharsets.UTF_8);
		byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
		Arrays.fill(padded, text.length, padded.length, (byte) ' ');
		// One block of noise again and again: to make gigabytes of it takes longer.
		Random random = new Random(1);
		float[] noise = new float[1 << 20];
		for (int i = 0; i < noise.length; i++) {
			noise[i] = (float) random.nextGaussian();
		}
		ByteBuffer block = ByteBuffer.allocate(noise.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
		try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
			out.write(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(padded.length).array());
			out.write(padded);
			for (Map.Entry<String, long[]> entry : this.shapes.entrySet()) {
				write(out, block, noise, entry.getKey(), entry.getValue());
			}
		}
	}

	private static void write(OutputStream out, ByteBuffer block, float[] noise, String name, long[] shape)
			throws IOException {
		boolean norm = name.contains("norm") && name.endsWith("weight");
		double scale = norm ? 0.1 : 1 / Math.sqrt((shape.length > 0) ? shape[shape.length - 1] : 1);
		for (long left = elements(shape); left > 0;) {
			int count = (int) Math.min(left, noise.length);
			block.clear();
			for (int i = 0; i < count; i++) {
				block.putFloat((float) ((norm ? 1 : 0) + noise[i] * scale));
			}
			out.write(block.array(), 0, count * Float.BYTES);
			left -= count;
		}
	}

	private static long elements(long[] shape) {
		return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
	}

}
