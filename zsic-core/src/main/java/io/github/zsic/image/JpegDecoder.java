package io.github.zsic.image;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayOutputStream;

import org.jspecify.annotations.Nullable;

/**
 * JPEG by the JDK's own reader, which is libjpeg, as the reference's is. That reader has
 * opinions on colour of its own, though, and gives up on many a harmless header. So it
 * gets to see only what libjpeg needs to rebuild the samples, marked as samples without a
 * colour transform, and the colours are worked out here by the reference's rules.
 */
final class JpegDecoder {

	private static final byte[] NO_TRANSFORM = { (byte) 0xFF, (byte) 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0,
			0, 0, 0 };

	private static final int SOF0 = 0xC0;

	private static final int DHT = 0xC4;

	private static final int JPG = 0xC8;

	private static final int DAC = 0xCC;

	private static final int SOF15 = 0xCF;

	private static final int RST0 = 0xD0;

	private static final int SOI = 0xD8;

	private static final int EOI = 0xD9;

	private static final int SOS = 0xDA;

	private static final int DQT = 0xDB;

	private static final int DRI = 0xDD;

	private static final int MAXIMUM_SCANS = 500;

	private final byte[] bytes;

	private final PixelLimit limit;

	private final ByteArrayOutputStream essence = new ByteArrayOutputStream();

	private int width;

	private int height;

	private int @Nullable [] components;

	private boolean jfif;

	private int adobeTransform = -1;

	private JpegDecoder(byte[] bytes, PixelLimit limit) {
		this.bytes = bytes;
		this.limit = limit;
	}

	static RgbImage decode(byte[] bytes, PixelLimit limit) throws DecodingException {
		return new JpegDecoder(bytes, limit).decode();
	}

	private RgbImage decode() throws DecodingException {
		int scan = readHeader();
		int[] ids = this.components;
		if (ids == null) {
			throw DecodingException.damaged("its frame header is missing");
		}
		int end = findEnd(scan);
		byte[] samples = readSamples(this.essence.toByteArray(), scan, end, ids.length);
		byte[] rgb = switch (ids.length) {
			case 1 -> Colors.greyToRgb(samples);
			case 3 -> {
				if (isYcc(ids)) {
					Colors.yccToRgb(samples, 3);
				}
				yield samples;
			}
			default -> {
				// With YCCK, what libjpeg calls CMYK is the complement of the RGB that
				// YCC stands for; and all inks are stored inverted, Adobe's way.
				if (this.adobeTransform > 0) {
					Colors.yccToRgb(samples, 4);
					for (int i = 3; i < samples.length; i += 4) {
						samples[i] = (byte) ~samples[i];
					}
				}
				else {
					for (int i = 0; i < samples.length; i++) {
						samples[i] = (byte) ~samples[i];
					}
				}
				yield Colors.cmykToRgb(samples);
			}
		};
		return new RgbImage(this.width, this.height, rgb);
	}

	private boolean isYcc(int[] ids) {
		if (this.jfif) {
			return true;
		}
		if (this.adobeTransform >= 0) {
			return this.adobeTransform != 0;
		}
		return !(ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B');
	}

	/** Reads up to the first scan and returns where its marker is. */
	private int readHeader() throws DecodingException {
		ByteCursor in = new ByteCursor(this.bytes);
		in.skip(2);
		while (true) {
			while (in.u8() != 0xFF) {
				continue;
			}
			int marker;
			do {
				marker = in.u8();
			}
			while (marker == 0xFF);
			if (marker <= 1 || (marker >= RST0 && marker <= SOI)) {
				continue;
			}
			if (marker == EOI) {
				throw DecodingException.damaged("it has no image data");
			}
			int start = in.position() - 2;
			int length = in.u16be();
			if (length < 2) {
				throw DecodingException.damaged("a segment of its header has an impossible length");
			}
			in.require(length - 2);
			if (marker == SOS) {
				return start;
			}
			readSegment(marker, start, new ByteCursor(this.bytes, in.position(), in.position() + length - 2));
			in.skip(length - 2);
		}
	}

	private void readSegment(int marker, int start, ByteCursor in) throws DecodingException {
		if (marker == DHT || marker == DQT || marker == DRI) {
			keep(start, in.remaining() + 4);
		}
		else if (marker >= SOF0 && marker <= SOF15 && marker != JPG && marker != DAC) {
			keep(start, in.remaining() + 4);
			readFrameHeader(marker, in);
		}
		else if (marker == 0xE0 && startsWith(in, "JFIF\0") && in.remaining() >= 12) {
			this.jfif = true;
		}
		else if (marker == 0xEE && startsWith(in, "Adobe") && in.remaining() >= 12) {
			in.skip(11);
			this.adobeTransform = in.u8();
		}
	}

	private void readFrameHeader(int marker, ByteCursor in) throws DecodingException {
		if (this.components != null) {
			throw DecodingException.damaged("it has more than one frame header");
		}
		if (marker > SOF0 + 2) {
			throw DecodingException.unsupported("is a "
					+ ((marker > JPG) ? "JPEG with arithmetic coding"
							: (marker == SOF0 + 3) ? "lossless JPEG" : "hierarchical JPEG")
					+ ", which is not supported");
		}
		int bits = in.u8();
		if (bits != 8) {
			throw DecodingException
				.unsupported("is a JPEG with %d-bit samples, which is not supported".formatted(bits));
		}
		this.height = in.u16be();
		this.width = in.u16be();
		int[] ids = new int[in.u8()];
		if (ids.length != 1 && ids.length != 3 && ids.length != 4) {
			throw DecodingException
				.unsupported("is a JPEG with %d components, which is not supported".formatted(ids.length));
		}
		this.limit.check(this.width, this.height);
		for (int i = 0; i < ids.length; i++) {
			ids[i] = in.u8();
			in.skip(2);
		}
		this.components = ids;
	}

	private void keep(int start, int length) {
		this.essence.write(this.bytes, start, length);
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

	/**
	 * Finds the end of the picture, which may be followed by others. Without one the file
	 * is cut off; libjpeg would paint the rest grey.
	 */
	private int findEnd(int scan) throws DecodingException {
		byte[] data = this.bytes;
		int i = scan;
		int scans = 0;
		while (i + 1 < data.length) {
			if (data[i] != (byte) 0xFF) {
				i++;
				continue;
			}
			int marker = data[i + 1] & 0xFF;
			if (marker == EOI) {
				return i + 2;
			}
			// Each may go over all pixels, for a few bytes of the file.
			if (marker == SOS && ++scans > MAXIMUM_SCANS) {
				throw DecodingException.damaged("it has more than %d scans".formatted(MAXIMUM_SCANS));
			}
			if (marker == 0xFF) {
				i++;
				continue;
			}
			i += 2;
			if (marker >= SOF0 && (marker < RST0 || marker > SOI) && i + 1 < data.length) {
				int length = ((data[i] & 0xFF) << 8) | (data[i + 1] & 0xFF);
				// Beyond the end it is no segment but a scan that was hit by damage.
				if (i + length < data.length) {
					i += length;
				}
			}
		}
		throw DecodingException.truncated();
	}

	private byte[] readSamples(byte[] header, int scan, int end, int bands) throws DecodingException {
		ByteArrayOutputStream file = new ByteArrayOutputStream(header.length + end - scan + 20);
		file.write(0xFF);
		file.write(SOI);
		if (bands > 1) {
			file.write(NO_TRANSFORM, 0, NO_TRANSFORM.length);
		}
		file.write(header, 0, header.length);
		file.write(this.bytes, scan, end - scan);
		return samples(PluginReader.read(JdkDecoder.JPEG, file.toByteArray(), this.width, this.height, this.limit),
				bands);
	}

	private byte[] samples(Raster raster, int bands) throws DecodingException {
		if (raster.getNumBands() != bands) {
			throw DecodingException.damaged("its image data is not what its header announces");
		}
		int length = this.width * this.height * bands;
		if (raster.getDataBuffer() instanceof DataBufferByte buffer && buffer.getData().length == length
				&& raster.getSampleModel() instanceof PixelInterleavedSampleModel model
				&& model.getPixelStride() == bands && inOrder(model.getBandOffsets())) {
			return buffer.getData();
		}
		return Rasters.interleaved(raster, bands);
	}

	private static boolean inOrder(int[] offsets) {
		for (int i = 0; i < offsets.length; i++) {
			if (offsets[i] != i) {
				return false;
			}
		}
		return true;
	}

}
