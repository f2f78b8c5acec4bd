package io.github.zsic;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Exchanges of a real model while many threads use it.
 */
class SwapUnderLoadTests {

	private static final int THREADS = 16;

	private static final int SWAPS = 150;

	/** Until then the JVM's own memory grows: compiled code, arenas of new threads. */
	private static final int WARM_UP = 70;

	private static final List<String> CHECKPOINTS = List.of("quickgelu-legacy-eos", "gelu-modern-eos");

	@TempDir
	private Path folder;

	@Test
	void noCallFailsAndEachAnswerIsOneModelsWhole() throws Exception {
		List<List<Prediction>> expected = new ArrayList<>();
		for (String checkpoint : CHECKPOINTS) {
			try (ZeroShotClassifier alone = build(TestCheckpoints.checkpoint(checkpoint))) {
				expected.add(classify(alone));
			}
		}
		assertThat(isNear(expected.get(0), expected.get(1))).isFalse();
		AtomicBoolean done = new AtomicBoolean();
		Set<List<Prediction>> seen = ConcurrentHashMap.newKeySet();
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		try (SwappableClassifier classifier = new SwappableClassifier(Duration.ofSeconds(30))) {
			load(classifier, 0);
			List<Future<Integer>> callers = new ArrayList<>();
			for (int thread = 0; thread < THREADS; thread++) {
				callers.add(executor.submit(() -> {
					int calls = 0;
					while (!done.get()) {
						seen.add(classify(classifier));
						calls++;
					}
					return calls;
				}));
			}
			List<Long> memory = new ArrayList<>();
			for (int swap = 1; swap <= SWAPS; swap++) {
				load(classifier, swap);
				if (OS.current() == OS.LINUX && (swap > SWAPS - 10 || (swap > WARM_UP && swap <= WARM_UP + 10))) {
					memory.add(ResidentMemory.kilobytes());
				}
				if (swap == SWAPS / 2) {
					swapToWhatIsBroken(classifier);
				}
			}
			done.set(true);
			for (Future<Integer> caller : callers) {
				assertThat(caller.get()).isPositive();
			}
			assertThat(classifier.calls(Duration.ofHours(1)).failures()).isZero();
			if (!memory.isEmpty()) {
				// Of 70 models with 0.4 MB of weights and 2 engine threads each, if they
				// stayed.
				assertThat(least(memory.subList(10, 20)) - least(memory.subList(0, 10))).isLessThan(12 * 1024);
			}
		}
		finally {
			done.set(true);
			executor.shutdownNow();
		}
		assertThat(seen).allMatch((answer) -> isNear(answer, expected.get(0)) || isNear(answer, expected.get(1)))
			.anyMatch((answer) -> isNear(answer, expected.get(0)))
			.anyMatch((answer) -> isNear(answer, expected.get(1)));
	}

	@Test
	void labelsInUseNeedNotBeEncodedAfterASwap() {
		try (SwappableClassifier classifier = new SwappableClassifier(Duration.ofSeconds(30))) {
			load(classifier, 0);
			List<Prediction> before = classify(classifier);
			load(classifier, 1);
			long misses = classifier.statistics().cacheMisses();
			assertThat(classifier.statistics().cachedTexts()).isEqualTo(4);
			assertThat(isNear(classify(classifier), before)).isFalse();
			assertThat(classifier.statistics().cacheMisses()).isEqualTo(misses);
		}
	}

	/** The last bits may differ between two loads of a checkpoint. */
	private static boolean isNear(List<Prediction> one, List<Prediction> other) {
		return IntStream.range(0, one.size())
			.allMatch((i) -> one.get(i).label().equals(other.get(i).label())
					&& Math.abs(one.get(i).score() - other.get(i).score()) < 1e-5);
	}

	private void swapToWhatIsBroken(SwappableClassifier classifier) {
		ModelInfo before = classifier.model();
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> classifier.load("broken", (listener) -> build(this.folder)));
		assertThat(classifier.model()).isSameAs(before);
	}

	private static long least(List<Long> values) {
		return values.stream().mapToLong(Long::longValue).min().orElseThrow();
	}

	private static void load(SwappableClassifier classifier, int swap) {
		String checkpoint = CHECKPOINTS.get(swap % CHECKPOINTS.size());
		classifier.load(checkpoint, (listener) -> build(TestCheckpoints.checkpoint(checkpoint)));
	}

	private static ZeroShotClassifier build(Path checkpoint) {
		return ZeroShotClassifier.builder()
			.checkpoint(checkpoint.toString())
			.device("cpu")
			.engineThreads(1)
			.intraOpThreads(1)
			.build();
	}

	private static List<Prediction> classify(ZeroShotClassifier classifier) {
		return classifier.classify(ImageInput.of(TestCheckpoints.picture("tiny.png")), "fox", "bear", "seagull", "owl")
			.predictions();
	}

}
