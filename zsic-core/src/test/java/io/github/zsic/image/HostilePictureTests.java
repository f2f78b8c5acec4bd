package io.github.zsic.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

import com.sun.management.ThreadMXBean;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Pictures that were made to cost more than a picture is worth. What they cost is told by
 * the bytes that decoding them allocates; what took minutes or hours, or native memory,
 * must end within a time that is many times as long as expected.
 */
@Timeout(20)
class HostilePictureTests {

	private static final int MEGABYTES = 1024 * 1024;

	private final ImageDecoder decoder = new ImageDecoder(50_000_000, 20 * MEGABYTES, Duration.ofSeconds(10), 0);

	/** Reading it as XMP took time that doubled with each level. */
	@ParameterizedTest
	@ValueSource(ints = { 40, 1500 })
	void jpegWithNestedXmp(int depth) throws IOException {
		decodes(jpeg(xmpSegment(nestedXmp(depth, ""))), 61);
	}

	/** The value is found wherever it is. */
	@Test
	void orientationInNestedXmp() throws IOException {
		String xmp = nestedXmp(40, "<tiff:Orientation>6</tiff:Orientation>");
		decodes(jpeg(xmpSegment(xmp)), 47);
		decodes(png(chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0" + xmp)), 47);
	}

	@Test
	void pngWithNestedXmp() throws IOException {
		decodes(png(chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0" + nestedXmp(40, ""))), 61);
	}

	@Test
	void webpWithNestedXmp() throws IOException {
		byte[] webp = ImageDecoderReferenceTests.read("orientation-3.webp");
		byte[] xmp = nestedXmp(40, "").getBytes(StandardCharsets.ISO_8859_1);
		ByteBuffer file = ByteBuffer.allocate(webp.length + 8 + xmp.length + (xmp.length & 1))
			.order(ByteOrder.LITTLE_ENDIAN);
		file.put(webp).put("XMP ".getBytes(StandardCharsets.ISO_8859_1)).putInt(xmp.length).put(xmp);
		file.putInt(4, file.capacity() - 8);
		file.put(20, (byte) (file.get(20) | 4));
		decodes(file.array(), width("orientation-3.webp"));
	}

	/** A picture of one colour, of which the reader wants to see more than there is. */
	@Test
	void webpThatNeedsNoBits() {
		byte[] file = Base64.getDecoder().decode("UklGRhwAAABXRUJQVlA4TA8AAAAvr8TgAAcQ/Y/+ByKi/wEA");
		RgbImage image = this.decoder.decode("picture", file);
		assertThat(image.width()).isEqualTo(1200);
		for (int i = 0; i < image.pixels().length; i += 3) {
			assertThat(image.pixels()[i] == -1 && image.pixels()[i + 1] == 0 && image.pixels()[i + 2] == 0).isTrue();
		}
	}

	/** Joining them was quadratic. */
	@ParameterizedTest
	@CsvSource({ "0xE2, ICC_PROFILE", "0xE1, Exif", "0xE1, http://ns.adobe.com/xmp/extension/", "0xFE, comment",
			"0xED, Photoshop 3.0", "0xE0, JFXX" })
	void jpegWithManySegments(String marker, String identifier) throws IOException {
		byte[] segment = segment(Integer.decode(marker), (identifier + "\0\1\1" + "x".repeat(100)));
		decodes(jpeg(repeat(segment, 15 * MEGABYTES / segment.length)), 61);
	}

	/** The tables of all of them were built, though the last one counts. */
	@Test
	void jpegWithManyTables() throws IOException {
		byte[] table = segment(0xC4, "\0\0\1" + "\0".repeat(13) + "\0" + "\0");
		decodes(jpeg(repeat(table, 15 * MEGABYTES / table.length)), 61);
	}

	/** A reader that keeps comments joins them block by block. */
	@ParameterizedTest
	@ValueSource(strings = { "\u00FE", "\u00FF", "\u0001", "\u00F9" })
	void gifWithBlocksOfOneByte(String label) throws IOException {
		byte[] gif = ImageDecoderReferenceTests.read("gif-rgb.gif");
		int header = 13 + (((gif[10] & 0x80) != 0) ? 3 * (2 << (gif[10] & 7)) : 0);
		byte[] extension = bytes("!" + label);
		byte[] blocks = repeat(bytes("\1x"), 7 * MEGABYTES);
		decodes(join(Arrays.copyOf(gif, header), extension, blocks, new byte[1],
				Arrays.copyOfRange(gif, header, gif.length)), 61);
	}

	@Test
	void gifWithManyComments() throws IOException {
		byte[] gif = ImageDecoderReferenceTests.read("gif-rgb.gif");
		int header = 13 + (((gif[10] & 0x80) != 0) ? 3 * (2 << (gif[10] & 7)) : 0);
		decodes(join(Arrays.copyOf(gif, header), repeat(bytes("!\u00FE\1x\0"), 3 * MEGABYTES),
				Arrays.copyOfRange(gif, header, gif.length)), 61);
	}

	@Test
	void gifWithManyFrames() throws IOException {
		byte[] gif = ImageDecoderReferenceTests.read("gif-rgb.gif");
		byte[] frame = bytes(",\0\0\0\0\1\0\1\0\0\2\2\104\1\0");
		decodes(join(Arrays.copyOf(gif, gif.length - 1), repeat(frame, 900_000), bytes(";")), 61);
	}

	/** Before the real stream a decoy, which is what was looked at. */
	@ParameterizedTest
	@CsvSource({ "iCCP, 0, false", "iCCP, 0, true", "zTXt, 0, false", "zTXt, 0, true", "iTXt, 1, false",
			"iTXt, 1, true" })
	void pngThatInflates(String type, int languages, boolean interlaced) throws IOException {
		byte[] head = switch (type) {
			case "iTXt" -> bytes("Raw profile type exif\0\1\0\0\0");
			default -> bytes("Raw profile type exif\0\0");
		};
		byte[] decoy = deflated(new byte[10]);
		byte[] bomb = chunk(type, join(head, decoy, deflated(new byte[200 * MEGABYTES])));
		byte[] file = png(interlaced ? "png-rgb-filters-interlaced.png" : "png-rgb.png", bomb);
		decodes(file, 61);
		decodes(png(interlaced ? "png-rgb-filters-interlaced.png" : "png-rgb.png",
				chunk(type, join(head, deflated(new byte[200 * MEGABYTES])))), 61);
	}

	@Test
	void pngWithManyTextsThatInflate() throws IOException {
		byte[] text = chunk("zTXt", join(bytes("Raw profile type exif\0\0"), deflated(new byte[MEGABYTES - 1])));
		decodes(png(repeat(text, 10_000)), 61);
	}

	@ParameterizedTest
	@ValueSource(strings = { "png-rgb.png", "png-grey-16.png", "png-palette-4-interlaced.png" })
	void pngWithManyChunks(String file) throws IOException {
		int width = width(file);
		decodes(png(file, repeat(chunk("tEXt", "Title\0x"), 700_000)), width);
		decodes(png(file, repeat(chunk("eXIf", "II*\0\b\0\0\0"), 500_000)), width);
		decodes(png(file, repeat(chunk("sPLT", "x\0\b"), 700_000)), width);
	}

	/** 697 bytes took 2.4 GB of native memory. */
	@Test
	void tiffWhosePartClaimsMore() throws IOException {
		byte[] jpeg = ImageDecoderReferenceTests.read("jpeg-progressive.jpg");
		byte[] file = tiffOf(jpeg, 61, 47, 1);
		decodes(file, 61);
		byte[] larger = jpeg.clone();
		int frame = indexOf(larger, 0xFF, 0xC2);
		ByteBuffer.wrap(larger).putShort(frame + 5, (short) 20_000).putShort(frame + 7, (short) 20_000);
		refused(tiffOf(larger, 61, 47, 1), Reason.DAMAGED, "claims to have 20000 x 20000 pixels");
	}

	/** An old-style one goes to the plug-in, and from there to a native decoder. */
	@Test
	void tiffWhoseOldJpegClaimsMore() throws IOException {
		byte[] jpeg = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		int frame = indexOf(jpeg, 0xFF, 0xC0);
		ByteBuffer.wrap(jpeg).putShort(frame + 5, (short) 20_000).putShort(frame + 7, (short) 20_000);
		refused(tiff(jpeg, 61, 47, 47, 6, 1), Reason.DAMAGED, "claims to have 20000 x 20000 pixels");
	}

	/** Each costs the reader as much as thousands of pixels. */
	@Test
	void tiffOfManyStrips() {
		refused(tiff(new byte[33], 33, 1_500_000, 1, 1, 1_500_000), Reason.UNSUPPORTED_FORMAT, "strips");
	}

	@ParameterizedTest
	@ValueSource(ints = { 34712, 50000, 50001, 34925, 34676, 32809 })
	void tiffWithOtherFormatInside(int compression) {
		refused(tiff(new byte[100], 10, 10, 10, compression, 1), Reason.UNSUPPORTED_FORMAT,
				"is a TIFF with the compression " + compression);
	}

	@ParameterizedTest
	@ValueSource(ints = { 8, 9, 32844 })
	void tiffWithOtherColors(int photometric) {
		byte[] file = tiff(new byte[300], 10, 10, 10, 1, 1);
		ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putShort(8 + 2 + 4 * 12 + 8, (short) photometric);
		refused(file, Reason.UNSUPPORTED_FORMAT, "is a TIFF with colours of type " + photometric + " (");
	}

	@ParameterizedTest
	@ValueSource(ints = { 4, 5 })
	void bmpWithOtherFormatInside(int compression) throws IOException {
		byte[] file = ImageDecoderReferenceTests.read("bmp-rgb.bmp");
		file[30] = (byte) compression;
		refused(file, Reason.UNSUPPORTED_FORMAT, "is a BMP with the compression " + compression);
	}

	/** The reader would make room for a profile as large as the header says. */
	@Test
	void bmpWithProfile() throws IOException {
		byte[] file = ImageDecoderReferenceTests.read("bmp-rgba-v5.bmp");
		int columns = this.decoder.decode("picture", file).width();
		ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
		for (int colorSpace : new int[] { 0x4D424544, 0x4C494E4B, 0 }) {
			header.putInt(70, colorSpace);
			header.putInt(14 + 112, 124).putInt(14 + 116, 1_900_000_000);
			decodes(file, columns);
		}
	}

	/** What readers do is stopped from outside, wherever they are. */
	@ParameterizedTest
	@ValueSource(strings = { "tiff-rgb-tiff_lzw.tif", "webp-lossless.webp", "gif-rgb.gif", "png-rgb-16.png",
			"bmp-rle8.bmp" })
	void readersAreStopped(String file) throws IOException {
		byte[] content = ImageDecoderReferenceTests.read(file);
		ImageDecoder hurried = new ImageDecoder(50_000_000, 20 * MEGABYTES, Duration.ofNanos(1), 0);
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> hurried.decode("picture", content))
			.satisfies((refusal) -> assertThat(refusal.getReason()).isEqualTo(Reason.TOO_LARGE));
	}

	@Test
	void smallPicturesAreKnownByTheirHeaders() throws IOException {
		for (ImageDecoderReferenceTests.Expected expected : ImageDecoderReferenceTests.expected().toList()) {
			byte[] file = ImageDecoderReferenceTests.read(expected.file());
			assertThat(this.decoder.isSmall(file)).as(expected.file()).isTrue();
			assertThat(this.decoder.isSmall(Arrays.copyOf(file, 2 * MEGABYTES))).isFalse();
		}
		assertThat(this.decoder.isSmall(new byte[100])).isTrue();
		// 7000 x 7000 pixels in 36 bytes.
		byte[] webp = Base64.getDecoder().decode("UklGRhwAAABXRUJQVlA4TA8AAAAvV9vVBgcQ/Y/+ByKi/wEA");
		assertThat(this.decoder.isSmall(webp)).isFalse();
		byte[] jpeg = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		ByteBuffer.wrap(jpeg).putShort(indexOf(jpeg, 0xFF, 0xC0) + 5, (short) 20_000);
		ByteBuffer.wrap(jpeg).putShort(indexOf(jpeg, 0xFF, 0xC0) + 7, (short) 20_000);
		assertThat(this.decoder.isSmall(jpeg)).isFalse();
		assertThat(this.decoder.isSmall(tiff(new byte[33], 3300, 10_000, 1, 1, 1))).isFalse();
		byte[] gif = ImageDecoderReferenceTests.read("gif-rgb.gif");
		ByteBuffer.wrap(gif).order(ByteOrder.LITTLE_ENDIAN).putShort(6, (short) 5000).putShort(8, (short) 5000);
		assertThat(this.decoder.isSmall(gif)).isFalse();
	}

	/** The large one was decoded before that was found. */
	@Test
	void webpWhoseCanvasIsSmall() {
		byte[] webp = Base64.getDecoder().decode("UklGRhwAAABXRUJQVlA4TA8AAAAvV9vVBgcQ/Y/+ByKi/wEA");
		ByteBuffer file = ByteBuffer.allocate(webp.length + 18).order(ByteOrder.LITTLE_ENDIAN);
		file.put(webp, 0, 12).put(bytes("VP8X\12\0\0\0\0\0\0\0\11\0\0\11\0\0"));
		file.put(webp, 12, webp.length - 12).putInt(4, file.capacity() - 8);
		refused(file.array(), Reason.DAMAGED, "does not have the size that it announces");
	}

	private int width(String file) throws IOException {
		return this.decoder.decode("picture", ImageDecoderReferenceTests.read(file)).width();
	}

	private void decodes(byte[] file, int width) {
		long allocated = allocated(() -> assertThat(this.decoder.decode("picture", file).width()).isEqualTo(width));
		// Some copies of the file, and the picture, which is small.
		assertThat(allocated).as("bytes allocated").isLessThan(10L * file.length + 4 * MEGABYTES);
	}

	private void refused(byte[] file, Reason reason, String message) {
		long allocated = allocated(() -> assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> this.decoder.decode("picture", file))
			.withMessageContaining(message)
			.satisfies((refusal) -> assertThat(refusal.getReason()).isEqualTo(reason)));
		assertThat(allocated).as("bytes allocated").isLessThan(10L * file.length + 4 * MEGABYTES);
	}

	private static long allocated(Runnable action) {
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long before = threads.getCurrentThreadAllocatedBytes();
		action.run();
		return threads.getCurrentThreadAllocatedBytes() - before;
	}

	private static String nestedXmp(int depth, String innermost) {
		return "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
				+ "<rdf:Description rdf:about=\"\" xmlns:a=\"http://a/\">"
				+ "<a:b rdf:parseType=\"Resource\">".repeat(depth) + innermost + "</a:b>".repeat(depth)
				+ "</rdf:Description></rdf:RDF></x:xmpmeta>";
	}

	private static byte[] xmpSegment(String xmp) {
		return segment(0xE1, "http://ns.adobe.com/xap/1.0/\0" + xmp);
	}

	private static byte[] segment(int marker, String content) {
		ByteBuffer segment = ByteBuffer.allocate(4 + content.length());
		segment.put((byte) 0xFF).put((byte) marker).putShort((short) (2 + content.length())).put(bytes(content));
		return segment.array();
	}

	private static byte[] jpeg(byte[] segments) throws IOException {
		byte[] jpeg = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		return join(Arrays.copyOf(jpeg, 2), segments, Arrays.copyOfRange(jpeg, 2, jpeg.length));
	}

	private static byte[] chunk(String type, String content) {
		return chunk(type, bytes(content));
	}

	private static byte[] chunk(String type, byte[] content) {
		byte[] name = bytes(type);
		CRC32 checksum = new CRC32();
		checksum.update(name);
		checksum.update(content);
		ByteBuffer chunk = ByteBuffer.allocate(12 + content.length);
		chunk.putInt(content.length).put(name).put(content).putInt((int) checksum.getValue());
		return chunk.array();
	}

	private static byte[] png(byte[] chunks) throws IOException {
		return png("png-rgb.png", chunks);
	}

	/** Behind the header. */
	private static byte[] png(String file, byte[] chunks) throws IOException {
		byte[] png = ImageDecoderReferenceTests.read(file);
		return join(Arrays.copyOf(png, 33), chunks, Arrays.copyOfRange(png, 33, png.length));
	}

	private static byte[] tiffOf(byte[] jpeg, int width, int height, int strips) {
		return tiff(jpeg, width, height, height, 7, strips);
	}

	/** All strips are the same. */
	private static byte[] tiff(byte[] strip, int width, int height, int rowsPerStrip, int compression, int strips) {
		int[][] entries = { { 256, 4, 1, width }, { 257, 4, 1, height }, { 258, 3, 3, 0 }, { 259, 3, 1, compression },
				{ 262, 3, 1, (compression == 1) ? 2 : 6 }, { 273, 4, strips, 0 }, { 277, 3, 1, 3 },
				{ 278, 4, 1, rowsPerStrip }, { 279, 4, strips, 0 } };
		int values = 8 + 2 + entries.length * 12 + 4;
		int offsets = values + 6;
		int lengths = offsets + 4 * strips;
		int data = lengths + 4 * strips;
		ByteBuffer file = ByteBuffer.allocate(data + strip.length).order(ByteOrder.LITTLE_ENDIAN);
		file.putShort((short) 0x4949).putShort((short) 42).putInt(8).putShort((short) entries.length);
		for (int[] entry : entries) {
			int value = switch (entry[0]) {
				case 258 -> values;
				case 273 -> (strips == 1) ? data : offsets;
				case 279 -> (strips == 1) ? strip.length : lengths;
				default -> entry[3];
			};
			file.putShort((short) entry[0]).putShort((short) entry[1]).putInt(entry[2]).putInt(value);
		}
		file.putInt(0).putShort((short) 8).putShort((short) 8).putShort((short) 8);
		for (int i = 0; i < strips; i++) {
			file.putInt(offsets + 4 * i, data);
			file.putInt(lengths + 4 * i, strip.length);
		}
		file.position(data);
		file.put(strip);
		return file.array();
	}

	private static int indexOf(byte[] bytes, int first, int second) {
		for (int i = 0; i < bytes.length - 1; i++) {
			if (bytes[i] == (byte) first && bytes[i + 1] == (byte) second) {
				return i;
			}
		}
		throw new IllegalArgumentException();
	}

	private static byte[] deflated(byte[] content) {
		Deflater deflater = new Deflater(9);
		deflater.setInput(content);
		deflater.finish();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		byte[] buffer = new byte[64 * 1024];
		while (!deflater.finished()) {
			bytes.write(buffer, 0, deflater.deflate(buffer));
		}
		deflater.end();
		return bytes.toByteArray();
	}

	private static byte[] bytes(String latin1) {
		return latin1.getBytes(StandardCharsets.ISO_8859_1);
	}

	private static byte[] repeat(byte[] bytes, int count) {
		byte[] all = new byte[bytes.length * count];
		for (int i = 0; i < count; i++) {
			System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
		}
		return all;
	}

	private static byte[] join(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

}
