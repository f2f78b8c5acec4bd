package io.github.zsic;

import java.awt.image.BufferedImage;
import java.awt.image.DataBufferByte;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes AVIF and HEIC, the formats of telephones, with libheif, which zsic does not
 * bring along: it must be installed ({@code libheif1} and {@code libheif-plugin-*} of
 * Debian, {@code libheif} of Homebrew and vcpkg), with decoders for AV1 (dav1d or aom)
 * and HEVC (libde265).
 * <p>
 * libheif and its decoders are written in C and C++, and run in this process. A fault of
 * theirs that a picture makes use of, or more memory than there is, ends the process or
 * worse, so use it only where that is an acceptable risk, with security updates
 * installed.
 * <p>
 * Before anything is decoded the size that the file tells is checked. All pictures that
 * are being decoded at the same time have together no more pixels than one may have;
 * others wait. A picture whose decoding takes long cannot be interrupted.
 */
public final class HeifImageDecoder implements CustomImageDecoder {

	private static final Logger logger = LoggerFactory.getLogger(HeifImageDecoder.class);

	/** What begins with a box of this type names its format behind it. */
	private static final String FILE_TYPE = "ftyp";

	/** Of still pictures, and of sequences, of which the first picture counts. */
	private static final Set<String> BRANDS = Set.of("avif", "avis", "heic", "heix", "heim", "heis", "hevc", "hevx",
			"mif1", "msf1");

	private static final int BRAND_START = 8;

	private static final int BRAND_END = 12;

	/** The array of a picture in Java. */
	private static final long ADDRESSABLE = (Integer.MAX_VALUE - 16) / 3;

	private static final int UNIT = 1024;

	private static final int MAXIMUM_MESSAGE = 200;

	private final Libheif library;

	private final long maximumPixels;

	/** For pixels that are being decoded, in units. Fair, so that a large one gets on. */
	private final Semaphore pixels;

	private HeifImageDecoder(Libheif library, long maximumPixels) {
		this.library = library;
		this.maximumPixels = Math.min(maximumPixels, ADDRESSABLE);
		this.pixels = new Semaphore(units(this.maximumPixels), true);
	}

	/**
	 * Looks for libheif.
	 * @param maximumPixels how many pixels, width times height, a picture may have
	 * @return the decoder, empty if the library is not installed
	 */
	public static Optional<HeifImageDecoder> find(long maximumPixels) {
		Libheif library = Libheif.find();
		if (library == null) {
			return Optional.empty();
		}
		logger.info("AVIF and HEIC are decoded by libheif {}", library.version());
		if (!library.limitsStreams()) {
			logger.warn(
					"libheif {} does not limit pictures that are larger than their files tell: a small file may take "
							+ "gigabytes of memory. Use libheif 1.19 or later where strangers send pictures",
					library.version());
		}
		return Optional.of(new HeifImageDecoder(library, maximumPixels));
	}

	@Override
	public @Nullable BufferedImage decode(byte[] bytes) throws IOException {
		if (!isHeif(bytes)) {
			return null;
		}
		Pointer context = this.library.allocateContext();
		// Read from where it lies, so it must outlive the context.
		try (Memory content = new Memory(bytes.length)) {
			content.write(0, bytes, 0, bytes.length);
			try {
				this.library.limit(context, this.maximumPixels);
				this.library.read(context, content);
				return decode(this.library.primaryImage(context));
			}
			finally {
				this.library.freeContext(context);
			}
		}
		catch (Libheif.HeifException ex) {
			if (ex.isUnsupported()) {
				logger.debug("libheif has no decoder for a picture: {}", clean(ex.getMessage()));
				return null;
			}
			throw new IOException("libheif found '" + clean(ex.getMessage()) + "'", ex);
		}
	}

	private static boolean isHeif(byte[] bytes) {
		if (bytes.length < BRAND_END) {
			return false;
		}
		String start = new String(bytes, 0, BRAND_END, StandardCharsets.ISO_8859_1);
		return start.startsWith(FILE_TYPE, 4) && BRANDS.contains(start.substring(BRAND_START));
	}

	private BufferedImage decode(Pointer handle) throws IOException, Libheif.HeifException {
		try {
			long width = this.library.handleWidth(handle);
			long height = this.library.handleHeight(handle);
			checkSize(width, height);
			int units = units(width * height);
			this.pixels.acquireUninterruptibly(units);
			try {
				return decodeImage(handle);
			}
			finally {
				this.pixels.release(units);
			}
		}
		finally {
			this.library.releaseHandle(handle);
		}
	}

	private BufferedImage decodeImage(Pointer handle) throws IOException, Libheif.HeifException {
		Pointer image = this.library.decode(handle);
		try {
			// What was decoded need not have the size that the file tells.
			int width = this.library.imageWidth(image);
			int height = this.library.imageHeight(image);
			checkSize(width, height);
			IntByReference stride = new IntByReference();
			Pointer rows = this.library.rows(image, stride);
			if (rows == null || stride.getValue() < 3 * width) {
				throw new IOException("libheif did not make colours of it");
			}
			return copy(rows, stride.getValue(), width, height);
		}
		finally {
			this.library.releaseImage(image);
		}
	}

	private static BufferedImage copy(Pointer rows, int stride, int width, int height) {
		BufferedImage result = new BufferedImage(width, height, BufferedImage.TYPE_3BYTE_BGR);
		byte[] data = ((DataBufferByte) result.getRaster().getDataBuffer()).getData();
		byte[] row = new byte[3 * width];
		for (int y = 0; y < height; y++) {
			rows.read((long) y * stride, row, 0, row.length);
			int out = y * row.length;
			for (int x = 0; x < row.length; x += 3) {
				data[out++] = row[x + 2];
				data[out++] = row[x + 1];
				data[out++] = row[x];
			}
		}
		return result;
	}

	private void checkSize(long width, long height) throws IOException {
		if (width <= 0 || height <= 0) {
			throw new IOException("its size is %d x %d pixels".formatted(width, height));
		}
		if (width > this.maximumPixels / height) {
			throw new InvalidImageException(InvalidImageException.Reason.TOO_LARGE,
					String.format(Locale.ROOT,
							"A picture in AVIF or HEIC has %d x %d pixels, more than the %,d that are allowed.", width,
							height, this.maximumPixels),
					"Make it smaller before you send it.");
		}
	}

	private static int units(long pixels) {
		return (int) (pixels / UNIT) + 1;
	}

	/** The message may have what the file has. */
	private static String clean(@Nullable String message) {
		String text = (message != null) ? message.replaceAll("[^ -~]", "?") : "";
		return (text.length() <= MAXIMUM_MESSAGE) ? text : text.substring(0, MAXIMUM_MESSAGE);
	}

}
