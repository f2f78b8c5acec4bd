/**
 * How good a classifier is on pictures whose labels are known.
 * {@link io.github.zsic.evaluation.Evaluation} is the place to start.
 */
@NullMarked
package io.github.zsic.evaluation;

import org.jspecify.annotations.NullMarked;
