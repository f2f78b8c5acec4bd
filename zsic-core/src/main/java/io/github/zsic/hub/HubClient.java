package io.github.zsic.hub;

import java.io.IOException;
import java.io.StringReader;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.MalformedJsonException;
import org.jspecify.annotations.Nullable;

import io.github.zsic.HubException;

/**
 * Speaks the Hub's protocol. Redirects are followed by hand: some must not be followed,
 * none may carry the token to another host, and all must repeat the range. Thread-safe.
 * Made for one download, at the end of which it is closed.
 * <p>
 * Why: docs/decisions/0013, docs/decisions/0014.
 */
final class HubClient implements AutoCloseable {

	private static final int MAXIMUM_REDIRECTS = 10;

	private static final Duration LONGEST_TIMEOUT = Duration.ofMillis(Integer.MAX_VALUE);

	/** The listing of a repository with 100,000 files has about this size. */
	private static final int MAXIMUM_LISTING = 32 * 1024 * 1024;

	/** More than that would not fit into a listing with names of a usual length. */
	private static final int MAXIMUM_FILES = 200_000;

	private static final int MAXIMUM_ERROR = 64 * 1024;

	private static final int MAXIMUM_LOCATION = 16 * 1024;

	/** The JVM's user of the proxy; other users are nobody's business here. */
	private static final Authenticator PROXY_USER = new Authenticator() {
		@Override
		protected @Nullable PasswordAuthentication getPasswordAuthentication() {
			String scheme = getRequestingProtocol();
			String user = System.getProperty(scheme + ".proxyUser");
			if (getRequestorType() != RequestorType.PROXY || user == null) {
				return null;
			}
			return new PasswordAuthentication(user, System.getProperty(scheme + ".proxyPassword", "").toCharArray());
		}
	};

	private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

	/** What java.net.URI does not take, but servers send. */
	private static final Pattern ILLEGAL = Pattern.compile("[^!#$%&'()*+,/:;=?@\\[\\]~\\w.-]");

	private final HubSettings settings;

	private final Retries retries;

	private final Errors errors;

	/** Every one there was, for a download needs few. */
	private final Queue<HttpURLConnection> connections = new ConcurrentLinkedQueue<>();

	HubClient(HubSettings settings, Retries retries) {
		this.settings = settings;
		this.retries = retries;
		this.errors = new Errors(settings);
	}

	/**
	 * Resolves a revision to a commit, with the files in it.
	 * @param repository the name of the repository
	 * @param revision the revision
	 * @param patient whether to try again after failures
	 * @return the listing
	 * @throws HubException if there is none
	 * @throws InterruptedException if the thread is interrupted
	 */
	Listing listing(String repository, String revision, boolean patient) throws InterruptedException {
		Errors.Request request = new Errors.Request(repository, revision, null);
		URI uri = URI.create(this.settings.endpoint() + "/api/models/" + repository + "/revision/"
				+ encode(revision).replace("/", "%2F") + "?blobs=true");
		Duration timeout = this.settings.metadataTimeout();
		return attempt(request, patient ? this.retries : this.retries.once(),
				() -> Exchange.run(timeout, (exchange) -> {
					try (Answer answer = follow(exchange, "GET", uri, 0, true, timeout)) {
						if (answer.status() != 200) {
							throw this.errors.status(request, answer);
						}
						return listing(new String(answer.readAll(MAXIMUM_LISTING, exchange), StandardCharsets.UTF_8));
					}
				}));
	}

	/** Only what is needed is kept, as the rest may be large. */
	private Listing listing(String json) {
		try {
			JsonReader reader = new JsonReader(new StringReader(json));
			String commit = "";
			Map<String, OptionalLong> files = null;
			reader.beginObject();
			while (reader.hasNext()) {
				switch (reader.nextName()) {
					case "sha" -> commit = reader.nextString();
					case "siblings" -> files = files(reader);
					default -> reader.skipValue();
				}
			}
			reader.endObject();
			if (files != null && RepositoryNames.isCommit(commit) && reader.peek() == JsonToken.END_DOCUMENT) {
				return new Listing(commit, files);
			}
		}
		catch (IOException | IllegalStateException | NumberFormatException ex) {
			throw notAListing(json, ex);
		}
		throw notAListing(json, null);
	}

	private Map<String, OptionalLong> files(JsonReader reader) throws IOException {
		Map<String, OptionalLong> files = new LinkedHashMap<>();
		reader.beginArray();
		while (reader.hasNext()) {
			String name = null;
			OptionalLong size = OptionalLong.empty();
			reader.beginObject();
			while (reader.hasNext()) {
				switch (reader.nextName()) {
					case "rfilename" -> name = reader.nextString();
					case "size" -> size = size(reader);
					default -> reader.skipValue();
				}
			}
			reader.endObject();
			if (name == null) {
				throw new MalformedJsonException("a file without a name");
			}
			files.put(name, size);
			if (files.size() > MAXIMUM_FILES) {
				throw this.errors.notAHub("lists more than " + MAXIMUM_FILES + " files");
			}
		}
		reader.endArray();
		return files;
	}

	private static OptionalLong size(JsonReader reader) throws IOException {
		if (reader.peek() == JsonToken.NULL) {
			reader.nextNull();
			return OptionalLong.empty();
		}
		return OptionalLong.of(reader.nextLong());
	}

	private HubException notAListing(String json, @Nullable Exception cause) {
		return this.errors.notAHub(json.stripLeading().startsWith("<")
				? "answers with a web page where a list of files is due" : "answers with no list of files", cause);
	}

	/**
	 * Asks what a file is and where its contents are.
	 * @param repository the name of the repository
	 * @param commit the commit
	 * @param file the name of the file
	 * @return its hash, size and address
	 * @throws HubException if there is no such file, or no Hub
	 * @throws InterruptedException if the thread is interrupted
	 */
	FileMetadata metadata(String repository, String commit, String file) throws InterruptedException {
		Errors.Request request = new Errors.Request(repository, commit, file);
		URI uri = URI.create(this.settings.endpoint() + "/" + repository + "/resolve/" + commit + "/" + encode(file));
		Duration timeout = this.settings.metadataTimeout();
		return attempt(request, this.retries, () -> Exchange.run(timeout, (exchange) -> {
			try (Answer answer = follow(exchange, "HEAD", uri, 0, false, timeout)) {
				if (answer.status() >= 400) {
					throw this.errors.status(request, answer);
				}
				answer.readAll(MAXIMUM_ERROR, exchange);
				return metadata(commit, answer);
			}
		}));
	}

	private FileMetadata metadata(String commit, Answer answer) {
		String found = answer.header("X-Repo-Commit");
		if (found == null) {
			throw this.errors.notAHub("does not name the commit of a file");
		}
		if (!found.equals(commit)) {
			throw this.errors.notAHub("has the file of another commit than the one that was asked for");
		}
		boolean redirect = isRedirect(answer.status());
		String etag = answer.header("X-Linked-Etag");
		if (etag == null) {
			etag = answer.header("ETag");
		}
		String size = answer.header("X-Linked-Size");
		if (size == null && !redirect) {
			size = answer.header("Content-Length");
		}
		if (etag == null || size == null || !size.matches("\\d{1,18}")) {
			throw this.errors.notAHub("names neither checksum nor size of a file");
		}
		String hash = etag.replaceFirst("^W/", "").replaceAll("^\"+|\"+$", "");
		if (!ContentHash.isHash(hash)) {
			throw this.errors.notAHub("names no checksum of a file that can be verified");
		}
		URI location = answer.uri();
		if (redirect) {
			location = target(answer);
			requireSafe(answer.uri(), location);
		}
		return new FileMetadata(hash, Long.parseLong(size), location);
	}

	/**
	 * Asks for the contents of a file from some byte on.
	 * @param metadata what the file is
	 * @param request what to name in errors
	 * @param offset the first byte
	 * @return the contents, from that byte on or, whatever was asked for, from the first
	 * @throws IOException if that fails
	 * @throws InterruptedException if the thread is interrupted
	 */
	Contents contents(FileMetadata metadata, Errors.Request request, long offset)
			throws IOException, InterruptedException {
		Duration timeout = this.settings.readTimeout();
		Answer answer = Exchange.run(timeout,
				(exchange) -> follow(exchange, "GET", metadata.location(), offset, true, timeout));
		boolean accepted = false;
		try {
			int status = answer.status();
			String encoding = answer.header("Content-Encoding");
			if (status == 206) {
				Matcher range = CONTENT_RANGE.matcher(String.valueOf(answer.header("Content-Range")));
				if (!range.matches() || Long.parseLong(range.group(1)) != offset) {
					throw new IOException("the server sends another part of the file than the one that was asked for");
				}
			}
			else if (status == 416) {
				throw new RangeRefused();
			}
			else if (status != 200) {
				if (!isHub(answer.uri()) && status >= 400 && status < 500 && status != 408 && status != 429) {
					throw new AddressExpired(status);
				}
				throw this.errors.status(request, answer);
			}
			if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
				throw new IOException("the server sends the file compressed, which was not asked for");
			}
			String type = answer.header("Content-Type");
			String length = answer.header("Content-Length");
			long start = (status == 206) ? offset : 0;
			if (length != null && !length.equals(Long.toString(metadata.size() - start))) {
				if (type != null && type.toLowerCase(Locale.ROOT).startsWith("text/html")) {
					throw new Refusal(this.errors.notAHub("answers with a web page where a file is due"), true, null);
				}
				throw new IOException(
						"the server announces " + length + " bytes where " + (metadata.size() - start) + " are due");
			}
			accepted = true;
			return new Contents(start, answer);
		}
		finally {
			if (!accepted) {
				answer.close();
			}
		}
	}

	/**
	 * Closes all connections, which the next requests of a download would else use again.
	 * That ends what other threads, interrupted already, wait for: a blocking read does
	 * not look at the interruption. One in the middle of contents ends with its timeout.
	 */
	@Override
	public void close() {
		this.connections.forEach(HttpURLConnection::disconnect);
	}

	/** Watches contents from now on. */
	Pace pace() {
		return new Pace(Exchange.limit(this.settings.readTimeout()));
	}

	Errors errors() {
		return this.errors;
	}

	private <T> T attempt(Errors.Request request, Retries retries, Attempt<T> attempt) throws InterruptedException {
		for (int failures = 1;; failures++) {
			try {
				return attempt.run();
			}
			catch (IOException ex) {
				String what = (request.file() != null) ? request.file() : request.repository();
				if (!retries.pause(failures, what, ex)) {
					throw this.errors.unavailable(request, ex);
				}
			}
		}
	}

	/**
	 * Sends a request and follows redirects: all of them, or else only those that are
	 * about names, to another path of the same host. A redirect to the contents is the
	 * answer then, because its headers tell what the file is.
	 */
	private Answer follow(Exchange exchange, String method, URI start, long offset, boolean everywhere,
			Duration timeout) throws IOException {
		URI uri = start;
		for (int redirects = 0; redirects <= MAXIMUM_REDIRECTS; redirects++) {
			Answer answer = send(exchange, method, uri, offset, timeout);
			if (!isRedirect(answer.status())) {
				return answer;
			}
			boolean returned = false;
			try {
				URI target = target(answer);
				if (!everywhere && isAbsolute(answer) && (!isHub(target) || answer.header("X-Repo-Commit") != null)) {
					returned = true;
					return answer;
				}
				requireSafe(uri, target);
				uri = target;
				answer.readAll(MAXIMUM_ERROR, exchange);
			}
			finally {
				if (!returned) {
					answer.close();
				}
			}
		}
		throw new Refusal(this.errors.notAHub("redirects in a circle"), false, null);
	}

	private Answer send(Exchange exchange, String method, URI uri, long offset, Duration timeout) throws IOException {
		HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
		connection.setRequestMethod(method);
		connection.setInstanceFollowRedirects(false);
		connection.setUseCaches(false);
		connection.setConnectTimeout(milliseconds(this.settings.connectTimeout()));
		connection.setReadTimeout(milliseconds(timeout));
		connection.setAuthenticator(PROXY_USER);
		connection.setRequestProperty("Accept", "*/*");
		connection.setRequestProperty("Accept-Encoding", "identity");
		connection.setRequestProperty("User-Agent", this.settings.userAgent());
		String token = this.settings.token();
		if (token != null && isHub(uri)) {
			connection.setRequestProperty("Authorization", "Bearer " + token);
		}
		if (offset > 0) {
			connection.setRequestProperty("Range", "bytes=" + offset + "-");
		}
		String proxyUser = System.getProperty("http.proxyUser");
		if (proxyUser != null && uri.getScheme().equalsIgnoreCase("http") && hasProxy(uri)) {
			// Without waiting to be asked. In front of a tunnel the JDK does not do that.
			String credentials = proxyUser + ":" + System.getProperty("http.proxyPassword", "");
			connection.setRequestProperty("Proxy-Authorization",
					"Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
		}
		this.connections.add(connection);
		exchange.awaits(connection);
		return exchange.answered(new Answer(uri, connection, timeout));
	}

	private static boolean hasProxy(URI uri) {
		ProxySelector proxies = ProxySelector.getDefault();
		return proxies != null && proxies.select(uri).get(0).type() == Proxy.Type.HTTP;
	}

	private static int milliseconds(Duration duration) {
		// 0 would be for ever.
		return (duration.compareTo(LONGEST_TIMEOUT) < 0) ? (int) Math.max(1, duration.toMillis())
				: (int) LONGEST_TIMEOUT.toMillis();
	}

	private static boolean isRedirect(int status) {
		return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
	}

	private static boolean isAbsolute(Answer answer) {
		String location = answer.header("Location");
		return location != null && location.matches("(?i)(?:https?:)?//.*");
	}

	private URI target(Answer answer) {
		String location = answer.header("Location");
		if (location != null && !location.isBlank() && location.length() <= MAXIMUM_LOCATION) {
			String escaped = ILLEGAL.matcher(location)
				.replaceAll((match) -> URLEncoder.encode(match.group(), StandardCharsets.UTF_8).replace("+", "%20"));
			try {
				return answer.uri().resolve(new URI(escaped));
			}
			catch (URISyntaxException ex) {
				throw this.errors.notAHub("redirects to no address", ex);
			}
		}
		throw this.errors.notAHub("redirects to no address");
	}

	/** Also for the contents of public files: nobody is to see what is fetched. */
	void requireSafe(URI from, URI to) {
		String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
		boolean secure = scheme.equals("https");
		if (to.getHost() == null || !(secure || (scheme.equals("http") && "http".equalsIgnoreCase(from.getScheme())))) {
			throw this.errors
				.notAHub("redirects from '" + from.getScheme() + ":' to '" + scheme + ":', which is not followed");
		}
	}

	/** Whether the token may be sent there. */
	private boolean isHub(URI uri) {
		URI hub = this.settings.endpoint();
		return hub.getScheme().equalsIgnoreCase(uri.getScheme()) && hub.getHost().equalsIgnoreCase(uri.getHost())
				&& port(hub) == port(uri);
	}

	private static int port(URI uri) {
		if (uri.getPort() != -1) {
			return uri.getPort();
		}
		return "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
	}

	private static String encode(String path) {
		return URLEncoder.encode(path, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
	}

	private interface Attempt<T> {

		T run() throws IOException, InterruptedException;

	}

	/**
	 * A commit and its files.
	 *
	 * @param commit the commit
	 * @param files the files with their sizes, which not every server tells
	 */
	record Listing(String commit, Map<String, OptionalLong> files) {

	}

	/**
	 * What a file is.
	 *
	 * @param hash the hash of its contents, which names them in the cache
	 * @param size the number of its bytes
	 * @param location where the contents are, for some minutes
	 */
	record FileMetadata(String hash, long size, URI location) {

	}

	/**
	 * Contents that arrive.
	 *
	 * @param offset the position of their first byte
	 * @param body the bytes
	 */
	record Contents(long offset, Answer body) {

	}

	/**
	 * The address that metadata named is no longer good.
	 */
	static final class AddressExpired extends IOException {

		private static final long serialVersionUID = 1L;

		AddressExpired(int status) {
			super("the address of the contents is not valid any more (status " + status + ")");
		}

	}

	/**
	 * There is nothing after the byte that was asked for.
	 */
	static final class RangeRefused extends IOException {

		private static final long serialVersionUID = 1L;

		RangeRefused() {
			super("the server has fewer bytes than are there already");
		}

	}

}
