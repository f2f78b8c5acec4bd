package io.github.zsic.sample;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.server.ResponseStatusException;

/**
 * Answers for requests that cannot be served: {@code application/problem+json} with the
 * detail once more where the clients of the Hugging Face Hub look for it, in a member
 * {@code error} and a header {@code X-Error-Message}.
 */
final class Problems {

	static final String ERROR_MESSAGE_HEADER = "X-Error-Message";

	private static final int MAXIMUM_DETAIL_LENGTH = 1000;

	private static final int MAXIMUM_HEADER_LENGTH = 500;

	private static final int MAXIMUM_QUOTE_LENGTH = 60;

	private Problems() {
	}

	/**
	 * A fault of the request.
	 * @param detail what is wrong
	 * @return the exception to throw
	 */
	static ResponseStatusException badRequest(String detail) {
		return new ResponseStatusException(HttpStatus.BAD_REQUEST, detail);
	}

	/**
	 * A value of the request as it may appear in a detail.
	 * @param value the value
	 * @return the value in quotes, shortened
	 */
	static String quote(String value) {
		if (value.length() <= MAXIMUM_QUOTE_LENGTH) {
			return "'" + value + "'";
		}
		return "'" + value.substring(0, MAXIMUM_QUOTE_LENGTH) + "...'";
	}

	static ResponseEntity<Object> response(HttpStatusCode status, @Nullable HttpHeaders headers,
			@Nullable String detail) {
		return response(ProblemDetail.forStatus(status), headers, detail);
	}

	static ResponseEntity<Object> response(ProblemDetail problem, @Nullable HttpHeaders headers,
			@Nullable String detail) {
		String text = clean((detail != null) ? detail : defaultDetail(problem.getStatus()));
		problem.setDetail(text);
		problem.setProperty("error", text);
		HttpHeaders all = new HttpHeaders();
		if (headers != null) {
			all.putAll(headers);
		}
		// Set rather than negotiated: a problem is told whatever the request accepts.
		all.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
		all.set(ERROR_MESSAGE_HEADER, ascii(text));
		return ResponseEntity.status(problem.getStatus()).headers(all).body(problem);
	}

	static String defaultDetail(int status) {
		return switch (status) {
			case 400 -> "The request is malformed.";
			case 404 -> "There is nothing here.";
			case 405 -> "The method is not supported.";
			case 408 -> "The request took too long to arrive.";
			case 413 -> "The request is too large.";
			case 414 -> "The URL is too long.";
			case 431 -> "The headers are too large.";
			case 503 -> "The classifier is not available.";
			default -> (status >= 500) ? "The request failed on the server, whose log tells why."
					: "The request cannot be served.";
		};
	}

	/**
	 * Makes a text that can be encoded and shown on one line.
	 */
	private static String clean(String text) {
		StringBuilder result = new StringBuilder();
		text.codePoints().limit(MAXIMUM_DETAIL_LENGTH).forEach((codePoint) -> {
			boolean loneSurrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
			result.appendCodePoint(loneSurrogate ? 0xFFFD : Character.isISOControl(codePoint) ? ' ' : codePoint);
		});
		return result.toString();
	}

	/**
	 * Makes a text that can be the value of a header.
	 */
	static String ascii(String text) {
		StringBuilder result = new StringBuilder();
		text.codePoints()
			.limit(MAXIMUM_HEADER_LENGTH)
			.forEach((codePoint) -> result.append((codePoint >= ' ' && codePoint <= '~') ? (char) codePoint : '?'));
		return result.toString();
	}

}
