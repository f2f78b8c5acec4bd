package io.github.zsic.image;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

import com.drew.imaging.ImageMetadataReader;
import com.drew.imaging.ImageProcessingException;
import com.drew.lang.ByteArrayReader;
import com.drew.lang.KeyValuePair;
import com.drew.metadata.Metadata;
import com.drew.metadata.exif.ExifIFD0Directory;
import com.drew.metadata.exif.ExifReader;
import com.drew.metadata.png.PngDirectory;
import com.drew.metadata.xmp.XmpDirectory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The eight ways a camera may have been held, in the order of the EXIF tag, and how to
 * undo each.
 */
enum Orientation {

	UPRIGHT, MIRRORED, UPSIDE_DOWN, FLIPPED, TRANSPOSED, TURNED_LEFT, TRANSVERSED, TURNED_RIGHT;

	private static final Logger logger = LoggerFactory.getLogger(Orientation.class);

	private static final Orientation[] VALUES = values();

	/** The length of what precedes the TIFF structure in an EXIF block. */
	private static final int EXIF_PREFIX = "Exif__".length();

	/**
	 * What the EXIF block of a picture says. A picture with a broken EXIF block is still
	 * a picture, for the reference too.
	 * @param file an encoded picture
	 * @return the orientation, upright if the file does not tell
	 */
	static Orientation of(byte[] file) {
		if (!chunksFit(file)) {
			return UPRIGHT;
		}
		try {
			Metadata metadata = ImageMetadataReader.readMetadata(new ByteArrayInputStream(file), file.length);
			for (PngDirectory directory : metadata.getDirectoriesOfType(PngDirectory.class)) {
				readRawProfile(directory, metadata);
			}
			for (ExifIFD0Directory directory : metadata.getDirectoriesOfType(ExifIFD0Directory.class)) {
				Integer value = directory.getInteger(ExifIFD0Directory.TAG_ORIENTATION);
				if (value != null) {
					return of(value);
				}
			}
			for (XmpDirectory directory : metadata.getDirectoriesOfType(XmpDirectory.class)) {
				String value = directory.getXmpProperties().get("tiff:Orientation");
				if (value != null && value.matches("[0-9]")) {
					return of(Integer.parseInt(value));
				}
			}
		}
		catch (ImageProcessingException | IOException | RuntimeException ex) {
			logger.debug("The metadata of a picture cannot be read, so it is taken as upright", ex);
		}
		return UPRIGHT;
	}

	/**
	 * Whether no chunk of a PNG or WebP is longer than the file: the reader of metadata
	 * would make room for it.
	 */
	private static boolean chunksFit(byte[] file) {
		boolean png = file.length > 8 && file[0] == (byte) 0x89 && file[1] == 'P';
		boolean webp = file.length > 12 && file[0] == 'R' && file[8] == 'W';
		ByteBuffer chunks = ByteBuffer.wrap(file).order(png ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
		int position = png ? 8 : 12;
		while ((png || webp) && position <= file.length - 8) {
			long length = chunks.getInt(png ? position : position + 4) & 0xFFFFFFFFL;
			if (length > file.length - position - 8) {
				return false;
			}
			// Behind the chunk a check sum, or what fills it up to an even length.
			position += 8 + (int) length + (png ? 4 : (int) (length & 1));
		}
		return true;
	}

	/**
	 * How ImageMagick stored EXIF before PNG had a chunk for it: in hexadecimal, after
	 * three lines.
	 */
	private static void readRawProfile(PngDirectory directory, Metadata metadata) {
		if (!(directory.getObject(PngDirectory.TAG_TEXTUAL_DATA) instanceof List<?> texts)) {
			return;
		}
		for (Object text : texts) {
			if (text instanceof KeyValuePair pair && "Raw profile type exif".equals(pair.getKey())) {
				String hex = pair.getValue().toString().lines().skip(3).collect(Collectors.joining());
				new ExifReader().extract(new ByteArrayReader(HexFormat.of().parseHex(hex)), metadata, EXIF_PREFIX);
			}
		}
	}

	private static Orientation of(int number) {
		return (number >= 1 && number <= VALUES.length) ? VALUES[number - 1] : UPRIGHT;
	}

	/**
	 * Turns a picture upright.
	 * @param image the picture as stored
	 * @return the same object if it is upright already
	 */
	RgbImage apply(RgbImage image) {
		int width = image.width();
		int height = image.height();
		// Where the first stored pixel goes, and how far apart neighbours in a stored
		// row and in a stored column come to lie.
		return switch (this) {
			case UPRIGHT -> image;
			case MIRRORED -> move(image, width, height, width - 1, -1, width);
			case UPSIDE_DOWN -> move(image, width, height, width * height - 1, -1, -width);
			case FLIPPED -> move(image, width, height, width * (height - 1), 1, -width);
			case TRANSPOSED -> move(image, height, width, 0, height, 1);
			case TURNED_LEFT -> move(image, height, width, height - 1, height, -1);
			case TRANSVERSED -> move(image, height, width, width * height - 1, -height, -1);
			case TURNED_RIGHT -> move(image, height, width, height * (width - 1), -height, 1);
		};
	}

	private RgbImage move(RgbImage image, int width, int height, int first, int acrossStep, int downStep) {
		byte[] source = image.pixels();
		byte[] target = new byte[source.length];
		int in = 0;
		for (int y = 0; y < image.height(); y++) {
			int out = 3 * (first + y * downStep);
			for (int x = 0; x < image.width(); x++) {
				target[out] = source[in];
				target[out + 1] = source[in + 1];
				target[out + 2] = source[in + 2];
				in += 3;
				out += 3 * acrossStep;
			}
		}
		boolean turned = compareTo(TRANSPOSED) >= 0;
		return new RgbImage(width, height, target, turned ? image.originalHeight() : image.originalWidth(),
				turned ? image.originalWidth() : image.originalHeight());
	}

}
