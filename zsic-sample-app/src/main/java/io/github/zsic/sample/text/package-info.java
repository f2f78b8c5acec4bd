/**
 * Texts as strangers send them.
 */
@NullMarked
package io.github.zsic.sample.text;

import org.jspecify.annotations.NullMarked;
