package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * Base of every exception that zsic raises for a reason its user can do something about:
 * a {@linkplain #getDescription() description} of what is wrong and the
 * {@linkplain #getAction() action} that mends it. {@link #getMessage()} is both, one
 * after the other.
 */
public abstract class ZsicException extends RuntimeException {

	private final String description;

	private final String action;

	protected ZsicException(String description, String action, @Nullable Throwable cause) {
		super(action.isEmpty() ? description : description + " " + action, cause);
		this.description = description;
		this.action = action;
	}

	/**
	 * What is wrong, naming the thing that is.
	 * @return one or more sentences
	 */
	public String getDescription() {
		return this.description;
	}

	/**
	 * What to do about it.
	 * @return one or more sentences, empty if the description leaves nothing to say
	 */
	public String getAction() {
		return this.action;
	}

}
