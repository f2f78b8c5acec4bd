package io.github.zsic.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

import io.github.zsic.Mutations;

/**
 * Damages pictures where their formats have a structure: the segments of a JPEG, the
 * chunks of a PNG or WebP, the blocks of a GIF, the entries of a TIFF. What bytes changed
 * at random rarely do: parts are doubled thousands of times, put in from other pictures,
 * sizes lie, and check sums and lengths are right all the same.
 */
final class ImageMutations {

	private static final int[] SIZES = { 0, 1, 2, 7, 255, 256, 4096, 16384, 20_000, 32767, 65_500, 65535 };

	/** Shorter files are more interesting than longer ones, up to this. */
	static final int MAXIMUM_LENGTH = 64 * 1024;

	private final Random random;

	private final List<byte[]> pictures;

	/**
	 * Creates mutations.
	 * @param random decides
	 * @param pictures from which parts are taken
	 */
	ImageMutations(Random random, List<byte[]> pictures) {
		this.random = random;
		this.pictures = pictures;
	}

	byte[] of(byte[] picture) {
		List<byte[]> parts = parts(picture);
		for (int i = this.random.nextInt(3); i >= 0; i--) {
			mutate(parts, kind(picture));
		}
		byte[] mutated = join(parts, kind(picture));
		if (kind(picture) == 'T') {
			mutated = mutateEntries(mutated);
		}
		return (this.random.nextInt(4) == 0) ? Mutations.of(mutated, this.random) : mutated;
	}

	private void mutate(List<byte[]> parts, char kind) {
		int at = this.random.nextInt(parts.size());
		switch (this.random.nextInt(7)) {
			case 0 -> parts.remove(at);
			case 1 -> {
				byte[] part = parts.get(at);
				int room = MAXIMUM_LENGTH / Math.max(1, part.length);
				for (int i = Math.min(room, 1 << this.random.nextInt(14)); i > 0; i--) {
					parts.add(at, part);
				}
			}
			case 2 -> parts.add(at, parts.get(this.random.nextInt(parts.size())));
			case 3 -> {
				List<byte[]> others = parts(this.pictures.get(this.random.nextInt(this.pictures.size())));
				parts.add(at, others.get(this.random.nextInt(others.size())));
			}
			case 4 -> parts.add(at, made(kind));
			case 5 -> {
				byte[] part = parts.get(at).clone();
				if (part.length > 4) {
					int size = SIZES[this.random.nextInt(SIZES.length)];
					ByteBuffer.wrap(part)
						.order(this.random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
						.putShort(this.random.nextInt(Math.min(part.length - 1, 24)), (short) size);
				}
				parts.set(at, part);
			}
			default -> parts.set(at, Mutations.of(parts.get(at), this.random));
		}
		if (parts.isEmpty()) {
			parts.add(new byte[1]);
		}
	}

	/** A part with metadata that costs. */
	private byte[] made(char kind) {
		byte[] content = switch (this.random.nextInt(4)) {
			case 0 -> ascii("<a:b rdf:parseType=\"Resource\">".repeat(1 + this.random.nextInt(600)));
			case 1 -> deflated(4_000_000);
			case 2 -> ascii("\1x".repeat(1 + this.random.nextInt(15_000)));
			default -> new byte[this.random.nextInt(20_000)];
		};
		return switch (kind) {
			case 'J' -> {
				String[] names = { "http://ns.adobe.com/xap/1.0/\0", "Exif\0\0", "ICC_PROFILE\0\1\1", "Photoshop 3.0\0",
						"" };
				byte[] name = ascii(names[this.random.nextInt(names.length)]);
				yield bytes(new byte[] { (byte) 0xFF, (byte) (0xE0 + this.random.nextInt(16)) },
						shortOf(name.length + content.length + 2), name, content);
			}
			case 'P' -> {
				String[] names = { "iCCPname\0\0", "zTXtRaw profile type exif\0\0", "iTXtXML:com.adobe.xmp\0\1\0\0\0",
						"tEXtXML:com.adobe.xmp\0", "eXIf", "sPLTname\0\b", "IDAT", "PLTE", "tRNS" };
				yield bytes(ascii(names[this.random.nextInt(names.length)]), content);
			}
			case 'W' ->
				bytes(ascii(List.of("EXIF", "XMP ", "ICCP", "ALPH", "ANMF", "VP8L").get(this.random.nextInt(6))),
						content);
			case 'G' -> bytes(ascii("!" + List.of("\u00FE", "\u00FF", "\1", "\u00F9").get(this.random.nextInt(4))),
					ascii("\1x".repeat(this.random.nextInt(15_000)) + "\0"));
			default -> content;
		};
	}

	private byte[] mutateEntries(byte[] tiff) {
		ByteBuffer file = ByteBuffer.wrap(tiff)
			.order((tiff.length > 0 && tiff[0] == 'M') ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
		if (tiff.length < 16) {
			return tiff;
		}
		int start = file.getInt(4);
		if (start < 8 || start > tiff.length - 14) {
			return tiff;
		}
		int count = file.getShort(start) & 0xFFFF;
		for (int i = this.random.nextInt(3); i >= 0 && count > 0; i--) {
			int entry = start + 2 + 12 * this.random.nextInt(count);
			if (entry <= tiff.length - 12) {
				switch (this.random.nextInt(4)) {
					case 0 -> file.putShort(entry + 8, (short) SIZES[this.random.nextInt(SIZES.length)]);
					case 1 -> file.putInt(entry + 8, this.random.nextInt());
					case 2 -> file.putInt(entry + 4, 1 << this.random.nextInt(31));
					default -> file.putShort(entry + 2, (short) this.random.nextInt(18));
				}
				if (file.getShort(entry) == 259) {
					int[] kinds = { 1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946 };
					file.putShort(entry + 8, (short) kinds[this.random.nextInt(kinds.length)]);
				}
			}
		}
		return tiff;
	}

	private static char kind(byte[] picture) {
		return switch (picture[0] & 0xFF) {
			case 0xFF -> 'J';
			case 0x89 -> 'P';
			case 'R' -> 'W';
			case 'G' -> 'G';
			case 'B' -> 'B';
			default -> 'T';
		};
	}

	/** The first part is the signature. Those of PNG and WebP are without lengths. */
	private static List<byte[]> parts(byte[] picture) {
		List<byte[]> parts = new ArrayList<>();
		ByteBuffer in = ByteBuffer.wrap(picture);
		switch (kind(picture)) {
			case 'J' -> {
				parts.add(part(in, 2));
				while (in.remaining() > 4 && in.get(in.position()) == (byte) 0xFF
						&& in.get(in.position() + 1) != (byte) 0xDA) {
					parts.add(part(in, 2 + (in.getShort(in.position() + 2) & 0xFFFF)));
				}
			}
			case 'P' -> {
				parts.add(part(in, 8));
				while (in.remaining() >= 12) {
					int length = in.getInt();
					parts.add(part(in, 4 + length));
					in.position(Math.min(in.limit(), in.position() + 4));
				}
			}
			case 'W' -> {
				in.order(ByteOrder.LITTLE_ENDIAN);
				parts.add(part(in, 12));
				while (in.remaining() >= 8) {
					byte[] name = part(in, 4);
					int length = in.getInt();
					parts.add(bytes(name, part(in, length)));
					in.position(Math.min(in.limit(), in.position() + (length & 1)));
				}
			}
			case 'G' -> parts.add(part(in, 13 + (((picture[10] & 0x80) != 0) ? 3 * (2 << (picture[10] & 7)) : 0)));
			default -> parts.add(part(in, Math.min(54, in.remaining())));
		}
		if (in.hasRemaining()) {
			parts.add(part(in, in.remaining()));
		}
		return parts;
	}

	private static byte[] join(List<byte[]> parts, char kind) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		all.writeBytes(parts.get(0));
		for (byte[] part : parts.subList(1, parts.size())) {
			if (kind == 'P' && part.length >= 4) {
				CRC32 checksum = new CRC32();
				checksum.update(part);
				all.writeBytes(intOf(part.length - 4, ByteOrder.BIG_ENDIAN));
				all.writeBytes(part);
				all.writeBytes(intOf((int) checksum.getValue(), ByteOrder.BIG_ENDIAN));
			}
			else if (kind == 'W' && part.length >= 4) {
				all.write(part, 0, 4);
				all.writeBytes(intOf(part.length - 4, ByteOrder.LITTLE_ENDIAN));
				all.write(part, 4, part.length - 4);
				all.write(new byte[part.length & 1], 0, part.length & 1);
			}
			else {
				all.writeBytes(part);
			}
		}
		byte[] file = all.toByteArray();
		if (kind == 'W' && file.length >= 8) {
			ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(4, file.length - 8);
		}
		return file;
	}

	private static byte[] part(ByteBuffer in, int length) {
		byte[] part = new byte[Math.max(0, Math.min(length, in.remaining()))];
		in.get(part);
		return part;
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.ISO_8859_1);
	}

	private static byte[] shortOf(int number) {
		return new byte[] { (byte) (number >> 8), (byte) number };
	}

	private static byte[] intOf(int number, ByteOrder order) {
		return ByteBuffer.allocate(4).order(order).putInt(number).array();
	}

	private static byte[] bytes(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

	private static byte[] deflated(int length) {
		Deflater deflater = new Deflater(9);
		deflater.setInput(new byte[length]);
		deflater.finish();
		byte[] bytes = new byte[length / 100];
		int count = deflater.deflate(bytes);
		deflater.end();
		return ByteBuffer.allocate(count).put(bytes, 0, count).array();
	}

}
