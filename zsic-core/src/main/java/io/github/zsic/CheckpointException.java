package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * A checkpoint cannot be used: it is missing, incomplete, damaged, or of a kind that zsic
 * does not run.
 */
public class CheckpointException extends ZsicException {

	public CheckpointException(String description, String action) {
		this(description, action, null);
	}

	public CheckpointException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
