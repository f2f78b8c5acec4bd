/**
 * Embedding models for AI frameworks.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.ai;

import org.jspecify.annotations.NullMarked;
