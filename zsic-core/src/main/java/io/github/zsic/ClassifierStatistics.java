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
 * @param queued how many pictures and batches of texts wait for one of them
 * @param queuePlaces how many places of the queue are taken: one for each picture that is
 * being decoded, waits, or is being computed
 * @param queueCapacity how many places the queue has
 * @param modelBytes about how much memory the weights take, on their device
 */
public record ClassifierStatistics(long cachedTexts, long cacheHits, long cacheMisses, long cacheEvictions,
		long encodedTexts, int engineThreads, int queued, int queuePlaces, int queueCapacity, long modelBytes) {

	/**
	 * Of a classifier that has neither.
	 */
	public static final ClassifierStatistics NONE = new ClassifierStatistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

}
