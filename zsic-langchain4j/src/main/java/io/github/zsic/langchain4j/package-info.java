/**
 * zsic's models in LangChain4j.
 */
@NullMarked
package io.github.zsic.langchain4j;

import org.jspecify.annotations.NullMarked;
