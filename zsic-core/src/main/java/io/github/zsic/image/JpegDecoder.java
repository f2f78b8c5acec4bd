package io.github.zsic.image;

import java.util.ArrayList;
import java.util.List;

import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

import org.jspecify.annotations.Nullable;

/**
 * JPEG with Huffman coding, sequential and progressive, as libjpeg-turbo decodes it, to
 * the last bit. Large pictures can be made smaller on the way, which saves most of the
 * work.
 * <p>
 * Why: docs/decisions/0028.
 */
final class JpegDecoder {

	static final int RST0 = 0xD0;

	static final int SOI = 0xD8;

	static final int SOF0 = 0xC0;

	private static final int SOF2 = 0xC2;

	private static final int DHT = 0xC4;

	private static final int JPG = 0xC8;

	private static final int DAC = 0xCC;

	private static final int SOF15 = 0xCF;

	private static final int EOI = 0xD9;

	private static final int SOS = 0xDA;

	private static final int DQT = 0xDB;

	private static final int DRI = 0xDD;

	private static final int APP0 = 0xE0;

	private static final int APP14 = 0xEE;

	/** Real pictures have about ten; each goes over the whole picture. */
	private static final int MAXIMUM_SCANS = 500;

	private final byte[] bytes;

	private final PixelLimit limit;

	private final Downscaling downscaling;

	private final boolean wholeSquares;

	private final int[][] quantizationTables = new int[4][];

	private final HuffmanTable[] dcTables = new HuffmanTable[4];

	private final HuffmanTable[] acTables = new HuffmanTable[4];

	private int restartInterval;

	private int width;

	private int height;

	private boolean progressive;

	private List<JpegComponent> components = List.of();

	/** How many samples are made of 8. */
	private int eighths = 8;

	private boolean jfif;

	private int adobeTransform = -1;

	/** What this is a part of, nothing if it is a picture of its own. */
	private @Nullable Part part;

	private JpegDecoder(byte[] bytes, PixelLimit limit, Downscaling downscaling, boolean wholeSquares) {
		this.bytes = bytes;
		this.limit = limit;
		this.downscaling = downscaling;
		this.wholeSquares = wholeSquares;
	}

	/**
	 * Decodes a picture.
	 * @param bytes the file
	 * @param limit the largest picture
	 * @param downscaling how much smaller it may be made
	 * @param wholeSquares whether it may be made smaller only if the last column and row
	 * then stand for as many pixels as the others; when the picture is turned they come
	 * first
	 */
	static RgbImage decode(byte[] bytes, PixelLimit limit, Downscaling downscaling, boolean wholeSquares)
			throws DecodingException {
		return new JpegDecoder(bytes, limit, downscaling, wholeSquares).decode();
	}

	/**
	 * Decodes a strip or tile of a TIFF.
	 * @param bytes a whole JPEG
	 * @param limit the largest picture
	 * @param part what it is for
	 * @return the samples of each pixel side by side, row by row; YCC as RGB, everything
	 * else as stored
	 */
	static byte[] decodePart(byte[] bytes, PixelLimit limit, Part part) throws DecodingException {
		JpegDecoder decoder = new JpegDecoder(bytes, limit, Downscaling.NONE, false);
		decoder.part = part;
		decoder.decodeComponents();
		return decoder.samples(part);
	}

	private RgbImage decode() throws DecodingException {
		decodeComponents();
		return toRgb();
	}

	private void decodeComponents() throws DecodingException {
		ByteCursor in = new ByteCursor(this.bytes);
		in.skip(2);
		JpegScan scan = null;
		int scans = 0;
		for (int marker = nextMarker(in); marker != EOI; marker = nextMarker(in)) {
			if (marker <= 1 || (marker >= RST0 && marker <= SOI)) {
				continue;
			}
			int length = in.u16be();
			if (length < 2) {
				throw DecodingException.damaged("a segment of its header has an impossible length");
			}
			in.require(length - 2);
			ByteCursor segment = new ByteCursor(this.bytes, in.position(), in.position() + length - 2);
			in.skip(length - 2);
			if (marker == SOS) {
				JpegScan.Header header = readScanHeader(segment);
				if (scan == null) {
					scan = new JpegScan(in.remaining());
				}
				if (++scans > MAXIMUM_SCANS) {
					throw DecodingException.damaged("it has more than %d scans".formatted(MAXIMUM_SCANS));
				}
				this.limit.checkTime();
				in.seek(scan.read(this.bytes, in.position()));
				scan.decode(header, this.restartInterval, this.progressive);
				if (!this.progressive && header.components().size() == this.components.size()) {
					// That is all of the picture, whatever comes behind it.
					break;
				}
				if (scan.isTruncated()) {
					throw DecodingException.truncated();
				}
			}
			else {
				readSegment(marker, segment, scans == 0);
			}
		}
		if (scan == null) {
			throw DecodingException.damaged("it has no image data");
		}
		if (this.progressive) {
			this.components.forEach(scan::transform);
		}
	}

	private static int nextMarker(ByteCursor in) throws DecodingException {
		while (in.u8() != 0xFF) {
			continue;
		}
		int marker;
		do {
			marker = in.u8();
		}
		while (marker == 0xFF);
		return marker;
	}

	private void readSegment(int marker, ByteCursor in, boolean first) throws DecodingException {
		if (marker == DHT) {
			readHuffmanTables(in);
		}
		else if (marker == DQT) {
			readQuantizationTables(in);
		}
		else if (marker == DRI) {
			this.restartInterval = in.u16be();
		}
		else if (marker >= SOF0 && marker <= SOF15 && marker != JPG && marker != DAC) {
			readFrameHeader(marker, in);
		}
		else if (marker == APP0 && first && startsWith(in, "JFIF\0") && in.remaining() >= 12) {
			this.jfif = true;
		}
		else if (marker == APP14 && first && startsWith(in, "Adobe") && in.remaining() >= 12) {
			in.skip(11);
			this.adobeTransform = in.u8();
		}
	}

	private static boolean startsWith(ByteCursor in, String prefix) throws DecodingException {
		if (in.remaining() < prefix.length()) {
			return false;
		}
		int start = in.position();
		boolean matches = in.ascii(prefix.length()).equals(prefix);
		in.seek(start);
		return matches;
	}

	private void readQuantizationTables(ByteCursor in) throws DecodingException {
		while (in.remaining() > 0) {
			int head = in.u8();
			int[] table = new int[64];
			for (int k = 0; k < 64; k++) {
				table[k] = (head >> 4 != 0) ? in.u16be() : in.u8();
			}
			this.quantizationTables[tableIndex(head & 15)] = table;
		}
	}

	private void readHuffmanTables(ByteCursor in) throws DecodingException {
		while (in.remaining() > 0) {
			int head = in.u8();
			byte[] counts = new byte[16];
			int sum = 0;
			for (int i = 0; i < counts.length; i++) {
				counts[i] = (byte) in.u8();
				sum += counts[i] & 0xFF;
			}
			in.require(sum);
			byte[] values = new byte[sum];
			for (int i = 0; i < values.length; i++) {
				values[i] = (byte) in.u8();
			}
			HuffmanTable[] tables = (head >> 4 == 0) ? this.dcTables : this.acTables;
			tables[tableIndex(head & 15)] = new HuffmanTable(counts, values);
		}
	}

	private static int tableIndex(int number) throws DecodingException {
		if (number > 3) {
			throw DecodingException.damaged("its header has a table with the impossible number " + number);
		}
		return number;
	}

	private void readFrameHeader(int marker, ByteCursor in) throws DecodingException {
		if (!this.components.isEmpty()) {
			throw DecodingException.damaged("it has more than one frame header");
		}
		if (marker > SOF2) {
			throw DecodingException.unsupported("is a "
					+ ((marker > JPG) ? "JPEG with arithmetic coding"
							: (marker == SOF0 + 3) ? "lossless JPEG" : "hierarchical JPEG")
					+ ", which is not supported");
		}
		this.progressive = marker == SOF2;
		int bits = in.u8();
		if (bits != 8) {
			throw DecodingException
				.unsupported("is a JPEG with %d-bit samples, which is not supported".formatted(bits));
		}
		this.height = in.u16be();
		this.width = in.u16be();
		int count = in.u8();
		if (count != 1 && count != 3 && count != 4) {
			throw DecodingException
				.unsupported("is a JPEG with %d components, which is not supported".formatted(count));
		}
		if (this.part != null) {
			this.part.check(this.width, this.height, count);
		}
		List<JpegComponent> components = new ArrayList<>();
		int[] most = new int[2];
		for (int i = 0; i < count; i++) {
			JpegComponent component = new JpegComponent(in.u8(), in.u8(), tableIndex(in.u8()));
			most[0] = Math.max(most[0], component.horizontal);
			most[1] = Math.max(most[1], component.vertical);
			components.add(component);
		}
		this.eighths = this.downscaling.eighths(this.width, this.height, this.wholeSquares);
		this.limit.checkScaled(this.width, this.height, this.eighths);
		long bytes = (long) RgbImage.BYTES_PER_PIXEL * this.width * this.height * this.eighths * this.eighths / 64;
		for (JpegComponent component : components) {
			if (component.horizontal < 1 || component.horizontal > 4 || component.vertical < 1
					|| component.vertical > 4) {
				throw DecodingException.damaged("its sampling factors are impossible");
			}
			if (most[0] % component.horizontal != 0 || most[1] % component.vertical != 0) {
				throw DecodingException
					.unsupported("is a JPEG with fractional sampling factors, which is not supported");
			}
			component.prepare(this.width, this.height, most, this.eighths);
			bytes += component.bytes(this.progressive);
		}
		this.limit.reserve(bytes);
		components.forEach((component) -> component.allocate(this.progressive));
		this.components = components;
	}

	private JpegScan.Header readScanHeader(ByteCursor in) throws DecodingException {
		if (this.components.isEmpty()) {
			throw DecodingException.damaged("its frame header is missing");
		}
		List<JpegComponent> selected = new ArrayList<>();
		int count = in.u8();
		int[] tables = new int[count];
		for (int i = 0; i < count; i++) {
			int id = in.u8();
			for (JpegComponent component : this.components) {
				if (component.id == id && !selected.contains(component)) {
					selected.add(component);
					break;
				}
			}
			tables[i] = in.u8();
		}
		int from = in.u8();
		int to = in.u8();
		int bits = in.u8();
		if (!this.progressive) {
			// What other values may stand there makes no difference to libjpeg either.
			from = 0;
			to = 63;
			bits = 0;
		}
		int high = bits >> 4;
		int low = bits & 15;
		if (count == 0 || selected.size() != count || to < from || to > 63 || low > 13
				|| (this.progressive && ((from == 0) ? to != 0 : count > 1)) || (high != 0 && low != high - 1)) {
			throw DecodingException.damaged("the header of a scan is impossible");
		}
		HuffmanTable[] dc = new HuffmanTable[count];
		HuffmanTable[] ac = new HuffmanTable[count];
		for (int i = 0; i < count; i++) {
			JpegComponent component = selected.get(i);
			if (component.quantization.length == 0) {
				int[] table = this.quantizationTables[component.quantizationTable];
				if (table == null) {
					throw DecodingException.damaged("a quantization table is missing");
				}
				component.quantization = table;
			}
			if (from == 0 && high == 0) {
				dc[i] = table(this.dcTables, tables[i] >> 4, JPEGHuffmanTable.StdDCLuminance,
						JPEGHuffmanTable.StdDCChrominance);
			}
			if (to > 0) {
				ac[i] = table(this.acTables, tables[i] & 15, JPEGHuffmanTable.StdACLuminance,
						JPEGHuffmanTable.StdACChrominance);
			}
		}
		return new JpegScan.Header(selected, dc, ac, from, to, high, low);
	}

	/** A frame of a Motion JPEG leaves out the tables if they are the usual ones. */
	private static HuffmanTable table(HuffmanTable[] tables, int number, JPEGHuffmanTable... standard)
			throws DecodingException {
		int index = tableIndex(number);
		if (tables[index] == null) {
			if (index >= standard.length) {
				throw DecodingException.damaged("a Huffman table is missing");
			}
			short[] lengths = standard[index].getLengths();
			byte[] counts = new byte[16];
			for (int i = 0; i < lengths.length; i++) {
				counts[i] = (byte) lengths[i];
			}
			short[] symbols = standard[index].getValues();
			byte[] values = new byte[symbols.length];
			for (int i = 0; i < values.length; i++) {
				values[i] = (byte) symbols[i];
			}
			tables[index] = new HuffmanTable(counts, values);
		}
		tables[index].build();
		return tables[index];
	}

	private RgbImage toRgb() {
		// Without a last column or row that stands for less than half a one.
		int columns = (this.width * this.eighths + 4) / 8;
		int rows = (this.height * this.eighths + 4) / 8;
		int bands = this.components.size();
		boolean ycc = (bands == 3) ? isYcc() : bands == 4 && this.adobeTransform > 0;
		byte[][] lines = new byte[bands][columns + 8];
		byte[] inks = new byte[(bands == 4) ? 4 * columns : 0];
		byte[] rgb = new byte[3 * columns * rows];
		for (int y = 0; y < rows; y++) {
			for (int band = 0; band < bands; band++) {
				this.components.get(band).row(y, lines[band]);
			}
			int start = 3 * y * columns;
			if (bands == 4) {
				// With YCCK, what libjpeg calls CMYK is the complement of the RGB that
				// YCC stands for; and all inks are stored inverted, Adobe's way.
				if (ycc) {
					Colors.yccToRgb(lines[0], lines[1], lines[2], columns, inks, 0, 4);
				}
				for (int band = ycc ? 3 : 0; band < 4; band++) {
					for (int x = 0; x < columns; x++) {
						inks[4 * x + band] = (byte) ~lines[band][x];
					}
				}
				System.arraycopy(Colors.cmykToRgb(inks), 0, rgb, start, 3 * columns);
			}
			else if (ycc) {
				Colors.yccToRgb(lines[0], lines[1], lines[2], columns, rgb, start, 3);
			}
			else {
				for (int band = 0; band < 3; band++) {
					byte[] line = lines[Math.min(band, bands - 1)];
					for (int x = 0, out = start + band; x < columns; x++, out += 3) {
						rgb[out] = line[x];
					}
				}
			}
		}
		return new RgbImage(columns, rows, rgb, this.width, this.height);
	}

	private byte[] samples(Part part) {
		int bands = part.bands();
		byte[][] lines = new byte[bands][this.width + 8];
		byte[] samples = new byte[bands * this.width * this.height];
		for (int y = 0; y < this.height; y++) {
			for (int band = 0; band < bands; band++) {
				this.components.get(band).row(y, lines[band]);
			}
			int start = bands * this.width * y;
			if (part.ycc() && bands == 3) {
				Colors.yccToRgb(lines[0], lines[1], lines[2], this.width, samples, start, 3);
			}
			else {
				for (int band = 0; band < bands; band++) {
					for (int x = 0, out = start + band; x < this.width; x++, out += bands) {
						samples[out] = lines[band][x];
					}
				}
			}
		}
		return samples;
	}

	private boolean isYcc() {
		if (this.jfif) {
			return true;
		}
		if (this.adobeTransform >= 0) {
			return this.adobeTransform != 0;
		}
		return !(this.components.get(0).id == 'R' && this.components.get(1).id == 'G'
				&& this.components.get(2).id == 'B');
	}

	/**
	 * What a strip or tile of a TIFF has to be. What its own header claims is not worth
	 * more memory than that.
	 *
	 * @param columns its width
	 * @param rows its height at most
	 * @param bands the number of its components
	 * @param ycc whether they are YCC, which a TIFF tells apart from the JPEG
	 */
	record Part(int columns, int rows, int bands, boolean ycc) {

		private void check(int width, int height, int count) throws DecodingException {
			if (width != this.columns || height > this.rows || count != this.bands) {
				throw DecodingException
					.damaged("a part of it claims to have %d x %d pixels of %d samples, where %d x %d of %d are due"
						.formatted(width, height, count, this.columns, this.rows, this.bands));
			}
		}

	}

}
