package io.github.zsic;

/**
 * What a classifier's label cache and engine have to do.
 *
 * @param cachedTexts how many text embeddings are kept
 * @param cacheHits how many texts were found in the cache
 * @param cacheMisses how many were not
 * @param cacheEvictions how many embeddings were dropped
 * @param encodedTexts how many texts the text tower has encoded for calls; fewer than
 * misses if calls missed the same text at the same time, or a file had it
 * @param engineThreads how many threads run the engine
 * @param queued how many pieces of work wait for one of them
 */
public record ClassifierStatistics(long cachedTexts, long cacheHits, long cacheMisses, long cacheEvictions,
		long encodedTexts, int engineThreads, int queued) {

	/**
	 * Of a classifier that has neither.
	 */
	public static final ClassifierStatistics NONE = new ClassifierStatistics(0, 0, 0, 0, 0, 0, 0);

}
