package io.github.zsic.image;

import java.awt.image.Raster;
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

	/** As many as the reference takes. */
	private static final int MAXIMUM_BANDS = 6;

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
		int photometric = (int) this.directory.number(PHOTOMETRIC, WHITE_IS_ZERO);
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
		for (int i = 0; i < offsets.length; i++) {
			long length = (i < lengths.length) ? lengths[i] : 0;
			if (offsets[i] < 0 || length < 0 || length > this.bytes.length || offsets[i] > this.bytes.length - length) {
				throw DecodingException.truncated();
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
		throw DecodingException
			.unsupported("is a TIFF with colours of type %d, which are not supported".formatted(photometric));
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
