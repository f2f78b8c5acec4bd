package io.github.zsic;

import org.slf4j.LoggerFactory;

/**
 * Watches the download of a checkpoint from the Hugging Face Hub.
 * <p>
 * It is called by the threads that download, but never by two of them at the same time,
 * and each call happens-before the next, so it needs no synchronization of its own unless
 * other threads read what it keeps. It must return quickly, as the download waits for it.
 * An exception that it throws is logged, and the download goes on without it.
 *
 * @see ZeroShotClassifierBuilder#downloadListener(DownloadListener)
 */
@FunctionalInterface
public interface DownloadListener {

	/**
	 * Receives how far the download is: when it starts, about ten times a second while
	 * bytes arrive, and whenever a file is complete. A checkpoint that is in the cache
	 * already is not downloaded and not reported. A download that fails is reported no
	 * further; the exception goes to whoever asked for it.
	 * @param progress all files of the download, a new object in each call
	 */
	void onProgress(DownloadProgress progress);

	/**
	 * The listener that a builder has by default: it logs the progress every few seconds,
	 * or draws it as a bar on the standard error if that is a terminal.
	 * @return a listener for one download
	 */
	static DownloadListener logging() {
		return DownloadBar.onTerminalOr(LoggerFactory.getLogger(DownloadListener.class)::info);
	}

}
