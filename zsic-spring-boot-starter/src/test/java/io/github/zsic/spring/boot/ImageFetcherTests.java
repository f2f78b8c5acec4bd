package io.github.zsic.spring.boot;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;

import com.sun.net.httpserver.HttpServer;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidImageException.Reason;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.http.client.InetAddressFilter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests for {@link ImageFetcher} against a server on this machine, which it may reach
 * only where a test lets it.
 */
class ImageFetcherTests {

	private static final int MAXIMUM = 1000;

	/** More than what fits into the buffers between a server and its client. */
	private static final long ENDLESS = 1_000_000_000;

	private final AtomicLong sent = new AtomicLong();

	private final CountDownLatch ended = new CountDownLatch(1);

	private final List<String> requests = new CopyOnWriteArrayList<>();

	private final ImageFetcher open = new ImageFetcher(InetAddressFilter.all(), MAXIMUM, Duration.ofSeconds(5));

	private final ImageFetcher guarded = new ImageFetcher(ImageFetcher.publicAddresses(), MAXIMUM,
			Duration.ofSeconds(5));

	private HttpServer server;

	@BeforeEach
	void startServer() throws IOException {
		this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		this.server.setExecutor(Executors.newCachedThreadPool());
		this.server.createContext("/", (exchange) -> {
			this.requests.add(exchange.getRequestURI() + " " + exchange.getRequestHeaders().keySet());
			String path = exchange.getRequestURI().getPath();
			String query = exchange.getRequestURI().getRawQuery();
			switch (path) {
				case "/to" -> {
					exchange.getResponseHeaders().set("Location", query);
					exchange.getResponseHeaders().set("Set-Cookie", "secret=1");
					exchange.sendResponseHeaders(302, -1);
				}
				case "/loop" -> {
					exchange.getResponseHeaders().set("Location", "/loop");
					exchange.sendResponseHeaders(301, -1);
				}
				case "/lost" -> exchange.sendResponseHeaders(302, -1);
				case "/chunked" -> {
					exchange.sendResponseHeaders(200, 0);
					exchange.getResponseBody().write(new byte[Integer.parseInt(query)]);
				}
				case "/packed" -> {
					ByteArrayOutputStream packed = new ByteArrayOutputStream();
					try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
						out.write(new byte[500 * MAXIMUM]);
					}
					exchange.getResponseHeaders().set("Content-Encoding", "gzip");
					exchange.sendResponseHeaders(200, packed.size());
					exchange.getResponseBody().write(packed.toByteArray());
				}
				case "/endless" -> {
					exchange.getResponseHeaders().set("Location", "/loop");
					exchange.sendResponseHeaders(Integer.parseInt(query), 0);
					try {
						while (this.sent.addAndGet(10_000) < ENDLESS) {
							exchange.getResponseBody().write(new byte[10_000]);
						}
					}
					finally {
						this.ended.countDown();
					}
				}
				case "/status" -> exchange.sendResponseHeaders(Integer.parseInt(query), -1);
				case "/size" -> {
					exchange.sendResponseHeaders(200, Long.parseLong(query));
					exchange.getResponseBody().write(new byte[Math.min(Integer.parseInt(query), MAXIMUM)]);
				}
				default -> {
					exchange.getResponseHeaders().set("Content-Type", "text/html");
					exchange.sendResponseHeaders(200, 3);
					exchange.getResponseBody().write(new byte[] { 1, 2, 3 });
				}
			}
			exchange.close();
		});
		this.server.start();
	}

	@AfterEach
	void stop() {
		this.open.close();
		this.guarded.close();
		this.server.stop(0);
	}

	@Test
	void getsPicture() {
		assertThat(this.open.fetch(url("/pictures/owl.jpg?size=2#top"))).containsExactly(1, 2, 3);
		assertThat(this.requests).hasSize(1);
		assertThat(this.requests.get(0)).startsWith("/pictures/owl.jpg?size=2 ")
			.doesNotContainIgnoringCase("cookie", "authorization", "referer", "encoding");
		assertThat(this.open.fetch(url(""))).hasSize(3);
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://127.0.0.1:%d/", "http://localhost:%d/", "http://127.1:%d/",
			"http://2130706433:%d/", "http://0x7f000001:%d/", "http://127.8.8.8:%d/", "http://0.0.0.0:%d/",
			"http://[::1]:%d/", "http://[::]:%d/", "http://[::ffff:127.0.0.1]:%d/", "http://[::ffff:7f00:1]:%d/",
			"http://[::127.0.0.1]:%d/", "http://[64:ff9b::7f00:1]:%d/", "http://[64:ff9b:1::7f00:1]:%d/",
			"http://[2002:7f00:1::]:%d/", "http://[2001:0:7f00:1::1]:%d/",
			"http://169.254.169.254:%d/latest/meta-data/", "http://[fd00:ec2::254]:%d/", "http://10.0.0.1:%d/",
			"http://172.31.255.255:%d/", "http://192.168.1.1:%d/", "http://100.100.100.200:%d/", "http://224.0.0.1:%d/",
			"http://255.255.255.255:%d/", "http://[fe80::1]:%d/", "http://[fc00::1]:%d/", "http://[ff02::1]:%d/",
			"http://198.18.0.1:%d/", "http://192.0.2.1:%d/", "HTTPS://LOCALHOST:%d/", "http://[::5efe:7f00:1]:%d/",
			"http://[fe80::5efe:7f00:1]:%d/", "http://[2001:db8::5efe:127.0.0.1]:%d/",
			"http://[2606:4700::5efe:127.0.0.1]:%d/", "http://[2606:4700::200:5efe:7f00:1]:%d/",
			"http://[::ffff:0:127.0.0.1]:%d/", "http://[fec0::1]:%d/", "http://[::7f00:1]:%d/", "http://0:%d/",
			"http://[4000::1]:%d/", "http://168.63.129.16:%d/", "http://localhost.:%d/", "http://127.0.0.1.:%d/",
			"http://[fe80::1%%251]:%d/", "http://[::1%%251]:%d/", "http://[2606:4700::1111%%251]:%d/" })
	void reachesNothingBehindThePublicInternet(String url) {
		InvalidImageException refusal = refusal(this.guarded, url.formatted(this.server.getAddress().getPort()));
		assertThat(refusal.getReason()).isEqualTo(Reason.UNREADABLE);
		assertThat(refusal.getMessage()).containsAnyOf("may not be reached", "host that is not known", "without a host",
				"a zone in its host");
		assertThat(this.requests).isEmpty();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			8.8.8.8              | true
			::ffff:8.8.8.8       | true
			2606:4700::1111      | true
			127.0.0.1            | false
			0.1.2.3              | false
			100.64.0.1           | false
			192.0.0.192          | false
			240.0.0.1            | false
			::ffff:10.0.0.1      | false
			::8.8.8.8            | false
			64:ff9b::808:808     | false
			64:ff9b:1::808:808   | false
			2002:808:808::1      | false
			2001:0:808:808::1    | false
			fec0::1              | false
			2001:db8::1          | false
			3fff::1              | false
			1.1.1.1              | true
			223.255.255.254      | true
			168.63.129.15        | true
			100.63.255.255       | true
			100.128.0.1          | true
			172.15.0.1           | true
			172.32.0.1           | true
			192.0.1.1            | true
			198.17.0.1           | true
			198.20.0.1           | true
			2001:200::1          | true
			2400:cb00::1         | true
			2a00:1450:4001::200e | true
			2606:4700::5efe      | true
			2606:4700::5eff:7f00:1 | true
			0.0.0.0              | false
			10.255.255.255       | false
			100.127.255.255      | false
			127.255.255.254      | false
			168.63.129.16        | false
			169.254.169.254      | false
			172.16.0.1           | false
			172.31.255.254       | false
			192.0.0.1            | false
			192.0.0.8            | false
			192.0.2.1            | false
			192.31.196.1         | false
			192.52.193.1         | false
			192.88.99.1          | false
			192.168.255.255      | false
			192.175.48.1         | false
			198.18.0.1           | false
			198.19.255.255       | false
			198.51.100.1         | false
			203.0.113.1          | false
			224.0.0.1            | false
			239.255.255.250      | false
			255.255.255.255      | false
			::                   | false
			::1                  | false
			::127.0.0.1          | false
			::ffff:0:127.0.0.1   | false
			::ffff:0:8.8.8.8     | false
			::5efe:7f00:1        | false
			100::1               | false
			100:0:0:1::1         | false
			1fff::1              | false
			2001::1              | false
			2001:1::1            | false
			2001:2::1            | false
			2001:10::1           | false
			2001:20::1           | false
			2001:1ff:ffff::1     | false
			2001:db8::5efe:127.0.0.1    | false
			2606:4700::5efe:8.8.8.8     | false
			2606:4700::200:5efe:8.8.8.8 | false
			2606:4700::100:5efe:8.8.8.8 | false
			2606:4700::300:5efe:8.8.8.8 | false
			2620:4f:8000::1      | false
			3ffe::1              | false
			4000::1              | false
			5f00::1              | false
			fc00::1              | false
			fd00:ec2::254        | false
			fe80::1              | false
			fe80::5efe:7f00:1    | false
			febf::1              | false
			ff02::1              | false
			ff0e::1              | false
			""")
	void knowsPublicAddresses(String address, boolean expected) throws IOException {
		assertThat(ImageFetcher.publicAddresses().matches(InetAddress.getByName(address))).isEqualTo(expected);
	}

	@Test
	void timeMayBeEndless() {
		try (ImageFetcher patient = new ImageFetcher(InetAddressFilter.all(), MAXIMUM,
				Duration.ofSeconds(Long.MAX_VALUE))) {
			assertThat(patient.fetch(url("/fox.png"))).hasSize(3);
		}
	}

	/** Only the first server may be reached; where it sends one to is looked at anew. */
	@Test
	void checksRedirects() {
		try (ImageFetcher fetcher = new ImageFetcher((address) -> address.getHostAddress().equals("127.0.0.1"), MAXIMUM,
				Duration.ofSeconds(5))) {
			int port = this.server.getAddress().getPort();
			assertThat(fetcher.fetch(url("/to?/fox.png"))).hasSize(3);
			assertThat(fetcher.fetch(url("/to?http://127.0.0.1:" + port + "/owl.png"))).hasSize(3);
			assertThat(this.requests).noneMatch((request) -> request.contains("Cookie"));
			this.requests.clear();
			for (String target : List.of("http://127.0.0.2:" + port + "/", "http://10.0.0.1/", "//169.254.169.254/",
					"http://[::1]:" + port + "/")) {
				assertThat(refusal(fetcher, url("/to?" + target)).getMessage()).contains("may not be reached");
			}
			for (String target : List.of("file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/",
					"jar:file:/x!/y")) {
				assertThat(refusal(fetcher, url("/to?" + target)).getMessage()).contains("neither http nor https");
			}
			assertThat(refusal(fetcher, url("/to?http://user:secret@127.0.0.1/")).getMessage()).contains("credentials");
			assertThat(refusal(fetcher, url("/to?http://%zz/")).getMessage()).contains("no valid URL");
			for (String target : List.of("http://127.0.0.1:22/", "http://127.0.0.1:99999/", "//127.0.0.1:6379999/",
					"https://127.0.0.1:25/")) {
				assertThat(refusal(fetcher, url("/to?" + target)).getMessage()).containsAnyOf("URL with port ",
						"without a host");
			}
			assertThat(this.requests).allMatch((request) -> request.startsWith("/to?"));
		}
	}

	/**
	 * Of a name with several addresses only those count that may be reached, whichever
	 * comes first.
	 */
	@Test
	void checksEachAddressOfName(@TempDir Path folder) throws IOException, InterruptedException {
		Path names = Files.writeString(folder.resolve("hosts"), """
				10.0.0.1  mixed.example
				127.0.0.2 mixed.example
				127.0.0.1 mixed.example
				::1       mixed.example
				127.0.0.1 inner.example
				127.0.0.2 other.example
				""");
		Path output = folder.resolve("output");
		int port = this.server.getAddress().getPort();
		Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				System.getProperty("java.class.path"), "-Djdk.net.hosts.file=" + names,
				ImageFetcherProgram.class.getName(), "http://mixed.example:" + port + "/",
				"http://inner.example:" + port + "/to?http://other.example:" + port + "/",
				"http://other.example:" + port + "/")
			.redirectErrorStream(true)
			.redirectOutput(output.toFile())
			.start();
		try {
			assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		}
		finally {
			process.destroyForcibly();
		}
		List<String> outcomes = Files.readAllLines(output);
		assertThat(outcomes).hasSize(6);
		assertThat(outcomes.get(0)).isEqualTo("3 bytes");
		assertThat(outcomes.subList(1, 6)).allMatch((outcome) -> outcome.contains("may not be reached"));
		assertThat(this.requests).hasSize(2);
	}

	@Test
	void limitsRedirects() {
		assertThat(refusal(this.open, url("/loop")).getMessage()).contains("redirected more than 3 times");
		assertThat(this.requests).hasSize(4);
		assertThat(refusal(this.open, url("/lost")).getMessage()).contains("status 302");
	}

	@ParameterizedTest
	@ValueSource(strings = { "file:///etc/passwd", "ftp://example.org/x", "jar:http://example.org/x!/", "//example.org",
			"http:", "http:///x", "http://", "https://user@example.org/", "http://a b/", "http://[", "\u0000", "",
			"http://example.org:x/", "http://exa\r\nmple.org/", "http://user:secret@127.0.0.1/", "http://@127.0.0.1/",
			"http://example.org@127.0.0.1/", "http://example.org\\@127.0.0.1/", "http://[::1", "http://[127.0.0.1]/",
			"http://[v1.x]/", "http://[::1%25]/", "http://%31%32%37.0.0.1/", "http://127.0.0.1:-1/",
			"http://127.0.0.1:99999999999999999999/" })
	void refusesOtherUrls(String url) {
		assertThat(refusal(this.open, url).getReason()).isEqualTo(Reason.UNREADABLE);
	}

	/** Whatever the address, so that a picture's URL does not send mail. */
	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 22, 25, 110, 143, 445, 587, 993, 2049, 6000, 6667, 10080, 65536, 99999 })
	void refusesPortsOfOthers(int port) {
		assertThat(refusal(this.open, "http://127.0.0.1:" + port + "/owl.png").getMessage())
			.contains("URL with port " + port + ",");
		assertThat(refusal(this.guarded, "https://[::1]:" + port + "/owl.png").getReason())
			.isEqualTo(Reason.UNREADABLE);
	}

	@Test
	void refusesLongUrl() {
		assertThat(refusal(this.open, url("/" + "x".repeat(3000))).getMessage()).contains("2048 characters")
			.hasSizeLessThan(300);
		assertThat(this.requests).isEmpty();
	}

	@Test
	void limitsSize() {
		assertThat(this.open.fetch(url("/size?1000"))).hasSize(1000);
		assertThat(this.open.fetch(url("/chunked?1000"))).hasSize(1000);
		assertThat(refusal(this.open, url("/size?1001")).getReason()).isEqualTo(Reason.TOO_LARGE);
		assertThat(refusal(this.open, url("/chunked?100000")).getReason()).isEqualTo(Reason.TOO_LARGE);
	}

	/** Bytes that were not asked to be packed are not unpacked. */
	@Test
	void leavesEncodedContentAsItIs() {
		assertThat(this.open.fetch(url("/packed"))).hasSizeLessThan(MAXIMUM).startsWith(0x1f, 0x8b);
	}

	/**
	 * A server that never stops gets rid of a few buffers, not of all that the line
	 * carries until time is up.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "/endless?200", "/endless?302", "/endless?500" })
	void leavesTheRestOfBody(String path) throws InterruptedException {
		assertThat(refusal(this.open, url(path))).isNotNull();
		assertThat(this.ended.await(20, TimeUnit.SECONDS)).isTrue();
		assertThat(this.sent.get()).isLessThan(ENDLESS);
	}

	/** There are 32 of them, and whoever finds none waits until time is up. */
	@Test
	void givesConnectionsBack() {
		for (int i = 0; i < 20; i++) {
			assertThat(this.open.fetch(url("/to?/owl.png"))).hasSize(3);
			assertThat(refusal(this.open, url("/chunked?100000")).getReason()).isEqualTo(Reason.TOO_LARGE);
			assertThat(refusal(this.open, url("/status?404")).getMessage()).contains("status 404");
			assertThat(refusal(this.guarded, url("/owl.png")).getMessage()).contains("may not be reached");
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 204, 206, 304, 401, 404, 500 })
	void tellsOfStatus(int status) {
		assertThat(refusal(this.open, url("/status?" + status)).getMessage()).contains("status " + status);
	}

	@Test
	void tellsOfUnknownHostAndClosedPort() throws IOException {
		assertThat(refusal(this.open, "http://no-such-host.invalid/").getMessage()).contains("not known");
		int free;
		try (ServerSocket socket = new ServerSocket(0)) {
			free = socket.getLocalPort();
		}
		assertThat(refusal(this.open, "http://127.0.0.1:" + free + "/secret?token=1").getMessage()).contains("/secret")
			.doesNotContain("token")
			.contains("could not be fetched");
	}

	/** A byte now and then keeps a socket's timeout from ever running out. */
	@ParameterizedTest
	@ValueSource(strings = { "", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", "HTTP/1.1 200 OK\r\nX: ",
			"HTTP/1.1 302 Found\r\nLocation: /x", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" })
	void limitsTimeInAll(String start) throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
				ImageFetcher hasty = new ImageFetcher(InetAddressFilter.all(), MAXIMUM, Duration.ofMillis(300))) {
			Thread slow = new Thread(() -> {
				try (Socket connection = socket.accept(); OutputStream out = connection.getOutputStream()) {
					out.write(start.getBytes(StandardCharsets.US_ASCII));
					while (!Thread.interrupted()) {
						if (!start.isEmpty()) {
							out.write('x');
							out.flush();
						}
						Thread.sleep(50);
					}
				}
				catch (IOException | InterruptedException ex) {
					// The other side has had enough.
				}
			});
			slow.start();
			assertThat(refusal(hasty, "http://127.0.0.1:" + socket.getLocalPort() + "/").getMessage())
				.contains("did not arrive within 300 ms");
			slow.interrupt();
		}
	}

	/** Of more names than there are places for pictures. */
	@Test
	void lookUpsThatDoNotEndAreTimedAndKeepNobodyElseFromPictures() throws InterruptedException {
		CountDownLatch end = new CountDownLatch(1);
		DnsResolver names = new SystemDefaultDnsResolver() {
			@Override
			public InetAddress[] resolve(String host) throws UnknownHostException {
				if (host.endsWith(".hangs")) {
					boolean ended = false;
					while (!ended) {
						try {
							// As one of the operating system, it takes no notice.
							end.await();
							ended = true;
						}
						catch (InterruptedException ex) {
							continue;
						}
					}
				}
				return super.resolve(host);
			}
		};
		try (ImageFetcher patient = new ImageFetcher(InetAddressFilter.all(), MAXIMUM, Duration.ofSeconds(2), names)) {
			List<Thread> callers = new ArrayList<>();
			List<String> messages = new CopyOnWriteArrayList<>();
			for (int i = 0; i < 40; i++) {
				String url = "http://name" + i + ".hangs/";
				Thread caller = new Thread(() -> messages.add(refusal(patient, url).getMessage()));
				caller.start();
				callers.add(caller);
			}
			for (Thread caller : callers) {
				caller.join();
			}
			assertThat(messages).hasSize(40)
				.allSatisfy((message) -> assertThat(message).contains("did not arrive within 2000 ms"));
			assertThat(patient.fetch(url("/picture"))).containsExactly(1, 2, 3);
		}
		finally {
			end.countDown();
		}
	}

	/** Eight forms of four pictures each, all of one client. */
	@Test
	void aClientHasHalfOfThePlaces() throws Exception {
		AtomicInteger waiting = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		CountDownLatch answer = new CountDownLatch(1);
		this.server.createContext("/slow", (exchange) -> {
			most.accumulateAndGet(waiting.incrementAndGet(), Math::max);
			try {
				answer.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			waiting.decrementAndGet();
			exchange.sendResponseHeaders(200, 2);
			exchange.getResponseBody().write(new byte[2]);
			exchange.close();
		});
		ExecutorService callers = Executors.newCachedThreadPool();
		try (ImageFetcher fetcher = new ImageFetcher(InetAddressFilter.all(), MAXIMUM, Duration.ofSeconds(30))) {
			List<Future<byte[]>> slow = new ArrayList<>();
			for (int i = 0; i < 32; i++) {
				slow.add(callers.submit(() -> fetcher.fetch(url("/slow"), "greedy")));
			}
			while (waiting.get() < 16) {
				Thread.sleep(5);
			}
			assertThat(fetcher.fetch(url("/owl.png"), "modest")).hasSize(3);
			assertThat(fetcher.fetch(url("/owl.png"))).hasSize(3);
			assertThat(slow).noneMatch(Future::isDone);
			answer.countDown();
			for (Future<byte[]> picture : slow) {
				assertThat(picture.get()).hasSize(2);
			}
			assertThat(most).hasValue(16);
		}
		finally {
			callers.shutdownNow();
		}
	}

	/** Waiting for the client's own places is waiting, too. */
	@Test
	void aClientThatWaitsForItsPlacesIsTimed() throws Exception {
		CountDownLatch answer = new CountDownLatch(1);
		this.server.createContext("/slow", (exchange) -> {
			try {
				answer.await(30, TimeUnit.SECONDS);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
			exchange.close();
		});
		ExecutorService callers = Executors.newCachedThreadPool();
		try (ImageFetcher fetcher = new ImageFetcher(InetAddressFilter.all(), MAXIMUM, Duration.ofMillis(700))) {
			List<Future<InvalidImageException>> slow = new ArrayList<>();
			for (int i = 0; i < 17; i++) {
				slow.add(callers.submit(() -> catchThrowableOfType(InvalidImageException.class,
						() -> fetcher.fetch(url("/slow"), "greedy"))));
			}
			for (Future<InvalidImageException> picture : slow) {
				assertThat(picture.get()).hasMessageContaining("did not arrive within 700 ms");
			}
			assertThat(fetcher.fetch(url("/owl.png"), "greedy")).hasSize(3);
		}
		finally {
			answer.countDown();
			callers.shutdownNow();
		}
	}

	@Test
	void recognisesUrls() {
		assertThat(List.of("http://x", "HTTPS://x", "http:x")).allMatch(ImageFetcher::isUrl);
		assertThat(List.of("", "httpx", "data:image/png", "aHR0cDo")).noneMatch(ImageFetcher::isUrl);
	}

	private static InvalidImageException refusal(ImageFetcher fetcher, String url) {
		InvalidImageException refusal = catchThrowableOfType(InvalidImageException.class, () -> fetcher.fetch(url));
		assertThat(refusal).as(url).isNotNull();
		return refusal;
	}

	private String url(String path) {
		return "http://127.0.0.1:" + this.server.getAddress().getPort() + path;
	}

}
