package io.github.zsic.spring.boot;

import io.github.zsic.ZsicException;

/**
 * A model is not exchanged: another one is wanted by now, nobody waits for it any more,
 * or the settings for it are wrong.
 */
public class SwapRefusedException extends ZsicException {

	public SwapRefusedException(String description, String action) {
		super(description, action, null);
	}

}
