package io.github.zsic.bench;

/**
 * Models of OpenCLIP, one of each kind of tower. {@code
 * tools/golden/open_clip_full_size.py} makes them.
 */
enum OpenClipModel implements Model {

	/** FastViT. */
	MOBILECLIP2_S2("mobileclip2-s2", 256),

	/** timm's ViT, and BERT. */
	BIOMEDCLIP("biomedclip", 224),

	/** ConvNeXt. */
	CONVNEXT_LARGE_D_320("convnext-large-d-320", 320),

	/** EVA. */
	EVA02_L_14_336("eva02-l-14-336", 336),

	/** The Perception Encoder. */
	PE_CORE_L_14_336("pe-core-l-14-336", 336),

	/** timm's ViT with attention pooling. */
	SO400M_14_SIGLIP2("so400m-14-siglip2", 224);

	static final String FOLDER = "open-clip";

	private final String name;

	private final int imageSize;

	OpenClipModel(String name, int imageSize) {
		this.name = name;
		this.imageSize = imageSize;
	}

	@Override
	public String id() {
		return FOLDER + "/" + this.name;
	}

	@Override
	public int imageSize() {
		return this.imageSize;
	}

}
