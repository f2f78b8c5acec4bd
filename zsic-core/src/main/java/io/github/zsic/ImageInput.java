package io.github.zsic;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import org.jspecify.annotations.Nullable;

/**
 * A picture to classify: encoded bytes from anywhere, a decoded {@link BufferedImage}, or
 * the embedding that it had before. Supported formats are JPEG, PNG, GIF, WebP, BMP and
 * TIFF; of an animation or a document with several pages the first picture counts. EXIF
 * orientation is applied and transparency is dropped, as the reference pipeline does.
 * <p>
 * An input is read when it is classified, not when it is created. Inputs made
 * {@linkplain #of(InputStream) from a stream} can be classified once; all others any
 * number of times and from any thread.
 */
public final class ImageInput {

	private final String description;

	private final byte @Nullable [] bytes;

	private final @Nullable StreamSource source;

	private final @Nullable BufferedImage image;

	private final float @Nullable [] embedding;

	private ImageInput(@Nullable String description, byte @Nullable [] bytes, @Nullable StreamSource source,
			@Nullable BufferedImage image, float @Nullable [] embedding) {
		this.description = (description != null) ? description : "image";
		this.bytes = bytes;
		this.source = source;
		this.image = image;
		this.embedding = embedding;
	}

	/**
	 * A picture in a file.
	 * @param file the file
	 * @return the input
	 */
	public static ImageInput of(Path file) {
		return of(String.valueOf(file.getFileName()), () -> Files.newInputStream(file));
	}

	/**
	 * A picture in memory.
	 * @param bytes the encoded picture; not copied, so leave it unchanged
	 * @return the input
	 */
	public static ImageInput of(byte[] bytes) {
		return of(null, bytes);
	}

	/**
	 * A picture in memory.
	 * @param description what to call the picture in an error message
	 * @param bytes the encoded picture; not copied, so leave it unchanged
	 * @return the input
	 */
	public static ImageInput of(@Nullable String description, byte[] bytes) {
		return new ImageInput(description, bytes, null, null, null);
	}

	/**
	 * A picture from a stream, which is read to its end and closed when the picture is
	 * classified.
	 * @param stream the stream
	 * @return an input that can be classified once
	 */
	public static ImageInput of(InputStream stream) {
		return of("stream", () -> stream);
	}

	/**
	 * A picture from anything that can be opened as a stream, such as Spring's
	 * {@code Resource}:
	 * {@code ImageInput.of(resource.getFilename(), resource::getInputStream)}.
	 * @param description what to call the picture in an error message
	 * @param source opens the stream, which is closed after use
	 * @return the input
	 */
	public static ImageInput of(@Nullable String description, StreamSource source) {
		return new ImageInput(description, null, source, null, null);
	}

	/**
	 * A decoded picture. It is taken as upright; its samples are used as they are,
	 * without colour management.
	 * @param image the picture; not copied, so leave it unchanged
	 * @return the input
	 */
	public static ImageInput of(BufferedImage image) {
		return new ImageInput(null, null, null, image, null);
	}

	/**
	 * A picture whose embedding is known, so that it is neither read nor computed again:
	 * other labels for many pictures cost no more than their scores. Scores are the same
	 * as those of the picture itself.
	 * @param description what to call the picture in an error message
	 * @param embedding what {@link ZeroShotClassifier#embedImage} returned for it, of a
	 * classifier with the same checkpoint, revision and precision; not copied, so leave
	 * it unchanged
	 * @return the input; to classify it throws an {@link InvalidImageException} if the
	 * model has embeddings of another length, or a number is not finite
	 */
	public static ImageInput ofEmbedding(@Nullable String description, float[] embedding) {
		return new ImageInput(description, null, null, null, embedding);
	}

	/**
	 * What an error message calls this picture.
	 * @return a file name, or a general word
	 */
	public String description() {
		return this.description;
	}

	byte @Nullable [] bytes() {
		return this.bytes;
	}

	@Nullable StreamSource source() {
		return this.source;
	}

	@Nullable BufferedImage image() {
		return this.image;
	}

	float @Nullable [] embedding() {
		return this.embedding;
	}

	@Override
	public String toString() {
		return this.description;
	}

	/**
	 * Opens a stream with an encoded picture.
	 */
	@FunctionalInterface
	public interface StreamSource {

		/**
		 * Opens the stream.
		 * @return a new stream, closed by the caller
		 * @throws IOException if it cannot be opened
		 */
		InputStream open() throws IOException;

	}

}
