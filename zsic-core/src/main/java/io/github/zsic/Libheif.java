package io.github.zsic;

import java.util.List;

import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import org.jspecify.annotations.Nullable;

/**
 * The functions of libheif that decode a picture (libheif/heif.h). They have been the
 * same since release 1.8; contexts are independent of each other, so any thread may use
 * its own.
 */
final class Libheif {

	/** heif_colorspace_RGB. */
	private static final int RGB = 1;

	/** heif_chroma_interleaved_RGB, three bytes for a pixel. */
	private static final int INTERLEAVED_RGB = 10;

	/** heif_channel_interleaved. */
	private static final int INTERLEAVED = 10;

	/** 1.19.0, as the library writes it. */
	private static final int VERSION_WITH_SQUARE = 0x01130000;

	/** That of the library itself. */
	private static final int MAXIMUM_SIDE = 32768;

	private final NativeLibrary library;

	private Libheif(NativeLibrary library) {
		this.library = library;
	}

	/**
	 * Looks for the library where the system has its libraries, and where the system
	 * property {@code jna.library.path} says.
	 * @return the library, {@code null} if it is not there
	 */
	static @Nullable Libheif find() {
		List<String> names = Platform.isWindows() ? List.of("heif", "libheif")
				: Platform.isMac() ? List.of("heif", "/opt/homebrew/lib/libheif.dylib", "/usr/local/lib/libheif.dylib")
						: List.of("libheif.so.1", "heif");
		for (String name : names) {
			try {
				Libheif found = new Libheif(NativeLibrary.getInstance(name));
				found.initialize();
				return found;
			}
			catch (UnsatisfiedLinkError ex) {
				// The next name, or none.
			}
		}
		return null;
	}

	/**
	 * Loads the decoders that are plug-ins, since 1.14. Without it the first use does.
	 */
	private void initialize() {
		try {
			this.library.getFunction("heif_init")
				.invoke(HeifError.class, new Object[] { Pointer.NULL }, this.library.getOptions());
		}
		catch (UnsatisfiedLinkError ex) {
			version();
		}
	}

	String version() {
		return this.library.getFunction("heif_get_version").invokeString(new Object[0], false);
	}

	/** Whether decoders are told how large a picture may be, whatever its file tells. */
	boolean limitsStreams() {
		return integer("heif_get_version_number") >= VERSION_WITH_SQUARE;
	}

	Pointer allocateContext() {
		return this.library.getFunction("heif_context_alloc").invokePointer(new Object[0]);
	}

	void freeContext(Pointer context) {
		call("heif_context_free", context);
	}

	/**
	 * Limits what a file may have the library allocate.
	 * @param context the context
	 * @param pixels how many pixels a picture may have
	 */
	void limit(Pointer context, long pixels) {
		// Since 1.19 it is the square of the number that limits, also what decoders make;
		// before, no side may be longer.
		int side = limitsStreams() ? (int) Math.ceil(Math.sqrt(pixels)) : (int) Math.min(pixels, MAXIMUM_SIDE);
		call("heif_context_set_maximum_image_size_limit", context, side);
		try {
			call("heif_context_set_max_decoding_threads", context, 0);
		}
		catch (UnsatisfiedLinkError ex) {
			// Before 1.13 the threads cannot be chosen.
		}
	}

	void read(Pointer context, Memory content) throws HeifException {
		check("heif_context_read_from_memory_without_copy", context, content, content.size(), Pointer.NULL);
	}

	Pointer primaryImage(Pointer context) throws HeifException {
		PointerByReference handle = new PointerByReference();
		check("heif_context_get_primary_image_handle", context, handle);
		return handle.getValue();
	}

	void releaseHandle(Pointer handle) {
		call("heif_image_handle_release", handle);
	}

	int handleWidth(Pointer handle) {
		return integer("heif_image_handle_get_width", handle);
	}

	int handleHeight(Pointer handle) {
		return integer("heif_image_handle_get_height", handle);
	}

	/** Upright, in red, green and blue of 8 bits, without its transparency. */
	Pointer decode(Pointer handle) throws HeifException {
		PointerByReference image = new PointerByReference();
		check("heif_decode_image", handle, image, RGB, INTERLEAVED_RGB, Pointer.NULL);
		return image.getValue();
	}

	void releaseImage(Pointer image) {
		call("heif_image_release", image);
	}

	int imageWidth(Pointer image) {
		return integer("heif_image_get_width", image, INTERLEAVED);
	}

	int imageHeight(Pointer image) {
		return integer("heif_image_get_height", image, INTERLEAVED);
	}

	/** Where the rows are, {@code null} if the picture is not in red, green and blue. */
	@Nullable Pointer rows(Pointer image, IntByReference stride) {
		return this.library.getFunction("heif_image_get_plane_readonly")
			.invokePointer(new Object[] { image, INTERLEAVED, stride });
	}

	private void call(String function, Object... arguments) {
		this.library.getFunction(function).invokeVoid(arguments);
	}

	private int integer(String function, Object... arguments) {
		return this.library.getFunction(function).invokeInt(arguments);
	}

	private void check(String function, Object... arguments) throws HeifException {
		HeifError error = (HeifError) this.library.getFunction(function)
			.invoke(HeifError.class, arguments, this.library.getOptions());
		if (error.code != 0) {
			throw new HeifException(error.code, (error.message != null) ? error.message.getString(0) : "");
		}
	}

	/**
	 * What every function of libheif returns that can fail.
	 */
	@Structure.FieldOrder({ "code", "subcode", "message" })
	public static class HeifError extends Structure implements Structure.ByValue {

		/** 0 if nothing failed. */
		public int code;

		/** What it was more exactly. */
		public int subcode;

		/** In words. */
		public @Nullable Pointer message;

	}

	/**
	 * A function failed.
	 */
	static final class HeifException extends Exception {

		/** Of those who have another file, or no decoder for it. */
		private static final int UNSUPPORTED_FILE = 3;

		private static final int UNSUPPORTED_FEATURE = 4;

		private final boolean unsupported;

		private HeifException(int code, String message) {
			super(message);
			this.unsupported = code == UNSUPPORTED_FILE || code == UNSUPPORTED_FEATURE;
		}

		/** Whether others may be able to decode it. */
		boolean isUnsupported() {
			return this.unsupported;
		}

	}

}
