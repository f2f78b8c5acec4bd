package io.github.zsic.sample;

import java.io.IOException;
import java.time.Duration;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import org.apache.catalina.connector.ClientAbortException;
import org.jspecify.annotations.Nullable;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Watches how fast clients take their answers, as each holds a thread until it has it.
 * Who is much slower than any connection that is of use is left, and before that who is
 * slowest when others need the place.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
class AnswerFilter extends OncePerRequestFilter {

	private final Duration maximumDebt;

	AnswerFilter(SampleProperties properties) {
		this.maximumDebt = properties.uploadTimeout();
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		ClientConnection connection = ClientConnection.of(request);
		chain.doFilter(request, (connection != null) ? new WatchedResponse(response, connection) : response);
	}

	/**
	 * Hands out the watched stream. What uses a writer are short answers to errors.
	 */
	private final class WatchedResponse extends HttpServletResponseWrapper {

		private final ClientConnection connection;

		private @Nullable ServletOutputStream out;

		WatchedResponse(HttpServletResponse response, ClientConnection connection) {
			super(response);
			this.connection = connection;
		}

		@Override
		public ServletOutputStream getOutputStream() throws IOException {
			if (this.out == null) {
				this.connection.place().beginAnswer();
				this.out = new WatchedOutput(super.getOutputStream(), this.connection);
			}
			return this.out;
		}

		@Override
		public void flushBuffer() throws IOException {
			if (this.out != null) {
				this.out.flush();
			}
			else {
				super.flushBuffer();
			}
		}

	}

	/**
	 * Tells the place of the request when the client is waited for.
	 */
	private final class WatchedOutput extends ServletOutputStream {

		private final ServletOutputStream out;

		private final ClientConnection connection;

		WatchedOutput(ServletOutputStream out, ClientConnection connection) {
			this.out = out;
			this.connection = connection;
		}

		@Override
		public void write(int value) throws IOException {
			watch(1, () -> this.out.write(value));
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			// In parts, as one that is large may be on its way for long.
			int part = 8192;
			for (int from = 0; from < length; from += part) {
				int start = offset + from;
				int count = Math.min(part, length - from);
				watch(count, () -> this.out.write(bytes, start, count));
			}
		}

		@Override
		public void flush() throws IOException {
			watch(0, this.out::flush);
		}

		private void watch(int count, Write write) throws IOException {
			Places.Place place = this.connection.place();
			boolean done = false;
			place.awaitClient();
			try {
				write.run();
				done = true;
			}
			finally {
				place.resume(done ? count : 0);
			}
			if (place.isSlow(AnswerFilter.this.maximumDebt)) {
				this.connection.abort();
				throw new ClientAbortException("The client took its answer too slowly");
			}
		}

		@Override
		public boolean isReady() {
			return this.out.isReady();
		}

		@Override
		public void setWriteListener(WriteListener listener) {
			this.out.setWriteListener(listener);
		}

		@Override
		public void close() throws IOException {
			watch(0, this.out::close);
		}

	}

	/** Something that may wait for the client. */
	@FunctionalInterface
	private interface Write {

		void run() throws IOException;

	}

}
