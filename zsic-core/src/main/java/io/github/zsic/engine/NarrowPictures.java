package io.github.zsic.engine;

import io.github.zsic.checkpoint.ImageProcessing;
import org.jspecify.annotations.Nullable;

/**
 * The resize of pictures that are many times as long as they are wide, for models that
 * resize the shorter side and crop the centre. The whole would be millions of pixels, of
 * which the crop keeps a few; here only those are computed, and what is around them so
 * that the model's own steps leave it as it is.
 * <p>
 * Models that resize to a size of their own see all of the picture. Of one that is tall
 * and narrow, the first step would make it as wide as the result with all its rows,
 * gigabytes. There it comes second, which changes values by a level or two of 255.
 * <p>
 * Immutable.
 */
final class NarrowPictures {

	/** Of a picture that is resized as a whole. */
	private static final long MAXIMUM_PIXELS = 1 << 20;

	/** Of a picture between the two steps. */
	private static final long MAXIMUM_INTERMEDIATE_PIXELS = 1 << 23;

	private final ImageProcessing processing;

	private final int side;

	private final int cropHeight;

	private final int cropWidth;

	private final Resampling resampling;

	/** Of models that resize to a size of their own. */
	private final @Nullable OwnResize sizes;

	/**
	 * Creates the resize of a model.
	 * @param processing what the model does with pictures
	 */
	NarrowPictures(ImageProcessing processing) {
		this.processing = processing;
		boolean crops = processing.number("do_resize") != 0 && processing.number("do_center_crop") != 0;
		// A longest edge leaves no picture narrow.
		boolean narrow = crops && processing.number("size.longest_edge") == 0;
		this.side = narrow ? (int) processing.number("size.shortest_edge") : 0;
		this.cropHeight = (int) processing.number("crop_size.height");
		this.cropWidth = (int) processing.number("crop_size.width");
		this.resampling = new Resampling((int) processing.number("resample"));
		boolean ownSize = processing.number("size.height") != 0 || processing.number("max_num_patches") != 0;
		this.sizes = (processing.number("do_resize") != 0 && ownSize) ? new OwnResize(processing) : null;
	}

	/**
	 * What the model sees of a picture, in the size that it has then.
	 * @param picture the picture, not made smaller before
	 * @return a small picture, or the same one if it is not narrow
	 */
	DualEncoder.Picture reduce(DualEncoder.Picture picture) {
		return (this.sizes != null) ? whole(picture, this.sizes) : center(picture);
	}

	private DualEncoder.Picture whole(DualEncoder.Picture picture, OwnResize sizes) {
		int[] size = sizes.size(picture.height(), picture.width());
		int height = size[0];
		int width = size[1];
		if (width <= picture.width() || (long) width * picture.height() <= MAXIMUM_INTERMEDIATE_PIXELS) {
			return picture;
		}
		Resampling.Pass down = this.resampling.pass(picture.height(), height, 0, height);
		Resampling.Pass across = this.resampling.pass(picture.width(), width, 0, width);
		byte[] rows = down.apply(picture.rgb(), picture.width(), 0, picture.height(), false);
		return new DualEncoder.Picture(across.apply(rows, picture.width(), 0, height, true), width, height);
	}

	private DualEncoder.Picture center(DualEncoder.Picture picture) {
		int shorter = Math.min(picture.width(), picture.height());
		int longer = Math.max(picture.width(), picture.height());
		// As the model computes it, in double, cut off.
		long length = (long) ((double) ((long) this.side * longer) / shorter);
		if (this.side * length <= MAXIMUM_PIXELS) {
			return picture;
		}
		boolean wide = picture.width() == longer;
		int crop = wide ? this.cropWidth : this.cropHeight;
		int count = Math.max(this.side, crop);
		// Its crop begins where the crop of the whole would.
		Resampling.Pass along = this.resampling.pass(longer, length,
				this.processing.cropOffset(length - crop) - this.processing.cropOffset(count - crop), count);
		Resampling.Pass beside = this.resampling.pass(shorter, this.side, 0, this.side);
		byte[] rgb = picture.rgb();
		// Across, then down, of those rows that the second step looks at.
		Resampling.Pass across = wide ? along : beside;
		Resampling.Pass down = wide ? beside : along;
		byte[] rows = across.apply(rgb, picture.width(), down.firstSource(), down.lastSource(), true);
		int width = wide ? count : this.side;
		byte[] center = down.apply(rows, width, down.firstSource(), down.lastSource(), false);
		return new DualEncoder.Picture(center, width, wide ? this.side : count);
	}

}
