package io.github.zsic.spring.boot.autoconfigure.web;

import java.util.Objects;

import io.github.zsic.ClassifierClosedException;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelNotReadyException;
import io.github.zsic.QueueFullException;
import io.github.zsic.ZsicException;
import io.github.zsic.spring.boot.web.ClassifierProblems;

import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Answers for controllers, on Spring MVC and WebFlux, whose classifier refuses a call.
 * Without an order, it comes after the program's own.
 */
@RestControllerAdvice
class ZsicExceptionHandler {

	@ExceptionHandler({ InvalidImageException.class, InvalidLabelException.class, QueueFullException.class,
			ModelNotReadyException.class, ClassifierClosedException.class })
	ResponseEntity<ProblemDetail> handle(ZsicException ex) {
		return Objects.requireNonNull(ClassifierProblems.answer(ex));
	}

}
