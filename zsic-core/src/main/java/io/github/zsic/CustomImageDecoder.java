package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.IOException;

import org.jspecify.annotations.Nullable;

/**
 * Decodes pictures in a format that zsic does not read, such as AVIF, or reads one in
 * another way. It is asked before zsic's own decoders, with every picture that comes as
 * encoded bytes, so it should look at the first bytes and be quick to decline. Must be
 * thread-safe.
 */
@FunctionalInterface
public interface CustomImageDecoder {

	/**
	 * Decodes a picture.
	 * @param bytes the encoded picture, no larger than allowed; not to be changed
	 * @return the picture, upright, its samples without colour management; {@code null}
	 * to leave it to others
	 * @throws IOException if the picture is damaged: its message, which may reach a
	 * client, says what was found
	 */
	@Nullable BufferedImage decode(byte[] bytes) throws IOException;

}
