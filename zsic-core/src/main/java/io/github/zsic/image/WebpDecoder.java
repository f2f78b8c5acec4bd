package io.github.zsic.image;

import java.awt.image.Raster;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import com.twelvemonkeys.imageio.plugins.webp.WebPImageReaderSpi;
import org.jspecify.annotations.Nullable;

/**
 * WebP: the container, and the first picture in it on its canvas. Transparency is
 * dropped, so it is not even decoded where it is stored apart.
 */
final class WebpDecoder {

	private static final int LOOK_AHEAD = 8;

	private final byte[] bytes;

	private final PixelLimit limit;

	/** The canvas, or zero in the simple formats, where the picture is all there is. */
	private int width;

	private int height;

	private @Nullable RgbImage image;

	private WebpDecoder(byte[] bytes, PixelLimit limit) {
		this.bytes = bytes;
		this.limit = limit;
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		return new WebpDecoder(bytes, limit).decode();
	}

	private RgbImage decode() throws DecodingException {
		ByteCursor in = new ByteCursor(this.bytes);
		in.skip(4);
		long size = in.u32le();
		in.require(size);
		readChunks(new ByteCursor(this.bytes, 12, (int) Math.min(this.bytes.length, 8 + size)));
		if (this.image == null) {
			throw DecodingException.damaged("it has no image data");
		}
		return this.image;
	}

	private void readChunks(ByteCursor in) throws DecodingException {
		while (in.remaining() >= 8) {
			String type = in.ascii(4);
			long length = in.u32le();
			int start = in.require(length);
			int end = start + (int) length;
			ByteCursor chunk = new ByteCursor(this.bytes, start, end);
			in.skip(Math.min(in.remaining(), length + (length & 1)));
			switch (type) {
				case "VP8X" -> {
					chunk.skip(4);
					this.width = 1 + chunk.u24le();
					this.height = 1 + chunk.u24le();
					// The picture, its samples before that, and the canvas.
					this.limit.check(this.width, this.height, 2 * RgbImage.BYTES_PER_PIXEL + 4);
				}
				case "VP8 ", "VP8L" -> {
					if (this.image == null) {
						this.image = readImage(type, start, end, this.width, this.height);
					}
				}
				case "ANMF" -> {
					if (this.image == null) {
						this.image = readFrame(chunk);
					}
				}
				default -> {
				}
			}
		}
	}

	/** A frame of an animation covers a part of the canvas; the rest is black. */
	private RgbImage readFrame(ByteCursor in) throws DecodingException {
		int left = 2 * in.u24le();
		int top = 2 * in.u24le();
		int columns = 1 + in.u24le();
		int rows = 1 + in.u24le();
		in.skip(4);
		if (left + columns > this.width || top + rows > this.height) {
			throw DecodingException.damaged("its first frame does not fit its canvas");
		}
		while (in.remaining() >= 8) {
			String type = in.ascii(4);
			long length = in.u32le();
			int start = in.require(length);
			in.skip(Math.min(in.remaining(), length + (length & 1)));
			if (type.equals("VP8 ") || type.equals("VP8L")) {
				RgbImage frame = readImage(type, start, start + (int) length, columns, rows);
				if (columns == this.width && rows == this.height) {
					return frame;
				}
				byte[] canvas = new byte[3 * this.width * this.height];
				for (int y = 0; y < rows; y++) {
					System.arraycopy(frame.pixels(), 3 * columns * y, canvas, 3 * ((top + y) * this.width + left),
							3 * columns);
				}
				return new RgbImage(this.width, this.height, canvas);
			}
		}
		throw DecodingException.damaged("its first frame has no image data");
	}

	/**
	 * Decodes image data, if it has the size that was announced.
	 * @param columns the width, or 0 if none was announced
	 * @param rows the height
	 */
	private RgbImage readImage(String type, int start, int end, int columns, int rows) throws DecodingException {
		boolean lossy = type.equals("VP8 ");
		int[] size = lossy ? Vp8Decoder.size(this.bytes, start, end) : losslessSize(start, end);
		if (columns != 0 && (size[0] != columns || size[1] != rows)) {
			throw DecodingException.damaged("its image data does not have the size that it announces");
		}
		return lossy ? Vp8Decoder.decode(this.bytes, start, end, this.limit)
				: readLossless(start, end, size[0], size[1]);
	}

	private int[] losslessSize(int start, int end) throws DecodingException {
		ByteCursor in = new ByteCursor(this.bytes, start, end);
		if (in.u8() != 0x2F) {
			throw DecodingException.damaged("its lossless image data has no signature");
		}
		int size = in.i32le();
		return new int[] { 1 + (size & 0x3FFF), 1 + ((size >> 14) & 0x3FFF) };
	}

	private RgbImage readLossless(int start, int end, int columns, int rows) throws DecodingException {
		// Its samples and RGB.
		this.limit.check(columns, rows, 4 + RgbImage.BYTES_PER_PIXEL);
		// The plug-in gets the image data in the simplest container: it rejects some
		// headers that the reference accepts, and looks at profiles.
		int length = end - start;
		// Some bytes more, because it looks ahead by a few, for each pixel anew: one that
		// needs no bits at all comes to the end thousands of times.
		int padded = length + LOOK_AHEAD + (length & 1);
		ByteBuffer file = ByteBuffer.allocate(20 + padded).order(ByteOrder.LITTLE_ENDIAN);
		file.put(new byte[] { 'R', 'I', 'F', 'F' }).putInt(file.capacity() - 8);
		file.put(new byte[] { 'W', 'E', 'B', 'P', 'V', 'P', '8', 'L' }).putInt(padded).put(this.bytes, start, length);
		Raster raster = PluginReader.read(new WebPImageReaderSpi(), file.array(), columns, rows, this.limit);
		return new RgbImage(columns, rows, Rasters.interleaved(raster, 3));
	}

}
