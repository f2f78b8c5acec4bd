/**
 * The classifier's model as an embedding model of Spring AI.
 */
@NullMarked
package io.github.zsic.spring.boot.ai;

import org.jspecify.annotations.NullMarked;
