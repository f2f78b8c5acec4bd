package io.github.zsic.engine;

import java.time.Duration;

/**
 * The embedding of a picture, and what it took.
 *
 * @param embedding a new unit vector of length {@link DualEncoder#dimension()}, or
 * several, one behind the other, of which the nearest to a text decides
 * @param decode how long the picture took to be decoded and made small
 * @param queue how long it waited for the engine
 * @param compute how long its batch took
 * @param batchSize how many pictures the batch had
 */
public record EncodedImage(float[] embedding, Duration decode, Duration queue, Duration compute, int batchSize) {

	EncodedImage withDecode(Duration decode) {
		return new EncodedImage(this.embedding, decode, this.queue, this.compute, this.batchSize);
	}

}
