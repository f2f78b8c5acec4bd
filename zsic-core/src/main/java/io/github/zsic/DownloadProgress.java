package io.github.zsic;

import java.util.List;

/**
 * How far the download of a checkpoint is.
 *
 * @param checkpoint the name of the repository, such as
 * {@code openai/clip-vit-base-patch32}
 * @param revision the commit that is being downloaded
 * @param files the files that are not in the cache yet, in the order in which they are
 * asked for; never empty. The list grows once, when an index names the files of sharded
 * weights
 */
public record DownloadProgress(String checkpoint, String revision, List<File> files) {

	public DownloadProgress {
		files = List.copyOf(files);
	}

	/**
	 * The bytes of all files that are there.
	 * @return the sum
	 */
	public long bytes() {
		return this.files.stream().mapToLong(File::bytes).sum();
	}

	/**
	 * The size of all files together.
	 * @return the sum
	 */
	public long size() {
		return this.files.stream().mapToLong(File::size).sum();
	}

	/**
	 * Whether every file is there and verified.
	 * @return whether nothing is left to do
	 */
	public boolean complete() {
		return this.files.stream().allMatch(File::complete);
	}

	/**
	 * How far one file is.
	 *
	 * @param name its name in the repository
	 * @param bytes how many bytes are there, those of an interrupted earlier download
	 * included; becomes smaller when a server makes the download start again
	 * @param size how many bytes it has
	 * @param complete whether it is there and verified
	 */
	public record File(String name, long bytes, long size, boolean complete) {

	}

}
