package io.github.zsic.engine;

import java.nio.ByteBuffer;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * What was freed goes back to the operating system. glibc keeps it, in an arena for each
 * thread: after loading a model that is about as much again as the weights, and after a
 * few models that were closed, several times that.
 * <p>
 * Why: docs/decisions/0023.
 */
final class NativeMemory {

	/** MADV_DONTNEED of Linux. */
	private static final int DO_NOT_NEED = 4;

	private static final long PAGE = 4096;

	private NativeMemory() {
	}

	/**
	 * Lets go of the pages of a file that was mapped, which otherwise count as this
	 * process's until the garbage collector finds the buffer. The content of the buffer
	 * must not be used any more.
	 */
	static void release(ByteBuffer mapped) {
		if (!Platform.isLinux() || mapped.capacity() == 0) {
			return;
		}
		long start = Pointer.nativeValue(Native.getDirectBufferPointer(mapped));
		long from = (start + PAGE - 1) / PAGE * PAGE;
		long to = (start + mapped.capacity()) / PAGE * PAGE;
		if (to > from) {
			// It is only advice: where it is not taken, the pages go with the buffer.
			Function.getFunction("c", "madvise")
				.invokeInt(new Object[] { new Pointer(from), new NativeLong(to - from), DO_NOT_NEED });
		}
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
