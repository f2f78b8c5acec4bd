package io.github.zsic.bench;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * What JMH times: the call that the worker has prepared. JMH makes the threads and takes
 * the samples; the contender stays loaded between its turns.
 */
@State(Scope.Benchmark)
public class WorkBenchmark {

	static volatile Callable<?> call = () -> "";

	/**
	 * One call.
	 * @return its result, for JMH to consume
	 */
	@Benchmark
	@BenchmarkMode(Mode.SampleTime)
	@OutputTimeUnit(TimeUnit.NANOSECONDS)
	public Object run() throws Exception {
		return call.call();
	}

}
