package io.github.zsic;

import org.jspecify.annotations.Nullable;

/**
 * A checkpoint cannot be got from the Hugging Face Hub or from the cache of what was
 * downloaded before.
 */
public class HubException extends CheckpointException {

	private final Reason reason;

	public HubException(Reason reason, String description, String action) {
		this(reason, description, action, null);
	}

	public HubException(Reason reason, String description, String action, @Nullable Throwable cause) {
		super(description, action, cause);
		this.reason = reason;
	}

	/**
	 * Why there is no checkpoint.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * Whether the same download may succeed later without anybody changing anything.
	 * @return whether the Hub cannot be reached or wants fewer requests
	 */
	public boolean isTemporary() {
		return this.reason == Reason.UNAVAILABLE || this.reason == Reason.RATE_LIMITED;
	}

	/**
	 * Why there is no checkpoint.
	 */
	public enum Reason {

		/**
		 * The name of the repository or the revision, the address of the Hub or another
		 * setting is malformed.
		 */
		INVALID_SETTING,

		/**
		 * There is no such repository, or it is private and the token does not open it;
		 * the Hub does not tell these apart.
		 */
		REPOSITORY_NOT_FOUND,

		/**
		 * The repository has no such branch, tag or commit.
		 */
		REVISION_NOT_FOUND,

		/**
		 * The repository has no file that a classifier needs, such as weights in a format
		 * that can be read.
		 */
		FILE_NOT_FOUND,

		/**
		 * The repository has a licence that must be accepted, by an account whose token
		 * is sent.
		 */
		GATED,

		/**
		 * The token is not one of the Hub's, has expired, or has no permission for the
		 * repository.
		 */
		TOKEN_REFUSED,

		/**
		 * The Hub has disabled the repository.
		 */
		DISABLED,

		/**
		 * The Hub wants fewer requests.
		 */
		RATE_LIMITED,

		/**
		 * The Hub cannot be reached, does not answer in time, or answers with an error of
		 * its own, also after several attempts.
		 */
		UNAVAILABLE,

		/**
		 * What answers is not the Hub, but for example the login page of a network.
		 */
		NOT_A_HUB,

		/**
		 * What was downloaded does not have the checksum that the Hub names, also after
		 * another attempt.
		 */
		CHECKSUM_MISMATCH,

		/**
		 * The disk that holds the cache is full.
		 */
		NO_SPACE,

		/**
		 * Files cannot be written to the cache for another reason, such as permissions.
		 */
		CACHE_NOT_WRITABLE,

		/**
		 * Requests are switched off, and the checkpoint is not completely in the cache.
		 */
		OFFLINE,

		/**
		 * The thread that waited for the download was interrupted.
		 */
		INTERRUPTED

	}

}
