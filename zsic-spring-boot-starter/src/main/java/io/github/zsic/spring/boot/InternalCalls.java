package io.github.zsic.spring.boot;

/**
 * Calls of a model that nobody makes who uses it: those of self-tests, and those that
 * prepare a model before it answers. A {@link ModelDecorator} that counts or limits
 * calls, or answers some of them itself, leaves these alone.
 */
public final class InternalCalls {

	private static final ThreadLocal<Boolean> running = ThreadLocal.withInitial(() -> false);

	private InternalCalls() {
	}

	/**
	 * Whether this thread is making such a call.
	 * @return whether it is
	 */
	public static boolean running() {
		return running.get();
	}

	static void run(Runnable task) {
		boolean before = running.get();
		running.set(true);
		try {
			task.run();
		}
		finally {
			if (before) {
				running.set(true);
			}
			else {
				running.remove();
			}
		}
	}

}
