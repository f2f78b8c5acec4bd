package io.github.zsic.hub;

import java.io.IOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;

/**
 * An answer that is not what was asked for, with what to tell the user if it stays so.
 */
final class Refusal extends IOException {

	private static final long serialVersionUID = 1L;

	private final transient HubException exception;

	private final boolean temporary;

	private final transient @Nullable Duration retryAfter;

	Refusal(HubException exception, boolean temporary, @Nullable Duration retryAfter) {
		super(exception.getDescription(), exception);
		this.exception = exception;
		this.temporary = temporary;
		this.retryAfter = retryAfter;
	}

	HubException exception() {
		return this.exception;
	}

	/** Whether the same request may get another answer later. */
	boolean temporary() {
		return this.temporary;
	}

	/** How long the server wants to be left alone. */
	@Nullable Duration retryAfter() {
		return this.retryAfter;
	}

}
