package io.github.zsic.text;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.IntFunction;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import io.github.zsic.InferenceException;
import io.github.zsic.InvalidLabelException;

/**
 * The embeddings of prompts, each computed once for as long as the cache keeps it. A
 * prompt's embedding depends on nothing but the model, so entries are never stale;
 * threads that miss the same prompt at the same time wait for one computation.
 * Thread-safe.
 * <p>
 * Why: docs/decisions/0025.
 */
public final class TextEmbeddings implements AutoCloseable {

	private static final Logger logger = LoggerFactory.getLogger(TextEmbeddings.class);

	/**
	 * How many prompts are handed to the encoder together; bounds memory, and what is
	 * lost when it fails.
	 */
	private static final int MAXIMUM_CHUNK = 256;

	/** A caller that misses more than that can be interrupted. */
	private static final int FEW = 64;

	/** Callers with more than that take turns, so that they leave cores for others. */
	private static final Semaphore TURNS = new Semaphore(Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
			true);

	private static final long PROGRESS_INTERVAL = TimeUnit.SECONDS.toNanos(5);

	private final Tokenizer tokenizer;

	private final int maximumTokens;

	private final Function<List<long[]>, float[][]> encoder;

	private final Cache<String, float[]> cache;

	/** What others keep anyway is found here, whatever the cache has dropped. */
	private final Cache<String, float[]> kept = Caffeine.newBuilder().weakValues().executor(Runnable::run).build();

	private final LongAdder keptHits = new LongAdder();

	private final @Nullable EmbeddingStore store;

	/** What is being computed; a prompt is in here or in the cache before it leaves. */
	private final ConcurrentMap<String, Computation> running = new ConcurrentHashMap<>();

	/**
	 * Creates an empty cache.
	 * @param tokenizer makes token ids of prompts, still owned by the caller
	 * @param maximumTokens how many ids the model reads
	 * @param encoder makes an embedding of each list of ids
	 * @param maximumSize how many prompts are kept at most
	 * @param expireAfterAccess after how long without use a prompt is dropped,
	 * {@code null} for never
	 * @param store what is asked before the encoder, and told what that computed;
	 * {@code null} for none; closed with this object
	 */
	public TextEmbeddings(Tokenizer tokenizer, int maximumTokens, Function<List<long[]>, float[][]> encoder,
			long maximumSize, @Nullable Duration expireAfterAccess, @Nullable EmbeddingStore store) {
		this.tokenizer = tokenizer;
		this.maximumTokens = maximumTokens;
		this.encoder = encoder;
		this.store = store;
		// No thread of the common pool for what is done in no time.
		Caffeine<Object, Object> builder = Caffeine.newBuilder()
			.maximumSize(maximumSize)
			.recordStats()
			.executor(Runnable::run);
		if (expireAfterAccess != null) {
			builder.expireAfterAccess(expireAfterAccess);
		}
		this.cache = builder.build();
	}

	/**
	 * Returns the embeddings of texts, computing those that are missing together.
	 * @param texts the texts, duplicates allowed
	 * @return an embedding for each text, in their order; the arrays are shared, do not
	 * change them
	 * @throws InvalidLabelException if a text has more tokens than the model reads or
	 * more than {@value Texts#MAXIMUM_LENGTH} characters, or is not well-formed
	 * @throws InferenceException if the encoder fails
	 * @throws CancellationException if many texts are missing and the thread is
	 * interrupted; what was computed by then is kept
	 */
	public float[][] get(List<String> texts) {
		return get(texts, (i) -> null);
	}

	/**
	 * Like {@link #get(List)}, for prompts of labels.
	 * @param prompts the prompts
	 * @param label tells the label of a prompt by its position, for error messages
	 * @return an embedding for each prompt
	 */
	public float[][] get(List<String> prompts, IntFunction<@Nullable String> label) {
		float[][] result = new float[prompts.size()][];
		Map<String, Integer> unknown = new LinkedHashMap<>();
		for (int i = 0; i < result.length; i++) {
			float[] embedding = lookUp(prompts.get(i));
			if (embedding != null) {
				result[i] = embedding;
			}
			else {
				unknown.putIfAbsent(prompts.get(i), i);
			}
		}
		// All are checked before any is computed.
		Map<String, Computation> missing = tokenizeAll(unknown, label);
		if (!missing.isEmpty()) {
			computeAll(missing);
			for (int i = 0; i < result.length; i++) {
				if (result[i] == null) {
					result[i] = Objects.requireNonNull(missing.get(prompts.get(i))).await();
				}
			}
		}
		return result;
	}

	/** In the thread of the caller, of which there may be many. */
	private Map<String, Computation> tokenizeAll(Map<String, Integer> unknown, IntFunction<@Nullable String> label) {
		Map<String, Computation> missing = new LinkedHashMap<>();
		boolean inTurn = unknown.size() > FEW;
		Iterator<Map.Entry<String, Integer>> prompts = unknown.entrySet().iterator();
		while (prompts.hasNext()) {
			if (inTurn) {
				awaitTurn();
			}
			try {
				for (int i = 0; i < FEW && prompts.hasNext(); i++) {
					Map.Entry<String, Integer> prompt = prompts.next();
					missing.put(prompt.getKey(), new Computation(prompt.getKey(),
							tokenize(prompt.getKey(), label.apply(prompt.getValue()))));
				}
			}
			finally {
				if (inTurn) {
					TURNS.release();
				}
			}
		}
		return missing;
	}

	private static void awaitTurn() {
		try {
			TURNS.acquire();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw interrupted();
		}
	}

	private float @Nullable [] lookUp(String prompt) {
		float[] embedding = this.kept.getIfPresent(prompt);
		if (embedding == null) {
			return this.cache.getIfPresent(prompt);
		}
		this.keptHits.increment();
		return embedding;
	}

	/**
	 * Remembers embeddings for as long as somebody else refers to them, however many
	 * other texts come by.
	 * @param prompts the prompts
	 * @param embeddings their embeddings, in the same order
	 */
	public void keep(List<String> prompts, float[][] embeddings) {
		for (int i = 0; i < embeddings.length; i++) {
			this.kept.put(prompts.get(i), embeddings[i]);
		}
	}

	/**
	 * Computes what is missing, also what another thread had begun and given up.
	 */
	private void computeAll(Map<String, Computation> missing) {
		boolean interruptibly = missing.size() > FEW;
		Map<String, Computation> next = missing;
		while (!next.isEmpty()) {
			compute(next);
			missing.putAll(next);
			Map<String, Computation> givenUp = new LinkedHashMap<>();
			next.forEach((prompt, computation) -> {
				if (computation.isGivenUp(interruptibly)) {
					givenUp.put(prompt, new Computation(prompt, computation.ids));
				}
			});
			next = givenUp;
		}
	}

	/**
	 * Computes what no other thread is computing, and puts the computations of others in
	 * the place of its own.
	 */
	private void compute(Map<String, Computation> missing) {
		List<Computation> claimed = new ArrayList<>(missing.size());
		try {
			for (Map.Entry<String, Computation> entry : missing.entrySet()) {
				Computation other = this.running.putIfAbsent(entry.getKey(), entry.getValue());
				if (other == null) {
					claimed.add(entry.getValue());
				}
				else {
					entry.setValue(other);
				}
			}
			encodeInChunks(claimed.stream().filter((computation) -> !find(computation)).toList());
		}
		catch (RuntimeException | Error ex) {
			claimed.forEach((computation) -> fail(computation, ex));
			throw ex;
		}
	}

	/** Looks where nothing has to be computed. */
	private boolean find(Computation computation) {
		// In the view as a map, which does not count it as a use. Another thread may have
		// been done with it since it was looked for.
		float[] known = this.cache.asMap().get(computation.prompt);
		if (known == null) {
			known = this.kept.getIfPresent(computation.prompt);
		}
		if (known == null && this.store != null) {
			known = this.store.read(computation.prompt);
		}
		if (known != null) {
			succeed(computation, known);
		}
		return known != null;
	}

	private void encodeInChunks(List<Computation> computations) {
		long told = System.nanoTime();
		for (int from = 0; from < computations.size(); from += MAXIMUM_CHUNK) {
			if (System.nanoTime() - told > PROGRESS_INTERVAL) {
				told = System.nanoTime();
				logger.info("Encoded {} of {} texts that are new", from, computations.size());
			}
			if (from > 0 && Thread.currentThread().isInterrupted()) {
				throw interrupted();
			}
			List<Computation> chunk = computations.subList(from, Math.min(from + MAXIMUM_CHUNK, computations.size()));
			encode(chunk);
			List<Computation> encoded = chunk.stream().filter(Computation::succeeded).toList();
			if (encoded.isEmpty()) {
				// It is not for the texts; the rest would fare no better.
				chunk.get(0).await();
			}
			if (this.store != null) {
				this.store.append(encoded.stream().map((each) -> each.prompt).toList(),
						encoded.stream().map(Computation::await).toList());
			}
		}
	}

	/** Where one text makes the encoder fail, the others still get their embeddings. */
	private void encode(List<Computation> computations) {
		float[][] embeddings;
		try {
			embeddings = this.encoder.apply(computations.stream().map((each) -> each.ids).toList());
		}
		catch (InferenceException ex) {
			if (computations.size() == 1) {
				fail(computations.get(0), ex);
			}
			else {
				int half = computations.size() / 2;
				encode(computations.subList(0, half));
				encode(computations.subList(half, computations.size()));
			}
			return;
		}
		for (int i = 0; i < embeddings.length; i++) {
			succeed(computations.get(i), embeddings[i]);
		}
	}

	private static CancellationException interrupted() {
		return new CancellationException("The thread was interrupted while its texts were encoded.");
	}

	private void succeed(Computation computation, float[] embedding) {
		this.cache.put(computation.prompt, embedding);
		this.running.remove(computation.prompt, computation);
		computation.embedding.complete(embedding);
	}

	private void fail(Computation computation, Throwable failure) {
		this.running.remove(computation.prompt, computation);
		computation.embedding.completeExceptionally(failure);
	}

	/**
	 * The texts in the cache that are used most.
	 * @param maximum how many to return at most
	 * @return the texts, the most used ones first
	 */
	public List<String> mostUsed(int maximum) {
		return this.cache.policy()
			.eviction()
			.map((eviction) -> List.copyOf(eviction.hottest(maximum).keySet()))
			.orElse(List.of());
	}

	/**
	 * How the cache is used.
	 * @return the numbers at this moment
	 */
	public Statistics statistics() {
		CacheStats stats = this.cache.stats();
		return new Statistics(this.cache.estimatedSize(), stats.hitCount() + this.keptHits.sum(), stats.missCount(),
				stats.evictionCount());
	}

	/**
	 * How many tokens prompts have, special tokens included.
	 * @param prompts the prompts
	 * @return the number of all together
	 * @throws InvalidLabelException if one of them is too long for the model
	 */
	public int countTokens(List<String> prompts) {
		return prompts.stream().mapToInt((prompt) -> tokenize(prompt, null).length).sum();
	}

	private long[] tokenize(String prompt, @Nullable String label) {
		String what = (label != null) ? "The label '" + Texts.abbreviate(label) + "'"
				: "The text '" + Texts.abbreviate(prompt) + "'";
		String text = (label != null) ? what + " in the prompt '" + Texts.abbreviate(prompt) + "'" : what;
		if (prompt.length() > Texts.MAXIMUM_LENGTH) {
			throw new InvalidLabelException(text + Texts.tooLong(prompt.length()),
					"Shorten the label or the template.");
		}
		if (!isWellFormed(prompt)) {
			throw new InvalidLabelException(what + " is not well-formed Unicode: it has half of a surrogate pair.",
					"Check how it was read or cut.");
		}
		long[] ids = this.tokenizer.encode(prompt);
		if (ids.length > this.maximumTokens) {
			throw new InvalidLabelException(
					text + " has " + ids.length + " tokens, but the model reads at most " + this.maximumTokens + ".",
					"Shorten the label or the template, or have the classifier cut it off (zsic.truncate).");
		}
		return ids;
	}

	private static boolean isWellFormed(String text) {
		return text.codePoints().noneMatch((c) -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
	}

	@Override
	public void close() {
		if (this.store != null) {
			this.store.close();
		}
	}

	/** One prompt on its way to an embedding. */
	private static final class Computation {

		private final String prompt;

		private final long[] ids;

		private final CompletableFuture<float[]> embedding = new CompletableFuture<>();

		Computation(String prompt, long[] ids) {
			this.prompt = prompt;
			this.ids = ids;
		}

		boolean succeeded() {
			return this.embedding.isDone() && !this.embedding.isCompletedExceptionally();
		}

		/** Waits, and tells whether whoever computed it did not finish. */
		boolean isGivenUp(boolean interruptibly) {
			try {
				if (interruptibly) {
					this.embedding.get();
				}
				else {
					this.embedding.join();
				}
				return false;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw interrupted();
			}
			catch (CancellationException ex) {
				return true;
			}
			catch (ExecutionException | CompletionException ex) {
				// Told when the result is asked for.
				return false;
			}
		}

		/** Also when interrupted, as the result is shared. */
		float[] await() {
			try {
				return this.embedding.join();
			}
			catch (CompletionException ex) {
				if (ex.getCause() instanceof RuntimeException cause) {
					throw cause;
				}
				if (ex.getCause() instanceof Error cause) {
					throw cause;
				}
				throw ex;
			}
		}

	}

	/**
	 * How the cache is used.
	 *
	 * @param size how many embeddings it has
	 * @param hits how many prompts were in it
	 * @param misses how many were not
	 * @param evictions how many were dropped
	 */
	public record Statistics(long size, long hits, long misses, long evictions) {

	}

}
