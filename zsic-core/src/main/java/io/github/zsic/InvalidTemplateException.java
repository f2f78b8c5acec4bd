package io.github.zsic;

/**
 * A hypothesis template cannot be used: it has no place for the label, or a brace that
 * means nothing.
 */
public class InvalidTemplateException extends InvalidLabelException {

	public InvalidTemplateException(String description, String action) {
		super(description, action);
	}

}
