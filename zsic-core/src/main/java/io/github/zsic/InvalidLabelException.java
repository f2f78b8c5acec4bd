package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * Labels, templates or other text of a request cannot be used: none given, blank, longer
 * than the model's text tower reads, more than 10,000 characters, a template without a
 * place for the label.
 */
public class InvalidLabelException extends ZsicException {

	public InvalidLabelException(String description, String action) {
		this(description, action, null);
	}

	public InvalidLabelException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
