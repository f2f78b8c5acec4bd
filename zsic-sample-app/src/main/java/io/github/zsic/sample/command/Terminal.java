package io.github.zsic.sample.command;

import java.io.Console;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

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
	 * Whether somebody looks on. Without a shell to ask, only if nothing at all is
	 * redirected.
	 */
	boolean isThere() {
		ProcessBuilder test = new ProcessBuilder("sh", "-c", "test -t " + this.descriptor);
		if (this == OUTPUT) {
			test.redirectOutput(Redirect.INHERIT);
		}
		else {
			test.redirectError(Redirect.INHERIT);
		}
		try {
			return test.start().waitFor() == 0;
		}
		catch (IOException ex) {
			return isConsole();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	/** From JDK 22 on there is always a console, and it knows what it is. */
	private static boolean isConsole() {
		Console console = System.console();
		if (console == null) {
			return false;
		}
		try {
			return (boolean) Console.class.getMethod("isTerminal").invoke(console);
		}
		catch (NoSuchMethodException ex) {
			return true;
		}
		catch (ReflectiveOperationException ex) {
			return false;
		}
	}

}
