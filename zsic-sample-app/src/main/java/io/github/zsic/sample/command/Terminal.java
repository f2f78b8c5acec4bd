package io.github.zsic.sample.command;

import com.sun.jna.Function;
import com.sun.jna.Platform;

/**
 * Where a terminal may be. {@link System#console()} tells of the standard input and
 * output together, and never of the standard error.
 */
enum Terminal {

	/** The standard output. */
	OUTPUT(1),

	/** The standard error. */
	ERROR(2);

	private final int descriptor;

	Terminal(int descriptor) {
		this.descriptor = descriptor;
	}

	/**
	 * Whether somebody looks on.
	 */
	boolean isThere() {
		Function isatty = Platform.isWindows() ? Function.getFunction("msvcrt", "_isatty")
				: Function.getFunction("c", "isatty");
		return isatty.invokeInt(new Object[] { this.descriptor }) != 0;
	}

}
