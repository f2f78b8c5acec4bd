/**
 * Measures zsic beside what a team would deploy instead.
 * {@link io.github.zsic.bench.Bench} runs everything.
 */
@NullMarked
package io.github.zsic.bench;

import org.jspecify.annotations.NullMarked;
