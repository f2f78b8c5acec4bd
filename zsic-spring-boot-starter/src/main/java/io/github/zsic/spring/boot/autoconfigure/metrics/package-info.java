/**
 * Auto-configuration of metrics and observations of classifiers.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.metrics;

import org.jspecify.annotations.NullMarked;
