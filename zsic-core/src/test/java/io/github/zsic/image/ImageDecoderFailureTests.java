package io.github.zsic.image;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

import com.sun.management.ThreadMXBean;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * {@link ImageDecoder} on what is no picture, or a bad one.
 */
class ImageDecoderFailureTests {

	private static final long MEGAPIXELS = 100_000_000;

	private final ImageDecoder decoder = new ImageDecoder(MEGAPIXELS, 10_000_000);

	@Test
	void nothing() {
		assertThat(refusal(new byte[0]).getReason()).isEqualTo(Reason.UNREADABLE);
	}

	/** The stream of a file keeps native memory of the size that it was asked for. */
	@Test
	void readsInPieces() throws IOException {
		byte[] bytes = new byte[3_000_001];
		new Random(1).nextBytes(bytes);
		int[] largest = { 0 };
		InputStream in = new ByteArrayInputStream(bytes) {

			@Override
			public synchronized int read(byte[] buffer, int offset, int length) {
				largest[0] = Math.max(largest[0], length);
				return super.read(buffer, offset, Math.min(length, 50_000));
			}

			@Override
			public synchronized int available() {
				return Math.min(super.available(), 2_000_000);
			}

		};
		assertThat(this.decoder.read(in)).isEqualTo(bytes);
		assertThat(largest[0]).isBetween(1, 1 << 17);
	}

	@Test
	void unsupportedFormatWithZeros() {
		assertThat(refusal("\0\0\1\0\1\0\20\20".getBytes(StandardCharsets.ISO_8859_1)))
			.satisfies((refusal) -> assertThat(refusal.getReason()).isEqualTo(Reason.UNSUPPORTED_FORMAT))
			.hasMessageContaining("ICO");
		assertThat(refusal("\u0089PNG\r\n\32\n\0\0\0\4CgBI\60\0\40\2....".getBytes(StandardCharsets.ISO_8859_1)))
			.satisfies((refusal) -> assertThat(refusal.getReason()).isEqualTo(Reason.UNSUPPORTED_FORMAT))
			.hasMessageContaining("CgBI");
	}

	/** Far more than other pictures, because only a part of it is ever in memory. */
	@Test
	void largerJpegThatIsMadeSmaller() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		int frame = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\u00FF\u00C0");
		ByteBuffer.wrap(bytes).putShort(frame + 5, (short) 14_000).putShort(frame + 7, (short) 14_000);
		ImageDecoder scaling = new ImageDecoder(64_000_000, 10_000_000, Duration.ofSeconds(60), 224);
		assertThat(scaling.decode("picture", bytes).originalWidth()).isEqualTo(14_000);
		ImageDecoder inFull = new ImageDecoder(64_000_000, 10_000_000, Duration.ofSeconds(60), 0);
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> inFull.decode("picture", bytes))
			.withMessageContaining("has 14000 x 14000 pixels");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			hello world | not a picture in a known format
			<!DOCTYPE html><html></html> | web page
			<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/> | SVG
			%PDF-1.7 | PDF
			....ftypheic....mif1heic | HEIC
			....ftypmif1....mif1heic | HEIC
			....ftypavif....mif1avif | AVIF
			....ftypisom....iso2avc1 | video
			P6 37 29 255 | PPM
			x | not a picture
			GIF | not a picture
			""")
	void unsupportedFormat(String content, String name) {
		InvalidImageException refusal = refusal(content.getBytes(StandardCharsets.ISO_8859_1));
		assertThat(refusal.getReason()).isEqualTo(Reason.UNSUPPORTED_FORMAT);
		assertThat(refusal.getDescription()).startsWith("The picture 'picture' ").contains(name);
		assertThat(refusal.getAction()).contains("JPEG, PNG, GIF, WebP, BMP or TIFF");
	}

	@ParameterizedTest
	@ValueSource(strings = { "jpeg-420.jpg", "jpeg-progressive.jpg", "jpeg-cmyk.jpg", "png-rgb.png", "png-palette.png",
			"png-rgb-filters-interlaced.png", "gif-rgb.gif", "gif-full-table.gif", "webp-lossy.webp",
			"webp-lossless.webp", "webp-animated.webp", "bmp-rgb.bmp", "bmp-rle8.bmp", "tiff-rgb-raw.tif",
			"tiff-rgb-tiff_lzw.tif" })
	void truncated(String file) throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read(file);
		for (int length : new int[] { 16, 30, bytes.length / 4, bytes.length / 2, bytes.length - 30 }) {
			byte[] part = Arrays.copyOf(bytes, Math.max(2, length));
			InvalidImageException refusal = refusal(part);
			assertThat(refusal.getReason()).as("%d of %d bytes", length, bytes.length)
				.isIn(Reason.DAMAGED, Reason.UNSUPPORTED_FORMAT);
			if (length >= 16) {
				assertThat(refusal.getReason()).isEqualTo(Reason.DAMAGED);
			}
		}
	}

	/**
	 * Two by two pixels whose codes announce their own end, after none, two, three and
	 * all of them: the reference takes the last one only.
	 */
	@ParameterizedTest
	@CsvSource({ "2C, false", "44 0A, false", "44 A8 02, false", "44 28 14, true" })
	void gifWhoseCodesEndEarly(String codes, boolean complete) {
		byte[] data = HexFormat.ofDelimiter(" ").parseHex(codes);
		ByteBuffer gif = ByteBuffer.allocate(100).order(ByteOrder.LITTLE_ENDIAN);
		gif.put("GIF89a".getBytes(StandardCharsets.US_ASCII)).putShort((short) 2).putShort((short) 2);
		gif.put((byte) 0x81).putShort((short) 0).put(new byte[4 * 3]);
		gif.put((byte) ',').putInt(0).putShort((short) 2).putShort((short) 2).put((byte) 0);
		gif.put((byte) 2).put((byte) data.length).put(data).put((byte) 0).put((byte) ';');
		byte[] file = Arrays.copyOf(gif.array(), gif.position());
		if (complete) {
			assertThat(this.decoder.decode("picture", file).width()).isEqualTo(2);
		}
		else {
			assertThat(refusal(file).getReason()).isEqualTo(Reason.DAMAGED);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "jpeg-420.jpg", "jpeg-progressive.jpg", "png-rgb.png", "png-rgb-filters-interlaced.png",
			"gif-rgb.gif", "webp-lossy.webp", "webp-lossless.webp", "webp-animated.webp", "bmp-rgb.bmp",
			"tiff-rgb-raw.tif", "tiff-rgb-tiff_lzw.tif" })
	void takesTooLong(String file) throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read(file);
		ImageDecoder hurried = new ImageDecoder(MEGAPIXELS, 10_000_000, Duration.ofNanos(1), 0);
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> hurried.decode("picture", bytes))
			.satisfies((refusal) -> assertThat(refusal.getReason()).isEqualTo(Reason.TOO_LARGE))
			.withMessageContaining("takes more than the 0 ms to decode");
	}

	@Test
	void jpegWithoutEnd() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		assertThat(refusal(Arrays.copyOf(bytes, bytes.length - 2)).getReason()).isEqualTo(Reason.DAMAGED);
	}

	@Test
	void pngWithFlippedBit() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("png-rgb.png");
		bytes[bytes.length / 2] ^= 1;
		assertThat(refusal(bytes).getReason()).isEqualTo(Reason.DAMAGED);
	}

	@Test
	void damagedMetadataIsNoDamage() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("orientation-6.jpg");
		int exif = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("Exif\0\0");
		assertThat(this.decoder.decode("picture", bytes).width()).isEqualTo(47);
		Arrays.fill(bytes, exif + 10, exif + 14, (byte) 0xFF);
		assertThat(this.decoder.decode("picture", bytes).width()).isEqualTo(61);
	}

	/**
	 * Whatever a file has been through, the outcome is a picture or a refusal.
	 */
	@Test
	void damageOfAnyKind() throws IOException {
		Random random = new Random(42);
		ImageDecoder[] decoders = { new ImageDecoder(1_000_000, 1_000_000),
				new ImageDecoder(1_000_000, 1_000_000, Duration.ofDays(1), ScaledDecodingTests.withoutPolicy(3)) };
		int pictures = 0;
		for (ImageDecoderReferenceTests.Expected expected : ImageDecoderReferenceTests.expected().toList()) {
			byte[] original = ImageDecoderReferenceTests.read(expected.file());
			for (int round = 0; round < Integer.getInteger("zsic.test.rounds", 40); round++) {
				byte[] bytes = original.clone();
				for (int i = random.nextInt(4); i >= 0; i--) {
					// Headers are where damage is most interesting.
					int at = random.nextBoolean() ? random.nextInt(bytes.length)
							: random.nextInt(Math.min(64, bytes.length));
					bytes[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : (random.nextBoolean() ? 0xFF : 0));
				}
				try {
					decoders[round % 2].decode("picture", bytes);
					pictures++;
				}
				catch (InvalidImageException ex) {
					assertThat(ex.getDescription()).startsWith("The picture 'picture' ");
				}
				catch (RuntimeException | Error ex) {
					throw new AssertionError(expected.file() + " in round " + round, ex);
				}
			}
		}
		assertThat(pictures).isPositive();
	}

	@Test
	void pngBomb() {
		byte[] zeros = new byte[64 * 1024];
		Deflater deflater = new Deflater();
		deflater.setInput(zeros);
		deflater.finish();
		byte[] data = Arrays.copyOf(zeros, deflater.deflate(zeros));
		deflater.end();
		assertRefusedAtOnce(png(25_000, 20_000, data));
		assertThat(refusal(png(9_000, 9_000, data)).getReason()).isEqualTo(Reason.DAMAGED);
		assertRefusedAtOnce(png(Integer.MAX_VALUE, Integer.MAX_VALUE, data));
	}

	/** The highest byte of the length of a chunk is before its name, or behind it. */
	@ParameterizedTest
	@CsvSource({ "png-profile.png, iCCP, -4", "orientation-3.webp, EXIF, 7" })
	void metadataThatClaimsToBeHuge(String file, String chunk, int offset) throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read(file);
		bytes[new String(bytes, StandardCharsets.ISO_8859_1).indexOf(chunk) + offset] = 0x20;
		refusal(bytes);
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long before = threads.getCurrentThreadAllocatedBytes();
		assertThat(refusal(bytes).getReason()).isEqualTo(Reason.DAMAGED);
		assertThat(threads.getCurrentThreadAllocatedBytes() - before).as("bytes").isLessThan(1_000_000);
	}

	@Test
	void gifBomb() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("gif-rgb.gif");
		Arrays.fill(bytes, 6, 10, (byte) 0xFF);
		assertRefusedAtOnce(bytes);
		byte[] frame = ImageDecoderReferenceTests.read("gif-grey.gif");
		int descriptor = 13 + 3 * (2 << (frame[10] & 7));
		assertThat(frame[descriptor]).isEqualTo((byte) ',');
		Arrays.fill(frame, descriptor + 1, descriptor + 9, (byte) 0xFF);
		assertRefusedAtOnce(frame);
	}

	@Test
	void jpegBomb() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("jpeg-420.jpg");
		int frame = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("\u00FF\u00C0");
		Arrays.fill(bytes, frame + 5, frame + 9, (byte) 0xFF);
		assertRefusedAtOnce(bytes);
	}

	@Test
	void webpBomb() throws IOException {
		byte[] canvas = ImageDecoderReferenceTests.read("webp-animated.webp");
		Arrays.fill(canvas, 24, 30, (byte) 0xFF);
		assertRefusedAtOnce(canvas);
		byte[] lossy = ImageDecoderReferenceTests.read("webp-lossy.webp");
		Arrays.fill(lossy, 26, 30, (byte) 0xFF);
		assertRefusedAtOnce(lossy);
		byte[] lossless = ImageDecoderReferenceTests.read("webp-lossless.webp");
		int signature = new String(lossless, StandardCharsets.ISO_8859_1).indexOf("VP8L") + 8;
		Arrays.fill(lossless, signature + 1, signature + 4, (byte) 0xFF);
		lossless[signature + 4] |= 0x0F;
		assertRefusedAtOnce(lossless);
	}

	@Test
	void webpFrameLargerThanCanvas() throws IOException {
		byte[] canvas = ImageDecoderReferenceTests.read("webp-animated.webp");
		Arrays.fill(canvas, 24, 30, (byte) 1);
		canvas[26] = 0;
		canvas[24] = 3;
		canvas[25] = 0;
		canvas[27] = 3;
		canvas[28] = 0;
		canvas[29] = 0;
		assertThat(refusal(canvas).getReason()).isEqualTo(Reason.DAMAGED);
	}

	@Test
	void bmpBomb() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("bmp-palette.bmp");
		ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		header.putInt(18, 12_000).putInt(22, -12_000);
		assertRefusedAtOnce(bytes);
		// Sizes that the reader itself refuses.
		for (int height : new int[] { -65_535, Integer.MIN_VALUE }) {
			header.putInt(18, 65_535).putInt(22, height);
			assertThat(refusal(bytes).getReason()).isEqualTo(Reason.DAMAGED);
		}
	}

	@Test
	void tiffBomb() {
		assertRefusedAtOnce(tiff(65_535, 65_535, 100));
		assertThat(refusal(tiff(9_000, 9_000, Integer.MAX_VALUE)).getReason()).isEqualTo(Reason.DAMAGED);
	}

	@Test
	void tooManyBytes() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("png-rgb.png");
		ImageDecoder small = new ImageDecoder(MEGAPIXELS, bytes.length - 1);
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> small.decode("picture", bytes))
			.extracting(InvalidImageException::getReason)
			.isEqualTo(Reason.TOO_LARGE);
		CountingStream stream = new CountingStream();
		assertThatExceptionOfType(InvalidImageException.class).isThrownBy(() -> small.decode("picture", stream))
			.extracting(InvalidImageException::getReason)
			.isEqualTo(Reason.TOO_LARGE);
		assertThat(stream.count).isEqualTo(bytes.length);
		assertThat(
				new ImageDecoder(MEGAPIXELS, bytes.length).decode("picture", new ByteArrayInputStream(bytes)).width())
			.isEqualTo(61);
	}

	@Test
	void exactlyAsManyPixelsAsAllowed() throws IOException {
		byte[] bytes = ImageDecoderReferenceTests.read("png-rgb.png");
		assertThat(new ImageDecoder(61 * 47, 100_000).decode("picture", bytes).height()).isEqualTo(47);
		assertThatExceptionOfType(InvalidImageException.class)
			.isThrownBy(() -> new ImageDecoder(61 * 47 - 1, 100_000).decode("picture", bytes))
			.withMessageContaining("61 x 47");
	}

	@Test
	void brokenStream() {
		InputStream broken = new InputStream() {

			@Override
			public int read() throws IOException {
				throw new IOException("gone");
			}

		};
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> this.decoder.decode("picture", broken))
			.withMessage("gone");
	}

	@Test
	void limitsMustBePositive() {
		assertThatIllegalArgumentException().isThrownBy(() -> new ImageDecoder(0, 1));
		assertThatIllegalArgumentException().isThrownBy(() -> new ImageDecoder(1, 0));
	}

	private InvalidImageException refusal(byte[] bytes) {
		try {
			this.decoder.decode("picture", bytes);
		}
		catch (InvalidImageException ex) {
			return ex;
		}
		throw new AssertionError("was decoded");
	}

	private void assertRefusedAtOnce(byte[] bytes) {
		refusal(bytes);
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long before = threads.getCurrentThreadAllocatedBytes();
		InvalidImageException refusal = refusal(bytes);
		assertThat(threads.getCurrentThreadAllocatedBytes() - before).as("bytes").isLessThan(1_000_000);
		assertThat(refusal.getReason()).isEqualTo(Reason.TOO_LARGE);
		assertThat(refusal.getDescription()).startsWith("The picture 'picture' has").contains("100,000,000");
	}

	private static byte[] png(int width, int height, byte[] data) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes(new byte[] { (byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10 });
		out.writeBytes(chunk("IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).array()));
		out.writeBytes(chunk("IDAT", data));
		out.writeBytes(chunk("IEND", new byte[0]));
		return out.toByteArray();
	}

	private static byte[] chunk(String type, byte[] data) {
		ByteBuffer chunk = ByteBuffer.allocate(data.length + 12).putInt(data.length);
		chunk.put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
		CRC32 crc = new CRC32();
		crc.update(chunk.array(), 4, data.length + 4);
		return chunk.putInt((int) crc.getValue()).array();
	}

	private static byte[] tiff(int width, int height, int stripLength) {
		int[][] entries = { { 256, width }, { 257, height }, { 258, 8 }, { 259, 1 }, { 262, 1 }, { 273, 8 }, { 277, 1 },
				{ 278, height }, { 279, stripLength } };
		ByteBuffer file = ByteBuffer.allocate(300).order(ByteOrder.LITTLE_ENDIAN);
		file.put((byte) 'I').put((byte) 'I').putShort((short) 42).putInt(120).position(120);
		file.putShort((short) entries.length);
		for (int[] entry : entries) {
			file.putShort((short) entry[0]).putShort((short) 4).putInt(1).putInt(entry[1]);
		}
		return file.array();
	}

	private static final class CountingStream extends InputStream {

		private int count;

		@Override
		public int read() {
			this.count++;
			return 0;
		}

	}

}
