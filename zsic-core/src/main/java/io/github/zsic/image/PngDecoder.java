package io.github.zsic.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import org.jspecify.annotations.Nullable;

/**
 * PNG as most files have it, 8 bits a sample and not interlaced, in a third of the time
 * that the JDK's reader takes. That one gets the others, without their metadata, some of
 * which it would inflate. Transparency is dropped, so it is not even rebuilt.
 */
final class PngDecoder {

	private static final int SIGNATURE_LENGTH = 8;

	/** Where the header tells the bits of a sample, and behind it the kind of colours. */
	private static final int BITS = 24;

	/** How many bytes are inflated in one go, or a row if that is more. */
	private static final int STRIP = 64 * 1024;

	private final ByteCursor in;

	private final byte[] bytes;

	private final PixelLimit limit;

	private int width;

	private int height;

	/** Bytes of a pixel in the file. */
	private int pixelBytes;

	private byte @Nullable [] palette;

	/**
	 * Some rows, each with its filter before it; the first is the last of the strip
	 * before.
	 */
	private byte[] strip = {};

	/** How many bytes of the strip are there. */
	private int filled;

	/** How many rows are done. */
	private int rows;

	private byte[] rgb = {};

	private PngDecoder(byte[] bytes, PixelLimit limit) {
		this.in = new ByteCursor(bytes);
		this.bytes = bytes;
		this.limit = limit;
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		RgbImage image = new PngDecoder(bytes, limit).decode();
		return (image != null) ? image : decodeOther(bytes, limit);
	}

	private static RgbImage decodeOther(byte[] bytes, PixelLimit limit) throws DecodingException {
		ByteCursor in = new ByteCursor(bytes);
		in.skip(SIGNATURE_LENGTH);
		ByteArrayOutputStream file = new ByteArrayOutputStream(bytes.length);
		file.write(bytes, 0, SIGNATURE_LENGTH);
		ByteArrayOutputStream data = new ByteArrayOutputStream(bytes.length);
		byte[] palette = {};
		String type = "";
		while (!type.equals("IEND") && in.remaining() >= 3 * Integer.BYTES) {
			long length = in.u32be();
			type = in.ascii(Integer.BYTES);
			if (length > in.remaining() - Integer.BYTES) {
				// After the image data, nothing more is needed.
				if (data.size() == 0 || type.equals("IDAT")) {
					throw DecodingException.truncated();
				}
				break;
			}
			int start = in.position();
			in.skip(length + Integer.BYTES);
			if (type.equals("IHDR") && file.size() == SIGNATURE_LENGTH) {
				writeChunk(file, type, Arrays.copyOfRange(bytes, start, start + (int) length));
			}
			else if (type.equals("PLTE")) {
				palette = Arrays.copyOfRange(bytes, start, start + (int) length);
			}
			else if (type.equals("IDAT")) {
				data.write(bytes, start, (int) length);
			}
		}
		if (palette.length > 0) {
			writeChunk(file, "PLTE", palette);
		}
		if (bytes.length <= BITS + 1) {
			throw DecodingException.truncated();
		}
		writeChunk(file, "IDAT", data.toByteArray());
		writeChunk(file, "IEND", new byte[0]);
		return toRgb(withPaletteAsStored(JdkDecoder.read(JdkDecoder.PNG, file.toByteArray(), sampleBytes(bytes), limit),
				palette.length / 3));
	}

	/** What the samples of a pixel take in the reader's raster. */
	private static int sampleBytes(byte[] bytes) {
		int bits = bytes[BITS];
		int channels = switch (bytes[BITS + 1]) {
			case 0, 3 -> 1;
			case 2 -> 3;
			case 4 -> 2;
			default -> 4;
		};
		return (bits <= 8) ? channels : 2 * channels;
	}

	/** The check sum is left out, as the reader does not look at it. */
	private static void writeChunk(ByteArrayOutputStream file, String type, byte[] data) {
		file.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(data.length).array());
		file.writeBytes(type.getBytes(StandardCharsets.US_ASCII));
		file.writeBytes(data);
		file.writeBytes(new byte[Integer.BYTES]);
	}

	/**
	 * The reader fills up a palette with its last colour, where for the reference what
	 * lies beyond is black, as it is for {@link Rasters}.
	 * @param size the number of colours in the file, 0 for grey pictures
	 */
	private static BufferedImage withPaletteAsStored(BufferedImage image, int size) {
		if (!(image.getColorModel() instanceof IndexColorModel palette) || size < 1 || size >= palette.getMapSize()) {
			return image;
		}
		int[] colors = new int[palette.getMapSize()];
		palette.getRGBs(colors);
		IndexColorModel stored = new IndexColorModel(palette.getPixelSize(), size, colors, 0, false, -1,
				image.getRaster().getTransferType());
		return new BufferedImage(stored, image.getRaster(), false, null);
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

	private @Nullable RgbImage decode() throws DecodingException {
		this.in.skip(SIGNATURE_LENGTH);
		long length = this.in.u32be();
		String first = this.in.ascii(4);
		if (first.equals("CgBI")) {
			throw DecodingException
				.unsupported("is a PNG as Apple's tools change it for applications (CgBI), which is not supported");
		}
		if (length != 13 || !first.equals("IHDR") || !readHeader()) {
			return null;
		}
		Inflater inflater = new Inflater();
		try {
			while (this.rows < this.height) {
				length = this.in.u32be();
				String type = this.in.ascii(4);
				int start = this.in.require(length + Integer.BYTES);
				this.in.skip(length + Integer.BYTES);
				if (type.equals("PLTE") && this.palette != null) {
					this.palette = Arrays.copyOfRange(this.bytes, start, start + (int) length / 3 * 3);
				}
				else if (type.equals("IDAT")) {
					inflater.setInput(this.bytes, start, (int) length);
					inflate(inflater);
				}
				else if (type.equals("IEND")) {
					throw DecodingException.truncated();
				}
			}
		}
		catch (DataFormatException ex) {
			throw DecodingException.damaged("its image data cannot be decoded", ex);
		}
		finally {
			inflater.end();
		}
		return new RgbImage(this.width, this.height, this.rgb);
	}

	/** Whether it is a picture of the kind that is decoded here. */
	private boolean readHeader() throws DecodingException {
		long width = this.in.u32be();
		long height = this.in.u32be();
		int bits = this.in.u8();
		int type = this.in.u8();
		int methods = this.in.u8() | this.in.u8() | this.in.u8();
		this.in.skip(Integer.BYTES);
		this.pixelBytes = switch (type) {
			case 0, 3 -> 1;
			case 2 -> 3;
			case 4 -> 2;
			case 6 -> 4;
			default -> 0;
		};
		if (bits != 8 || methods != 0 || this.pixelBytes == 0) {
			return false;
		}
		this.limit.check(width, height, RgbImage.BYTES_PER_PIXEL);
		this.width = (int) width;
		this.height = (int) height;
		if (type == 3) {
			this.palette = new byte[0];
		}
		return true;
	}

	private void inflate(Inflater inflater) throws DataFormatException, DecodingException {
		long line = 1 + (long) this.width * this.pixelBytes;
		if (this.strip.length == 0) {
			if (line > Integer.MAX_VALUE / 4) {
				throw DecodingException.tooLarge("has rows of more than %,d bytes".formatted(Integer.MAX_VALUE / 4));
			}
			this.rgb = new byte[3 * this.width * this.height];
			int count = Math.min(this.height, Math.max(1, STRIP / (int) line));
			this.strip = new byte[(count + 1) * (int) line];
			this.filled = (int) line;
		}
		int step = (int) line;
		while (this.rows < this.height) {
			int end = Math.min(this.strip.length, (this.height - this.rows + 1) * step);
			int count = inflater.inflate(this.strip, this.filled, end - this.filled);
			if (count == 0) {
				if (inflater.finished() || inflater.needsDictionary()) {
					throw DecodingException.truncated();
				}
				return;
			}
			this.filled += count;
			if (this.filled == end) {
				this.limit.checkTime();
				for (int row = step; row < end; row += step) {
					unfilter(row, step);
					store(row + 1);
				}
				System.arraycopy(this.strip, end - step, this.strip, 0, step);
				this.filled = step;
			}
		}
		// To the end, where the check sum of all is.
		inflater.inflate(this.strip);
	}

	private void unfilter(int row, int step) throws DecodingException {
		byte[] line = this.strip;
		int first = row + 1;
		int end = row + step;
		int pixel = this.pixelBytes;
		int used = (pixel < 3) ? 1 : 3;
		switch (line[row]) {
			case 0 -> {
			}
			case 1 -> {
				for (int band = 0; band < used; band++) {
					int left = 0;
					for (int i = first + band; i < end; i += pixel) {
						left += line[i];
						line[i] = (byte) left;
					}
				}
			}
			case 2 -> {
				for (int i = first; i < end; i++) {
					line[i] += line[i - step];
				}
			}
			case 3 -> {
				for (int band = 0; band < used; band++) {
					int left = 0;
					for (int i = first + band; i < end; i += pixel) {
						left = (line[i] + ((left + (line[i - step] & 0xFF)) >> 1)) & 0xFF;
						line[i] = (byte) left;
					}
				}
			}
			case 4 -> {
				if (used == 3) {
					unfilterPaeth3(first, end, step);
				}
				else {
					unfilterPaeth1(first, end, step);
				}
			}
			default -> throw DecodingException.damaged("a row has the unknown filter " + line[row]);
		}
	}

	private void unfilterPaeth1(int first, int end, int step) {
		byte[] line = this.strip;
		int left = 0;
		int corner = 0;
		for (int i = first; i < end; i += this.pixelBytes) {
			int above = line[i - step] & 0xFF;
			left = (line[i] + paeth(left, above, corner)) & 0xFF;
			line[i] = (byte) left;
			corner = above;
		}
	}

	/** Three bands side by side, because each has to wait for its neighbour. */
	private void unfilterPaeth3(int first, int end, int step) {
		byte[] line = this.strip;
		int pixel = this.pixelBytes;
		int left0 = 0;
		int left1 = 0;
		int left2 = 0;
		int corner0 = 0;
		int corner1 = 0;
		int corner2 = 0;
		for (int i = first; i < end; i += pixel) {
			int above0 = line[i - step] & 0xFF;
			int above1 = line[i - step + 1] & 0xFF;
			int above2 = line[i - step + 2] & 0xFF;
			left0 = (line[i] + paeth(left0, above0, corner0)) & 0xFF;
			left1 = (line[i + 1] + paeth(left1, above1, corner1)) & 0xFF;
			left2 = (line[i + 2] + paeth(left2, above2, corner2)) & 0xFF;
			line[i] = (byte) left0;
			line[i + 1] = (byte) left1;
			line[i + 2] = (byte) left2;
			corner0 = above0;
			corner1 = above1;
			corner2 = above2;
		}
	}

	private static int paeth(int left, int above, int corner) {
		int toLeft = Math.abs(above - corner);
		int toAbove = Math.abs(left - corner);
		int toCorner = Math.abs(left + above - 2 * corner);
		int nearer = (toAbove <= toCorner) ? above : corner;
		return (toLeft <= Math.min(toAbove, toCorner)) ? left : nearer;
	}

	private void store(int start) {
		byte[] line = this.strip;
		byte[] palette = this.palette;
		int out = 3 * this.width * this.rows++;
		if (this.pixelBytes == 3) {
			System.arraycopy(line, start, this.rgb, out, 3 * this.width);
		}
		else if (this.pixelBytes == 4) {
			for (int x = 0, i = start; x < this.width; x++, i += 4, out += 3) {
				this.rgb[out] = line[i];
				this.rgb[out + 1] = line[i + 1];
				this.rgb[out + 2] = line[i + 2];
			}
		}
		else if (palette != null) {
			for (int x = 0; x < this.width; x++, out += 3) {
				int color = 3 * (line[start + x] & 0xFF);
				// What lies beyond the palette is black.
				if (color < palette.length) {
					this.rgb[out] = palette[color];
					this.rgb[out + 1] = palette[color + 1];
					this.rgb[out + 2] = palette[color + 2];
				}
			}
		}
		else {
			for (int x = 0, i = start; x < this.width; x++, i += this.pixelBytes, out += 3) {
				this.rgb[out] = line[i];
				this.rgb[out + 1] = line[i];
				this.rgb[out + 2] = line[i];
			}
		}
	}

}
