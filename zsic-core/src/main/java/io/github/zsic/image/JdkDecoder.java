package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;

import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * The readers that are part of the JDK, whatever else is registered with Image I/O and
 * whichever class loader asks. They get files without metadata, which they would read.
 */
final class JdkDecoder {

	static final ImageReaderSpi PNG = provider("png");

	static final ImageReaderSpi GIF = provider("gif");

	static final ImageReaderSpi BMP = provider("bmp");

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

	/**
	 * Reads the first picture.
	 * @param format which reader is to do it
	 * @param file the encoded picture, without metadata
	 * @param samples what the samples of a pixel take as the reader stores them, at most
	 * @param limit what it may take
	 * @return the picture
	 * @throws DecodingException if the reader fails, in whatever way
	 */
	static BufferedImage read(ImageReaderSpi format, byte[] file, int samples, PixelLimit limit)
			throws DecodingException {
		ImageReader reader = PluginReader.create(format);
		try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(file, limit)) {
			reader.setInput(stream, true, true);
			PixelLimit.ReadProgress progress = limit.watch(reader);
			limit.check(reader.getWidth(0), reader.getHeight(0), samples + RgbImage.BYTES_PER_PIXEL);
			BufferedImage image = reader.read(0);
			limit.checkTime();
			if (format == GIF && !progress.isComplete()) {
				// The end came before the last row, which the reader leaves black.
				throw DecodingException.damaged("its image data ends too early");
			}
			return image;
		}
		catch (IOException | RuntimeException ex) {
			limit.checkTime();
			// The readers throw all kinds of unchecked exceptions for damaged data.
			throw DecodingException.damaged("its image data cannot be decoded", ex);
		}
		finally {
			reader.dispose();
		}
	}

}
