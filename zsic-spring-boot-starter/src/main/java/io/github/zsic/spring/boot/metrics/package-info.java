/**
 * Metrics and observations of classifiers, for Micrometer.
 */
@NullMarked
package io.github.zsic.spring.boot.metrics;

import org.jspecify.annotations.NullMarked;
