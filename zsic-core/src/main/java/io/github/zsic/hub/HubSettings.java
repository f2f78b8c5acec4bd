package io.github.zsic.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

/**
 * What holds for the Hub: what the program says, or else what the environment variables
 * of {@code huggingface_hub} say, or else its defaults.
 *
 * @param endpoint the address of the Hub, without a slash at its end
 * @param token the access token, if there is one
 * @param cacheDir the folder of the cache
 * @param offline whether to make no request
 * @param connectTimeout how long a connection may take
 * @param metadataTimeout how long the answer to a request for no contents may take
 * @param readTimeout how long contents may pause
 * @param symlinks whether to use symbolic links where the file system has them
 * @param userAgent what zsic calls itself
 */
record HubSettings(URI endpoint, @Nullable String token, Path cacheDir, boolean offline, Duration connectTimeout,
		Duration metadataTimeout, Duration readTimeout, boolean symlinks, String userAgent) {

	private static final String DEFAULT_ENDPOINT = "https://huggingface.co";

	private static final int DEFAULT_TIMEOUT = 10;

	private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

	private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{([^}]+)})");

	/** A token goes into a header, where a line break would end it. */
	private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

	static HubSettings of(HubOptions options, Environment environment) {
		Reader reader = new Reader(environment);
		Duration connectTimeout = options.connectTimeout();
		Duration readTimeout = options.readTimeout();
		Boolean offline = options.offline();
		return new HubSettings(reader.endpoint(options.endpoint()), reader.token(options.token()),
				reader.cacheDir(options.cacheDir()),
				(offline != null) ? offline : reader.flag("HF_HUB_OFFLINE") || reader.flag("TRANSFORMERS_OFFLINE"),
				(connectTimeout != null) ? connectTimeout : Duration.ofSeconds(DEFAULT_TIMEOUT),
				(readTimeout != null) ? readTimeout : reader.seconds("HF_HUB_ETAG_TIMEOUT"),
				(readTimeout != null) ? readTimeout : reader.seconds("HF_HUB_DOWNLOAD_TIMEOUT"),
				!reader.flag("HF_HUB_DISABLE_SYMLINKS"), reader.userAgent());
	}

	/** Without the token, so that it gets into no log. */
	@Override
	public String toString() {
		return "HubSettings[endpoint=" + this.endpoint + ", cacheDir=" + this.cacheDir + ", offline=" + this.offline
				+ "]";
	}

	/**
	 * Environment variables.
	 */
	@FunctionalInterface
	interface Environment {

		@Nullable String get(String name);

	}

	private record Reader(Environment environment) {

		@Nullable String variable(String name) {
			String value = this.environment.get(name);
			return (value == null || value.isBlank()) ? null : value.strip();
		}

		boolean flag(String name) {
			String value = variable(name);
			return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
		}

		Duration seconds(String name) {
			String value = variable(name);
			if (value == null) {
				return Duration.ofSeconds(DEFAULT_TIMEOUT);
			}
			try {
				int seconds = Integer.parseInt(value);
				if (seconds > 0) {
					return Duration.ofSeconds(seconds);
				}
			}
			catch (NumberFormatException ex) {
				throw invalidSeconds(name, value, ex);
			}
			throw invalidSeconds(name, value, null);
		}

		private static HubException invalidSeconds(String name, String value, @Nullable Exception cause) {
			return new HubException(Reason.INVALID_SETTING,
					"Environment variable '" + name + "' is '" + value + "', which is no number of seconds.",
					"Set it to a whole number, or remove it.", cause);
		}

		URI endpoint(@Nullable String option) {
			boolean fromOption = option != null && !option.isBlank();
			String value = fromOption ? option : variable("HF_ENDPOINT");
			String text = (value != null) ? value.strip() : DEFAULT_ENDPOINT;
			try {
				URI uri = new URI(text.replaceFirst("/+$", ""));
				String scheme = uri.getScheme();
				if (("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme)) && uri.getHost() != null
						&& uri.getRawQuery() == null && uri.getRawFragment() == null && uri.getRawUserInfo() == null) {
					return uri;
				}
			}
			catch (URISyntaxException ex) {
				throw invalidEndpoint(text, fromOption, ex);
			}
			throw invalidEndpoint(text, fromOption, null);
		}

		private static HubException invalidEndpoint(String text, boolean fromOption, @Nullable Exception cause) {
			return new HubException(Reason.INVALID_SETTING,
					"The address of the Hub, '" + text + "', is no http: or https: URL of a host"
							+ (fromOption ? "." : "; it is set by the environment variable HF_ENDPOINT."),
					"Write it as in '" + DEFAULT_ENDPOINT + "', or do not set it.", cause);
		}

		@Nullable String token(@Nullable String option) {
			String token = null;
			if (option != null && !option.isBlank()) {
				token = option.strip();
			}
			else if (!flag("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
				token = variable("HF_TOKEN");
				if (token == null) {
					token = variable("HUGGING_FACE_HUB_TOKEN");
				}
				if (token == null) {
					token = tokenFile();
				}
			}
			if (token != null && !TOKEN.matcher(token).matches()) {
				throw new HubException(Reason.INVALID_SETTING,
						"The access token of the Hub has characters in it that no token has.",
						"Copy it again from the settings of the account; it starts with 'hf_'.");
			}
			return token;
		}

		private @Nullable String tokenFile() {
			String path = variable("HF_TOKEN_PATH");
			Path file = (path != null) ? expand(path) : home().resolve("token");
			if (!Files.isReadable(file) || Files.isDirectory(file)) {
				return null;
			}
			try {
				String token = Files.readString(file).strip();
				return token.isEmpty() ? null : token;
			}
			catch (IOException ex) {
				throw new HubException(Reason.INVALID_SETTING,
						"The access token of the Hub cannot be read from '" + file + "': " + Errors.reason(ex) + ".",
						"Write the file again with 'hf auth login', or remove it.", ex);
			}
		}

		Path cacheDir(@Nullable Path option) {
			if (option != null) {
				return expand(option.toString());
			}
			String path = variable("HF_HUB_CACHE");
			if (path == null) {
				path = variable("HUGGINGFACE_HUB_CACHE");
			}
			return (path != null) ? expand(path) : home().resolve("hub");
		}

		private Path home() {
			String path = variable("HF_HOME");
			if (path != null) {
				return expand(path);
			}
			String cache = variable("XDG_CACHE_HOME");
			return expand((cache != null) ? cache : "~/.cache").resolve("huggingface");
		}

		/** As Python's expanduser and expandvars, which leave alone what is not set. */
		private Path expand(String path) {
			String expanded = path;
			if (path.equals("~") || path.startsWith("~/") || path.startsWith("~\\")) {
				String home = variable("HOME");
				expanded = ((home != null) ? home : System.getProperty("user.home")) + path.substring(1);
			}
			expanded = VARIABLE.matcher(expanded).replaceAll((match) -> {
				String value = this.environment.get((match.group(1) != null) ? match.group(1) : match.group(2));
				return Matcher.quoteReplacement((value != null) ? value : match.group());
			});
			try {
				return Path.of(expanded).toAbsolutePath().normalize();
			}
			catch (InvalidPathException ex) {
				throw new HubException(Reason.INVALID_SETTING, "'" + expanded + "' is no path: " + ex.getReason() + ".",
						"Correct zsic.hub.cache-dir, or HF_HUB_CACHE, HF_HOME and HF_TOKEN_PATH in the environment.",
						ex);
			}
		}

		String userAgent() {
			String version = HubSettings.class.getPackage().getImplementationVersion();
			StringBuilder agent = new StringBuilder("zsic/").append((version != null) ? version : "unknown");
			if (!flag("HF_HUB_DISABLE_TELEMETRY") && !flag("DO_NOT_TRACK")) {
				agent.append("; java/").append(Runtime.version().feature());
			}
			String origin = variable("HF_HUB_USER_AGENT_ORIGIN");
			if (origin != null) {
				agent.append("; origin/").append(origin.replaceAll("[^\\x20-\\x7e]", ""));
			}
			return agent.toString();
		}

	}

}
