/**
 * The programs of models on DJL's PyTorch engine: loading, encoding images and texts,
 * freeing. Internal to zsic: public only where another zsic package needs it, and free to
 * change in any release.
 */
@NullMarked
package io.github.zsic.engine;

import org.jspecify.annotations.NullMarked;
