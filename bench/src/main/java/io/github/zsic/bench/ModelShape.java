package io.github.zsic.bench;

/**
 * The shapes of well-known checkpoints. Their weights are random, which changes no time.
 */
enum ModelShape implements Model {

	/** As {@code openai/clip-vit-base-patch32}. */
	VIT_B_32("vit-b-32", false, new Tower(768, 3072, 12, 12), 32, 224, new Tower(512, 2048, 12, 8), 512),

	/** As {@code openai/clip-vit-large-patch14}. */
	VIT_L_14("vit-l-14", false, new Tower(1024, 4096, 24, 16), 14, 224, new Tower(768, 3072, 12, 12), 768),

	/** As {@code google/siglip-so400m-patch14-384}. */
	SO400M("so400m", true, new Tower(1152, 4304, 27, 16), 14, 384, new Tower(1152, 4304, 27, 16), 1152);

	private final String id;

	private final boolean siglip;

	private final Tower vision;

	private final int patchSize;

	private final int imageSize;

	private final Tower text;

	private final int dimension;

	ModelShape(String id, boolean siglip, Tower vision, int patchSize, int imageSize, Tower text, int dimension) {
		this.id = id;
		this.siglip = siglip;
		this.vision = vision;
		this.patchSize = patchSize;
		this.imageSize = imageSize;
		this.text = text;
		this.dimension = dimension;
	}

	@Override
	public String id() {
		return this.id;
	}

	boolean siglip() {
		return this.siglip;
	}

	Tower vision() {
		return this.vision;
	}

	int patchSize() {
		return this.patchSize;
	}

	@Override
	public int imageSize() {
		return this.imageSize;
	}

	Tower text() {
		return this.text;
	}

	int dimension() {
		return this.dimension;
	}

	int patches() {
		return (this.imageSize / this.patchSize) * (this.imageSize / this.patchSize);
	}

	/**
	 * Floating-point operations for one picture, a multiplication and an addition counted
	 * as two: patch embedding, the layers' four projections and two products of the
	 * attention, the MLP, and the pooling head. Norms and activations are not counted.
	 */
	double imageFlops() {
		double width = this.vision.width();
		double tokens = patches() + (this.siglip ? 0 : 1);
		double embedding = 2 * patches() * 3.0 * this.patchSize * this.patchSize * width;
		double layer = 2 * tokens * (4 * width * width + 2 * width * this.vision.mlp()) + 4 * tokens * tokens * width;
		double head = this.siglip ? 2 * (2 * tokens * width * width + 2 * width * width + 2 * width * this.vision.mlp())
				+ 4 * tokens * width : 2 * width * this.dimension;
		return embedding + this.vision.layers() * layer + head;
	}

	/**
	 * The size of the weights in memory: the matrices of the layers in a precision, words
	 * in float16 where that is not float32, and patches in float32.
	 * @param precision such as {@code int8}
	 * @return the number of bytes
	 */
	double packedBytes(String precision) {
		double matrices = this.vision.matrices() + this.text.matrices();
		double words = (this.siglip ? 32_000.0 : 49_408.0) * this.text.width();
		double patches = 3.0 * this.patchSize * this.patchSize * this.vision.width();
		return switch (precision) {
			case "float32" -> 4 * (matrices + words + patches);
			case "bfloat16" -> 2 * (matrices + words) + 4 * patches;
			case "int8" -> matrices + 2 * words + 4 * patches;
			default -> throw new IllegalArgumentException(precision);
		};
	}

	/**
	 * A transformer.
	 *
	 * @param width the width of the residual stream
	 * @param mlp the width inside the MLP
	 * @param layers the number of layers
	 * @param heads the number of attention heads
	 */
	record Tower(int width, int mlp, int layers, int heads) {

		double matrices() {
			return this.layers * (4.0 * this.width * this.width + 2.0 * this.width * this.mlp);
		}

	}

}
