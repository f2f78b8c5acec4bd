package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * A call came to a classifier that has no model yet: it is still being downloaded or
 * loaded, or that failed. The same call may succeed later.
 *
 * @see SwappableClassifier
 */
public class ModelNotReadyException extends ZsicException {

	private final @Nullable DownloadProgress download;

	public ModelNotReadyException(String description, String action) {
		this(description, action, null, null);
	}

	public ModelNotReadyException(String description, String action, @Nullable DownloadProgress download,
			@Nullable Throwable cause) {
		super(description, action, cause);
		this.download = download;
	}

	/**
	 * How far the download of the model was.
	 * @return the progress, {@code null} if nothing is being downloaded
	 */
	public @Nullable DownloadProgress getDownload() {
		return this.download;
	}

}
