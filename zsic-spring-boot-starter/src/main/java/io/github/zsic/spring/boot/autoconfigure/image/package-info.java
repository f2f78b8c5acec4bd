/**
 * Auto-configuration for pictures by URL.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.image;

import org.jspecify.annotations.NullMarked;
