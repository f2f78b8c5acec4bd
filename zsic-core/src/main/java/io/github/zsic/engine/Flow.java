package io.github.zsic.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * The pictures of one call, or of one stream of pictures, which take turns with those of
 * others. For one model; all of it belongs to its queue and is guarded by that.
 */
public final class Flow {

	/** Of the last picture. */
	long turn = -1;

	/** How many it has of the places of the queue. */
	int places;

	/** What needs this flow: for the queue, it exists while there is something. */
	int holds;

	/** For places. */
	final Deque<CompletableFuture<Flow>> waiting = new ArrayDeque<>();

}
