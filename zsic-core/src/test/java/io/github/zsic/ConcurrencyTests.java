package io.github.zsic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * One classifier, many threads: the same bits as from one thread, and no growing memory.
 */
class ConcurrencyTests {

	private static final int THREADS = 8;

	private static final int CALLS = 200;

	private static final List<String> PICTURES = List.of("landscape.png", "portrait.png", "tiny.png", "wide.png",
			"grey.png", "rgba.png", "photo.jpg", "orientation-6.jpg");

	/**
	 * On one classifier, because the last bits of a text embedding depend on the texts
	 * that were encoded with it; it is encoded once.
	 */
	@ParameterizedTest
	@ValueSource(ints = { 1, 3 })
	void manyThreadsGetTheBitsOfOne(int engineThreads) throws Exception {
		try (ZeroShotClassifier shared = build(engineThreads)) {
			List<List<Prediction>> expected = new ArrayList<>();
			for (int call = 0; call < CALLS; call++) {
				expected.add(classify(shared, call));
			}
			assertThat(new HashSet<>(expected)).hasSize(CALLS);
			runThreads((call) -> assertThat(classify(shared, call)).isEqualTo(expected.get(call)));
		}
	}

	@Test
	void threadsThatMissTheSameLabelsGetTheSameBits() throws Exception {
		try (ZeroShotClassifier shared = build(2)) {
			Map<Integer, List<Prediction>> first = new ConcurrentHashMap<>();
			runThreads((call) -> {
				List<Prediction> predictions = classify(shared, call % 20);
				List<Prediction> earlier = first.putIfAbsent(call % 20, predictions);
				assertThat(predictions).isEqualTo((earlier != null) ? earlier : predictions);
			});
		}
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void residentMemoryIsFlat() throws Exception {
		try (ZeroShotClassifier shared = build(2)) {
			for (int warmUp = 0; warmUp < 2; warmUp++) {
				runThreads((call) -> classify(shared, call));
			}
			long before = ResidentMemory.kilobytes();
			for (int round = 0; round < 2; round++) {
				runThreads((call) -> classify(shared, call));
			}
			// 3,200 calls: any leaked picture or activation would be a multiple of this.
			assertThat(ResidentMemory.kilobytes() - before).isLessThan(24 * 1024);
		}
	}

	@Test
	@EnabledOnOs(OS.LINUX)
	void loadingAndClosingLeavesNothingBehind() throws Exception {
		Runnable loads = () -> {
			for (int load = 0; load < 20; load++) {
				build(1).close();
			}
		};
		ResidentMemory.leastKilobytes(3, loads);
		long before = ResidentMemory.leastKilobytes(3, loads);
		// 60 loads later. The weights alone are 0.4 MB in the file.
		assertThat(ResidentMemory.leastKilobytes(3, loads) - before).isLessThan(16 * 1024);
	}

	private static ZeroShotClassifier build(int engineThreads) {
		return ZeroShotClassifier.builder()
			.checkpoint(TestCheckpoints.checkpoint("quickgelu-legacy-eos").toString())
			.engineThreads(engineThreads)
			.build();
	}

	/** Every call has one label of its own, so that the label cache is under load too. */
	private static List<Prediction> classify(ZeroShotClassifier classifier, int call) {
		ImageInput image = ImageInput.of(TestCheckpoints.picture(PICTURES.get(call % PICTURES.size())));
		return classifier.classify(image, "fox", "bear", "seagull", "owl", "thing " + call).predictions();
	}

	private static void runThreads(IntConsumer task) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(THREADS);
		try {
			List<Future<?>> futures = new ArrayList<>();
			for (int thread = 0; thread < THREADS; thread++) {
				int offset = thread * 25;
				futures.add(executor.submit(() -> {
					for (int i = 0; i < CALLS; i++) {
						task.accept((i + offset) % CALLS);
					}
				}));
			}
			for (Future<?> future : futures) {
				future.get();
			}
		}
		finally {
			executor.shutdownNow();
		}
	}

}
