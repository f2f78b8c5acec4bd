package io.github.zsic.engine;

import java.util.LinkedHashMap;
import java.util.Map;

import io.github.zsic.checkpoint.ImageProcessing;

/**
 * The resize of pictures that the program of a model leaves to others: with the filter
 * that libtorch has only in releases later than this one, and to sizes that a picture
 * does not keep when it is resized once more. Immutable.
 */
final class OwnResize {

	private final ImageProcessing processing;

	private final Resampling resampling;

	/**
	 * Creates the resize of a model.
	 * @param processing what the model does with pictures
	 */
	OwnResize(ImageProcessing processing) {
		this.processing = processing;
		this.resampling = new Resampling((int) processing.number("resample"));
	}

	/**
	 * Whether the pictures of a model are resized here.
	 * @param processing what the model does with pictures
	 */
	static boolean isNeeded(ImageProcessing processing) {
		return processing.number("do_resize") != 0 && (processing.number("resample") == Resampling.LANCZOS
				|| processing.number("size.longest_edge") != 0 || processing.number("size.max_height") != 0);
	}

	/**
	 * What is left to the program of a model.
	 * @param processing what the model does with pictures
	 */
	static ImageProcessing leftOver(ImageProcessing processing) {
		if (!isNeeded(processing)) {
			return processing;
		}
		Map<String, Double> numbers = new LinkedHashMap<>(processing.numbers());
		numbers.put("do_resize", 0.0);
		return new ImageProcessing(numbers);
	}

	/**
	 * Resizes a picture.
	 * @param picture the picture, not made smaller before
	 * @return a picture in the size in which the model crops it or reads it
	 */
	DualEncoder.Picture resize(DualEncoder.Picture picture) {
		int[] size = size(picture.height(), picture.width());
		Resampling.Pass across = this.resampling.pass(picture.width(), size[1], 0, size[1]);
		Resampling.Pass down = this.resampling.pass(picture.height(), size[0], 0, size[0]);
		byte[] rows = across.apply(picture.rgb(), picture.width(), down.firstSource(), down.lastSource(), true);
		return new DualEncoder.Picture(down.apply(rows, size[1], down.firstSource(), down.lastSource(), false), size[1],
				size[0]);
	}

	/** Height and width, as TorchvisionBackend.resize in transformers chooses them. */
	int[] size(int height, int width) {
		double shortest = number("size.shortest_edge");
		int[] size;
		if (number("max_num_patches") != 0) {
			size = patches(height, width);
		}
		else if (shortest != 0 && number("size.longest_edge") != 0) {
			size = edges(height, width, (int) shortest, number("size.longest_edge"));
		}
		else if (shortest != 0) {
			size = (height <= width) ? new int[] { (int) shortest, (int) (shortest * width / height) }
					: new int[] { (int) (shortest * height / width), (int) shortest };
		}
		else if (number("size.max_height") != 0) {
			size = limited(height, width);
		}
		else {
			size = new int[] { (int) number("size.height"), (int) number("size.width") };
		}
		// The reference fails where nothing is left of a side.
		return new int[] { Math.max(1, size[0]), Math.max(1, size[1]) };
	}

	/** In OpenCLIP, whose ResizeKeepRatio rounds, both are divided by one number. */
	private int[] limited(int height, int width) {
		if (this.processing.number("rounds") != 0) {
			double ratio = Math.max(height / number("size.max_height"), width / number("size.max_width"));
			return new int[] { (int) Math.rint(height / ratio), (int) Math.rint(width / ratio) };
		}
		double scale = Math.min(number("size.max_height") / height, number("size.max_width") / width);
		return new int[] { (int) (height * scale), (int) (width * scale) };
	}

	/** As get_size_with_aspect_ratio in image_transforms.py. */
	private static int[] edges(int height, int width, int shortest, double longest) {
		double shorter = Math.min(height, width);
		double longer = Math.max(height, width);
		double exact = shortest;
		int side = shortest;
		if (longer / shorter * shortest > longest) {
			exact = longest * shorter / longer;
			side = (int) Math.rint(exact);
		}
		if ((height <= width && height == side) || (width <= height && width == side)) {
			return new int[] { height, width };
		}
		return (width < height) ? new int[] { (int) (exact * height / width), side }
				: new int[] { side, (int) (exact * width / height) };
	}

	/** As get_image_size_for_max_num_patches in image_processing_siglip2.py. */
	private int[] patches(int height, int width) {
		int patch = (int) number("patch_size");
		double low = 1e-5 / 10;
		double high = 100;
		while (high - low >= 1e-5) {
			double scale = (low + high) / 2;
			double count = (double) (scaled(height, scale, patch) / patch) * (scaled(width, scale, patch) / patch);
			if (count <= number("max_num_patches")) {
				low = scale;
			}
			else {
				high = scale;
			}
		}
		return new int[] { scaled(height, low, patch), scaled(width, low, patch) };
	}

	private static int scaled(int length, double scale, int patch) {
		return (int) Math.max(patch, Math.ceil(length * scale / patch) * patch);
	}

	private double number(String name) {
		return this.processing.number(name);
	}

}
