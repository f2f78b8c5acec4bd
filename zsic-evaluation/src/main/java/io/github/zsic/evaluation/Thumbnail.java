package io.github.zsic.evaluation;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;

import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

import io.github.zsic.InvalidImageException;
import io.github.zsic.image.ImageDecoder;
import io.github.zsic.image.RgbImage;
import org.jspecify.annotations.Nullable;

/**
 * A small JPEG of a picture, as a URL that contains it.
 */
final class Thumbnail {

	/** Twice what is shown, for fine displays. */
	private static final int SIDE = 192;

	private static final float QUALITY = 0.7f;

	private static final ImageDecoder DECODER = new ImageDecoder(100_000_000, 256 * 1024 * 1024, Duration.ofSeconds(20),
			SIDE);

	private Thumbnail() {
	}

	/**
	 * Makes a thumbnail.
	 * @param name what to call the picture
	 * @param file the picture
	 * @return a {@code data:} URL of some kilobytes, {@code null} if the picture cannot
	 * be decoded here; a classifier may have decoders of its own
	 */
	static @Nullable String of(String name, Path file) {
		RgbImage image;
		try (InputStream in = Files.newInputStream(file)) {
			image = DECODER.decode(name, in);
		}
		catch (IOException | InvalidImageException ex) {
			return null;
		}
		try {
			return "data:image/jpeg;base64," + Base64.getEncoder().encodeToString(jpeg(shrink(image)));
		}
		catch (IOException ex) {
			throw new IllegalStateException("This JVM cannot write JPEG", ex);
		}
	}

	/** Each pixel is the mean of those it covers. */
	private static BufferedImage shrink(RgbImage image) {
		double scale = Math.min(1, (double) SIDE / Math.max(image.width(), image.height()));
		int width = Math.max(1, (int) Math.round(scale * image.width()));
		int height = Math.max(1, (int) Math.round(scale * image.height()));
		byte[] pixels = image.pixels();
		BufferedImage small = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
		for (int y = 0; y < height; y++) {
			int top = (int) ((long) y * image.height() / height);
			int bottom = Math.max(top + 1, (int) ((y + 1L) * image.height() / height));
			for (int x = 0; x < width; x++) {
				int left = (int) ((long) x * image.width() / width);
				int right = Math.max(left + 1, (int) ((x + 1L) * image.width() / width));
				int rgb = 0;
				for (int channel = 0; channel < 3; channel++) {
					long sum = 0;
					for (int row = top; row < bottom; row++) {
						for (int column = left; column < right; column++) {
							sum += pixels[3 * (row * image.width() + column) + channel] & 0xFF;
						}
					}
					rgb = rgb << 8 | (int) (sum / ((long) (bottom - top) * (right - left)));
				}
				small.setRGB(x, y, rgb);
			}
		}
		return small;
	}

	private static byte[] jpeg(BufferedImage image) throws IOException {
		ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
			ImageWriteParam parameters = writer.getDefaultWriteParam();
			parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
			parameters.setCompressionQuality(QUALITY);
			writer.setOutput(out);
			writer.write(null, new IIOImage(image, null, null), parameters);
		}
		finally {
			writer.dispose();
		}
		return bytes.toByteArray();
	}

}
