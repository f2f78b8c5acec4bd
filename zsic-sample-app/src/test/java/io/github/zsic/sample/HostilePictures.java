package io.github.zsic.sample;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;

/**
 * Files that somebody might send who means no good, by what they are.
 */
final class HostilePictures {

	private static final byte[] PNG = { (byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };

	/** Pixels that are just within the limit. */
	private static final int SIDE = 7000;

	private HostilePictures() {
	}

	/**
	 * Files that must be refused.
	 */
	static Map<String, byte[]> refused() throws IOException {
		Map<String, byte[]> files = new LinkedHashMap<>();
		files.put("empty", new byte[0]);
		files.put("one byte", new byte[1]);
		files.put("zeros", new byte[100_000]);
		files.put("text", ascii("hello"));
		files.put("SVG", ascii("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"));
		files.put("SVG with entities", ascii("<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b "
				+ "'&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]><svg>&b;&c;</svg>"));
		files.put("HTML", ascii("<!doctype html><html><script>alert(1)</script></html>"));
		files.put("PDF", ascii("%PDF-1.7\n%\n1 0 obj\n"));
		files.put("script", ascii("#!/bin/sh\nrm -rf /\n"));
		files.put("ELF", ascii("\u007fELF\u0002\u0001\u0001"));
		files.put("class file", bytes(0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 61));
		files.put("serialized object", bytes(0xAC, 0xED, 0, 5, 's', 'r'));
		files.put("zip", zip(1000));
		files.put("zip bomb", zip(100_000_000));
		files.put("gzip", bytes(0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3));
		files.put("AVIF", ascii("\0\0\0\u001cftypavif\0\0\0\0avif"));
		files.put("HEIC", ascii("\0\0\0\u001cftypheic\0\0\0\0heic"));
		files.put("JPEG XL", bytes(0xFF, 0x0A, 0, 0, 0));
		files.put("EPS", ascii("%!PS-Adobe-3.0 EPSF-3.0\n%pipe%id"));
		files.put("ImageMagick script",
				ascii("push graphic-context\nfill 'url(https://127.0.0.1/x.jpg\"|ls \"-la)'\n"));
		files.put("GIF that is a script", ascii("GIF89a/*<script>alert(1)</script>*/=1;"));
		files.put("PNG signature only", PNG);
		files.put("JPEG signature only", bytes(0xFF, 0xD8, 0xFF));
		files.put("PNG bomb, 30000 x 30000", png(30_000, 30_000, 1, 0, 0));
		files.put("PNG bomb, 2147483647 x 2147483647", png(Integer.MAX_VALUE, Integer.MAX_VALUE, 8, 6, 0));
		files.put("PNG of -1 x -1", png(-1, -1, 8, 2, 0));
		files.put("PNG of 0 x 0", png(0, 0, 8, 2, 0));
		files.put("PNG with 99 bits", png(10, 10, 99, 2, 100));
		files.put("PNG with too little data", png(SIDE, SIDE, 8, 2, 1000));
		files.put("PNG whose chunk is as long as there are numbers",
				concat(PNG, bytes(0x7F, 0xFF, 0xFF, 0xFF), ascii("IHDR")));
		files.put("PNG whose chunk has a negative length", concat(PNG, bytes(0xFF, 0xFF, 0xFF, 0xFF), ascii("IHDR")));
		files.put("GIF bomb, 65535 x 65535", gif(65_535, 65_535, 0, 0, 65_535, 65_535));
		files.put("GIF bomb beyond its canvas", gif(1, 1, 65_535, 65_535, 1, 1));
		files.put("GIF of 0 x 0", gif(0, 0, 0, 0, 0, 0));
		files.put("GIF without data", gif(SIDE, SIDE, 0, 0, SIDE, SIDE));
		files.put("WebP bomb, canvas", webp("VP8X", bytes(0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF)));
		files.put("WebP bomb, lossless", webp("VP8L", bytes(0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0, 0)));
		files.put("WebP bomb, lossy",
				webp("VP8 ", bytes(0x30, 1, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0, 0, 0, 0)));
		files.put("WebP within the limit without data",
				webp("VP8 ", bytes(0x30, 1, 0, 0x9D, 1, 0x2A, SIDE & 0xFF, SIDE >> 8, SIDE & 0xFF, SIDE >> 8)));
		files.put("WebP without chunks", webp("JUNK", new byte[4]));
		files.put("TIFF bomb, 100000 x 100000", tiff(100_000, 100_000, 1, 8));
		files.put("TIFF bomb, 4294967295 x 4294967295", tiff(-1, -1, 1, 8));
		files.put("TIFF of 0 x 0", tiff(0, 0, 1, 8));
		files.put("TIFF without data", tiff(SIDE, SIDE, 1, 8));
		files.put("TIFF with data beyond its end", tiff(100, 100, 1, Integer.MAX_VALUE));
		files.put("TIFF with unknown compression", tiff(100, 100, 31_337, 8));
		files.put("TIFF with a directory beyond its end", bytes('I', 'I', 42, 0, 0xFF, 0xFF, 0xFF, 0x7F));
		files.put("TIFF with 65535 entries", bytes('I', 'I', 42, 0, 8, 0, 0, 0, 0xFF, 0xFF, 0, 1));
		files.put("BigTIFF with a directory at the end of numbers",
				bytes('I', 'I', 43, 0, 8, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F));
		files.put("JPEG bomb, 65500 x 65500", size(photo("jpg"), 65_500, 65_500));
		files.put("JPEG of 0 x 0", size(photo("jpg"), 0, 0));
		files.put("BMP bomb", bmp(60_000, 60_000));
		files.put("BMP of the smallest number of rows", bmp(10, Integer.MIN_VALUE));
		files.put("BMP of negative width", bmp(-10, 10));
		files.put("BMP without data", bmp(SIDE, SIDE));
		for (String format : new String[] { "png", "jpg", "gif", "bmp", "tif" }) {
			byte[] whole = photo(format);
			for (int part : new int[] { 10, 30, 60, 90 }) {
				files.put(format + " cut at " + part + " %", Arrays.copyOf(whole, whole.length * part / 100));
			}
		}
		byte[] webp = Base64.getDecoder().decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA");
		files.put("webp cut", Arrays.copyOf(webp, 26));
		return files;
	}

	/**
	 * Files of which a decoder may take what is good, or nothing, but not its time and
	 * not the memory.
	 */
	static Map<String, byte[]> tolerated() throws IOException {
		Map<String, byte[]> files = new LinkedHashMap<>();
		byte[] png = photo("png");
		byte[] jpeg = photo("jpg");
		byte[] bomb = deflated(300_000_000);
		files.put("PNG with a text of 300 MB", insert(png, 33, chunk("zTXt", concat(ascii("Comment\0\0"), bomb))));
		files.put("PNG with an international text of 300 MB",
				insert(png, 33, chunk("iTXt", concat(ascii("XML:com.adobe.xmp\0\u0001\0\0\0"), bomb))));
		files.put("PNG with EXIF of 300 MB as text",
				insert(png, 33, chunk("zTXt", concat(ascii("Raw profile type exif\0\0"), bomb))));
		files.put("PNG with a profile of 300 MB", insert(png, 33, chunk("iCCP", concat(ascii("p\0\0"), bomb))));
		files.put("PNG with a broken profile", insert(png, 33, chunk("iCCP", ascii("p\0\0junk"))));
		files.put("PNG with broken EXIF", insert(png, 33, chunk("eXIf", ascii("II*\0\u00ff\u00ff\u00ff\u00ff"))));
		files.put("JPEG with EXIF that is cut", segment(jpeg, 0xE1, ascii("Exif\0\0II*")));
		files.put("JPEG with EXIF that refers to itself", segment(jpeg, 0xE1, concat(ascii("Exif\0\0II*\0\u0008\0\0\0"),
				bytes(1, 0, 0x69, 0x87, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0))));
		files.put("JPEG with EXIF of 4 billion values", segment(jpeg, 0xE1, concat(ascii("Exif\0\0II*\0\u0008\0\0\0"),
				bytes(1, 0, 0x12, 1, 3, 0, 0xFF, 0xFF, 0xFF, 0xFF, 8, 0, 0, 0, 0, 0, 0, 0))));
		files.put("JPEG with orientation 99", segment(jpeg, 0xE1, concat(ascii("Exif\0\0II*\0\u0008\0\0\0"),
				bytes(1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0))));
		files.put("JPEG with EXIF of noise", segment(jpeg, 0xE1, concat(ascii("Exif\0\0MM\0*"), new byte[60_000])));
		files.put("JPEG with hostile XMP",
				segment(jpeg, 0xE1, ascii("http://ns.adobe.com/xap/1.0/\0<!DOCTYPE x [<!ENTITY "
						+ "e SYSTEM 'file:///etc/passwd'>]><x:xmpmeta xmlns:x='adobe:ns:meta/'>&e;</x:xmpmeta>")));
		files.put("JPEG with a broken profile", segment(jpeg, 0xE2, ascii("ICC_PROFILE\0\u0001\u0001junk")));
		files.put("JPEG with part 200 of 3 of a profile",
				segment(jpeg, 0xE2, concat(ascii("ICC_PROFILE\0"), bytes(200, 3), new byte[1000])));
		files.put("JPEG with a profile that claims 4 GB", segment(jpeg, 0xE2,
				concat(ascii("ICC_PROFILE\0"), bytes(1, 1, 0xFF, 0xFF, 0xFF, 0xFF), new byte[200])));
		files.put("JPEG of more pixels than data", size(jpeg, SIDE, SIDE));
		files.put("JPEG with 100 scans", scans(100));
		files.put("JPEG with 5000 scans", scans(5000));
		files.put("GIF with an endless animation", animation());
		for (String format : new String[] { "png", "jpg", "gif", "bmp", "tif" }) {
			byte[] whole = photo(format);
			for (int seed = 1; seed <= 6; seed++) {
				byte[] damaged = whole.clone();
				java.util.Random random = new java.util.Random(seed);
				for (int i = 0; i < 10; i++) {
					damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
				}
				files.put(format + " with noise " + seed, damaged);
			}
			files.put(format + " with a zip behind it", concat(whole, zip(1000)));
		}
		return files;
	}

	static byte[] photo(String format) throws IOException {
		BufferedImage image = new BufferedImage(64, 48, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(Color.ORANGE);
		graphics.fillOval(8, 8, 40, 30);
		graphics.dispose();
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		ImageIO.write(image, format, out);
		return out.toByteArray();
	}

	private static byte[] png(int width, int height, int bits, int type, int length) throws IOException {
		byte[] header = ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) bits).put((byte) type).array();
		return concat(PNG, chunk("IHDR", header), chunk("IDAT", deflated(length)), chunk("IEND", new byte[0]));
	}

	private static byte[] chunk(String type, byte[] content) {
		byte[] body = concat(ascii(type), content);
		CRC32 crc = new CRC32();
		crc.update(body);
		return ByteBuffer.allocate(body.length + 8)
			.putInt(content.length)
			.put(body)
			.putInt((int) crc.getValue())
			.array();
	}

	private static byte[] gif(int width, int height, int left, int top, int columns, int rows) {
		return ByteBuffer.allocate(13 + 6 + 10 + 5)
			.order(ByteOrder.LITTLE_ENDIAN)
			.put(ascii("GIF89a"))
			.putShort((short) width)
			.putShort((short) height)
			.put(bytes(0x80, 0, 0))
			.put(new byte[6])
			.put((byte) ',')
			.putShort((short) left)
			.putShort((short) top)
			.putShort((short) columns)
			.putShort((short) rows)
			.put(bytes(0, 2, 1, 0, 0, ';'))
			.array();
	}

	private static byte[] animation() throws IOException {
		byte[] one = photo("gif");
		byte[] frames = concat(bytes(0x21, 0xFF, 11), ascii("NETSCAPE2.0"), bytes(3, 1, 0, 0, 0));
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		out.writeBytes(Arrays.copyOf(one, one.length - 1));
		for (int i = 0; i < 10_000; i++) {
			out.writeBytes(frames);
		}
		return out.toByteArray();
	}

	private static byte[] webp(String type, byte[] content) {
		return ByteBuffer.allocate(20 + content.length)
			.order(ByteOrder.LITTLE_ENDIAN)
			.put(ascii("RIFF"))
			.putInt(12 + content.length)
			.put(ascii("WEBP" + type))
			.putInt(content.length)
			.put(content)
			.array();
	}

	private static byte[] tiff(int width, int height, int compression, int offset) {
		int[][] entries = { { 256, width }, { 257, height }, { 258, 8 }, { 259, compression }, { 262, 1 },
				{ 273, offset }, { 277, 1 }, { 278, height }, { 279, 100 } };
		ByteBuffer file = ByteBuffer.allocate(14 + 12 * entries.length).order(ByteOrder.LITTLE_ENDIAN);
		file.put(bytes('I', 'I', 42, 0, 8, 0, 0, 0)).putShort((short) entries.length);
		for (int[] entry : entries) {
			file.putShort((short) entry[0]).putShort((short) 4).putInt(1).putInt(entry[1]);
		}
		return file.putInt(0).array();
	}

	private static byte[] bmp(int width, int height) {
		return ByteBuffer.allocate(54)
			.order(ByteOrder.LITTLE_ENDIAN)
			.put(ascii("BM"))
			.putInt(54)
			.putInt(0)
			.putInt(54)
			.putInt(40)
			.putInt(width)
			.putInt(height)
			.putShort((short) 1)
			.putShort((short) 24)
			.array();
	}

	/** Gives the frame of a JPEG another size. */
	private static byte[] size(byte[] jpeg, int width, int height) {
		byte[] result = jpeg.clone();
		for (int i = 2; i < result.length - 9; i++) {
			boolean frame = result[i] == (byte) 0xFF
					&& ((result[i + 1] & 0xFF) == 0xC0 || (result[i + 1] & 0xFF) == 0xC2);
			if (frame) {
				ByteBuffer.wrap(result, i + 5, 4).putShort((short) height).putShort((short) width);
				return result;
			}
		}
		throw new IllegalArgumentException("The JPEG has no frame");
	}

	/** A progressive JPEG of many pixels whose last scan is repeated. */
	private static byte[] scans(int count) throws IOException {
		ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (var stream = ImageIO.createImageOutputStream(out)) {
			ImageWriteParam parameters = writer.getDefaultWriteParam();
			parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
			writer.setOutput(stream);
			writer.write(null, new IIOImage(new BufferedImage(16, 16, BufferedImage.TYPE_BYTE_GRAY), null, null),
					parameters);
		}
		finally {
			writer.dispose();
		}
		byte[] jpeg = size(out.toByteArray(), SIDE, SIDE);
		int last = jpeg.length - 2;
		while (!(jpeg[last] == (byte) 0xFF && jpeg[last + 1] == (byte) 0xDA)) {
			last--;
		}
		byte[] scan = Arrays.copyOfRange(jpeg, last, jpeg.length - 2);
		ByteArrayOutputStream file = new ByteArrayOutputStream();
		file.writeBytes(Arrays.copyOf(jpeg, last));
		for (int i = 0; i < count; i++) {
			file.writeBytes(scan);
		}
		file.writeBytes(bytes(0xFF, 0xD9));
		return file.toByteArray();
	}

	private static byte[] segment(byte[] jpeg, int marker, byte[] content) {
		int length = content.length + 2;
		return insert(jpeg, 2, concat(bytes(0xFF, marker, length >> 8, length & 0xFF), content));
	}

	private static byte[] deflated(int length) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (DeflaterOutputStream deflater = new DeflaterOutputStream(out, new Deflater(Deflater.BEST_SPEED))) {
			byte[] zeros = new byte[1024 * 1024];
			for (int left = length; left > 0; left -= zeros.length) {
				deflater.write(zeros, 0, Math.min(left, zeros.length));
			}
		}
		return out.toByteArray();
	}

	private static byte[] zip(int length) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (ZipOutputStream zip = new ZipOutputStream(out)) {
			zip.setLevel(Deflater.BEST_SPEED);
			zip.putNextEntry(new ZipEntry("../../owl.png"));
			byte[] zeros = new byte[1000];
			for (int left = length; left > 0; left -= zeros.length) {
				zip.write(zeros, 0, Math.min(left, zeros.length));
			}
		}
		return out.toByteArray();
	}

	private static byte[] insert(byte[] file, int position, byte[] content) {
		return concat(Arrays.copyOf(file, position), content, Arrays.copyOfRange(file, position, file.length));
	}

	static byte[] concat(byte[]... parts) {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			out.writeBytes(part);
		}
		return out.toByteArray();
	}

	static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

	static byte[] bytes(int... values) {
		byte[] bytes = new byte[values.length];
		for (int i = 0; i < bytes.length; i++) {
			bytes[i] = (byte) values[i];
		}
		return bytes;
	}

}
