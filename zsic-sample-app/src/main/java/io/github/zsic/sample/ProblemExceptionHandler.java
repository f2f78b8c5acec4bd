package io.github.zsic.sample;

import java.util.Objects;

import io.github.zsic.ModelNotReadyException;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.ClassifierDetails;
import io.github.zsic.spring.boot.web.ClassifierProblems;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.servlet.autoconfigure.MultipartProperties;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.util.StringUtils;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.ServletWebRequest;
import org.springframework.web.context.request.WebRequest;
import org.springframework.web.multipart.MaxUploadSizeExceededException;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.servlet.mvc.method.annotation.ResponseEntityExceptionHandler;
import org.springframework.web.servlet.resource.NoResourceFoundException;
import org.springframework.web.util.DisconnectedClientHelper;

/**
 * Turns exceptions into {@linkplain Problems problems}: those of Spring MVC, which are
 * mostly faults of a request, those of zsic, and any other, of which only the log tells
 * more.
 */
@RestControllerAdvice
class ProblemExceptionHandler extends ResponseEntityExceptionHandler {

	private static final Log log = LogFactory.getLog(ProblemExceptionHandler.class);

	private final MultipartProperties multipart;

	ProblemExceptionHandler(MultipartProperties multipart) {
		this.multipart = multipart;
	}

	/**
	 * What a failure is told as, where the answer as a whole is not one.
	 */
	ProblemDetail problem(Throwable failure) {
		ResponseEntity<Object> answer = (failure instanceof ZsicException zsic) ? handleZsic(zsic)
				: (failure instanceof UploadBudget.RefusedException refused) ? handleRefused(refused) : failed(failure);
		return (ProblemDetail) Objects.requireNonNull(answer.getBody());
	}

	@ExceptionHandler
	ResponseEntity<Object> handleZsic(ZsicException ex) {
		ResponseEntity<ProblemDetail> answer = ClassifierProblems.answer(ex);
		ProblemDetail problem = (answer != null) ? answer.getBody() : null;
		if (answer != null && problem != null) {
			boolean again = answer.getHeaders().containsHeader(HttpHeaders.RETRY_AFTER);
			String detail = answer.getStatusCode().is5xxServerError() ? unavailability(ex, again) : problem.getDetail();
			return Problems.response(problem, answer.getHeaders(), detail);
		}
		return failed(ex);
	}

	/** Of a model that is not there the reason, of all else one text. */
	private static @Nullable String unavailability(ZsicException ex, boolean again) {
		if (!(ex instanceof ModelNotReadyException)) {
			return null;
		}
		return ClassifierDetails.withoutPaths(ex.getDescription())
				+ (again ? "" : " To try again does not help until somebody has mended that on the server.");
	}

	@ExceptionHandler
	ResponseEntity<Object> handleRefused(UploadBudget.RefusedException ex) {
		return (ex.status() == HttpStatus.SERVICE_UNAVAILABLE) ? unavailable(1, ex.getMessage())
				: Problems.response(ex.status(), null, ex.getMessage());
	}

	private static ResponseEntity<Object> unavailable(int retryAfter, @Nullable String detail) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.RETRY_AFTER, String.valueOf(retryAfter));
		return Problems.response(HttpStatus.SERVICE_UNAVAILABLE, headers, detail);
	}

	@ExceptionHandler
	ResponseEntity<Object> handleMultipart(MultipartException ex) {
		UploadBudget.RefusedException refused = UploadBudget.RefusedException.in(ex);
		if (refused != null) {
			return handleRefused(refused);
		}
		return Problems.response(HttpStatus.BAD_REQUEST, null,
				"The body cannot be read as multipart/form-data: it is malformed or cut short, its boundary is missing, "
						+ "or it has too many parts.");
	}

	@ExceptionHandler
	ResponseEntity<Object> handleInvalidParameter(InvalidParameterException ex) {
		UploadBudget.RefusedException refused = UploadBudget.RefusedException.in(ex);
		if (refused != null) {
			return handleRefused(refused);
		}
		HttpStatus status = HttpStatus.resolve(ex.getErrorCode());
		return Problems.response((status != null && status.is4xxClientError()) ? status : HttpStatus.BAD_REQUEST, null,
				"The parameters of the request cannot be read: they are malformed, too many or too long.");
	}

	@ExceptionHandler
	@Nullable ResponseEntity<Object> handleAnyOther(Exception ex) {
		if (DisconnectedClientHelper.isClientDisconnectedException(ex)) {
			return null;
		}
		return failed(ex);
	}

	private static ResponseEntity<Object> failed(Throwable ex) {
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof StackOverflowError) {
				// A trace of a thousand lines, all alike, tells nothing.
				StackTraceElement[] trace = cause.getStackTrace();
				log.error("A request was nested too deeply, " + ((trace.length > 0) ? "in " + trace[0] : "somewhere"));
				return Problems.response(HttpStatus.UNPROCESSABLE_CONTENT, null,
						"What was sent is nested too deeply to be read.");
			}
			if (cause instanceof OutOfMemoryError) {
				log.error("There was not enough memory for a request", ex);
				return unavailable(5,
						"The server has not enough memory for this at the moment; try again, or send less.");
			}
		}
		log.error("A request failed", ex);
		return Problems.response(HttpStatus.INTERNAL_SERVER_ERROR, null, null);
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleNoResourceFoundException(NoResourceFoundException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		String path = (request instanceof ServletWebRequest servlet) ? servlet.getRequest().getRequestURI() : "";
		return Problems.response(status, headers, "There is nothing at " + Problems.quote(path) + ".");
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleHttpMediaTypeNotSupported(HttpMediaTypeNotSupportedException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		MediaType type = ex.getContentType();
		String detail = (type != null) ? "Content-Type " + Problems.quote(type.toString()) + " is not supported"
				: "The Content-Type is missing or malformed";
		if (!ex.getSupportedMediaTypes().isEmpty()) {
			detail += "; send " + StringUtils.collectionToDelimitedString(ex.getSupportedMediaTypes(), " or ");
		}
		return Problems.response(status, headers, detail + ".");
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleHttpMessageNotReadable(HttpMessageNotReadableException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		return Problems.response(status, headers, "The body of the request cannot be read.");
	}

	@Override
	protected @Nullable ResponseEntity<Object> handleMaxUploadSizeExceededException(MaxUploadSizeExceededException ex,
			HttpHeaders headers, HttpStatusCode status, WebRequest request) {
		return Problems.response(HttpStatus.CONTENT_TOO_LARGE, headers,
				"The request is too large: all its parts together may have %d bytes."
					.formatted(this.multipart.getMaxRequestSize().toBytes()));
	}

	@Override
	protected ResponseEntity<Object> createResponseEntity(@Nullable Object body, HttpHeaders headers,
			HttpStatusCode status, WebRequest request) {
		if (status.is5xxServerError()) {
			return Problems.response(status, headers, null);
		}
		if (body instanceof ProblemDetail problem) {
			return Problems.response(problem, headers, problem.getDetail());
		}
		return Problems.response(status, headers, null);
	}

}
