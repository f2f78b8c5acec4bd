package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * A picture cannot be classified: it cannot be read, is in no supported format, is
 * damaged, or is larger than allowed.
 */
public class InvalidImageException extends ZsicException {

	private final Reason reason;

	public InvalidImageException(Reason reason, String description, String action) {
		this(reason, description, action, null);
	}

	public InvalidImageException(Reason reason, String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
		this.reason = reason;
	}

	/**
	 * Why the picture was refused.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * Why a picture was refused.
	 */
	public enum Reason {

		/**
		 * The bytes could not be obtained: no such file, a broken stream, nothing in it.
		 */
		UNREADABLE,

		/**
		 * The bytes are no picture in a supported format.
		 */
		UNSUPPORTED_FORMAT,

		/**
		 * The format is supported, but this picture is truncated or damaged.
		 */
		DAMAGED,

		/**
		 * More pixels or more bytes than allowed.
		 */
		TOO_LARGE

	}

}
