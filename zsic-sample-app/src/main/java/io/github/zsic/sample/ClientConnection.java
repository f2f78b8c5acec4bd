package io.github.zsic.sample;

import jakarta.servlet.ServletRequest;
import org.apache.coyote.ActionCode;
import org.apache.coyote.Request;
import org.jspecify.annotations.Nullable;

/**
 * The connection over which a request came.
 */
final class ClientConnection {

	static final String ATTRIBUTE = ClientConnection.class.getName();

	private final Request request;

	private final Places.Place place;

	ClientConnection(Request request, Places.Place place) {
		this.request = request;
		this.place = place;
	}

	/**
	 * The connection of a request.
	 * @return the connection, {@code null} if the request is none of a server
	 */
	static @Nullable ClientConnection of(ServletRequest request) {
		return (ClientConnection) request.getAttribute(ATTRIBUTE);
	}

	Places.Place place() {
		return this.place;
	}

	/**
	 * Whether the client will send nothing more: it has gone, or at least closed its side
	 * of the connection. Not to be asked while somebody reads the body, nor after the
	 * request has ended.
	 */
	boolean hasEnded() {
		// What is read here stays for the next request. A read that fails counts as a
		// byte, each time anew; a byte that was there before does not.
		return available() == 1 && available() == 1;
	}

	private int available() {
		this.request.action(ActionCode.AVAILABLE, true);
		return this.request.getAvailable();
	}

	/**
	 * Ends the connection at once, so that nobody takes half of an answer for a whole.
	 */
	void abort() {
		this.request.action(ActionCode.CLOSE_NOW, null);
	}

}
