package io.github.zsic.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.InferenceException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.TestCheckpoints;
import io.github.zsic.checkpoint.TestTokenizers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The cache of text embeddings, with an encoder that is none.
 */
class TextEmbeddingsTests {

	private static final int TOKENS = 40;

	private final Tokenizer tokenizer = TestTokenizers
		.load(TestCheckpoints.checkpoint("gelu-modern-eos").resolve("tokenizer.json"), 0, UnaryOperator.identity());

	/** The batches that were encoded. */
	private final List<List<long[]>> batches = Collections.synchronizedList(new ArrayList<>());

	private final TextEmbeddings texts = new TextEmbeddings(this.tokenizer, TOKENS, this::encode, 1000, null, null);

	/** The batch after which the caller is interrupted, 0 for none. */
	private volatile int interruptAfter;

	private volatile Runnable whileEncoding = () -> {
	};

	/** What makes the encoder fail. */
	private String bad = "nothing";

	@AfterEach
	void close() {
		this.texts.close();
		this.tokenizer.close();
	}

	/** The embedding of a text is the hash of its tokens. */
	private float[][] encode(List<long[]> ids) {
		this.batches.add(ids);
		this.whileEncoding.run();
		if (this.batches.size() == this.interruptAfter) {
			Thread.currentThread().interrupt();
		}
		long[] failing = this.tokenizer.encode(this.bad);
		if (this.bad.isEmpty() || ids.stream().anyMatch((each) -> Arrays.equals(each, failing))) {
			throw new InferenceException("It failed.", "");
		}
		return ids.stream().map(TextEmbeddingsTests::embedding).toArray(float[][]::new);
	}

	private static float[] embedding(long[] ids) {
		return new float[] { Arrays.hashCode(ids) };
	}

	private long encoded() {
		return this.batches.stream().mapToLong(List::size).sum();
	}

	@Test
	void missingTextsAreEncodedTogetherAndOnce() {
		float[][] embeddings = this.texts.get(List.of("a", "b", "a", "c"));
		assertThat(this.batches).hasSize(1);
		assertThat(this.batches.get(0)).hasSize(3);
		assertThat(embeddings[1]).isEqualTo(embedding(this.tokenizer.encode("b")));
		assertThat(embeddings[0]).isSameAs(embeddings[2]);
		assertThat(this.texts.get(List.of("c", "b"))[0]).isSameAs(embeddings[3]);
		assertThat(encoded()).isEqualTo(3);
		assertThat(this.texts.statistics()).isEqualTo(new TextEmbeddings.Statistics(3, 2, 4, 0));
	}

	@Test
	void manyTextsAreEncodedInChunks() {
		this.texts.get(numbers(700));
		assertThat(this.batches).hasSize(3).allSatisfy((batch) -> assertThat(batch).hasSizeLessThanOrEqualTo(256));
		assertThat(encoded()).isEqualTo(700);
	}

	@Test
	void textThatFailsDisturbsNoOther() {
		List<LogRecord> records = new ArrayList<>();
		Handler handler = new Handler() {
			@Override
			public void publish(LogRecord record) {
				records.add(record);
			}

			@Override
			public void flush() {
			}

			@Override
			public void close() {
			}
		};
		Logger.getLogger("").addHandler(handler);
		try {
			this.bad = "number 7";
			assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> this.texts.get(numbers(100)))
				.withMessage("It failed.");
		}
		finally {
			Logger.getLogger("").removeHandler(handler);
		}
		// The exception says it; the cache need not log it as well.
		assertThat(records).isEmpty();
		int before = this.batches.size();
		List<String> others = new ArrayList<>(numbers(100));
		others.remove("number 7");
		this.texts.get(others);
		assertThat(this.batches).hasSize(before);
		this.bad = "nothing";
		assertThat(this.texts.get(List.of("number 7"))[0]).isEqualTo(embedding(this.tokenizer.encode("number 7")));
	}

	@Test
	void encoderThatFailsAltogetherIsNotAskedForEverything() {
		this.bad = "";
		assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> this.texts.get(numbers(3000)));
		assertThat(this.batches).hasSizeLessThan(2 * 256);
		this.bad = "nothing";
		assertThat(this.texts.get(numbers(3000))).hasDimensions(3000, 1);
	}

	@Test
	void badTextIsFoundBeforeAnythingIsEncoded() {
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> this.texts.get(List.of("a", "a very ".repeat(30) + "long one"), (i) -> "label " + i))
			.withMessageMatching(
					"The label 'label 1' in the prompt 'a very .*…' has \\d+ tokens, but the model reads at most 40\\. .*");
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> this.texts.get(List.of("a", "half a \uD83E")))
			.withMessageContaining("half of a surrogate pair");
		assertThat(this.batches).isEmpty();
	}

	@Test
	void threadsThatMissTheSameTextsEncodeThemOnce() throws Exception {
		int threads = 8;
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			CountDownLatch start = new CountDownLatch(1);
			Map<String, float[]> first = new ConcurrentHashMap<>();
			List<Future<?>> futures = new ArrayList<>();
			for (int thread = 0; thread < threads; thread++) {
				int offset = thread;
				futures.add(executor.submit(() -> {
					start.await();
					for (int call = 0; call < 500; call++) {
						// Overlapping windows, in another order in each thread.
						int from = (call * 7 + offset * 131) % 490;
						List<String> prompts = new ArrayList<>(numbers(500).subList(from, from + 10));
						if (offset % 2 == 1) {
							Collections.reverse(prompts);
						}
						float[][] embeddings = this.texts.get(prompts);
						for (int i = 0; i < embeddings.length; i++) {
							float[] earlier = first.putIfAbsent(prompts.get(i), embeddings[i]);
							assertThat(embeddings[i]).isSameAs((earlier != null) ? earlier : embeddings[i]);
						}
					}
					return true;
				}));
			}
			start.countDown();
			for (Future<?> future : futures) {
				future.get(60, TimeUnit.SECONDS);
			}
			assertThat(encoded()).isEqualTo(first.size());
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void interruptedCallerGivesUpWhatItHasNotBegun() {
		this.interruptAfter = 1;
		assertThatExceptionOfType(CancellationException.class).isThrownBy(() -> this.texts.get(numbers(1000)));
		assertThat(Thread.interrupted()).isTrue();
		assertThat(this.batches).hasSize(1);
		this.interruptAfter = 0;
		assertThat(this.texts.get(numbers(1000))).hasDimensions(1000, 1);
		assertThat(encoded()).isEqualTo(1000);
	}

	@Test
	void fewTextsAreEncodedAlsoWhenInterrupted() {
		Thread.currentThread().interrupt();
		assertThat(this.texts.get(numbers(60))).hasDimensions(60, 1);
		assertThat(Thread.interrupted()).isTrue();
	}

	/** Who waits for what another caller gave up gets it nevertheless. */
	@Test
	void callerThatGivesUpDisturbsNoOther() throws Exception {
		CountDownLatch encoding = new CountDownLatch(1);
		CountDownLatch waiting = new CountDownLatch(1);
		this.whileEncoding = () -> {
			encoding.countDown();
			awaitUninterruptibly(waiting);
		};
		ExecutorService executor = Executors.newFixedThreadPool(2);
		try {
			Future<float[][]> first = executor.submit(() -> {
				this.interruptAfter = 1;
				return this.texts.get(numbers(1000));
			});
			encoding.await();
			this.whileEncoding = () -> {
			};
			Future<float[][]> second = executor.submit(() -> this.texts.get(numbers(1000).subList(500, 1000)));
			Thread.sleep(500);
			waiting.countDown();
			assertThat(second.get(60, TimeUnit.SECONDS)).hasDimensions(500, 1);
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> first.get(60, TimeUnit.SECONDS))
				.withCauseInstanceOf(CancellationException.class);
			assertThat(encoded()).isEqualTo(256 + 500);
		}
		finally {
			executor.shutdownNow();
		}
	}

	@Test
	void whatIsKeptElsewhereIsFoundWhateverComesBy() {
		try (TextEmbeddings small = new TextEmbeddings(this.tokenizer, TOKENS, this::encode, 10, null, null)) {
			List<String> own = List.of("own 1", "own 2");
			float[][] kept = small.get(own);
			small.keep(own, kept);
			small.get(numbers(1000));
			long before = encoded();
			float[][] again = small.get(List.of("own 2", "own 1"));
			assertThat(again[0]).isSameAs(kept[1]);
			assertThat(again[1]).isSameAs(kept[0]);
			assertThat(encoded()).isEqualTo(before);
			assertThat(small.statistics().hits()).isEqualTo(2);
		}
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		boolean interrupted = false;
		while (true) {
			try {
				latch.await();
				break;
			}
			catch (InterruptedException ex) {
				interrupted = true;
			}
		}
		if (interrupted) {
			Thread.currentThread().interrupt();
		}
	}

	/** The figures of {@code docs/labels.md}. */
	@ParameterizedTest
	@ValueSource(ints = { 512, 768 })
	@EnabledIfSystemProperty(named = "zsic.measure", matches = "true")
	void memoryOfAPrompt(int dimension) {
		int count = 20_000;
		try (TextEmbeddings large = new TextEmbeddings(this.tokenizer, TOKENS,
				(ids) -> new float[ids.size()][dimension], count, null, null)) {
			long before = usedMemory();
			large.get(numbers(count).stream().map((number) -> "This is a photo of label " + number + ".").toList());
			long bytes = (usedMemory() - before) / count;
			System.out.printf("%d numbers: %d bytes a prompt%n", dimension, bytes);
			assertThat(bytes).isBetween(4L * dimension, 4L * dimension + 400);
		}
	}

	private static long usedMemory() {
		for (int i = 0; i < 4; i++) {
			System.gc();
		}
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

	private static List<String> numbers(int count) {
		List<String> numbers = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			numbers.add("number " + i);
		}
		return numbers;
	}

}
