/**
 * What callers over HTTP are told of failures.
 */
@NullMarked
package io.github.zsic.spring.boot.web;

import org.jspecify.annotations.NullMarked;
