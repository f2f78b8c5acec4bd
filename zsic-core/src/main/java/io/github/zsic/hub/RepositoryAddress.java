package io.github.zsic.hub;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * A repository as people copy it: {@code owner/name}, with white space around it or a
 * slash behind it, as {@code hf-hub:owner/name}, or as the address of its page.
 *
 * @param repository the name with its owner
 * @param revision the revision that an address has, {@code null} if it has none
 */
public record RepositoryAddress(String repository, @Nullable String revision) {

	private static final Pattern PREFIX = Pattern.compile("(?:hf[-_]hub:|hf://)(?:models/)?");

	private static final Pattern PAGE = Pattern.compile("(?i:(?:https?://)?(?:www\\.)?(?:huggingface\\.co|hf\\.co)/)");

	private static final Pattern URL = Pattern.compile("(?i)[a-z][a-z0-9+.-]+://.*");

	/** Below the page: a revision, of which a slash is written as %2F. */
	private static final Pattern PARTS = Pattern.compile("([^/]+/[^/]+?)(?:\\.git)?(?:/tree/([^/]+))?/*");

	/**
	 * Understands what names a repository.
	 * @param text the text
	 * @return the repository, {@code null} if the text is none, but perhaps a folder
	 * @throws HubException if it is an address, but not one of a repository
	 */
	public static @Nullable RepositoryAddress of(String text) {
		String name = text.strip();
		Matcher page = PAGE.matcher(name);
		if (page.lookingAt()) {
			return ofPage(name.substring(page.end()).replaceFirst("[?#].*", ""));
		}
		Matcher prefix = PREFIX.matcher(name);
		if (prefix.lookingAt()) {
			return ofPrefixed(name.substring(prefix.end()));
		}
		if (URL.matcher(name).matches() && !name.startsWith("file:") && !name.startsWith("classpath:")) {
			throw invalid("It is a URL, but not one of the Hub");
		}
		String bare = withoutSlashes(name);
		return RepositoryNames.isRepository(bare) ? new RepositoryAddress(bare, null) : null;
	}

	private static RepositoryAddress ofPage(String path) {
		Matcher parts = PARTS.matcher(path);
		if (!parts.matches() || !RepositoryNames.isRepository(parts.group(1))) {
			throw invalid("It is no page of a repository with a model");
		}
		return new RepositoryAddress(parts.group(1), (parts.group(2) != null) ? decode(parts.group(2)) : null);
	}

	private static RepositoryAddress ofPrefixed(String rest) {
		String bare = withoutSlashes(rest);
		int at = bare.indexOf('@');
		String repository = (at != -1) ? bare.substring(0, at) : bare;
		if (!RepositoryNames.isRepository(repository)) {
			throw invalid("It is no name of a repository of the Hub");
		}
		return new RepositoryAddress(repository, (at != -1) ? bare.substring(at + 1) : null);
	}

	private static String withoutSlashes(String name) {
		int end = name.length();
		while (end > 0 && name.charAt(end - 1) == '/') {
			end--;
		}
		return name.substring(0, end);
	}

	private static String decode(String revision) {
		try {
			return URLDecoder.decode(revision.replace("+", "%2B"), StandardCharsets.UTF_8);
		}
		catch (IllegalArgumentException ex) {
			throw invalid("It is a malformed URL");
		}
	}

	private static HubException invalid(String finding) {
		return new HubException(Reason.INVALID_SETTING, finding + ".",
				"Name a repository with its owner, as in 'openai/clip-vit-base-patch32', "
						+ "and its revision, if it is not 'main', as the revision.");
	}

}
