/**
 * Pictures: encoded bytes to upright 8-bit RGB. Internal to zsic: public only where
 * another zsic package needs it, and free to change in any release.
 */
@NullMarked
package io.github.zsic.image;

import org.jspecify.annotations.NullMarked;
