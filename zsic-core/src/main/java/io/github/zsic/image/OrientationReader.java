package io.github.zsic.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import org.jspecify.annotations.Nullable;

/**
 * Finds the one number of a picture's metadata that counts: how the camera was held. It
 * looks where Pillow looks ({@code Image.getexif}), and takes the same value from blocks
 * that are a little broken: EXIF first, XMP if that does not tell.
 * <p>
 * The work is one pass over the file, whatever is in it. Nothing is parsed but the
 * entries of one directory, and no more than {@value #MAXIMUM_INFLATED} bytes are
 * inflated.
 * <p>
 * Why: docs/decisions/0029.
 */
final class OrientationReader {

	private static final int ORIENTATION = 274;

	private static final int XMP = 700;

	/** No directory has the entry. */
	private static final int ABSENT = -1;

	/** There is an entry, but it is no number. */
	private static final int NO_NUMBER = 0;

	/** As much of one text as Pillow inflates. */
	private static final int MAXIMUM_INFLATED = 1024 * 1024;

	private static final String EXIF_PREFIX = "Exif\0\0";

	private static final String XMP_PREFIX = "http://ns.adobe.com/xap/1.0/\0";

	private static final String XMP_ORIENTATION = "tiff:Orientation";

	private static final String EXIF_PROFILE = "Raw profile type exif";

	private static final String XMP_TEXT = "XML:com.adobe.xmp";

	private final byte[] file;

	/** A TIFF structure, in a file of another format. */
	private byte @Nullable [] exif;

	private byte @Nullable [] xmp;

	/** What the directory says that was read last. */
	private int orientation = ABSENT;

	private int inflated;

	private OrientationReader(byte[] file) {
		this.file = file;
	}

	/**
	 * Reads the orientation. A picture with a broken EXIF block is still a picture.
	 * @param file an encoded picture of any format
	 * @return the orientation, upright if the file does not tell
	 */
	static Orientation read(byte[] file) {
		return new OrientationReader(file).read();
	}

	private Orientation read() {
		if (startsWith(this.file, 0, "\u00FF\u00D8")) {
			readJpeg();
		}
		else if (startsWith(this.file, 0, "\u0089PNG")) {
			readPng();
		}
		else if (startsWith(this.file, 0, "RIFF") && startsWith(this.file, 8, "WEBP")) {
			readWebp();
		}
		else if (TiffDirectory.accepts(this.file)) {
			readTiff(this.file, true);
		}
		if (this.exif != null) {
			readTiff(this.exif, false);
		}
		if (this.orientation == ABSENT && this.xmp != null) {
			this.orientation = xmpOrientation(this.xmp);
		}
		return Orientation.of(this.orientation);
	}

	/**
	 * The segments before the first scan. EXIF may be in several, one after the other.
	 */
	private void readJpeg() {
		ByteArrayOutputStream exif = new ByteArrayOutputStream();
		int position = 2;
		while (true) {
			while (position < this.file.length && this.file[position] != (byte) 0xFF) {
				position++;
			}
			while (position < this.file.length && this.file[position] == (byte) 0xFF) {
				position++;
			}
			if (position + 2 >= this.file.length) {
				break;
			}
			int marker = this.file[position++] & 0xFF;
			if (marker == 0 || isWithoutSegment(marker)) {
				continue;
			}
			if (marker < 0xC0 || marker == 0xDA) {
				break;
			}
			int length = ((this.file[position] & 0xFF) << 8) | (this.file[position + 1] & 0xFF);
			int start = position + 2;
			int end = position + Math.max(2, length);
			if (end > this.file.length) {
				break;
			}
			if (marker == 0xE1 && startsWith(this.file, start, end, EXIF_PREFIX)) {
				int from = start + EXIF_PREFIX.length();
				exif.write(this.file, from, end - from);
			}
			else if (marker == 0xE1 && startsWith(this.file, start, end, XMP_PREFIX)) {
				this.xmp = Arrays.copyOfRange(this.file, start + XMP_PREFIX.length(), end);
			}
			position = end;
		}
		this.exif = (exif.size() > 0) ? exif.toByteArray() : null;
	}

	private static boolean isWithoutSegment(int marker) {
		return (marker >= 0xD0 && marker <= 0xD9) || marker == 0xC8 || (marker >= 0xF0 && marker <= 0xFD);
	}

	private void readPng() {
		ByteBuffer chunks = ByteBuffer.wrap(this.file);
		byte[] profile = null;
		byte[] namedXmp = null;
		int position = 8;
		while (position <= this.file.length - 8) {
			long length = chunks.getInt(position) & 0xFFFFFFFFL;
			int start = position + 8;
			if (length > this.file.length - start || startsWith(this.file, position + 4, "IEND")) {
				break;
			}
			int end = start + (int) length;
			if (startsWith(this.file, position + 4, "eXIf")) {
				this.exif = Arrays.copyOfRange(this.file, start, end);
			}
			else if (hasKeyword(start, end, EXIF_PROFILE)) {
				byte[] text = text(position + 4, start + EXIF_PROFILE.length() + 1, end);
				profile = (text != null) ? text : profile;
			}
			else if (hasKeyword(start, end, XMP_TEXT)) {
				byte[] text = text(position + 4, start + XMP_TEXT.length() + 1, end);
				namedXmp = (text != null) ? text : namedXmp;
			}
			if (end > this.file.length - 4) {
				break;
			}
			position = end + 4;
		}
		if (this.exif == null && profile != null) {
			this.exif = hexadecimal(profile);
		}
		this.xmp = namedXmp;
	}

	private boolean hasKeyword(int start, int end, String keyword) {
		return end - start > keyword.length() && startsWith(this.file, start, keyword)
				&& this.file[start + keyword.length()] == 0;
	}

	/**
	 * The text of a chunk.
	 * @param type where the type of the chunk is
	 * @param start where the keyword has ended
	 * @param end where the chunk ends
	 * @return the text, nothing if the chunk has another type or is broken
	 */
	private byte @Nullable [] text(int type, int start, int end) {
		if (startsWith(this.file, type, "tEXt")) {
			return Arrays.copyOfRange(this.file, start, end);
		}
		if (startsWith(this.file, type, "zTXt") && start < end && this.file[start] == 0) {
			return inflate(start + 1, end);
		}
		if (startsWith(this.file, type, "iTXt") && end - start > 2) {
			boolean compressed = this.file[start] != 0;
			if (compressed && this.file[start + 1] != 0) {
				return null;
			}
			// A language and the keyword in it, each with a zero behind it.
			int position = start + 2;
			for (int zeros = 0; zeros < 2; position++) {
				if (position == end) {
					return null;
				}
				zeros += (this.file[position] == 0) ? 1 : 0;
			}
			return compressed ? inflate(position, end) : Arrays.copyOfRange(this.file, position, end);
		}
		return null;
	}

	private byte @Nullable [] inflate(int start, int end) {
		Inflater inflater = new Inflater();
		try {
			inflater.setInput(this.file, start, end - start);
			ByteArrayOutputStream text = new ByteArrayOutputStream();
			byte[] buffer = new byte[8192];
			while (!inflater.finished()) {
				int count = inflater.inflate(buffer);
				this.inflated += count;
				if (this.inflated > MAXIMUM_INFLATED) {
					return null;
				}
				if (count == 0) {
					// What there is of a text that is cut is enough.
					break;
				}
				text.write(buffer, 0, count);
			}
			return text.toByteArray();
		}
		catch (DataFormatException ex) {
			// Pillow, too, does without the text.
			return null;
		}
		finally {
			inflater.end();
		}
	}

	/**
	 * How ImageMagick stored EXIF before PNG had a chunk for it: in hexadecimal, after
	 * three lines.
	 */
	private static byte @Nullable [] hexadecimal(byte[] profile) {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream(profile.length / 2);
		int lines = 0;
		int high = -1;
		for (byte character : profile) {
			if (character == '\n' && lines < 3) {
				lines++;
			}
			else if (lines == 3 && !Character.isWhitespace(character)) {
				int digit = Character.digit(character, 16);
				if (digit < 0) {
					return null;
				}
				if (high >= 0) {
					bytes.write(16 * high + digit);
				}
				high = (high >= 0) ? -1 : digit;
			}
		}
		return bytes.toByteArray();
	}

	/** Only the extended format has metadata, and its header says which. */
	private void readWebp() {
		if (!startsWith(this.file, 12, "VP8X") || this.file.length <= 20) {
			return;
		}
		boolean hasExif = (this.file[20] & 8) != 0;
		boolean hasXmp = (this.file[20] & 4) != 0;
		ByteBuffer chunks = ByteBuffer.wrap(this.file).order(ByteOrder.LITTLE_ENDIAN);
		int position = 12;
		while (position <= this.file.length - 8) {
			long length = chunks.getInt(position + 4) & 0xFFFFFFFFL;
			int start = position + 8;
			if (length > this.file.length - start) {
				break;
			}
			int end = start + (int) length;
			if (hasExif && this.exif == null && startsWith(this.file, position, "EXIF")) {
				this.exif = Arrays.copyOfRange(this.file, start, end);
			}
			else if (hasXmp && this.xmp == null && startsWith(this.file, position, "XMP ")) {
				this.xmp = Arrays.copyOfRange(this.file, start, end);
			}
			// An odd chunk is filled up; the last one may end the file without that.
			position = end + Math.min(this.file.length - end, (int) (length & 1));
		}
	}

	/**
	 * The first directory of a TIFF structure. As in Pillow, the last entry of a tag
	 * counts, and what follows an entry whose values are not there does not.
	 * @param bytes the structure, in EXIF perhaps behind its prefix
	 * @param file whether this is a file, which may have 64-bit offsets
	 */
	private void readTiff(byte[] bytes, boolean file) {
		int start = 0;
		while (!file && startsWith(bytes, start, bytes.length, EXIF_PREFIX)) {
			start += EXIF_PREFIX.length();
		}
		ByteBuffer in = ByteBuffer.wrap(bytes, start, bytes.length - start).slice();
		if (!in.hasRemaining()) {
			return;
		}
		if (in.remaining() < 8 || !isTiff(in.getInt(0), file)) {
			// Pillow does not look at XMP then.
			this.orientation = NO_NUMBER;
			return;
		}
		in.order((in.get(0) == 'I') ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
		boolean big = file && in.getShort(2) == 43;
		if (big && in.remaining() < 16) {
			return;
		}
		long directory = big ? in.getLong(8) : in.getInt(4) & 0xFFFFFFFFL;
		int countSize = big ? 8 : 2;
		if (directory < 0 || directory > in.limit() - countSize) {
			return;
		}
		int position = (int) directory;
		long count = big ? in.getLong(position) : in.getShort(position) & 0xFFFF;
		position += countSize;
		int entrySize = big ? 20 : 12;
		for (long i = 0; i < count && position <= in.limit() - entrySize; i++, position += entrySize) {
			if (!readEntry(in, position, file, big)) {
				break;
			}
		}
	}

	/** EXIF is never big, and its number may be in the wrong byte order. */
	private static boolean isTiff(int magic, boolean file) {
		return switch (magic) {
			case 0x4D4D002A, 0x49492A00, 0x4D4D002B -> true;
			case 0x49492B00 -> file;
			case 0x4D4D2A00, 0x4949002A -> !file;
			default -> false;
		};
	}

	private boolean readEntry(ByteBuffer in, int position, boolean file, boolean big) {
		int tag = in.getShort(position) & 0xFFFF;
		int type = in.getShort(position + 2) & 0xFFFF;
		int size = switch (type) {
			case 1, 2, 6, 7 -> 1;
			case 3, 8 -> 2;
			case 4, 9, 11, 13 -> 4;
			case 5, 10, 12, 16 -> 8;
			default -> 0;
		};
		long count = big ? in.getLong(position + 4) : in.getInt(position + 4) & 0xFFFFFFFFL;
		if (size == 0 || count == 0) {
			return true;
		}
		int inline = big ? 8 : 4;
		long value = position + 4L + inline;
		if (count < 0 || count > in.limit()) {
			return false;
		}
		if (count * size > inline) {
			value = big ? in.getLong((int) value) : in.getInt((int) value) & 0xFFFFFFFFL;
			if (value < 0 || value > in.limit() - count * size) {
				return false;
			}
		}
		if (tag == ORIENTATION) {
			this.orientation = number(in, (int) value, type);
		}
		else if (tag == XMP && file && (type == 1 || type == 7)) {
			byte[] text = new byte[(int) count];
			in.get((int) value, text);
			this.xmp = text;
		}
		return true;
	}

	/** The first of the values. Python takes 6.0 for 6, too. */
	private static int number(ByteBuffer in, int position, int type) {
		double number = switch (type) {
			case 3 -> in.getShort(position) & 0xFFFF;
			case 4, 13 -> in.getInt(position) & 0xFFFFFFFFL;
			case 5 -> (double) (in.getInt(position) & 0xFFFFFFFFL) / (in.getInt(position + 4) & 0xFFFFFFFFL);
			case 6 -> in.get(position);
			case 8 -> in.getShort(position);
			case 9 -> in.getInt(position);
			case 10 -> (double) in.getInt(position) / in.getInt(position + 4);
			case 11 -> in.getFloat(position);
			case 12 -> in.getDouble(position);
			case 16 -> in.getLong(position);
			default -> NO_NUMBER;
		};
		return (number >= 1 && number <= 8 && number == Math.rint(number)) ? (int) number : NO_NUMBER;
	}

	/** The digit of the first {@code tiff:Orientation="6"} or {@code >6}. */
	private static int xmpOrientation(byte[] xmp) {
		for (int i = 0; i < xmp.length; i++) {
			if (xmp[i] == 't' && startsWith(xmp, i, xmp.length, XMP_ORIENTATION)) {
				int next = i + XMP_ORIENTATION.length();
				int digit = startsWith(xmp, next, "=\"") ? next + 2 : startsWith(xmp, next, ">") ? next + 1 : -1;
				if (digit > 0 && digit < xmp.length && xmp[digit] >= '0' && xmp[digit] <= '9') {
					return xmp[digit] - '0';
				}
			}
		}
		return ABSENT;
	}

	private static boolean startsWith(byte[] bytes, int offset, String prefix) {
		return startsWith(bytes, offset, bytes.length, prefix);
	}

	private static boolean startsWith(byte[] bytes, int offset, int end, String prefix) {
		if (offset + prefix.length() > end) {
			return false;
		}
		for (int i = 0; i < prefix.length(); i++) {
			if ((bytes[offset + i] & 0xFF) != prefix.charAt(i)) {
				return false;
			}
		}
		return true;
	}

}
