package io.github.zsic.image;

import java.awt.image.DataBufferByte;
import java.awt.image.Raster;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

import com.twelvemonkeys.imageio.plugins.tiff.TIFFImageReaderSpi;

/**
 * The first page of a TIFF. The plug-in undoes compression, strips, tiles and planes;
 * what the samples mean is decided here. It gets a directory with no more in it than it
 * needs, so that it neither follows the pointers of a hostile file nor converts colours.
 */
final class TiffDecoder {

	private static final int WIDTH = 256;

	private static final int HEIGHT = 257;

	private static final int BITS = 258;

	private static final int COMPRESSION = 259;

	private static final int PHOTOMETRIC = 262;

	private static final int STRIP_OFFSETS = 273;

	private static final int SAMPLES = 277;

	private static final int STRIP_LENGTHS = 279;

	private static final int COLOR_MAP = 320;

	private static final int TILE_WIDTH = 322;

	private static final int TILE_HEIGHT = 323;

	private static final int TILE_OFFSETS = 324;

	private static final int TILE_LENGTHS = 325;

	private static final int EXTRA_SAMPLES = 338;

	private static final int SAMPLE_FORMAT = 339;

	private static final Set<Integer> LAYOUT = Set.of(WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, 266, STRIP_OFFSETS,
			SAMPLES, 278, STRIP_LENGTHS, 284, 292, 293, 317, TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_LENGTHS,
			EXTRA_SAMPLES, SAMPLE_FORMAT, 347, 512, 513, 514, 515, 517, 518, 519, 520, 521, 529, 530, 531, 532);

	private static final int WHITE_IS_ZERO = 0;

	private static final int BLACK_IS_ZERO = 1;

	private static final int RGB = 2;

	private static final int PALETTE = 3;

	private static final int CMYK = 5;

	private static final int YCC = 6;

	private static final int ROWS_PER_STRIP = 278;

	private static final int PLANAR = 284;

	private static final int JPEG_TABLES = 347;

	private static final int OLD_JPEG = 6;

	private static final int JPEG = 7;

	/** What is undone in linear time, by code that is no reader of another format. */
	private static final Set<Integer> COMPRESSIONS = Set.of(1, 2, 3, 4, 5, OLD_JPEG, JPEG, 8, 32773, 32946);

	private static final Map<Integer, String> OTHER_COMPRESSIONS = Map.of(9, "JBIG", 10, "JBIG", 32809, "ThunderScan",
			34661, "JBIG", 34676, "SGI LogLuv", 34677, "SGI LogLuv", 34712, "JPEG 2000", 34925, "LZMA", 50000,
			"Zstandard", 50001, "WebP");

	private static final Map<Integer, String> OTHER_COLORS = Map.of(4, "a mask", 8, "CIE L*a*b*", 9, "ICC L*a*b*", 10,
			"ITU L*a*b*", 32803, "a colour filter array", 32844, "LogL", 32845, "LogLuv", 34892, "linear raw");

	/** As many as the reference takes. */
	private static final int MAXIMUM_BANDS = 6;

	/** Each strip may have one for each of its components. */
	private static final int MAXIMUM_OLD_SCANS = 1000;

	/** By how much a strip may be filled up. */
	private static final int BLOCK = 32;

	/**
	 * Of strips or tiles, each of which costs the reader as much as thousands of pixels.
	 */
	private static final int MAXIMUM_PARTS = 65_536;

	private final byte[] bytes;

	private final PixelLimit limit;

	private final TiffDirectory directory;

	private TiffDecoder(byte[] bytes, PixelLimit limit) throws DecodingException {
		this.bytes = bytes;
		this.limit = limit;
		this.directory = TiffDirectory.first(bytes);
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		return new TiffDecoder(bytes, limit).decode();
	}

	private RgbImage decode() throws DecodingException {
		long width = this.directory.number(WIDTH, 0);
		long height = this.directory.number(HEIGHT, 0);
		this.limit.check(width, height);
		checkStorage(STRIP_OFFSETS, STRIP_LENGTHS);
		checkStorage(TILE_OFFSETS, TILE_LENGTHS);
		this.limit.check(width, height, sampleBytes() + RgbImage.BYTES_PER_PIXEL);
		int compression = (int) this.directory.number(COMPRESSION, 1);
		if (!COMPRESSIONS.contains(compression)) {
			String name = OTHER_COMPRESSIONS.get(compression);
			throw DecodingException.unsupported("is a TIFF with the compression %d%s, which is not supported"
				.formatted(compression, (name != null) ? " (" + name + ")" : ""));
		}
		int photometric = (int) this.directory.number(PHOTOMETRIC, WHITE_IS_ZERO);
		if (OTHER_COLORS.containsKey(photometric)) {
			throw unsupportedColors(photometric);
		}
		if (compression == JPEG) {
			return new RgbImage((int) width, (int) height, toRgb(readJpeg((int) width, (int) height), photometric));
		}
		if (compression == OLD_JPEG) {
			checkOldJpeg(width, height);
		}
		Map<Integer, Integer> replacements = new TreeMap<>();
		if (photometric == WHITE_IS_ZERO || photometric == PALETTE) {
			replacements.put(PHOTOMETRIC, BLACK_IS_ZERO);
		}
		byte[] file = this.directory.reduced(LAYOUT, replacements);
		Raster raster = PluginReader.read(new TIFFImageReaderSpi(), file, (int) width, (int) height, this.limit);
		byte[] rgb = toRgb(raster, photometric);
		return new RgbImage((int) width, (int) height, rgb);
	}

	private void checkStorage(int offsetsTag, int lengthsTag) throws DecodingException {
		if (this.directory.contains(TILE_WIDTH)) {
			// The last tiles may stick out, but not by more than a tile is worth.
			long tileWidth = this.directory.number(TILE_WIDTH, 0);
			long tileHeight = this.directory.number(TILE_HEIGHT, 0);
			this.limit.check(tileWidth, tileHeight);
		}
		if (this.directory.number(SAMPLES, 1) > MAXIMUM_BANDS || this.directory.number(SAMPLES, 1) < 1) {
			throw DecodingException.unsupported("is a TIFF with too many channels");
		}
		for (long bits : this.directory.numbers(BITS)) {
			if (bits < 1 || bits > 32) {
				throw DecodingException
					.unsupported("is a TIFF with %d-bit samples, which is not supported".formatted(bits));
			}
		}
		long[] offsets = this.directory.numbers(offsetsTag);
		long[] lengths = this.directory.numbers(lengthsTag);
		if (offsets.length > MAXIMUM_PARTS) {
			throw DecodingException
				.unsupported("is a TIFF of more than %,d strips, which is not supported".formatted(MAXIMUM_PARTS));
		}
		for (int i = 0; i < offsets.length; i++) {
			long length = (i < lengths.length) ? lengths[i] : 0;
			if (offsets[i] < 0 || length < 0 || length > this.bytes.length || offsets[i] > this.bytes.length - length) {
				throw DecodingException.truncated();
			}
		}
	}

	/** What the samples of a pixel take in the plug-in's raster. */
	private long sampleBytes() throws DecodingException {
		long bits = 8;
		for (long each : this.directory.numbers(BITS)) {
			bits = Math.max(bits, each);
		}
		return this.directory.number(SAMPLES, 1) * ((bits <= 8) ? 1 : (bits <= 16) ? 2 : 4);
	}

	/**
	 * Strips or tiles that are JPEGs. The plug-in would hand them to a native decoder,
	 * which believes what their own headers claim.
	 */
	private Raster readJpeg(int width, int height) throws DecodingException {
		boolean tiled = this.directory.contains(TILE_WIDTH);
		int columns = tiled ? (int) this.directory.number(TILE_WIDTH, 0) : width;
		int rows = (int) Math.min(Integer.MAX_VALUE,
				tiled ? this.directory.number(TILE_HEIGHT, 0) : Math.min(height, Math.max(1, rowsPerStrip())));
		int bands = (int) this.directory.number(SAMPLES, 1);
		boolean planar = this.directory.number(PLANAR, 1) == 2;
		boolean ycc = this.directory.number(PHOTOMETRIC, WHITE_IS_ZERO) == YCC;
		long[] offsets = this.directory.numbers(tiled ? TILE_OFFSETS : STRIP_OFFSETS);
		long[] lengths = this.directory.numbers(tiled ? TILE_LENGTHS : STRIP_LENGTHS);
		byte[] tables = jpegTables();
		int across = (width + columns - 1) / columns;
		int down = (height + rows - 1) / rows;
		int planes = planar ? bands : 1;
		if (offsets.length < (long) across * down * planes || lengths.length < offsets.length) {
			throw DecodingException.truncated();
		}
		JpegDecoder.Part part = new JpegDecoder.Part(columns, rows, planar ? 1 : bands, ycc);
		byte[] samples = new byte[width * height * bands];
		for (int i = 0; i < across * down * planes; i++) {
			this.limit.checkTime();
			byte[] decoded = JpegDecoder.decodePart(jpeg(tables, (int) offsets[i], (int) lengths[i]), this.limit, part);
			int plane = i / (across * down);
			int left = i % across * columns;
			int top = i / across % down * rows;
			int stride = columns * part.bands();
			if (decoded.length / stride < Math.min(rows, height - top)) {
				throw DecodingException.truncated();
			}
			for (int y = top; y < Math.min(height, top + rows); y++) {
				int in = (y - top) * stride;
				int out = (y * width + left) * bands + plane;
				int count = Math.min(columns, width - left) * part.bands();
				if (planar) {
					for (int x = 0; x < count; x++, out += bands) {
						samples[out] = decoded[in + x];
					}
				}
				else {
					System.arraycopy(decoded, in, samples, out, count);
				}
			}
		}
		if (ycc && planar && bands == 3) {
			throw DecodingException.unsupported("is a TIFF with YCC in planes, which is not supported");
		}
		int[] bandOffsets = new int[bands];
		Arrays.setAll(bandOffsets, (band) -> band);
		return Raster.createInterleavedRaster(new DataBufferByte(samples, samples.length), width, height, width * bands,
				bands, bandOffsets, null);
	}

	private long rowsPerStrip() throws DecodingException {
		return this.directory.number(ROWS_PER_STRIP, Integer.MAX_VALUE);
	}

	/** The tables that all parts have in common: a JPEG without an image. */
	private byte[] jpegTables() throws DecodingException {
		long[] values = this.directory.numbers(JPEG_TABLES);
		byte[] tables = new byte[Math.max(0, values.length - 4)];
		for (int i = 0; i < tables.length; i++) {
			tables[i] = (byte) values[i + 2];
		}
		return tables;
	}

	private byte[] jpeg(byte[] tables, int offset, int length) {
		if (tables.length == 0 || length < 2) {
			return Arrays.copyOfRange(this.bytes, offset, offset + length);
		}
		byte[] jpeg = new byte[tables.length + length];
		System.arraycopy(this.bytes, offset, jpeg, 0, 2);
		System.arraycopy(tables, 0, jpeg, 2, tables.length);
		System.arraycopy(this.bytes, offset + 2, jpeg, 2 + tables.length, length - 2);
		return jpeg;
	}

	/**
	 * JPEG of before 1995, in pieces that the plug-in puts together and hands to a native
	 * decoder. Wherever they are in the file, none of them may claim to be larger than
	 * the page, or have scans that make it go over the page again and again.
	 */
	private void checkOldJpeg(long width, long height) throws DecodingException {
		int scans = 0;
		for (int i = 0; i + 9 < this.bytes.length; i++) {
			if (this.bytes[i] != (byte) 0xFF) {
				continue;
			}
			int marker = this.bytes[i + 1] & 0xFF;
			ByteCursor in = new ByteCursor(this.bytes, i + 2, this.bytes.length);
			if (marker == 0xDA) {
				int length = in.u16be();
				int components = in.u8();
				if (length == 6 + 2 * components && ++scans > MAXIMUM_OLD_SCANS) {
					throw DecodingException.damaged("it has more than %d scans".formatted(MAXIMUM_OLD_SCANS));
				}
			}
			else if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
				int length = in.u16be();
				in.skip(1);
				int rows = in.u16be();
				int columns = in.u16be();
				if (length == 8 + 3 * in.u8() && (marker > 0xC1 || rows > height + BLOCK || columns > width + BLOCK)) {
					throw DecodingException
						.damaged("a part of it claims to have %d x %d pixels".formatted(columns, rows));
				}
			}
		}
	}

	private byte[] toRgb(Raster raster, int photometric) throws DecodingException {
		int bands = raster.getNumBands();
		switch (photometric) {
			case WHITE_IS_ZERO, BLACK_IS_ZERO -> {
				return Colors.greyToRgb(grey(raster, photometric == WHITE_IS_ZERO));
			}
			case PALETTE -> {
				return indexed(raster);
			}
			case RGB, YCC -> {
				if (bands >= 3) {
					byte[] rgb = Rasters.interleaved(raster, 3);
					if (photometric == RGB && bands > 3 && this.directory.number(EXTRA_SAMPLES, 0) == 1) {
						unmultiply(rgb, Rasters.interleaved(raster, bands), bands);
					}
					return rgb;
				}
				return Colors.greyToRgb(Rasters.interleaved(raster, 1));
			}
			case CMYK -> {
				if (bands >= 4) {
					return Colors.cmykToRgb(Rasters.interleaved(raster, 4));
				}
			}
			default -> {
			}
		}
		throw unsupportedColors(photometric);
	}

	private static DecodingException unsupportedColors(int photometric) {
		return DecodingException.unsupported("is a TIFF with colours of type %d (%s), which are not supported"
			.formatted(photometric, OTHER_COLORS.getOrDefault(photometric, "unknown")));
	}

	private static void unmultiply(byte[] rgb, byte[] samples, int bands) {
		for (int out = 0, in = 0; out < rgb.length; out += 3, in += bands) {
			int alpha = samples[in + 3] & 0xFF;
			for (int k = 0; k < 3; k++) {
				rgb[out + k] = (byte) Colors.unmultiply(rgb[out + k] & 0xFF, alpha);
			}
		}
	}

	/** The reference does not scale grey of more than 8 bits, it clips it. */
	private byte[] grey(Raster raster, boolean inverted) throws DecodingException {
		int bits = raster.getSampleModel().getSampleSize(0);
		boolean signed = this.directory.number(SAMPLE_FORMAT, 1) == 2;
		byte[] grey;
		if (bits <= 8) {
			grey = Rasters.interleaved(raster, 1);
		}
		else {
			int width = raster.getWidth();
			grey = new byte[width * raster.getHeight()];
			double[] row = new double[width];
			for (int y = 0, out = 0; y < raster.getHeight(); y++) {
				raster.getSamples(0, y, width, 1, 0, row);
				for (double value : row) {
					double number = (signed && bits == 16) ? (short) value : value;
					grey[out++] = (byte) Colors.clamp((int) number);
				}
			}
		}
		if (inverted && bits <= 8) {
			for (int i = 0; i < grey.length; i++) {
				grey[i] = (byte) ~grey[i];
			}
		}
		return grey;
	}

	private byte[] indexed(Raster raster) throws DecodingException {
		long[] map = this.directory.numbers(COLOR_MAP);
		int size = map.length / 3;
		int width = raster.getWidth();
		byte[] rgb = new byte[3 * width * raster.getHeight()];
		int[] row = new int[width];
		for (int y = 0, out = 0; y < raster.getHeight(); y++) {
			raster.getSamples(0, y, width, 1, 0, row);
			for (int index : row) {
				for (int k = 0; k < 3; k++) {
					rgb[out++] = (index < size) ? (byte) (map[k * size + index] >> 8) : 0;
				}
			}
		}
		return rgb;
	}

}
