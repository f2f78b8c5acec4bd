package io.github.zsic.hub;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The answer to a request, its body read by whoever asked. Not thread-safe.
 */
final class Answer implements AutoCloseable {

	private final URI uri;

	private final HttpURLConnection connection;

	private final Duration timeout;

	private final int status;

	private final HttpHeaders headers;

	private final @Nullable InputStream body;

	private boolean ended;

	/**
	 * Waits for the answer.
	 * @param uri what was asked for
	 * @param connection the connection, with the request in it
	 * @param timeout how long the server may be silent
	 * @throws IOException if there is no answer, or none in time
	 */
	Answer(URI uri, HttpURLConnection connection, Duration timeout) throws IOException {
		this.uri = uri;
		this.connection = connection;
		this.timeout = timeout;
		boolean ready = false;
		try {
			this.status = connection.getResponseCode();
			this.body = (this.status >= 400) ? connection.getErrorStream() : connection.getInputStream();
			if (this.status == -1) {
				throw new IOException("the answer is not HTTP");
			}
			Map<String, List<String>> fields = new HashMap<>(connection.getHeaderFields());
			// The status line.
			fields.remove(null);
			this.headers = HttpHeaders.of(fields, (name, value) -> true);
			ready = true;
		}
		catch (SocketTimeoutException ex) {
			throw new HttpTimeoutException("no answer in " + Errors.seconds(timeout));
		}
		catch (IllegalArgumentException ex) {
			throw new IOException("the headers of the answer are malformed", ex);
		}
		finally {
			if (!ready) {
				connection.disconnect();
			}
		}
	}

	URI uri() {
		return this.uri;
	}

	int status() {
		return this.status;
	}

	HttpHeaders headers() {
		return this.headers;
	}

	@Nullable String header(String name) {
		return this.headers.firstValue(name).orElse(null);
	}

	/**
	 * Waits for bytes.
	 * @param buffer a buffer with an array, emptied first
	 * @return the buffer to be read, with all that is there and fits; with nothing at the
	 * end of the body
	 * @throws IOException if the connection breaks, or nothing comes in time
	 */
	ByteBuffer read(ByteBuffer buffer) throws IOException {
		buffer.clear();
		do {
			int count = this.ended ? -1 : read(buffer.array(), buffer.position(), buffer.remaining());
			if (count == -1) {
				this.ended = true;
			}
			else {
				buffer.position(buffer.position() + count);
			}
		}
		while (!this.ended && buffer.hasRemaining() && this.body != null && this.body.available() > 0);
		return buffer.flip();
	}

	private int read(byte[] target, int offset, int length) throws IOException {
		try {
			return (this.body != null) ? this.body.read(target, offset, length) : -1;
		}
		catch (SocketTimeoutException ex) {
			throw new HttpTimeoutException("nothing came for " + Errors.seconds(this.timeout));
		}
	}

	/**
	 * Reads a small body to its end.
	 * @param limit how many bytes are too many
	 * @param exchange what the body belongs to
	 * @return the bytes
	 * @throws IOException if the connection breaks, nothing comes in time, or there are
	 * too many bytes
	 */
	byte[] readAll(int limit, Exchange exchange) throws IOException {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		byte[] piece = new byte[8192];
		for (int count = read(piece, 0, piece.length); count != -1; count = read(piece, 0, piece.length)) {
			if (bytes.size() + count > limit) {
				throw new IOException("the answer is longer than " + limit + " bytes");
			}
			exchange.requireTime();
			bytes.write(piece, 0, count);
		}
		this.ended = true;
		return bytes.toByteArray();
	}

	/** Of a body that was read to its end, the connection is used again. */
	@Override
	public void close() {
		if (!this.ended) {
			this.connection.disconnect();
		}
	}

}
