package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

import io.github.zsic.CheckpointException;

/**
 * Reads those files of a checkpoint that fit into memory as a whole. Whoever made the
 * checkpoint decides how large they are, so each kind has a limit, far above what
 * published checkpoints have.
 */
final class SmallFile {

	/** Of a configuration. */
	static final int CONFIGURATION = 16 << 20;

	/**
	 * Of a tokenizer or a vocabulary. The largest published ones, with 900,000 pieces,
	 * have 61 MB.
	 */
	static final int VOCABULARY = 96 << 20;

	private SmallFile() {
	}

	/**
	 * Reads a file.
	 * @param file the file
	 * @param maximum how many bytes it may have
	 * @return its content
	 * @throws CheckpointException if it has more, or is only the pointer to the file
	 */
	static byte[] read(Path file, int maximum) throws IOException {
		try (InputStream in = Files.newInputStream(file)) {
			byte[] content = in.readNBytes(maximum + 1);
			if (content.length > maximum) {
				throw new CheckpointException(
						"'" + file.getFileName() + "' has more than " + (maximum >> 20)
								+ " MiB, which no such file of a published checkpoint has.",
						"Check that it is the right file, and get it again.");
			}
			LargeFilePointer.refuse(file, content);
			return content;
		}
	}

}
