package io.github.zsic.image;

import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.jspecify.annotations.Nullable;

/**
 * What a decoder found wrong. It does not know what the caller calls the picture, so
 * {@link ImageDecoder} turns it into an {@link InvalidImageException}.
 */
final class DecodingException extends Exception {

	private final Reason reason;

	private final String finding;

	private final String action;

	private DecodingException(Reason reason, String finding, String action, @Nullable Throwable cause) {
		super(finding, cause);
		this.reason = reason;
		this.finding = finding;
		this.action = action;
	}

	static DecodingException damaged(String finding) {
		return damaged(finding, null);
	}

	static DecodingException damaged(String finding, @Nullable Throwable cause) {
		return new DecodingException(Reason.DAMAGED, "is damaged: " + finding + ".",
				"Transfer the file again, or open it in an image editor and save it anew.", cause);
	}

	static DecodingException truncated() {
		return damaged("the file ends before the picture does");
	}

	static DecodingException unsupported(String finding) {
		return new DecodingException(Reason.UNSUPPORTED_FORMAT, finding + ".",
				"Convert it to one of the supported formats: JPEG, PNG, GIF, WebP, BMP or TIFF.", null);
	}

	static DecodingException tooLarge(String finding) {
		return new DecodingException(Reason.TOO_LARGE, finding + ".",
				"Send a smaller picture; a model looks at a few hundred pixels a side. Or raise the limit.", null);
	}

	InvalidImageException forPicture(String description) {
		return new InvalidImageException(this.reason, "The picture '" + description + "' " + this.finding, this.action,
				this);
	}

}
