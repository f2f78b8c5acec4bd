/**
 * Support for the tests of Spring Boot applications.
 */
@NullMarked
package io.github.zsic.test.autoconfigure;

import org.jspecify.annotations.NullMarked;
