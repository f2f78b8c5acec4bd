package io.github.zsic.spring.boot.autoconfigure.web;

import io.github.zsic.ZeroShotClassifier;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * {@link EnableAutoConfiguration Auto-configuration} that answers requests whose picture
 * or labels a classifier refuses, or that come when it has no model or too much to do,
 * with problem details.
 */
@AutoConfiguration
@ConditionalOnWebApplication
@ConditionalOnClass({ ZeroShotClassifier.class, RestControllerAdvice.class })
@ConditionalOnBooleanProperty(name = { "zsic.enabled", "zsic.web.problem-details" }, matchIfMissing = true)
public final class ZsicProblemDetailsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	ZsicExceptionHandler zsicExceptionHandler() {
		return new ZsicExceptionHandler();
	}

}
