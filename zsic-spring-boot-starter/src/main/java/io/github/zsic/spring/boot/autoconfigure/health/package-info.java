/**
 * Auto-configuration of the health of classifiers.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.health;

import org.jspecify.annotations.NullMarked;
