package io.github.zsic.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;

import javax.imageio.ImageReader;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;
import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;

/**
 * The formats that are read, told by their first bytes, each with one reader. Image I/O
 * would choose by what happens to be registered, and finds the plug-ins only through the
 * context class loader.
 */
enum ImageFormat {

	JPEG, PNG, GIF, BMP, WEBP, TIFF;

	static final String SUPPORTED = "JPEG, PNG, GIF, WebP, BMP or TIFF";

	private final ImageReaderSpi provider;

	ImageFormat() {
		this.provider = switch (name()) {
			case "WEBP" -> new WebPImageReaderSpi();
			case "TIFF" -> new TIFFImageReaderSpi();
			default -> jdkProvider(name());
		};
	}

	/** The reader that is part of the JDK, whatever else is registered. */
	private static ImageReaderSpi jdkProvider(String name) {
		Iterator<ImageReaderSpi> providers = IIORegistry.getDefaultInstance()
			.getServiceProviders(ImageReaderSpi.class, false);
		while (providers.hasNext()) {
			ImageReaderSpi provider = providers.next();
			if (provider.getClass().getModule() == IIORegistry.class.getModule()
					&& List.of(provider.getFormatNames()).contains(name)) {
				return provider;
			}
		}
		throw new IllegalStateException("This Java runtime has no " + name + " reader in its java.desktop module");
	}

	/**
	 * Tells the format.
	 * @param bytes an encoded picture
	 * @return the format
	 * @throws DecodingException if it is none of these
	 */
	static ImageFormat of(byte[] bytes) throws DecodingException {
		if (bytes.length == 0) {
			throw DecodingException.empty();
		}
		if (starts(bytes, 0, 0xFF, 0xD8, 0xFF)) {
			return JPEG;
		}
		if (starts(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
			return PNG;
		}
		if (starts(bytes, 0, 'G', 'I', 'F', '8')) {
			return GIF;
		}
		if (starts(bytes, 0, 'R', 'I', 'F', 'F') && starts(bytes, 8, 'W', 'E', 'B', 'P')) {
			return WEBP;
		}
		if (starts(bytes, 0, 'I', 'I', 42, 0) || starts(bytes, 0, 'M', 'M', 0, 42)) {
			return TIFF;
		}
		if (starts(bytes, 0, 'B', 'M')) {
			return BMP;
		}
		throw DecodingException.unsupported(foreign(bytes));
	}

	/** Names what people really send in place of a picture. */
	private static String foreign(byte[] bytes) {
		if (starts(bytes, 4, 'f', 't', 'y', 'p')) {
			String brand = new String(bytes, 8, Math.min(4, bytes.length - 8), StandardCharsets.ISO_8859_1);
			return brand.startsWith("avi") ? "is AVIF, which is not supported"
					: brand.startsWith("hei") || brand.startsWith("hev") || brand.startsWith("mif")
							? "is HEIC, which is not supported" : "is a video or another file of the MP4 family";
		}
		if (starts(bytes, 0, '%', 'P', 'D', 'F')) {
			return "is a PDF document, not a picture";
		}
		String text = new String(bytes, 0, Math.min(bytes.length, 512), StandardCharsets.ISO_8859_1).strip()
			.toLowerCase(Locale.ROOT);
		if (text.contains("<svg")) {
			return "is an SVG drawing, which is not supported";
		}
		if (text.startsWith("<!doctype html") || text.startsWith("<html")) {
			return "is an HTML page, not a picture";
		}
		return "is not in a picture format that zsic knows";
	}

	private static boolean starts(byte[] bytes, int offset, int... prefix) {
		if (bytes.length < offset + prefix.length) {
			return false;
		}
		for (int i = 0; i < prefix.length; i++) {
			if ((bytes[offset + i] & 0xFF) != prefix[i]) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Creates the reader of this format.
	 * @return a new reader, to be disposed by the caller
	 */
	ImageReader createReader() {
		try {
			return this.provider.createReaderInstance();
		}
		catch (IOException ex) {
			throw new IllegalStateException("The reader for " + this + " cannot be created", ex);
		}
	}

}
