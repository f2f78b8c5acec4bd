/**
 * The sample application.
 */
@NullMarked
package io.github.zsic.sample;

import org.jspecify.annotations.NullMarked;
