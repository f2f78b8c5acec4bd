package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;

/**
 * The first picture of a GIF, which may be a part of the canvas. The JDK's reader gets
 * that alone: comments and other extensions it would read, some in quadratic time.
 */
final class GifDecoder {

	private static final int FLAGS = 10;

	private static final int EXTENSION = 0x21;

	private static final int GRAPHIC_CONTROL = 0xF9;

	private static final int IMAGE = 0x2C;

	private static final int TRAILER = 0x3B;

	private final byte[] bytes;

	private final ByteCursor in;

	private final PixelLimit limit;

	private GifDecoder(byte[] bytes, PixelLimit limit) {
		this.bytes = bytes;
		this.in = new ByteCursor(bytes);
		this.limit = limit;
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		return new GifDecoder(bytes, limit).decode();
	}

	private RgbImage decode() throws DecodingException {
		ByteArrayOutputStream file = new ByteArrayOutputStream(this.bytes.length);
		this.in.skip(6);
		int canvasWidth = this.in.u16le();
		int canvasHeight = this.in.u16le();
		int flags = this.in.u8();
		this.in.skip(2 + colorTableLength(flags));
		copy(file, 0, this.in.position());
		boolean hasColors = colorTableLength(flags) > 0;
		int control = 0;
		int introducer;
		while ((introducer = this.in.u8()) != IMAGE) {
			if (introducer == TRAILER) {
				throw DecodingException.damaged("it has no picture");
			}
			// Anything else between two blocks is skipped, as in the reference.
			if (introducer == EXTENSION) {
				int start = this.in.position() - 1;
				boolean isControl = this.in.u8() == GRAPHIC_CONTROL;
				skipBlocks();
				control = (isControl && this.in.position() - start == 8) ? start : control;
			}
		}
		int start = this.in.position() - 1;
		int left = this.in.u16le();
		int top = this.in.u16le();
		int columns = this.in.u16le();
		int rows = this.in.u16le();
		// As in the reference, a canvas that is too small for the picture grows.
		int width = Math.max(canvasWidth, left + columns);
		int height = Math.max(canvasHeight, top + rows);
		// Indices and RGB, and RGB of the canvas.
		this.limit.check(width, height, 1 + 3 + 3);
		int ownColors = colorTableLength(this.in.u8());
		if (!hasColors && ownColors == 0) {
			file.writeBytes(greyColors());
			byte[] header = file.toByteArray();
			header[FLAGS] |= (byte) 0x87;
			file.reset();
			file.writeBytes(header);
		}
		if (control > 0) {
			copy(file, control, control + 8);
		}
		this.in.skip(ownColors + 1);
		skipImageData();
		copy(file, start, this.in.position());
		file.write(TRAILER);
		BufferedImage image = JdkDecoder.read(JdkDecoder.GIF, file.toByteArray(), 1, this.limit);
		return onCanvas(image, left, top, width, height);
	}

	private static int colorTableLength(int flags) {
		return ((flags & 0x80) != 0) ? 3 * (2 << (flags & 7)) : 0;
	}

	/** What the reference uses where there is no table. */
	private static byte[] greyColors() {
		byte[] colors = new byte[3 * 256];
		for (int i = 0; i < colors.length; i++) {
			colors[i] = (byte) (i / 3);
		}
		return colors;
	}

	private void skipBlocks() throws DecodingException {
		int length;
		while ((length = this.in.u8()) != 0) {
			this.in.skip(length);
		}
	}

	/** Whether its end is missing matters only if that of the picture is, too. */
	private void skipImageData() throws DecodingException {
		int length = -1;
		while (length != 0 && this.in.remaining() > 0) {
			length = this.in.u8();
			this.in.skip(Math.min(length, this.in.remaining()));
		}
	}

	private void copy(ByteArrayOutputStream file, int start, int end) {
		file.write(this.bytes, start, end - start);
	}

	private static RgbImage onCanvas(BufferedImage image, int left, int top, int width, int height) {
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

}
