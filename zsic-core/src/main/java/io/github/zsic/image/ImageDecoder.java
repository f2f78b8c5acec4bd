package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;

import javax.imageio.ImageReader;

import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;

/**
 * Encoded pictures to upright 8-bit RGB, as the reference's {@code load_image} makes it
 * with Pillow ({@code image_utils.py} of transformers): the first picture of a file, EXIF
 * orientation applied, transparency dropped, no colour management. Immutable and
 * thread-safe.
 */
public final class ImageDecoder {

	private final PixelLimit limit;

	private final long maximumBytes;

	/**
	 * Creates a decoder.
	 * @param maximumPixels the largest product of width and height; larger pictures are
	 * refused after a look at their header
	 * @param maximumBytes the largest encoded picture
	 */
	public ImageDecoder(long maximumPixels, long maximumBytes) {
		this.limit = new PixelLimit(maximumPixels);
		this.maximumBytes = maximumBytes;
	}

	/**
	 * Decodes a picture.
	 * @param description what to call the picture in an error message
	 * @param in the encoded picture, read to its end and not closed
	 * @return the picture
	 * @throws IOException if the stream cannot be read
	 * @throws InvalidImageException if it holds no picture, a damaged one, or one that is
	 * too large
	 */
	public RgbImage decode(String description, InputStream in) throws IOException {
		byte[] bytes = in.readNBytes((int) Math.min(this.maximumBytes + 1, Integer.MAX_VALUE - 16));
		try {
			if (bytes.length > this.maximumBytes) {
				throw DecodingException.tooLarge("has more than the " + this.maximumBytes + " bytes that are allowed");
			}
			return decode(bytes);
		}
		catch (DecodingException ex) {
			throw ex.forPicture(description);
		}
		catch (OutOfMemoryError ex) {
			throw new InvalidImageException(Reason.TOO_LARGE,
					"The picture '" + description + "' does not fit into the memory of this JVM.",
					"Send a smaller picture, or give the JVM a larger heap.", ex);
		}
	}

	private RgbImage decode(byte[] bytes) throws DecodingException {
		ImageFormat format = ImageFormat.of(bytes);
		RgbImage image = (format == ImageFormat.JPEG) ? JpegDecoder.decode(bytes, this.limit) : read(format, bytes);
		return Orientation.of(bytes).apply(image);
	}

	private RgbImage read(ImageFormat format, byte[] bytes) throws DecodingException {
		ImageReader reader = format.createReader();
		try (ByteArrayImageInputStream stream = new ByteArrayImageInputStream(bytes)) {
			reader.setInput(stream, false, format != ImageFormat.GIF);
			this.limit.check(reader.getWidth(0), reader.getHeight(0));
			if (format == ImageFormat.GIF) {
				return GifCanvas.read(reader, bytes, this.limit);
			}
			return Samples.toRgb(reader.read(0), true);
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
	 * Converts a decoded picture.
	 * @param description what to call the picture in an error message
	 * @param image the picture; its samples are taken as they are, of 16-bit samples the
	 * high byte
	 * @return the picture
	 * @throws InvalidImageException if it is too large
	 */
	public RgbImage convert(String description, BufferedImage image) {
		try {
			this.limit.check(image.getWidth(), image.getHeight());
			return Samples.toRgb(image, false);
		}
		catch (DecodingException ex) {
			throw ex.forPicture(description);
		}
	}

}
