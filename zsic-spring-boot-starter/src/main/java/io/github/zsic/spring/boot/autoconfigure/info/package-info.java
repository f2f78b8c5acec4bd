/**
 * Auto-configuration of information about classifiers.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.info;

import org.jspecify.annotations.NullMarked;
