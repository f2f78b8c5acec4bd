package io.github.zsic.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;

import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

import org.w3c.dom.NodeList;

/**
 * GIF, BMP and the rarer kinds of PNG, by the readers that are part of the JDK, whatever
 * else is registered with Image I/O and whichever class loader asks.
 */
final class JdkDecoder {

	static final ImageReaderSpi PNG = provider("png");

	static final ImageReaderSpi GIF = provider("gif");

	static final ImageReaderSpi BMP = provider("bmp");

	private static final int PNG_SIGNATURE_LENGTH = 8;

	/** The type of the chunk, in ASCII. */
	private static final int PLTE = 0x504C5445;

	private static final String GIF_METADATA = "javax_imageio_gif_image_1.0";

	private JdkDecoder() {
	}

	private static ImageReaderSpi provider(String format) {
		Iterator<ImageReaderSpi> providers = IIORegistry.getDefaultInstance()
			.getServiceProviders(ImageReaderSpi.class, false);
		while (providers.hasNext()) {
			ImageReaderSpi provider = providers.next();
			if (provider.getClass().getModule() == IIORegistry.class.getModule()
					&& List.of(provider.getFormatNames()).contains(format)) {
				return provider;
			}
		}
		throw new IllegalStateException(
				"This Java runtime has no reader for " + format + " in its java.desktop module");
	}

	static RgbImage decode(ImageReaderSpi format, byte[] bytes, PixelLimit limit) throws DecodingException {
		ImageReader reader = PluginReader.create(format);
		try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(bytes)) {
			reader.setInput(stream, true, format != GIF);
			PixelLimit.ReadProgress progress = limit.watch(reader);
			limit.check(reader.getWidth(0), reader.getHeight(0));
			if (format == GIF) {
				return decodeGif(reader, bytes, limit, progress);
			}
			BufferedImage image = reader.read(0);
			limit.checkTime();
			return toRgb((format == PNG) ? withPaletteAsStored(image, bytes) : image);
		}
		catch (IOException | RuntimeException ex) {
			// The readers throw all kinds of unchecked exceptions for damaged data.
			throw DecodingException.damaged("its image data cannot be decoded", ex);
		}
		finally {
			reader.dispose();
		}
	}

	/**
	 * The reader fills up a palette with its last colour, where for the reference what
	 * lies beyond is black, as it is for {@link Rasters}.
	 */
	private static BufferedImage withPaletteAsStored(BufferedImage image, byte[] png) {
		if (!(image.getColorModel() instanceof IndexColorModel palette)) {
			return image;
		}
		int size = storedPaletteSize(png);
		if (size < 1 || size >= palette.getMapSize()) {
			return image;
		}
		int[] colors = new int[palette.getMapSize()];
		palette.getRGBs(colors);
		IndexColorModel stored = new IndexColorModel(palette.getPixelSize(), size, colors, 0, false, -1,
				image.getRaster().getTransferType());
		return new BufferedImage(stored, image.getRaster(), false, null);
	}

	/**
	 * The number of colours in the PLTE chunk, 0 if there is none, as in grey pictures.
	 */
	private static int storedPaletteSize(byte[] png) {
		ByteBuffer chunks = ByteBuffer.wrap(png).position(PNG_SIGNATURE_LENGTH);
		while (chunks.remaining() >= 2 * Integer.BYTES) {
			int length = chunks.getInt();
			if (chunks.getInt() == PLTE) {
				return length / 3;
			}
			if (length < 0 || length > chunks.remaining() - Integer.BYTES) {
				return 0;
			}
			chunks.position(chunks.position() + length + Integer.BYTES);
		}
		return 0;
	}

	private static RgbImage toRgb(BufferedImage image) {
		ColorModel colors = image.getColorModel();
		if (colors instanceof IndexColorModel || colors.hasAlpha() || colors.getComponentSize(0) <= 8
				|| colors.getColorSpace().getType() != ColorSpace.TYPE_GRAY) {
			return Rasters.toRgb(image);
		}
		// The reference does not scale grey of more than 8 bits, it clips it.
		int width = image.getWidth();
		byte[] grey = new byte[width * image.getHeight()];
		int[] row = new int[width];
		for (int y = 0, out = 0; y < image.getHeight(); y++) {
			image.getRaster().getSamples(0, y, width, 1, 0, row);
			for (int value : row) {
				grey[out++] = (byte) Colors.clamp(value);
			}
		}
		return new RgbImage(width, image.getHeight(), Colors.greyToRgb(grey));
	}

	/** The reader returns the first picture alone, which may be a part of the canvas. */
	private static RgbImage decodeGif(ImageReader reader, byte[] bytes, PixelLimit limit,
			PixelLimit.ReadProgress progress) throws IOException, DecodingException {
		IIOMetadataNode root = (IIOMetadataNode) reader.getImageMetadata(0).getAsTree(GIF_METADATA);
		int left = attribute(root, "imageLeftPosition");
		int top = attribute(root, "imageTopPosition");
		// As in the reference, a canvas that is too small for the picture grows.
		int width = Math.max((bytes[6] & 0xFF) | ((bytes[7] & 0xFF) << 8), left + reader.getWidth(0));
		int height = Math.max((bytes[8] & 0xFF) | ((bytes[9] & 0xFF) << 8), top + reader.getHeight(0));
		limit.check(width, height);
		BufferedImage image = reader.read(0);
		limit.checkTime();
		if (!progress.isComplete()) {
			// The end came before the last row, which the reader leaves black.
			throw DecodingException.damaged("its image data ends too early");
		}
		RgbImage picture = Rasters.toRgb(image);
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

	private static int attribute(IIOMetadataNode root, String name) {
		NodeList nodes = root.getElementsByTagName("ImageDescriptor");
		return (nodes.getLength() == 0) ? 0 : Integer.parseInt(((IIOMetadataNode) nodes.item(0)).getAttribute(name));
	}

}
