/**
 * The Hugging Face Hub: the name and revision of a repository to a verified local folder,
 * in the cache of Python's {@code huggingface_hub}. Internal to zsic: public only where
 * another zsic package needs it, and free to change in any release.
 */
@NullMarked
package io.github.zsic.hub;

import org.jspecify.annotations.NullMarked;
