package io.github.zsic.spring.boot;

import io.github.zsic.ZsicException;

/**
 * A model cannot be exchanged now.
 */
public class SwapRefusedException extends ZsicException {

	public SwapRefusedException(String description, String action) {
		super(description, action, null);
	}

}
