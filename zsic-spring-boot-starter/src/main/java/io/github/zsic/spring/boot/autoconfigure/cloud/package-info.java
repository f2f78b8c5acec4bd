/**
 * Auto-configuration of swaps when Spring Cloud changes properties.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.cloud;

import org.jspecify.annotations.NullMarked;
