package io.github.zsic.bench;

import java.util.concurrent.Callable;

/**
 * One that competes, loaded and ready, in this JVM.
 */
interface Contender extends AutoCloseable {

	/**
	 * Makes ready what need not be timed.
	 * @param work what to do
	 * @return a call that does it once, for as many threads as the work has callers
	 * @throws UnsupportedOperationException if this contender has no such operation
	 */
	Callable<?> prepare(Work work) throws Exception;

	@Override
	void close() throws Exception;

}
