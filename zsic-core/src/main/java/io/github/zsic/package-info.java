/**
 * Zero-shot image classification: what a program touches.
 * {@link io.github.zsic.ZeroShotClassifier} is the place to start.
 */
@NullMarked
package io.github.zsic;

import org.jspecify.annotations.NullMarked;
