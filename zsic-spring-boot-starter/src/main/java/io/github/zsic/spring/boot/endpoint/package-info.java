/**
 * Endpoint for classifiers, for Spring Boot's actuator.
 */
@NullMarked
package io.github.zsic.spring.boot.endpoint;

import org.jspecify.annotations.NullMarked;
