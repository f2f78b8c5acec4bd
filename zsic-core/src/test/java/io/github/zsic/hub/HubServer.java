package io.github.zsic.hub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.stream.Stream;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.jspecify.annotations.Nullable;

/**
 * An imitation of the Hugging Face Hub: listings, {@code resolve} with relative redirects
 * for small files and pre-signed absolute ones for large files, to a second origin that
 * refuses {@code Authorization}, ETags, ranges and error codes; and every fault there is,
 * on demand. Python's {@code huggingface_hub} takes it for the real one.
 */
public final class HubServer implements AutoCloseable {

	static {
		// Without it, each answer on a connection that is used again waits 40 ms.
		System.setProperty("sun.net.httpserver.nodelay", "true");
	}

	private final HttpServer hub;

	private final HttpServer storage;

	private final ExecutorService executor = Executors.newCachedThreadPool((task) -> {
		Thread thread = new Thread(task, "hub-server");
		thread.setDaemon(true);
		return thread;
	});

	private final Map<String, Repository> repositories = new ConcurrentHashMap<>();

	private final Map<String, String> renamed = new ConcurrentHashMap<>();

	private final Set<String> tokens = ConcurrentHashMap.newKeySet();

	private final List<Request> requests = new CopyOnWriteArrayList<>();

	private final List<PlannedFault> faults = new CopyOnWriteArrayList<>();

	private final Map<String, Content> presigned = new ConcurrentHashMap<>();

	private final AtomicInteger signatures = new AtomicInteger();

	private final CountDownLatch closed = new CountDownLatch(1);

	private HubServer(int port) throws IOException {
		this.hub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
		this.storage = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.hub.setExecutor(this.executor);
		this.storage.setExecutor(this.executor);
		this.hub.createContext("/", (exchange) -> handle(exchange, true));
		this.storage.createContext("/", (exchange) -> handle(exchange, false));
		this.hub.start();
		this.storage.start();
	}

	public static HubServer start() {
		try {
			return new HubServer(0);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Serves the folders {@code <root>/<owner>/<name>} as repositories until the JVM is
	 * ended.
	 */
	public static void main(String[] arguments) throws IOException, InterruptedException {
		if (arguments.length != 2) {
			System.err.println("Usage: HubServer <port> <root>");
			System.exit(2);
		}
		HubServer server = new HubServer(Integer.parseInt(arguments[0]));
		Path root = Path.of(arguments[1]);
		try (Stream<Path> folders = Files.walk(root, 2)) {
			for (Path folder : folders.filter((path) -> root.relativize(path).getNameCount() == 2).sorted().toList()) {
				String id = root.relativize(folder).toString().replace('\\', '/');
				String commit = server.repository(id).push("main", folder);
				System.out.println(id + " main " + commit);
			}
		}
		System.out.println("HF_ENDPOINT=" + server.endpoint());
		int printed = 0;
		while (!server.closed.await(100, TimeUnit.MILLISECONDS)) {
			for (; printed < server.requests.size(); printed++) {
				System.out.println(server.requests.get(printed));
			}
		}
	}

	public String endpoint() {
		return "http://127.0.0.1:" + this.hub.getAddress().getPort();
	}

	/** The origin that pre-signed addresses lead to, of another name than the Hub's. */
	public String storageEndpoint() {
		return "http://localhost:" + this.storage.getAddress().getPort();
	}

	public Repository repository(String id) {
		return this.repositories.computeIfAbsent(id, Repository::new);
	}

	public void rename(String from, String to) {
		Repository repository = this.repositories.remove(from);
		repository.id = to;
		this.repositories.put(to, repository);
		this.renamed.put(from, to);
	}

	public void acceptToken(String token) {
		this.tokens.add(token);
	}

	/** Every pre-signed address that was given out so far is refused from now on. */
	public void expireAddresses() {
		this.presigned.clear();
	}

	/** Lets everything go well from now on. */
	public void forgetFaults() {
		this.faults.clear();
	}

	/**
	 * Plans a fault.
	 * @param times how many requests it hits
	 * @param requests which requests it hits
	 * @param fault what happens to them
	 */
	public void fail(int times, Predicate<Request> requests, Fault fault) {
		this.faults.add(new PlannedFault(requests, fault, new AtomicInteger(times)));
	}

	public List<Request> requests() {
		return List.copyOf(this.requests);
	}

	/** The requests that fetch what is in a file. */
	public List<Request> contentRequests() {
		return this.requests.stream().filter(Request::forContents).toList();
	}

	public void forgetRequests() {
		this.requests.clear();
	}

	@Override
	public void close() {
		this.closed.countDown();
		this.hub.stop(0);
		this.storage.stop(0);
		this.executor.shutdownNow();
	}

	private void handle(HttpExchange exchange, boolean onHub) throws IOException {
		Request request = new Request(onHub, exchange.getRequestMethod(), exchange.getRequestURI().toString(),
				exchange.getRequestHeaders().getFirst("Authorization"), exchange.getRequestHeaders().getFirst("Range"),
				exchange.getRequestHeaders().getFirst("User-Agent"),
				exchange.getRequestHeaders().getFirst("Proxy-Authorization"), exchange.getRemoteAddress().getPort());
		this.requests.add(request);
		Fault fault = null;
		for (PlannedFault planned : this.faults) {
			if (planned.requests().test(request) && planned.left().getAndDecrement() > 0) {
				fault = planned.fault();
				break;
			}
		}
		try (exchange) {
			if (fault == null || !fault.instead(this, exchange)) {
				Fault inBody = (fault != null) ? fault : Fault.NONE;
				if (onHub) {
					hub(exchange, request, inBody);
				}
				else {
					storage(exchange, request, inBody);
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void hub(HttpExchange exchange, Request request, Fault fault) throws IOException, InterruptedException {
		String path = exchange.getRequestURI().getRawPath();
		String[] parts = path.substring(1).split("/", -1);
		for (int i = 0; i < parts.length; i++) {
			parts[i] = URLDecoder.decode(parts[i].replace("+", "%2B"), StandardCharsets.UTF_8);
		}
		boolean api = parts[0].equals("api");
		int name = api ? (parts[1].equals("resolve-cache") ? 3 : 2) : 0;
		if (parts.length < name + 2) {
			error(exchange, 404, null, "Sorry, we can't find the page you are looking for.");
			return;
		}
		String id = parts[name] + "/" + parts[name + 1];
		if (this.renamed.containsKey(id)) {
			redirect(exchange, 307, exchange.getRequestURI().toString().replace(id, this.renamed.get(id)), Map.of());
			return;
		}
		String token = (request.authorization() != null) ? request.authorization().replaceFirst("^Bearer ", "") : null;
		if (token != null && !this.tokens.contains(token)) {
			error(exchange, 401, null, "Invalid credentials in Authorization header");
			return;
		}
		Repository repository = this.repositories.get(id);
		if (repository == null || (repository.isPrivate && token == null)) {
			error(exchange, (token == null) ? 401 : 404, "RepoNotFound", "Repository not found");
			return;
		}
		if (repository.disabled) {
			error(exchange, 403, null, "Access to this resource is disabled.");
			return;
		}
		if (api && parts[1].equals("models")) {
			String revision = (parts.length > 5) ? parts[5] : "main";
			String commit = repository.commit(revision);
			if (commit == null) {
				error(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
			}
			else if (parts.length > 5 && parts[4].equals("tree")) {
				json(exchange, repository.tree(commit).toString(), fault);
			}
			else {
				json(exchange, repository.info(commit, request.path().contains("blobs=true")).toString(), fault);
			}
			return;
		}
		int at = api ? 5 : 3;
		String file = String.join("/", List.of(parts).subList(at + 1, parts.length));
		resolve(exchange, repository, parts[at], file, api, token != null, fault);
	}

	private void resolve(HttpExchange exchange, Repository repository, String revision, String file, boolean cached,
			boolean authorized, Fault fault) throws IOException, InterruptedException {
		if (repository.gated && !(authorized && repository.granted)) {
			error(exchange, authorized ? 403 : 401, "GatedRepo", "Access to model " + repository.id
					+ " is restricted. You must have access to it and be authenticated to access it.");
			return;
		}
		String commit = repository.commit(revision);
		if (commit == null) {
			error(exchange, 404, "RevisionNotFound", "Invalid rev id: " + revision);
			return;
		}
		exchange.getResponseHeaders().set("X-Repo-Commit", commit);
		Content content = repository.commits.get(commit).get(file);
		if (content == null) {
			error(exchange, 404, "EntryNotFound", "Entry not found");
			return;
		}
		Map<String, String> headers = new LinkedHashMap<>();
		headers.put("X-Linked-Size", Long.toString(content.size()));
		headers.put("X-Linked-ETag", "\"" + content.etag() + "\"");
		headers.put("ETag", "\"" + content.etag() + "\"");
		if (content.large()) {
			String signature = "sig" + this.signatures.incrementAndGet();
			this.presigned.put(signature, content);
			headers.put("ETag", "\"" + "0".repeat(40) + "\"");
			redirect(exchange, 302,
					storageEndpoint() + "/repos/" + content.etag()
							+ "?response-content-disposition=inline%3B+filename*%3DUTF-8%27%27x&Expires=1&Signature="
							+ signature + "~_&Key-Pair-Id=K",
					headers);
		}
		else if (!cached) {
			redirect(exchange, 307, "/api/resolve-cache/models/" + repository.id + "/" + commit + "/" + file
					+ "?etag=%22" + content.etag() + "%22", headers);
		}
		else {
			exchange.getResponseHeaders().set("ETag", "\"" + content.etag() + "\"");
			send(exchange, content, fault);
		}
	}

	private void storage(HttpExchange exchange, Request request, Fault fault) throws IOException, InterruptedException {
		if (request.authorization() != null) {
			error(exchange, 400, null, "Only one auth mechanism allowed");
			return;
		}
		String signature = request.path().replaceFirst(".*Signature=(sig\\d+).*", "$1");
		Content content = this.presigned.get(signature);
		if (content == null || !request.path().contains(content.etag())) {
			error(exchange, 403, null, "Request has expired");
			return;
		}
		exchange.getResponseHeaders().set("ETag", "\"" + content.etag() + "\"");
		send(exchange, content, fault);
	}

	private static void send(HttpExchange exchange, Content content, Fault fault)
			throws IOException, InterruptedException {
		long offset = 0;
		String range = fault.ignoresRange() ? null : exchange.getRequestHeaders().getFirst("Range");
		exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
		exchange.getResponseHeaders().set("Content-Type", "application/octet-stream");
		if (range != null) {
			offset = Long.parseLong(range.replaceFirst("bytes=(\\d+)-.*", "$1"));
			if (offset >= content.size()) {
				exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.size());
				exchange.sendResponseHeaders(416, -1);
				return;
			}
			exchange.getResponseHeaders()
				.set("Content-Range", "bytes " + offset + "-" + (content.size() - 1) + "/" + content.size());
		}
		long length = content.size() - offset;
		if (exchange.getRequestMethod().equals("HEAD")) {
			exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
			exchange.sendResponseHeaders(200, -1);
			return;
		}
		exchange.sendResponseHeaders((range != null) ? 206 : 200, (length > 0) ? length : -1);
		if (length > 0) {
			OutputStream out = exchange.getResponseBody();
			content.write(new FaultyStream(out, fault), offset);
			out.flush();
		}
	}

	private static void json(HttpExchange exchange, String json, Fault fault) throws IOException, InterruptedException {
		byte[] body = json.getBytes(StandardCharsets.UTF_8);
		exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
		exchange.sendResponseHeaders(200, body.length);
		new FaultyStream(exchange.getResponseBody(), fault).write(body, 0, body.length);
	}

	private static void redirect(HttpExchange exchange, int status, String location, Map<String, String> headers)
			throws IOException {
		headers.forEach(exchange.getResponseHeaders()::set);
		exchange.getResponseHeaders().set("Location", location);
		body(exchange, status, "Redirecting to " + location);
	}

	private static void error(HttpExchange exchange, int status, @Nullable String code, String message)
			throws IOException {
		if (code != null) {
			exchange.getResponseHeaders().set("X-Error-Code", code);
		}
		exchange.getResponseHeaders().set("X-Error-Message", message);
		exchange.getResponseHeaders().set("X-Request-Id", "Root=1-test");
		body(exchange, status, "{\"error\":\"" + message + "\"}");
	}

	private static void body(HttpExchange exchange, int status, String text) throws IOException {
		byte[] body = text.getBytes(StandardCharsets.UTF_8);
		if (exchange.getRequestMethod().equals("HEAD")) {
			exchange.getResponseHeaders().set("Content-Length", Integer.toString(body.length));
			exchange.sendResponseHeaders(status, -1);
		}
		else {
			exchange.sendResponseHeaders(status, body.length);
			exchange.getResponseBody().write(body);
		}
	}

	/**
	 * A repository with its commits.
	 */
	public static final class Repository {

		private volatile String id;

		private final Map<String, Map<String, Content>> commits = new ConcurrentHashMap<>();

		private final Map<String, String> references = new ConcurrentHashMap<>();

		private volatile boolean isPrivate;

		private volatile boolean gated;

		private volatile boolean granted;

		private volatile boolean disabled;

		private Repository(String id) {
			this.id = id;
		}

		/** Makes a commit and lets a branch, tag or other reference point to it. */
		public String push(String reference, Map<String, Content> files) {
			Map<String, Content> copy = Collections.unmodifiableMap(new LinkedHashMap<>(files));
			StringBuilder names = new StringBuilder();
			copy.forEach((name, content) -> names.append(name).append(content.etag()));
			String commit = Content.hex("SHA-1", names.toString().getBytes(StandardCharsets.UTF_8));
			this.commits.put(commit, copy);
			this.references.put(reference, commit);
			return commit;
		}

		/** Makes a commit of the files of a folder. */
		public String push(String reference, Path folder) {
			Map<String, Content> files = new LinkedHashMap<>();
			try (Stream<Path> paths = Files.walk(folder)) {
				for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
					String name = folder.relativize(path).toString().replace('\\', '/');
					files.put(name, Content.of(path));
				}
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			return push(reference, files);
		}

		public Map<String, Content> files(String revision) {
			return new LinkedHashMap<>(this.commits.get(commit(revision)));
		}

		public Repository setPrivate() {
			this.isPrivate = true;
			return this;
		}

		public Repository setGated(boolean granted) {
			this.gated = true;
			this.granted = granted;
			return this;
		}

		public Repository setDisabled() {
			this.disabled = true;
			return this;
		}

		private @Nullable String commit(String revision) {
			return this.commits.containsKey(revision) ? revision : this.references.get(revision);
		}

		private JsonObject info(String commit, boolean blobs) {
			JsonObject info = new JsonObject();
			info.addProperty("_id", "0");
			info.addProperty("id", this.id);
			info.addProperty("modelId", this.id);
			info.addProperty("sha", commit);
			info.addProperty("private", this.isPrivate);
			info.addProperty("disabled", this.disabled);
			if (this.gated) {
				info.addProperty("gated", "manual");
			}
			else {
				info.addProperty("gated", false);
			}
			JsonArray siblings = new JsonArray();
			this.commits.get(commit).forEach((name, content) -> {
				JsonObject sibling = new JsonObject();
				sibling.addProperty("rfilename", name);
				if (blobs) {
					sibling.addProperty("size", content.size());
					addHash(sibling, "blobId", "sha256", content);
				}
				siblings.add(sibling);
			});
			info.add("siblings", siblings);
			return info;
		}

		private JsonArray tree(String commit) {
			JsonArray tree = new JsonArray();
			this.commits.get(commit).forEach((name, content) -> {
				JsonObject entry = new JsonObject();
				entry.addProperty("type", "file");
				entry.addProperty("path", name);
				entry.addProperty("size", content.size());
				addHash(entry, "oid", "oid", content);
				tree.add(entry);
			});
			return tree;
		}

		private static void addHash(JsonObject target, String blob, String lfsHash, Content content) {
			target.addProperty(blob, content.large() ? "0".repeat(40) : content.etag());
			if (content.large()) {
				JsonObject lfs = new JsonObject();
				lfs.addProperty(lfsHash, content.etag());
				lfs.addProperty("size", content.size());
				lfs.addProperty("pointerSize", 134);
				target.add("lfs", lfs);
			}
		}

	}

	/**
	 * What is in a file.
	 *
	 * @param size the number of bytes
	 * @param large whether it is stored as large files are
	 * @param etag its SHA-256 if it is large, otherwise its hash as a git blob
	 * @param source where to read it from
	 */
	public record Content(long size, boolean large, String etag, Source source) {

		private static final int PIECE = 256 * 1024;

		public static Content small(String text) {
			return small(text.getBytes(StandardCharsets.UTF_8));
		}

		public static Content small(byte[] bytes) {
			byte[] header = ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII);
			byte[] blob = new byte[header.length + bytes.length];
			System.arraycopy(header, 0, blob, 0, header.length);
			System.arraycopy(bytes, 0, blob, header.length, bytes.length);
			return new Content(bytes.length, false, hex("SHA-1", blob),
					(out, offset) -> out.write(bytes, (int) offset, bytes.length - (int) offset));
		}

		public static Content large(byte[] bytes) {
			return new Content(bytes.length, true, hex("SHA-256", bytes), (out, offset) -> {
				for (int at = (int) offset; at < bytes.length; at += PIECE) {
					out.write(bytes, at, Math.min(PIECE, bytes.length - at));
				}
			});
		}

		/** Zeros, which need no memory. */
		public static Content zeros(long size, String sha256) {
			byte[] piece = new byte[PIECE];
			return new Content(size, true, sha256, (out, offset) -> {
				for (long at = offset; at < size; at += PIECE) {
					out.write(piece, 0, (int) Math.min(PIECE, size - at));
				}
			});
		}

		static Content of(Path file) throws IOException {
			String name = file.getFileName().toString();
			if (Files.size(file) <= 10_000_000 && !name.matches(".*\\.(safetensors|bin|onnx|h5|msgpack|model|png)")) {
				return small(Files.readAllBytes(file));
			}
			MessageDigest digest = digest("SHA-256");
			byte[] piece = new byte[PIECE];
			try (InputStream in = Files.newInputStream(file)) {
				for (int read = in.read(piece); read != -1; read = in.read(piece)) {
					digest.update(piece, 0, read);
				}
			}
			return new Content(Files.size(file), true, HexFormat.of().formatHex(digest.digest()), (out, offset) -> {
				byte[] buffer = new byte[PIECE];
				try (InputStream in = Files.newInputStream(file)) {
					in.skipNBytes(offset);
					for (int read = in.read(buffer); read != -1; read = in.read(buffer)) {
						out.write(buffer, 0, read);
					}
				}
			});
		}

		void write(FaultyStream out, long offset) throws IOException, InterruptedException {
			this.source.write(out, offset);
		}

		static String hex(String algorithm, byte[] bytes) {
			return HexFormat.of().formatHex(digest(algorithm).digest(bytes));
		}

		private static MessageDigest digest(String algorithm) {
			try {
				return MessageDigest.getInstance(algorithm);
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

	/**
	 * Writes contents from some byte on.
	 */
	interface Source {

		void write(FaultyStream out, long offset) throws IOException, InterruptedException;

	}

	/**
	 * A request that came.
	 *
	 * @param hub whether it came to the Hub, not to the storage
	 * @param method the method
	 * @param path the path and query
	 * @param authorization the header, if there was one
	 * @param range the header, if there was one
	 * @param userAgent the header, if there was one
	 * @param proxyAuthorization the header, if there was one
	 * @param connection the port of the client, another one for each connection
	 */
	public record Request(boolean hub, String method, String path, @Nullable String authorization,
			@Nullable String range, @Nullable String userAgent, @Nullable String proxyAuthorization, int connection) {

		public boolean forContents() {
			return this.method.equals("GET") && (!this.hub || this.path.startsWith("/api/resolve-cache/"));
		}

		public boolean forStorage() {
			return !this.hub;
		}

		public boolean forListing() {
			return this.hub && this.path.startsWith("/api/models/");
		}

		public boolean forMetadata() {
			return this.method.equals("HEAD") && this.path.contains("/resolve/");
		}

	}

	/**
	 * What goes wrong.
	 */
	public static class Fault {

		static final Fault NONE = new Fault();

		/** Answers with a status and headers, given as name, value, name, … */
		public static Fault status(int status, String... headers) {
			return new Fault() {
				@Override
				boolean instead(HubServer server, HttpExchange exchange) throws IOException {
					for (int i = 0; i < headers.length; i += 2) {
						exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
					}
					body(exchange, status, "<html>" + status + "</html>");
					return true;
				}
			};
		}

		/** Answers with a page, as the login of a network does. */
		public static Fault page() {
			return status(200, "Content-Type", "text/html; charset=utf-8");
		}

		/** Says nothing until the server is closed. */
		public static Fault silence() {
			return new Fault() {
				@Override
				boolean instead(HubServer server, HttpExchange exchange) throws InterruptedException {
					server.closed.await();
					return true;
				}
			};
		}

		/** Does something before the answer, which is as it should be. */
		public static Fault meanwhile(Runnable action) {
			return new Fault() {
				@Override
				boolean instead(HubServer server, HttpExchange exchange) {
					action.run();
					return false;
				}
			};
		}

		/** Breaks the connection after some bytes of the body. */
		public static Fault dropAfter(long bytes) {
			return new Fault() {
				@Override
				void beforeByte(long position, FaultyStream stream) throws IOException {
					if (position >= bytes) {
						// Else the client sees the end before it has seen the bytes.
						stream.flush();
						LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
						throw new IOException("dropped on purpose");
					}
				}

				@Override
				int piece() {
					return (int) Math.max(1, Math.min(bytes, 4096));
				}
			};
		}

		/** Pauses after every piece of the body. */
		public static Fault trickle(int piece, long pauseMilliseconds) {
			return new Fault() {
				@Override
				void beforeByte(long position, FaultyStream stream) throws IOException {
					if (position > 0) {
						stream.flush();
						LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(pauseMilliseconds));
					}
				}

				@Override
				int piece() {
					return piece;
				}
			};
		}

		/** Sends the right number of wrong bytes. */
		public static Fault wrongBytes() {
			return new Fault() {
				@Override
				byte change(byte value) {
					return (byte) ~value;
				}
			};
		}

		/** Sends the whole file whatever part of it is asked for. */
		public static Fault ignoreRange() {
			return new Fault() {
				@Override
				boolean ignoresRange() {
					return true;
				}
			};
		}

		boolean instead(HubServer server, HttpExchange exchange) throws IOException, InterruptedException {
			return false;
		}

		boolean ignoresRange() {
			return false;
		}

		int piece() {
			return Integer.MAX_VALUE;
		}

		void beforeByte(long position, FaultyStream stream) throws IOException {
		}

		byte change(byte value) {
			return value;
		}

	}

	/**
	 * The body of an answer, to which a fault happens.
	 */
	static final class FaultyStream {

		private final OutputStream out;

		private final Fault fault;

		private long position;

		FaultyStream(OutputStream out, Fault fault) {
			this.out = out;
			this.fault = fault;
		}

		void write(byte[] bytes, int offset, int length) throws IOException {
			byte[] changed = bytes;
			int from = offset;
			if (this.fault != Fault.NONE) {
				changed = new byte[length];
				from = 0;
				for (int i = 0; i < length; i++) {
					changed[i] = this.fault.change(bytes[offset + i]);
				}
			}
			for (int done = 0; done < length;) {
				this.fault.beforeByte(this.position, this);
				int piece = Math.min(this.fault.piece(), length - done);
				this.out.write(changed, from + done, piece);
				this.position += piece;
				done += piece;
			}
			if (this.fault != Fault.NONE) {
				this.out.flush();
			}
		}

		void flush() throws IOException {
			this.out.flush();
		}

	}

	private record PlannedFault(Predicate<Request> requests, Fault fault, AtomicInteger left) {

	}

}
