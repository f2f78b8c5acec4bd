package io.github.zsic.spring.boot.web;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.HubException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.ClassifierDetails;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

/**
 * What a caller over HTTP is told when a classifier refuses a call: a problem detail of
 * RFC 9457 with a status of 4xx for what the caller can mend, and 503 for what passes,
 * with {@code Retry-After} if it passes by itself. The text tells no paths of the server.
 */
public final class ClassifierProblems {

	/** As long as one picture takes, or a few. */
	private static final int QUEUE_SECONDS = 1;

	private static final int LOADING_SECONDS = 10;

	/** As often as the Hub is asked again. */
	private static final int HUB_SECONDS = 30;

	private ClassifierProblems() {
	}

	/**
	 * Tells what to answer.
	 * @param failure what the classifier has thrown
	 * @return the answer, {@code null} for a failure of the server, of which a caller is
	 * told no more than that
	 */
	public static @Nullable ResponseEntity<ProblemDetail> answer(ZsicException failure) {
		if (failure instanceof InvalidImageException image) {
			return refused(status(image.getReason()), failure);
		}
		if (failure instanceof InvalidLabelException) {
			return refused(HttpStatus.BAD_REQUEST, failure);
		}
		if (failure instanceof QueueFullException) {
			return unavailable("The classifier is busy; try again a little later.", QUEUE_SECONDS);
		}
		if (failure instanceof ModelNotReadyException) {
			return notReady(failure.getCause());
		}
		if (failure instanceof ClassifierClosedException) {
			return unavailable("The classifier is being shut down.", null);
		}
		return null;
	}

	private static HttpStatus status(InvalidImageException.Reason reason) {
		return switch (reason) {
			case UNREADABLE -> HttpStatus.BAD_REQUEST;
			case UNSUPPORTED_FORMAT -> HttpStatus.UNSUPPORTED_MEDIA_TYPE;
			case DAMAGED -> HttpStatus.UNPROCESSABLE_CONTENT;
			case TOO_LARGE -> HttpStatus.CONTENT_TOO_LARGE;
		};
	}

	private static ResponseEntity<ProblemDetail> notReady(@Nullable Throwable cause) {
		if (cause instanceof HubException hub && hub.isTemporary()) {
			return unavailable("The model cannot be got at the moment; try again later.", HUB_SECONDS);
		}
		if (cause == null || cause instanceof InterruptedException) {
			return unavailable("The model is still being loaded; try again later.", LOADING_SECONDS);
		}
		return unavailable("The model could not be loaded; the server's log tells why.", null);
	}

	private static ResponseEntity<ProblemDetail> refused(HttpStatus status, ZsicException failure) {
		return answer(status, ClassifierDetails.withoutPaths(String.valueOf(failure.getMessage())), new HttpHeaders());
	}

	private static ResponseEntity<ProblemDetail> unavailable(String detail, @Nullable Integer retryAfter) {
		HttpHeaders headers = new HttpHeaders();
		if (retryAfter != null) {
			headers.set(HttpHeaders.RETRY_AFTER, String.valueOf(retryAfter));
		}
		return answer(HttpStatus.SERVICE_UNAVAILABLE, detail, headers);
	}

	private static ResponseEntity<ProblemDetail> answer(HttpStatus status, String detail, HttpHeaders headers) {
		// Set rather than negotiated: a problem is told whatever the request accepts.
		headers.setContentType(MediaType.APPLICATION_PROBLEM_JSON);
		return ResponseEntity.status(status).headers(headers).body(ProblemDetail.forStatusAndDetail(status, detail));
	}

}
