package io.github.zsic.image;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;

/**
 * Turns encoded pictures into upright 8-bit RGB as the reference pipeline does: EXIF
 * orientation applied, the first frame or page of several, transparency dropped, sample
 * values as stored whatever a colour profile says. JPEG, PNG, GIF, WebP, BMP and TIFF,
 * told apart by their first bytes.
 * <p>
 * A decoder is immutable and may be used by any number of threads. It uses no temporary
 * files and no plug-ins but its own.
 */
public final class ImageDecoder {

	private static final int HEAD = 1024;

	/**
	 * What is read at once. The stream of a file reads into native memory as large as
	 * what it is asked for, and its thread keeps that.
	 */
	private static final int PIECE = 1 << 16;

	private static final int SMALL_BYTES = 1024 * 1024;

	private static final int SMALL_PIXELS = 1_500_000;

	/** After which most of what decodes a picture is compiled. */
	private static final int WARM_UP = 30;

	private final long maximumBytes;

	private final long maximumPixels;

	private final Duration maximumTime;

	private final Downscaling downscaling;

	/**
	 * Creates a decoder that decodes every picture in full and takes its time.
	 * @param maximumPixels the largest picture that is decoded, as width times height
	 * @param maximumBytes the largest encoded picture
	 */
	public ImageDecoder(long maximumPixels, long maximumBytes) {
		this(maximumPixels, maximumBytes, Duration.ofDays(1), Downscaling.NONE);
	}

	/**
	 * Creates a decoder for pictures that are resized afterwards. A JPEG of more than two
	 * megapixels, and with many more than that resize needs, is made smaller, to 1/8 to
	 * 4/8 of its size, while it is decoded; about four pixels in each direction are left
	 * for one of the result, and more below 3/8.
	 * @param maximumPixels the largest picture that is decoded, as width times height; a
	 * JPEG that is made smaller while it is decoded may have four times as many. Larger
	 * ones are refused by what their header says, before memory is spent on them
	 * @param maximumBytes the largest encoded picture
	 * @param maximumTime how long decoding a picture may take, beside waiting for memory
	 * that other pictures use
	 * @param side how long the shorter side of a picture is after the resize at most, or
	 * 0 if every pixel is needed
	 */
	public ImageDecoder(long maximumPixels, long maximumBytes, Duration maximumTime, int side) {
		this(maximumPixels, maximumBytes, maximumTime, Downscaling.to(side));
	}

	ImageDecoder(long maximumPixels, long maximumBytes, Duration maximumTime, Downscaling downscaling) {
		if (maximumPixels < 1 || maximumBytes < 1) {
			throw new IllegalArgumentException("The largest picture must have at least one pixel and one byte");
		}
		this.maximumBytes = maximumBytes;
		this.maximumPixels = maximumPixels;
		this.maximumTime = maximumTime;
		this.downscaling = downscaling;
	}

	private PixelLimit limit() {
		return new PixelLimit(this.maximumPixels, this.maximumTime);
	}

	/**
	 * Decodes a picture from a stream.
	 * @param description what to call the picture in an error message
	 * @param in the stream, read to its end or one byte beyond the limit; not closed
	 * @return the picture
	 * @throws IOException if the stream cannot be read
	 * @throws InvalidImageException if it holds no picture that can be decoded
	 */
	public RgbImage decode(String description, InputStream in) throws IOException {
		return decode(description, read(in));
	}

	/**
	 * Reads a picture that is to be decoded.
	 * @param in the stream, read to its end or one byte beyond the limit; not closed
	 * @return the encoded picture, one byte larger than allowed if it is too large
	 * @throws IOException if the stream cannot be read
	 */
	public byte[] read(InputStream in) throws IOException {
		// One byte too many shows that there are too many.
		int most = (int) Math.min(this.maximumBytes + 1, Integer.MAX_VALUE - 16);
		byte[] bytes = new byte[Math.min(most, Math.max(HEAD, in.available()))];
		int length = fill(in, bytes, 0);
		while (length == bytes.length && length < most) {
			int next = in.read();
			if (next < 0) {
				return bytes;
			}
			bytes = Arrays.copyOf(bytes, (int) Math.min(most, 2L * length));
			bytes[length++] = (byte) next;
			length = fill(in, bytes, length);
		}
		return (length == bytes.length) ? bytes : Arrays.copyOf(bytes, length);
	}

	/** Returns where the bytes end. */
	private static int fill(InputStream in, byte[] bytes, int start) throws IOException {
		int length = start;
		int count = 0;
		while (length < bytes.length && count >= 0) {
			length += count;
			count = in.read(bytes, length, Math.min(PIECE, bytes.length - length));
		}
		return length;
	}

	/**
	 * Whether an encoded picture is small enough.
	 * @param bytes the encoded picture
	 * @return whether it has no more bytes than allowed
	 */
	public boolean allows(byte[] bytes) {
		return bytes.length <= this.maximumBytes;
	}

	/**
	 * Whether decoding a picture takes so little, in time and memory, that it need not
	 * wait until others are decoded. Nothing is decoded to find out.
	 * @param bytes the encoded picture
	 * @return whether its header tells of few pixels, or it cannot be decoded anyway
	 */
	public boolean isSmall(byte[] bytes) {
		if (bytes.length > SMALL_BYTES) {
			return false;
		}
		try (PixelLimit limit = PixelLimit.peeking()) {
			try {
				decode(bytes, limit, Orientation.UPRIGHT);
			}
			catch (DecodingException ex) {
				// Which it is if the size is known, too.
			}
			return limit.pixels() <= SMALL_PIXELS;
		}
	}

	/**
	 * Decodes a picture.
	 * @param description what to call the picture in an error message
	 * @param bytes the encoded picture, which is not changed
	 * @return the picture
	 * @throws InvalidImageException if that is no picture that can be decoded
	 */
	public RgbImage decode(String description, byte[] bytes) {
		if (bytes.length == 0) {
			throw new InvalidImageException(Reason.UNREADABLE, "The picture '" + description + "' is empty.",
					"Send the picture itself.");
		}
		try (PixelLimit limit = limit()) {
			if (!allows(bytes)) {
				throw DecodingException.tooLarge(
						String.format(Locale.ROOT, "has more than the %,d bytes that are allowed", this.maximumBytes));
			}
			Orientation orientation = OrientationReader.read(bytes);
			RgbImage image = decode(bytes, limit, orientation);
			if (orientation != Orientation.UPRIGHT) {
				limit.reserve(2L * image.pixels().length);
			}
			return orientation.apply(image);
		}
		catch (DecodingException ex) {
			throw ex.forPicture(description);
		}
		catch (StackOverflowError ex) {
			throw DecodingException.damaged("it is nested too deeply", ex).forPicture(description);
		}
		catch (OutOfMemoryError ex) {
			// What failed is a single large allocation, and what it was for is garbage
			// now. Other requests need not suffer from one large picture.
			throw outOfMemory(description, ex);
		}
	}

	/**
	 * Decodes two pictures that come with zsic, a PNG and a JPEG, so that the first ones
	 * of a program do not take ten times as long as later ones. Only the first call in a
	 * JVM does.
	 * @return one of them
	 */
	public static RgbImage warmUp() {
		return WarmUp.PICTURE;
	}

	/**
	 * Takes over a decoded picture: its samples, without colour management, and without
	 * transparency.
	 * @param description what to call the picture in an error message
	 * @param image the picture, which is not changed
	 * @return the picture
	 * @throws InvalidImageException if it has more pixels than allowed
	 */
	public RgbImage convert(String description, BufferedImage image) {
		try (PixelLimit limit = limit()) {
			limit.check(image.getWidth(), image.getHeight(), RgbImage.BYTES_PER_PIXEL);
			return Rasters.toRgb(image);
		}
		catch (DecodingException ex) {
			throw ex.forPicture(description);
		}
		catch (OutOfMemoryError ex) {
			throw outOfMemory(description, ex);
		}
	}

	private static InvalidImageException outOfMemory(String description, OutOfMemoryError ex) {
		return new InvalidImageException(Reason.TOO_LARGE,
				"The picture '" + description + "' does not fit into the memory that is left.",
				"Send a smaller picture, or give the Java runtime more memory (-Xmx).", ex);
	}

	private RgbImage decode(byte[] bytes, PixelLimit limit, Orientation orientation) throws DecodingException {
		if (starts(bytes, 0, 0xFF, 0xD8, 0xFF)) {
			return JpegDecoder.decode(bytes, limit, this.downscaling, orientation != Orientation.UPRIGHT);
		}
		if (starts(bytes, 0, 0x89, 'P', 'N', 'G')) {
			return PngDecoder.decode(bytes, limit);
		}
		if (starts(bytes, 0, 'R', 'I', 'F', 'F') && starts(bytes, 8, 'W', 'E', 'B', 'P')) {
			return WebpDecoder.decode(bytes, limit);
		}
		if (starts(bytes, 0, 'G', 'I', 'F', '8')) {
			return GifDecoder.decode(bytes, limit);
		}
		if (starts(bytes, 0, 'B', 'M')) {
			return BmpDecoder.decode(bytes, limit);
		}
		if (TiffDirectory.accepts(bytes)) {
			return TiffDecoder.decode(bytes, limit);
		}
		throw DecodingException.unsupported(describe(bytes));
	}

	private static boolean starts(byte[] bytes, int offset, int... prefix) {
		if (bytes.length < offset + prefix.length) {
			return false;
		}
		for (int i = 0; i < prefix.length; i++) {
			if ((bytes[offset + i] & 0xFF) != prefix[i]) {
				return false;
			}
		}
		return true;
	}

	/** Names what is often taken for a picture that can be decoded. */
	private static String describe(byte[] bytes) {
		String head = new String(bytes, 0, Math.min(bytes.length, HEAD), StandardCharsets.ISO_8859_1);
		if (head.startsWith("ftyp", 4)) {
			String brands = head.substring(8, Math.min(head.length(), 40));
			if (brands.contains("avif") || brands.contains("avis")) {
				return "is an AVIF picture, which is not supported";
			}
			if (brands.contains("heic") || brands.contains("heix") || brands.contains("mif1")
					|| brands.contains("hevc")) {
				return "is a HEIC picture, which is not supported";
			}
			return "is a video, not a picture";
		}
		if (head.startsWith("\0\0\1\0")) {
			return "is an icon (ICO), which is not supported";
		}
		if (head.length() > 2 && head.charAt(0) == 'P' && head.charAt(1) >= '1' && head.charAt(1) <= '7'
				&& Character.isWhitespace(head.charAt(2))) {
			return "is a PPM, PGM, PBM or PAM picture, which is not supported";
		}
		if (head.startsWith("%PDF")) {
			return "is a PDF document, not a picture";
		}
		if (head.startsWith("\0\0\0\fjP  ") || head.startsWith("\u00FFO\u00FFQ")) {
			return "is a JPEG 2000 picture, which is not supported";
		}
		if (head.startsWith("\u00FF\n") || head.startsWith("\0\0\0\fJXL ")) {
			return "is a JPEG XL picture, which is not supported";
		}
		String text = head.toLowerCase(Locale.ROOT);
		if (text.contains("<svg")) {
			return "is an SVG drawing, which is not supported";
		}
		if (text.contains("<html") || text.contains("<!doctype html")) {
			return "is a web page, not a picture";
		}
		return "is not a picture in a known format";
	}

	/** Initialized by the first who asks. */
	private static final class WarmUp {

		static final RgbImage PICTURE = decode();

		private static RgbImage decode() {
			ImageDecoder decoder = new ImageDecoder(Integer.MAX_VALUE, Integer.MAX_VALUE);
			RgbImage last = null;
			for (String name : new String[] { "warm-up.png", "warm-up.jpg" }) {
				try (InputStream in = Objects.requireNonNull(ImageDecoder.class.getResourceAsStream(name))) {
					byte[] picture = in.readAllBytes();
					for (int i = 0; i < WARM_UP; i++) {
						last = decoder.decode(name, picture);
					}
				}
				catch (IOException ex) {
					throw new UncheckedIOException(ex);
				}
			}
			return Objects.requireNonNull(last);
		}

	}

}
