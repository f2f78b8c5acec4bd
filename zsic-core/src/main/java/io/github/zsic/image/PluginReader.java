package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;

import javax.imageio.ImageReader;
import javax.imageio.spi.ImageReaderSpi;

/**
 * Runs an Image I/O reader on bytes, where neither the registry nor the context class
 * loader has a say in which reader that is.
 */
final class PluginReader {

	private PluginReader() {
	}

	/**
	 * The samples of the first picture, as the reader stores them.
	 * @param provider where the reader comes from
	 * @param file the encoded picture
	 * @param width the width it must turn out to have
	 * @param height the height it must turn out to have
	 * @param limit what it may take
	 * @return the raster
	 * @throws DecodingException if the reader fails, in whatever way
	 */
	static Raster read(ImageReaderSpi provider, byte[] file, int width, int height, PixelLimit limit)
			throws DecodingException {
		ImageReader reader = create(provider);
		try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(file, limit)) {
			reader.setInput(stream, true, true);
			limit.watch(reader);
			Raster raster;
			if (reader.canReadRaster()) {
				raster = reader.readRaster(0, null);
			}
			else {
				BufferedImage image = reader.read(0);
				raster = image.getRaster();
			}
			limit.checkTime();
			if (raster.getWidth() != width || raster.getHeight() != height) {
				throw DecodingException.damaged("its image data is not what its header announces");
			}
			return raster;
		}
		catch (IOException | RuntimeException ex) {
			limit.checkTime();
			// Readers throw all kinds of unchecked exceptions for damaged data.
			throw DecodingException.damaged("its image data cannot be decoded", ex);
		}
		finally {
			reader.dispose();
		}
	}

	static ImageReader create(ImageReaderSpi provider) {
		try {
			return provider.createReaderInstance();
		}
		catch (IOException ex) {
			throw new IllegalStateException("The reader of %s cannot be created".formatted(provider), ex);
		}
	}

}
