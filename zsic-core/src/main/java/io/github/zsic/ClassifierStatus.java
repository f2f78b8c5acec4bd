package io.github.zsic;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * Where a {@link SwappableClassifier} stands, at one moment.
 *
 * @param state the state
 * @param since when it got into this state
 * @param model what answers calls, {@code null} if nothing does
 * @param loadTime how long it took to load that, its download included, {@code null} if
 * there is no model
 * @param loading the checkpoint that is being loaded, {@code null} if none is
 * @param download how far its download is, {@code null} if nothing is being downloaded
 * @param failure why the last load failed, {@code null} if it did not
 */
public record ClassifierStatus(State state, Instant since, @Nullable ModelInfo model, @Nullable Duration loadTime,
		@Nullable String loading, @Nullable DownloadProgress download, @Nullable Throwable failure) {

	/**
	 * The states of a classifier.
	 */
	public enum State {

		/**
		 * No model, and none is being loaded.
		 */
		IDLE,

		/**
		 * The first model is being downloaded; calls wait.
		 */
		DOWNLOADING,

		/**
		 * The first model is being loaded; calls wait.
		 */
		LOADING,

		/**
		 * A model answers calls.
		 */
		READY,

		/**
		 * A model answers calls while its successor is downloaded and loaded.
		 */
		SWAPPING,

		/**
		 * No model, because it could not be loaded; calls fail.
		 */
		FAILED,

		/**
		 * Closed for good; calls fail.
		 */
		CLOSED

	}

}
