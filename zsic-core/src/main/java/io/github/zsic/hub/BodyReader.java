package io.github.zsic.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

/**
 * The body of a response, handed from the threads of the client to the one that reads. It
 * keeps no more than a window of it in memory, and it knows a timeout between two pieces,
 * which the JDK's input stream does not.
 */
final class BodyReader implements HttpResponse.BodySubscriber<BodyReader>, AutoCloseable {

	/**
	 * How many pieces may be on their way, of 16 KB each unless jdk.httpclient.bufsize
	 * says otherwise. As many again are being written, and as many hashed.
	 */
	private static final int WINDOW = 16;

	private final BlockingQueue<Item> queue = new LinkedBlockingQueue<>();

	private @Nullable Subscription subscription;

	private boolean closed;

	private boolean ended;

	/** The end or the failure, seen behind bytes, and again for whoever asks again. */
	private @Nullable Item pushedBack;

	@Override
	public CompletionStage<BodyReader> getBody() {
		return CompletableFuture.completedFuture(this);
	}

	@Override
	public synchronized void onSubscribe(Subscription subscription) {
		if (this.closed || this.subscription != null) {
			subscription.cancel();
			return;
		}
		this.subscription = subscription;
		subscription.request(WINDOW);
	}

	@Override
	public void onNext(List<ByteBuffer> buffers) {
		this.queue.add(new Item(buffers, null));
	}

	@Override
	public void onError(Throwable failure) {
		this.queue.add(new Item(null, failure));
	}

	@Override
	public void onComplete() {
		this.queue.add(new Item(null, null));
	}

	/**
	 * Waits for bytes.
	 * @param timeout how long to wait
	 * @return all that is there, or {@code null} at the end
	 * @throws IOException if the connection breaks, or nothing comes in time
	 * @throws InterruptedException if the thread is interrupted
	 */
	@Nullable List<ByteBuffer> read(Duration timeout) throws IOException, InterruptedException {
		Item item = (this.pushedBack != null) ? this.pushedBack
				: this.queue.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
		if (item == null) {
			throw new HttpTimeoutException("nothing came for " + Errors.seconds(timeout));
		}
		if (item.failure() != null) {
			throw new IOException(Errors.reason(item.failure()), item.failure());
		}
		if (item.buffers() == null) {
			this.ended = true;
			this.pushedBack = item;
			return null;
		}
		// One at a time would cost a system call and a change of threads for each.
		List<ByteBuffer> buffers = new ArrayList<>(item.buffers());
		int items = 1;
		for (Item next = this.queue.poll(); next != null; next = this.queue.poll()) {
			if (next.buffers() == null) {
				this.pushedBack = next;
				break;
			}
			buffers.addAll(next.buffers());
			items++;
		}
		request(items);
		return buffers;
	}

	private synchronized void request(int items) {
		if (this.subscription != null) {
			this.subscription.request(items);
		}
	}

	/**
	 * Reads a small body to its end.
	 * @param timeout how long to wait for each piece
	 * @param limit how many bytes are too many
	 * @return the bytes
	 * @throws IOException if the connection breaks, nothing comes in time, or there are
	 * too many bytes
	 * @throws InterruptedException if the thread is interrupted
	 */
	byte[] readAll(Duration timeout, int limit) throws IOException, InterruptedException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		for (List<ByteBuffer> buffers = read(timeout); buffers != null; buffers = read(timeout)) {
			for (ByteBuffer buffer : buffers) {
				if (bytes.size() + buffer.remaining() > limit) {
					throw new IOException("the answer is longer than " + limit + " bytes");
				}
				byte[] piece = new byte[buffer.remaining()];
				buffer.get(piece);
				bytes.writeBytes(piece);
			}
		}
		return bytes.toByteArray();
	}

	/** Of a body that was read to its end, the connection is used again. */
	@Override
	public synchronized void close() {
		this.closed = true;
		if (this.subscription != null && !this.ended) {
			this.subscription.cancel();
		}
	}

	/** A piece, a failure, or with neither the end. */
	private record Item(@Nullable List<ByteBuffer> buffers, @Nullable Throwable failure) {

	}

}
