/**
 * Auto-configuration of a {@link io.github.zsic.ZeroShotClassifier} from the
 * {@code zsic.*} properties.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
