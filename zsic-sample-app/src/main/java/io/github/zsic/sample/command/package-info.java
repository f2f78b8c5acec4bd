/**
 * The command line: classifies a folder of pictures without a web server.
 */
@NullMarked
package io.github.zsic.sample.command;

import org.jspecify.annotations.NullMarked;
