package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * The engine failed while it computed an embedding, for example for lack of memory.
 */
public class InferenceException extends ZsicException {

	public InferenceException(String description, String action) {
		this(description, action, null);
	}

	public InferenceException(String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
	}

}
