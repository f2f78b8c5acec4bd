/**
 * Texts: labels and templates to prompts, prompts to token ids, and the cache of label
 * embeddings. Internal to zsic: public only where another zsic package needs it, and free
 * to change in any release.
 */
@NullMarked
package io.github.zsic.text;

import org.jspecify.annotations.NullMarked;
