/**
 * Auto-configuration for web applications, on Spring MVC or WebFlux.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.web;

import org.jspecify.annotations.NullMarked;
