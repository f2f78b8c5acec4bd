package io.github.zsic.sample;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;

/**
 * Watches the bodies of requests while they are read: how many bytes of all of them are
 * here, and how long one takes. This is a valve and not a filter, as Tomcat reads forms
 * without asking filters; and a timeout of its own, as that of the connection begins anew
 * with each byte.
 */
class UploadLimitValve extends ValveBase {

	/**
	 * JSON is in memory as bytes, as text, and decoded; forms are on the disk.
	 */
	private static final int COPIES_OF_JSON = 4;

	private final UploadBudget budget;

	private final Duration timeout;

	UploadLimitValve(UploadBudget budget, Duration timeout) {
		super(true);
		this.budget = budget;
		this.timeout = timeout;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		org.apache.coyote.Request connection = request.getCoyoteRequest();
		InputBuffer body = connection.getInputBuffer();
		WatchedBody watched;
		try (UploadBudget.Share share = this.budget.open(request)) {
			watched = new WatchedBody(connection, body, share);
			connection.setInputBuffer(watched);
			getNext().invoke(request, response);
		}
		finally {
			connection.setInputBuffer(body);
		}
		// Who still waits for "100 Continue" has sent nothing.
		if ((watched.begun || !connection.hasExpectation()) && !request.isAsync()) {
			// The answer goes first, as it may make the client stop.
			response.finishResponse();
			watched.discardRest();
		}
	}

	/**
	 * Counts the bytes of a body as they arrive.
	 */
	private final class WatchedBody implements InputBuffer {

		private final org.apache.coyote.Request connection;

		private final InputBuffer body;

		private final UploadBudget.Share share;

		private final int copies;

		private final long start = System.nanoTime();

		private boolean begun;

		private boolean ended;

		private UploadBudget.@Nullable RefusedException refusal;

		WatchedBody(org.apache.coyote.Request connection, InputBuffer body, UploadBudget.Share share) {
			this.connection = connection;
			this.body = body;
			this.share = share;
			String type = connection.getContentType();
			this.copies = (type != null && type.startsWith("multipart/")) ? 1 : COPIES_OF_JSON;
		}

		@Override
		public int doRead(ApplicationBufferHandler handler) throws IOException {
			// Parsers of forms read on after a failure, to close what they began.
			if (this.refusal != null) {
				throw this.refusal;
			}
			try {
				return readWithinLimits(handler);
			}
			catch (UploadBudget.RefusedException ex) {
				this.refusal = ex;
				throw ex;
			}
		}

		private int readWithinLimits(ApplicationBufferHandler handler) throws IOException {
			if (!this.begun) {
				this.begun = true;
				this.share.expect(Math.max(0, this.connection.getContentLengthLong()) * this.copies);
			}
			int count = read(handler);
			if (count > 0) {
				this.share.add((long) count * this.copies);
			}
			this.ended = count < 0;
			if (!this.ended && isLate()) {
				throw late();
			}
			return count;
		}

		private int read(ApplicationBufferHandler handler) throws IOException {
			try {
				return this.body.doRead(handler);
			}
			catch (SocketTimeoutException ex) {
				throw late();
			}
		}

		private UploadBudget.RefusedException late() {
			return new UploadBudget.RefusedException(HttpStatus.REQUEST_TIMEOUT,
					"The body did not arrive in time; it may take %d seconds, and not pause for long."
						.formatted(UploadLimitValve.this.timeout.toSeconds()));
		}

		/**
		 * Reads what nobody wanted, so that the client gets to see the answer, which is
		 * lost where a connection is closed upon it. Tomcat would do this, too, but for
		 * as long as a byte comes now and then.
		 */
		void discardRest() {
			Discarded discarded = new Discarded();
			try {
				while (!this.ended && !isLate()) {
					this.ended = this.body.doRead(discarded) < 0;
				}
			}
			catch (IOException ex) {
				// The client is gone, or makes no sense.
			}
			if (!this.ended) {
				this.connection.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
			}
		}

		private boolean isLate() {
			return System.nanoTime() - this.start > UploadLimitValve.this.timeout.toNanos();
		}

		@Override
		public int available() {
			return this.body.available();
		}

	}

	/**
	 * Is handed bytes and does nothing with them.
	 */
	private static final class Discarded implements ApplicationBufferHandler {

		private ByteBuffer buffer = ByteBuffer.allocate(0);

		@Override
		public void setByteBuffer(ByteBuffer buffer) {
			this.buffer = buffer;
		}

		@Override
		public ByteBuffer getByteBuffer() {
			return this.buffer;
		}

		@Override
		public void expand(int size) {
		}

	}

}
