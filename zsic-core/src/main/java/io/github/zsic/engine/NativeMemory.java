package io.github.zsic.engine;

import com.sun.jna.Function;
import com.sun.jna.Platform;

/**
 * What was freed goes back to the operating system. glibc keeps it, in an arena for each
 * thread: after loading a model that is about as much again as the weights, and after a
 * few models that were closed, several times that.
 */
final class NativeMemory {

	private NativeMemory() {
	}

	static void trim() {
		if (!Platform.isLinux()) {
			return;
		}
		try {
			Function.getFunction("c", "malloc_trim").invokeInt(new Object[] { 0 });
		}
		catch (UnsatisfiedLinkError ex) {
			// Another C library, which has no such function and no need of it.
		}
	}

}
