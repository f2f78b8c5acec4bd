/**
 * Classifiers as a Spring program runs them: started with it, watched, exchanged, closed.
 */
@NullMarked
package io.github.zsic.spring.boot;

import org.jspecify.annotations.NullMarked;
