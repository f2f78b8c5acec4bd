/**
 * Checkpoints: a folder to model configuration, processor settings, tokenizer file and
 * weights. Internal to zsic: public only where another zsic package needs it, and free to
 * change in any release.
 */
@NullMarked
package io.github.zsic.checkpoint;

import org.jspecify.annotations.NullMarked;
