package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;

import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;

import org.w3c.dom.NodeList;

/**
 * The first picture of a GIF on the canvas of its file. The JDK's reader returns the
 * picture alone, which may be a part of the canvas.
 */
final class GifCanvas {

	private static final String METADATA_FORMAT = "javax_imageio_gif_image_1.0";

	private GifCanvas() {
	}

	static RgbImage read(ImageReader reader, byte[] bytes, PixelLimit limit) throws IOException, DecodingException {
		int canvasWidth = (bytes[6] & 0xFF) | ((bytes[7] & 0xFF) << 8);
		int canvasHeight = (bytes[8] & 0xFF) | ((bytes[9] & 0xFF) << 8);
		IIOMetadataNode root = (IIOMetadataNode) reader.getImageMetadata(0).getAsTree(METADATA_FORMAT);
		int left = attribute(root, "ImageDescriptor", "imageLeftPosition");
		int top = attribute(root, "ImageDescriptor", "imageTopPosition");
		// As Pillow does, a canvas that is too small for the picture grows.
		int width = Math.max(canvasWidth, left + reader.getWidth(0));
		int height = Math.max(canvasHeight, top + reader.getHeight(0));
		limit.check(width, height);
		BufferedImage image = reader.read(0);
		RgbImage picture = Samples.toRgb(image, true);
		if (width == picture.width() && height == picture.height()) {
			return picture;
		}
		int background = 0;
		if (image.getColorModel() instanceof IndexColorModel palette) {
			background = palette.getRGB(Math.max(0, palette.getTransparentPixel()));
		}
		byte[] canvas = new byte[3 * width * height];
		for (int i = 0; i < canvas.length; i += 3) {
			canvas[i] = (byte) (background >> 16);
			canvas[i + 1] = (byte) (background >> 8);
			canvas[i + 2] = (byte) background;
		}
		for (int y = 0; y < picture.height(); y++) {
			System.arraycopy(picture.pixels(), 3 * y * picture.width(), canvas, 3 * ((top + y) * width + left),
					3 * picture.width());
		}
		return new RgbImage(width, height, canvas);
	}

	private static int attribute(IIOMetadataNode root, String element, String name) {
		NodeList nodes = root.getElementsByTagName(element);
		return (nodes.getLength() == 0) ? 0 : Integer.parseInt(((IIOMetadataNode) nodes.item(0)).getAttribute(name));
	}

}
