package io.github.zsic.hub;

import java.util.regex.Pattern;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * Which names of repositories, revisions and files are safe to be parts of a path and of
 * a URL. They come from users and from servers.
 */
final class RepositoryNames {

	private static final Pattern REPOSITORY = Pattern
		.compile("(?!.*(?:--|\\.\\.))\\w[\\w.-]*/(?:\\w|\\w[\\w.-]{0,94}\\w)");

	private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

	/**
	 * Neither a separator nor a drive of any operating system, and no way up; git allows
	 * none of this in revisions either.
	 */
	private static final Pattern RELATIVE_PATH = Pattern.compile(
			"(?:(?!\\.{1,2}(?:/|$))[^/\\\\:*?\"<>|\\p{Cntrl}]+)(?:/(?!\\.{1,2}(?:/|$))[^/\\\\:*?\"<>|\\p{Cntrl}]+)*");

	private RepositoryNames() {
	}

	static boolean isRepository(String name) {
		return REPOSITORY.matcher(name).matches() && !name.endsWith(".git");
	}

	static boolean isCommit(String revision) {
		return COMMIT.matcher(revision).matches();
	}

	static boolean isSafePath(String name) {
		return name.length() <= 1000 && RELATIVE_PATH.matcher(name).matches();
	}

	static void requireRepository(String name) {
		if (!isRepository(name)) {
			throw new HubException(Reason.INVALID_SETTING,
					"'" + Errors.printable(name) + "' is no name of a repository of the Hub.",
					"Name it with its owner, as in 'openai/clip-vit-base-patch32'.");
		}
	}

	static void requireRevision(String revision) {
		if (!isSafePath(revision)) {
			throw new HubException(Reason.INVALID_SETTING,
					"'" + Errors.printable(revision) + "' is no name of a revision.",
					"Name a branch, a tag, a reference such as 'refs/pr/1', or a commit.");
		}
	}

}
