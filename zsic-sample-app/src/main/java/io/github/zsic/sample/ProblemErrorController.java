package io.github.zsic.sample;

import java.net.URI;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;

import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Answers for errors that the servlet container found outside of Spring MVC, or that it
 * takes over from it, as it does where a body cannot be read to its end.
 */
@RestController
class ProblemErrorController implements ErrorController {

	private final ProblemExceptionHandler problems;

	ProblemErrorController(ProblemExceptionHandler problems) {
		this.problems = problems;
	}

	@RequestMapping("${spring.web.error.path:/error}")
	ResponseEntity<Object> error(HttpServletRequest request) {
		ResponseEntity<Object> answer = answer(request);
		if (answer.getBody() instanceof ProblemDetail problem
				&& request.getAttribute(RequestDispatcher.ERROR_REQUEST_URI) instanceof String path) {
			problem.setInstance(instance(path));
		}
		return answer;
	}

	private ResponseEntity<Object> answer(HttpServletRequest request) {
		if (request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) instanceof Throwable failure) {
			UploadBudget.RefusedException refused = UploadBudget.RefusedException.in(failure);
			if (refused != null) {
				return this.problems.handleRefused(refused);
			}
		}
		Object code = request.getAttribute(RequestDispatcher.ERROR_STATUS_CODE);
		HttpStatus status = (code instanceof Integer number) ? HttpStatus.resolve(number) : HttpStatus.NOT_FOUND;
		return Problems.response((status != null) ? status : HttpStatus.INTERNAL_SERVER_ERROR, null, null);
	}

	private static URI instance(String path) {
		return UriComponentsBuilder.newInstance().path(path).encode().build().toUri();
	}

}
