/**
 * Auto-configuration of the endpoint for classifiers.
 */
@NullMarked
package io.github.zsic.spring.boot.autoconfigure.endpoint;

import org.jspecify.annotations.NullMarked;
