package io.github.zsic.text;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import org.jspecify.annotations.Nullable;

import io.github.zsic.InvalidLabelException;

/**
 * The embeddings of prompts, each computed once for as long as the cache keeps it. A
 * prompt's embedding depends on nothing but the model, so entries are never stale;
 * threads that miss the same prompt at the same time wait for one computation.
 * Thread-safe.
 */
public final class TextEmbeddings {

	/** How many characters of a text an error message quotes. */
	private static final int MAXIMUM_QUOTE = 100;

	private final Tokenizer tokenizer;

	private final int maximumTokens;

	private final Function<List<long[]>, float[][]> encoder;

	private final AsyncCache<String, float[]> cache;

	/**
	 * Creates an empty cache.
	 * @param tokenizer makes token ids of prompts, still owned by the caller
	 * @param maximumTokens how many ids the model reads
	 * @param encoder makes an embedding of each list of ids
	 * @param maximumSize how many prompts are kept at most
	 * @param expireAfterAccess after how long without use a prompt is dropped,
	 * {@code null} for never
	 */
	public TextEmbeddings(Tokenizer tokenizer, int maximumTokens, Function<List<long[]>, float[][]> encoder,
			long maximumSize, @Nullable Duration expireAfterAccess) {
		this.tokenizer = tokenizer;
		this.maximumTokens = maximumTokens;
		this.encoder = encoder;
		// In the thread that asks: the encoder hands over to the engine's threads itself.
		Caffeine<Object, Object> builder = Caffeine.newBuilder()
			.maximumSize(maximumSize)
			.recordStats()
			.executor(Runnable::run);
		if (expireAfterAccess != null) {
			builder.expireAfterAccess(expireAfterAccess);
		}
		this.cache = builder.buildAsync();
	}

	/**
	 * Returns the embeddings of prompts, computing those that are missing together.
	 * @param prompts the prompts, duplicates allowed
	 * @return an embedding for each prompt, in their order; the arrays are shared, do not
	 * change them
	 * @throws InvalidLabelException if a prompt has more tokens than the model reads
	 */
	public List<float[]> get(List<String> prompts) {
		// Checked before the cache is asked: an error inside would also reach other
		// threads that wait for one of the good prompts among these.
		Map<String, long[]> ids = new HashMap<>();
		for (String prompt : prompts) {
			// In the view as a map, which does not count it as a use.
			if (!this.cache.asMap().containsKey(prompt)) {
				ids.computeIfAbsent(prompt, this::tokenize);
			}
		}
		try {
			Map<String, float[]> embeddings = this.cache
				.getAll(prompts, (Set<? extends String> missing) -> compute(missing, ids))
				.join();
			return prompts.stream().map((prompt) -> Objects.requireNonNull(embeddings.get(prompt))).toList();
		}
		catch (CompletionException ex) {
			if (ex.getCause() instanceof RuntimeException cause) {
				throw cause;
			}
			throw ex;
		}
	}

	/**
	 * How the cache is used.
	 * @return the numbers at this moment
	 */
	public Statistics statistics() {
		CacheStats stats = this.cache.synchronous().stats();
		return new Statistics(this.cache.synchronous().estimatedSize(), stats.hitCount(), stats.missCount(),
				stats.evictionCount());
	}

	private Map<String, float[]> compute(Set<? extends String> missing, Map<String, long[]> known) {
		List<long[]> ids = new ArrayList<>(missing.size());
		for (String prompt : missing) {
			long[] tokens = known.get(prompt);
			// Evicted since it was looked for.
			ids.add((tokens != null) ? tokens : tokenize(prompt));
		}
		float[][] embeddings = this.encoder.apply(ids);
		Map<String, float[]> result = new HashMap<>();
		int i = 0;
		for (String prompt : missing) {
			result.put(prompt, embeddings[i++]);
		}
		return result;
	}

	private long[] tokenize(String prompt) {
		long[] ids = this.tokenizer.encode(prompt);
		if (ids.length > this.maximumTokens) {
			throw new InvalidLabelException("The text '" + abbreviate(prompt) + "' has " + ids.length
					+ " tokens, but the model reads at most " + this.maximumTokens + ".",
					"Shorten the label or the template.");
		}
		return ids;
	}

	private static String abbreviate(String text) {
		if (text.codePointCount(0, text.length()) <= MAXIMUM_QUOTE) {
			return text;
		}
		return text.substring(0, text.offsetByCodePoints(0, MAXIMUM_QUOTE)) + "…";
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
