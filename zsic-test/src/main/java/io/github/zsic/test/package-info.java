/**
 * Support for the tests of programs that classify pictures.
 */
@NullMarked
package io.github.zsic.test;

import org.jspecify.annotations.NullMarked;
