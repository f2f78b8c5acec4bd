package io.github.zsic.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.net.ssl.SSLException;

import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * What to tell a user about what went wrong.
 */
final class Errors {

	private static final Set<Integer> TEMPORARY = Set.of(408, 429, 500, 502, 503, 504);

	private static final String BAD_TOKEN = "Invalid credentials in Authorization header";

	private static final String DISABLED = "Access to this resource is disabled.";

	/** The time until a quota is filled again, as in {@code "api";r=0;t=55}. */
	private static final Pattern RATE_LIMIT_TIME = Pattern.compile(";\\s*t=(\\d{1,9})");

	private final URI endpoint;

	private final boolean token;

	Errors(HubSettings settings) {
		this.endpoint = settings.endpoint();
		this.token = settings.token() != null;
	}

	/**
	 * An answer of the Hub with a status that is no success.
	 */
	Refusal status(Request request, Answer answer) {
		int status = answer.status();
		boolean temporary = TEMPORARY.contains(status);
		return new Refusal(exception(request, status, answer.headers()), temporary,
				temporary ? retryAfter(answer.headers()) : null);
	}

	private HubException exception(Request request, int status, HttpHeaders headers) {
		String code = headers.firstValue("X-Error-Code").orElse("");
		String message = printable(headers.firstValue("X-Error-Message").orElse(""));
		String details = details(status, message, headers);
		String page = this.endpoint + "/" + request.repository();
		if (code.equals("RevisionNotFound")) {
			return new HubException(Reason.REVISION_NOT_FOUND,
					"The repository has no revision '" + request.revision() + "'" + details + ".",
					"Choose one of the branches, tags and commits at " + page + "/commits/main.");
		}
		if (code.equals("EntryNotFound")) {
			return new HubException(Reason.FILE_NOT_FOUND,
					"The repository has no file '" + request.file() + "' at revision '" + request.revision() + "'"
							+ details + ".",
					"Look at " + page + "/tree/main, and choose a revision or a repository that has it.");
		}
		if (code.equals("GatedRepo")) {
			return gated(status, page, details);
		}
		if (status == 403 && message.equals(DISABLED)) {
			return new HubException(Reason.DISABLED, "The Hub has disabled the repository" + details + ".",
					"See the notice at " + page + ", and use another checkpoint.");
		}
		if (code.equals("RepoNotFound") || (status == 401 && !message.equals(BAD_TOKEN))) {
			return new HubException(Reason.REPOSITORY_NOT_FOUND,
					"There is no such repository at " + this.endpoint + ", or it is private and "
							+ (this.token ? "the access token does not open it" : "no access token is sent") + details
							+ ".",
					"Check the name at " + page + "; for a private repository set an access token that may read it "
							+ "(zsic.hub.token or HF_TOKEN).");
		}
		if (status == 401 || status == 403) {
			return new HubException(Reason.TOKEN_REFUSED,
					this.token ? "The Hub refuses the access token" + details + "."
							: "The Hub wants an access token, and none is sent" + details + ".",
					"Set a valid token with the permission to read the repository (zsic.hub.token or HF_TOKEN); "
							+ "tokens are made at " + this.endpoint + "/settings/tokens.");
		}
		if (status == 429) {
			return new HubException(Reason.RATE_LIMITED,
					"The Hub limits the rate of requests, and the limit is reached" + details + ".",
					this.token ? "Try again in some minutes."
							: "Try again in some minutes, or set an access token (zsic.hub.token or HF_TOKEN): "
									+ "the limit is higher with one.");
		}
		if (status == 407) {
			return new HubException(Reason.UNAVAILABLE, "The proxy wants a user and a password" + details + ".",
					"Set the system properties https.proxyUser and https.proxyPassword (http.… for an http: address), "
							+ "and for an https: address jdk.http.auth.tunneling.disabledSchemes to nothing.");
		}
		if (status >= 500 || TEMPORARY.contains(status)) {
			return new HubException(Reason.UNAVAILABLE,
					"The Hub at " + this.endpoint + " answers with an error" + details + ".", "Try again later.");
		}
		return notAHub("answers with an unexpected status" + details);
	}

	private HubException gated(int status, String page, String details) {
		if (this.token && status != 401) {
			return new HubException(Reason.GATED,
					"The repository is gated, and the account of the access token has no access to it" + details + ".",
					"Accept its licence at " + page
							+ " with this account, and wait where the owner grants access by hand. "
							+ "A fine-grained token needs the permission to read gated repositories, too.");
		}
		return new HubException(Reason.GATED,
				"The repository is gated: its licence must be accepted, and an access token must show that it was"
						+ details + ".",
				"Accept the licence at " + page + ", make a token with read access at " + this.endpoint
						+ "/settings/tokens, and set it as zsic.hub.token or HF_TOKEN.");
	}

	HubException notAHub(String finding) {
		return notAHub(finding, null);
	}

	HubException notAHub(String finding, @Nullable Throwable cause) {
		return new HubException(Reason.NOT_A_HUB,
				"What answers at " + this.endpoint + " does not look like the Hugging Face Hub: it " + finding + ".",
				"Check the network (a login page, a proxy or a firewall may answer instead) and the address of the Hub "
						+ "(zsic.hub.endpoint or HF_ENDPOINT).",
				cause);
	}

	/**
	 * The last of several attempts failed without an answer.
	 */
	HubException unavailable(Request request, IOException cause) {
		if (cause instanceof Refusal refusal) {
			return refusal.exception();
		}
		String what = (request.file() != null) ? "'" + request.file() + "' cannot be downloaded from "
				: "The Hub cannot be reached at ";
		String action = isTls(
				cause) ? "Check the clock and the address. If a proxy of your organization opens TLS connections, add its " + "certificate to the trust store of the JVM (javax.net.ssl.trustStore)." : "Check the network, the proxy settings of the JVM (https.proxyHost, https.proxyPort) and the address of the Hub " + "(zsic.hub.endpoint or HF_ENDPOINT). What is in the cache can be used without the Hub " + "(zsic.hub.offline or HF_HUB_OFFLINE).";
		return new HubException(Reason.UNAVAILABLE, what + this.endpoint + ": " + reason(cause) + ".", action, cause);
	}

	/**
	 * A file could not be written.
	 * @param folder the folder of the cache
	 * @param needed how many bytes are still to be written
	 */
	static HubException cache(Path folder, long needed, IOException cause) {
		String reason = reason(cause);
		if (isFull(folder, needed, reason)) {
			return new HubException(Reason.NO_SPACE,
					"There is no space left for the download in the cache '" + folder + "' (" + reason + ").",
					"Make room for " + Sizes.format(needed)
							+ ", or name a folder on another disk (zsic.hub.cache-dir or HF_HUB_CACHE).",
					cause);
		}
		return new HubException(Reason.CACHE_NOT_WRITABLE,
				"The cache '" + folder + "' cannot be written to (" + reason + ").",
				"Give the program the permission to write there, or name another folder (zsic.hub.cache-dir or "
						+ "HF_HUB_CACHE). A read-only cache works once the revision is completely in it.",
				cause);
	}

	/**
	 * The texts are those of Linux, macOS and Windows in English; elsewhere the free
	 * space decides.
	 */
	private static boolean isFull(Path folder, long needed, String reason) {
		String text = reason.toLowerCase(Locale.ROOT);
		if (text.contains("no space left") || text.contains("not enough space") || text.contains("quota")
				|| text.contains("file too large")) {
			return true;
		}
		try {
			Path existing = folder;
			while (!Files.exists(existing) && existing.getParent() != null) {
				existing = existing.getParent();
			}
			return Files.isWritable(existing) && Files.getFileStore(existing).getUsableSpace() < needed;
		}
		catch (IOException ex) {
			// Unknown is not full.
			return false;
		}
	}

	static HubException interrupted(@Nullable Throwable cause) {
		return new HubException(Reason.INTERRUPTED, "The thread was interrupted while it waited for the download.",
				"The next download goes on where this one ended.", cause);
	}

	private static boolean isTls(Throwable failure) {
		for (Throwable each = failure; each != null; each = each.getCause()) {
			if (each instanceof SSLException) {
				return true;
			}
		}
		return false;
	}

	/** The JDK's client leaves out the message where the cause is plainest. */
	static String reason(Throwable failure) {
		Throwable root = failure;
		while (root.getCause() != null && !(root instanceof FileSystemException)) {
			if (root instanceof HttpTimeoutException && root.getMessage() != null) {
				break;
			}
			root = root.getCause();
		}
		if (root instanceof UnresolvedAddressException || root instanceof UnknownHostException) {
			return "the name of the host cannot be resolved";
		}
		if (root instanceof HttpConnectTimeoutException) {
			return "no connection in time";
		}
		if (root instanceof AccessDeniedException) {
			return "permission denied";
		}
		if (root instanceof FileSystemException file && file.getReason() != null) {
			return file.getReason();
		}
		String message = root.getMessage();
		if (message == null || message.isBlank()) {
			return (failure instanceof ConnectException || root instanceof ConnectException)
					? "the connection is refused" : "the connection broke (" + root.getClass().getSimpleName() + ")";
		}
		String line = printable(message.lines().findFirst().orElse(""));
		return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
	}

	static String seconds(Duration duration) {
		double seconds = TimeUnit.MILLISECONDS.convert(duration) / 1000.0;
		return (seconds == Math.rint(seconds)) ? (long) seconds + " s" : seconds + " s";
	}

	private static String details(int status, String message, HttpHeaders headers) {
		StringBuilder details = new StringBuilder(" (status ").append(status);
		if (!message.isEmpty()) {
			details.append(", '").append(message).append('\'');
		}
		headers.firstValue("X-Request-Id")
			.map(Errors::printable)
			.ifPresent((id) -> details.append(", request ").append(id));
		return details.append(')').toString();
	}

	/** A server's text goes into logs and onto terminals. */
	static String printable(String text) {
		String line = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
		return (line.length() > 300) ? line.substring(0, 300) + "…" : line;
	}

	private static @Nullable Duration retryAfter(HttpHeaders headers) {
		String value = headers.firstValue("Retry-After").map(String::strip).orElse(null);
		if (value != null) {
			if (value.matches("\\d{1,9}")) {
				return Duration.ofSeconds(Long.parseLong(value));
			}
			try {
				Duration wait = Duration.between(Instant.now(),
						ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
				return wait.isNegative() ? Duration.ZERO : wait;
			}
			catch (DateTimeParseException ex) {
				// Neither of the two forms: as if it were not there.
				return null;
			}
		}
		Matcher limit = RATE_LIMIT_TIME.matcher(headers.firstValue("RateLimit").orElse(""));
		return limit.find() ? Duration.ofSeconds(Long.parseLong(limit.group(1))) : null;
	}

	/**
	 * What was asked for.
	 *
	 * @param repository the name of the repository
	 * @param revision the revision
	 * @param file the file, if it was one
	 */
	record Request(String repository, String revision, @Nullable String file) {

	}

}
