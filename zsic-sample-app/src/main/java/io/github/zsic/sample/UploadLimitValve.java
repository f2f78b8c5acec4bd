package io.github.zsic.sample;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.ServletException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.AbstractProtocol;
import org.apache.coyote.ActionCode;
import org.apache.coyote.InputBuffer;
import org.apache.tomcat.util.net.ApplicationBufferHandler;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;

/**
 * Gives requests their places, and watches their bodies while they are read: how many
 * bytes of all of them are here, and how long one takes. This is a valve and not a
 * filter, as Tomcat reads forms without asking filters; and a timeout of its own, as that
 * of the connection begins anew with each byte.
 */
class UploadLimitValve extends ValveBase {

	/**
	 * JSON is in memory as bytes, as text, and decoded; forms are on the disk.
	 */
	private static final int COPIES_OF_JSON = 4;

	/** How often a client that sends nothing is looked at. */
	private static final Duration GLANCE = Duration.ofMillis(50);

	/** How long who is refused may pause. */
	private static final Duration HESITATION = Duration.ofMillis(250);

	/** How long who is refused may go on sending what nobody wants. */
	private static final Duration FAREWELL = Duration.ofSeconds(2);

	private static final String HEALTH = "/actuator/health";

	private final Places places;

	private final UploadBudget budget;

	private final Duration timeout;

	UploadLimitValve(Places places, UploadBudget budget, Duration timeout) {
		super(true);
		this.places = places;
		this.budget = budget;
		this.timeout = timeout;
	}

	@Override
	public void invoke(Request request, Response response) throws IOException, ServletException {
		boolean probe = isProbe(request);
		try (Places.Place place = probe ? this.places.enterAsProbe() : this.places.enter(request.getRemoteAddr())) {
			if (place == null) {
				refuse(request, response);
				return;
			}
			if (probe) {
				// A connection with many of them could make the last answers wait.
				response.setHeader("Connection", "close");
			}
			serve(request, response, place);
		}
	}

	private void serve(Request request, Response response, Places.Place place) throws IOException, ServletException {
		org.apache.coyote.Request connection = request.getCoyoteRequest();
		InputBuffer body = connection.getInputBuffer();
		WatchedBody watched;
		try (UploadBudget.Share share = this.budget.open(request)) {
			watched = new WatchedBody(connection, body, share, place, pause(request), this.timeout);
			connection.setInputBuffer(watched);
			request.setAttribute(ClientConnection.ATTRIBUTE, new ClientConnection(connection, place));
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

	/** Those who ask often, need no body and have their answer at once. */
	private static boolean isProbe(Request request) {
		org.apache.coyote.Request connection = request.getCoyoteRequest();
		return "GET".equals(request.getMethod()) && String.valueOf(request.getRequestURI()).startsWith(HEALTH)
				&& connection.getContentLengthLong() <= 0
				&& connection.getMimeHeaders().getHeader("transfer-encoding") == null;
	}

	/** Time between two bytes. */
	private static Duration pause(Request request) {
		return (request.getConnector().getProtocolHandler() instanceof AbstractProtocol<?> protocol
				&& protocol.getConnectionTimeout() > 0) ? Duration.ofMillis(protocol.getConnectionTimeout())
						: Duration.ofDays(1);
	}

	private void refuse(Request request, Response response) throws IOException {
		org.apache.coyote.Request connection = request.getCoyoteRequest();
		ProblemReportValve.answer(response, HttpStatus.SERVICE_UNAVAILABLE.value(),
				"The server has too many requests at hand; try again in a moment.", Map.of("Retry-After", "1"));
		if (connection.hasExpectation()) {
			return;
		}
		// Else the client may not get to see the answer.
		try (Places.Place place = this.places.leave(); UploadBudget.Share share = this.budget.open()) {
			if (place == null) {
				connection.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
			}
			else {
				new WatchedBody(connection, connection.getInputBuffer(), share, place, HESITATION, FAREWELL)
					.discardRest();
			}
		}
	}

	/**
	 * Counts the bytes of a body as they arrive.
	 */
	private static final class WatchedBody implements InputBuffer {

		private final org.apache.coyote.Request connection;

		private final InputBuffer body;

		private final UploadBudget.Share share;

		private final Places.Place place;

		private final Duration pause;

		private final Duration timeout;

		private final int copies;

		private final long start = System.nanoTime();

		private boolean begun;

		private boolean ended;

		private UploadBudget.@Nullable RefusedException refusal;

		WatchedBody(org.apache.coyote.Request connection, InputBuffer body, UploadBudget.Share share,
				Places.Place place, Duration pause, Duration timeout) {
			this.connection = connection;
			this.body = body;
			this.share = share;
			this.place = place;
			this.pause = pause;
			this.timeout = timeout;
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
			int count = 0;
			this.place.awaitClient();
			try {
				awaitBytes();
				count = this.body.doRead(handler);
			}
			catch (SocketTimeoutException ex) {
				// Within the head of a chunk.
				throw late();
			}
			finally {
				this.place.resume(Math.max(0, count));
			}
			if (count >= 0) {
				requirePlace();
			}
			return count;
		}

		/**
		 * Asks now and then, since nobody could wake up a thread that waits in Tomcat's
		 * read.
		 */
		private void awaitBytes() throws IOException {
			long since = System.nanoTime();
			long millis = 1;
			while (!this.connection.isFinished() && !hasBytes()) {
				requirePlace();
				if (isLate() || System.nanoTime() - since > TimeUnit.NANOSECONDS.convert(this.pause)) {
					throw late();
				}
				try {
					Thread.sleep(millis);
				}
				catch (InterruptedException ex) {
					Thread.currentThread().interrupt();
					throw new InterruptedIOException("Interrupted while a body was read");
				}
				millis = Math.min(2 * millis, GLANCE.toMillis());
			}
		}

		private boolean hasBytes() {
			this.connection.action(ActionCode.AVAILABLE, true);
			return this.connection.getAvailable() > 0;
		}

		private void requirePlace() throws IOException {
			if (this.place.isEvicted()) {
				throw new UploadBudget.RefusedException(HttpStatus.SERVICE_UNAVAILABLE,
						"The body arrived too slowly for a server that has much to do; try again in a moment.");
			}
		}

		private UploadBudget.RefusedException late() {
			return new UploadBudget.RefusedException(HttpStatus.REQUEST_TIMEOUT,
					"The body did not arrive in time; it may take %d seconds, and not pause for long."
						.formatted(this.timeout.toSeconds()));
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
					this.ended = read(discarded) < 0;
				}
			}
			catch (IOException ex) {
				// The client is gone, or makes no sense, or takes too long.
			}
			if (!this.ended) {
				this.connection.action(ActionCode.DISABLE_SWALLOW_INPUT, null);
			}
		}

		private boolean isLate() {
			return System.nanoTime() - this.start > TimeUnit.NANOSECONDS.convert(this.timeout);
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
