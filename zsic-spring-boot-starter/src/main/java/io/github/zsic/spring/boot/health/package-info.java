/**
 * Health of a classifier, for Spring Boot's actuator.
 */
@NullMarked
package io.github.zsic.spring.boot.health;

import org.jspecify.annotations.NullMarked;
