package io.github.zsic.evaluation;

import io.github.zsic.ZsicException;
import org.jspecify.annotations.Nullable;

/**
 * The labelled pictures cannot be used: the folder or CSV file is missing or has too few
 * labels, or no picture of a label could be read.
 */
public class EvaluationException extends ZsicException {

	public EvaluationException(String description, String action) {
		this(description, action, null);
	}

	public EvaluationException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
