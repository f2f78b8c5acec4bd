package io.github.zsic.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link EngineThreads}.
 */
class EngineThreadsTests {

	/** What Linux keeps of a name. */
	private static final int LENGTH = 15;

	@BeforeAll
	static void loadLibrary() {
		TorchRuntime.engine();
	}

	/** Also in the part that Linux keeps, by which teams are told apart. */
	@Test
	void noTwoThreadsOfAnyPoolHaveTheSameName() throws Exception {
		TorchDevice cpu = new TorchDevice("cpu");
		List<String> names = new ArrayList<>();
		for (int repetition = 0; repetition < 2; repetition++) {
			names.clear();
			try (EngineThreads two = EngineThreads.share(2, 1, cpu);
					EngineThreads three = EngineThreads.share(3, 1, cpu);
					EngineThreads other = EngineThreads.share(2, 2, cpu)) {
				CyclicBarrier all = new CyclicBarrier(8);
				for (EngineThreads threads : List.of(two, three, other)) {
					for (int i = 0; i < threads.size(); i++) {
						threads.execute(() -> {
							synchronized (names) {
								names.add(Thread.currentThread().getName());
							}
							await(all);
						});
					}
				}
				await(all);
				assertThat(names).hasSize(7)
					.allMatch((name) -> name.matches("zsic-engine-\\d{1,3}"))
					.extracting((name) -> name.substring(0, Math.min(name.length(), LENGTH)))
					.doesNotHaveDuplicates();
				assertThat(two.callAside(() -> Thread.currentThread().getName())).startsWith("zsic-load-");
			}
		}
	}

	private static void await(CyclicBarrier barrier) {
		try {
			barrier.await(60, TimeUnit.SECONDS);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

}
