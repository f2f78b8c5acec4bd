package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import io.github.zsic.CheckpointException;

/**
 * What is in a clone of a repository in place of a large file, as long as Git LFS has not
 * fetched it: a few lines of text (https://github.com/git-lfs/git-lfs/blob/main/docs/
 * spec.md).
 */
final class LargeFilePointer {

	private static final byte[] START = "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

	private LargeFilePointer() {
	}

	/**
	 * Refuses a file that is only a pointer.
	 * @param file the file
	 * @throws CheckpointException if it is one
	 */
	static void refuse(Path file) throws IOException {
		try (InputStream in = Files.newInputStream(file)) {
			refuse(file, in.readNBytes(START.length));
		}
	}

	/**
	 * Refuses a file that is only a pointer.
	 * @param file the file
	 * @param content what is in it, or its beginning
	 * @throws CheckpointException if it is one
	 */
	static void refuse(Path file, byte[] content) {
		if (content.length >= START.length && Arrays.equals(content, 0, START.length, START, 0, START.length)) {
			throw new CheckpointException(
					"'" + file.getFileName() + "' is only the pointer of Git LFS to the file, not the file itself.",
					"Run 'git lfs install' and 'git lfs pull' in the clone of the repository, "
							+ "or download the file from its page.");
		}
	}

}
