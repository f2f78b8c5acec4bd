package io.github.zsic.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;
import io.github.zsic.hub.HubServer.Content;
import io.github.zsic.hub.HubServer.Fault;
import io.github.zsic.hub.HubServer.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * What networks, servers and disks do.
 */
@Timeout(60)
class HubFaultTests {

	private static final Predicate<Request> WEIGHTS = (request) -> request.forStorage();

	private static final int ALWAYS = Integer.MAX_VALUE;

	@TempDir
	private Path folder;

	private HubFixture hub;

	@BeforeEach
	void start() {
		this.hub = new HubFixture(this.folder.resolve("hub"));
	}

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@Test
	void connectionThatDropsIsTakenUpWhereItBroke() throws IOException {
		// More often than attempts without progress are allowed.
		this.hub.server.fail(10, WEIGHTS, Fault.dropAfter(20_000));
		this.hub.assertComplete(this.hub.download());
		List<String> ranges = this.hub.server.requests().stream().filter(WEIGHTS).map(Request::range).toList();
		assertThat(ranges).hasSize(11).doesNotHaveDuplicates();
		assertThat(ranges.get(0)).isNull();
		assertThat(ranges.subList(1, 11)).allSatisfy((range) -> assertThat(range).matches("bytes=\\d+-"));
	}

	@Test
	void connectionThatDropsAtOnceIsGivenUp() {
		this.hub.server.fail(ALWAYS, WEIGHTS, Fault.dropAfter(0));
		HubException failure = this.hub.assertFails(Reason.UNAVAILABLE, this.hub::download);
		assertThat(failure.getMessage()).contains("'model.safetensors' cannot be downloaded");
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS)).hasSize(4);
		assertNoFile("model.safetensors");
	}

	@Test
	void serverThatIgnoresRangesStartsAgain() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.dropAfter(100_000));
		this.hub.server.fail(1, WEIGHTS, Fault.ignoreRange());
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void rangeThatIsRefusedStartsAgain() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.dropAfter(100_000));
		this.hub.server.fail(1, WEIGHTS, Fault.status(416));
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS).map(Request::range))
			.satisfies((ranges) -> assertThat(ranges.get(2)).isNull());
	}

	@Test
	void anotherRangeThanAskedForIsNotTaken() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.dropAfter(100_000));
		this.hub.server.fail(1, WEIGHTS, Fault.status(206, "Content-Range", "bytes 5-19/300000"));
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void bodyThatIsShorterThanAnnouncedToTheClientIsTakenUp() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.status(200));
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void wrongBytesOnceAreFetchedAgain() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.wrongBytes());
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS)).hasSize(2);
	}

	@Test
	void wrongBytesTwiceAreAnError() {
		this.hub.server.fail(ALWAYS, WEIGHTS, Fault.wrongBytes());
		HubException failure = this.hub.assertFails(Reason.CHECKSUM_MISMATCH, this.hub::download);
		assertThat(failure.getMessage()).contains("model.safetensors", "checksum");
		assertNoFile("model.safetensors");
		assertThat(this.hub.blob("model.safetensors")).doesNotExist();
	}

	@Test
	void wrongBytesInASmallFileAreAnError() {
		this.hub.server.fail(ALWAYS, (request) -> request.forContents() && request.path().contains("/tokenizer.json"),
				Fault.wrongBytes());
		assertThat(this.hub.assertFails(Reason.CHECKSUM_MISMATCH, this.hub::download).getMessage())
			.contains("tokenizer.json");
		assertNoFile("tokenizer.json");
	}

	@ParameterizedTest
	@ValueSource(ints = { 408, 429, 500, 502, 503, 504 })
	void passingTroubleOfTheServer(int status) throws IOException {
		this.hub.server.fail(2, Request::forListing, Fault.status(status));
		this.hub.server.fail(2, Request::forMetadata, Fault.status(status));
		this.hub.server.fail(2, WEIGHTS, Fault.status(status));
		this.hub.assertComplete(this.hub.download());
	}

	@ParameterizedTest
	@CsvSource({ "429, RATE_LIMITED", "500, UNAVAILABLE", "503, UNAVAILABLE" })
	void lastingTroubleOfTheServer(int status, Reason reason) {
		this.hub.server.fail(ALWAYS, Request::forListing,
				Fault.status(status, "X-Error-Message", "too  much", "X-Request-Id", "Root=1-5"));
		HubException failure = this.hub.assertFails(reason, this.hub::download);
		assertThat(failure.getDescription()).contains("status " + status, "'too much'", "request Root=1-5");
		assertThat(this.hub.server.requests()).hasSize(4);
	}

	@Test
	void serversWishToWaitIsHonoured() {
		this.hub.server.fail(1, Request::forListing, Fault.status(429, "Retry-After", "1"));
		this.hub.server.fail(1, Request::forMetadata, Fault.status(503, "Retry-After", inOneSecond()));
		this.hub.server.fail(1, WEIGHTS, Fault.status(429, "RateLimit", "\"resolvers\";r=0;t=1"));
		long start = System.nanoTime();
		this.hub.download();
		// A date has no fractions of a second.
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(2000));
	}

	private static String inOneSecond() {
		return DateTimeFormatter.RFC_1123_DATE_TIME.format(Instant.now().plusSeconds(1).atOffset(ZoneOffset.UTC));
	}

	@Test
	void serverThatWantsTooLongAWaitIsGivenUp() {
		this.hub.server.fail(1, Request::forListing, Fault.status(429, "Retry-After", "86400"));
		this.hub.assertFails(Reason.RATE_LIMITED, this.hub::download);
		assertThat(this.hub.server.requests()).hasSize(1);
	}

	@Test
	void expiredAddressIsAskedForAgain() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.meanwhile(this.hub.server::expireAddresses));
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests()
			.stream()
			.filter((request) -> request.forMetadata() && request.path().contains("model.safetensors"))).hasSize(2);
	}

	@Test
	void addressThatExpiresDuringTheDownloadIsAskedForAgain() throws IOException {
		this.hub.server.fail(1, WEIGHTS, Fault.dropAfter(100_000));
		this.hub.server.fail(1, WEIGHTS, Fault.meanwhile(this.hub.server::expireAddresses));
		this.hub.assertComplete(this.hub.download());
		List<Request> requests = this.hub.server.requests().stream().filter(WEIGHTS).toList();
		assertThat(requests).hasSize(3);
		assertThat(requests.get(2).range()).isEqualTo(requests.get(1).range()).isNotNull();
	}

	@Test
	void addressesThatAlwaysExpireAreGivenUp() {
		this.hub.server.fail(ALWAYS, WEIGHTS, Fault.meanwhile(this.hub.server::expireAddresses));
		assertThat(this.hub.assertFails(Reason.UNAVAILABLE, this.hub::download).getMessage())
			.contains("not valid any more");
	}

	@Test
	void slowDownloadThatKeepsGoingIsNotCutOff() throws IOException {
		this.hub.readTimeout = Duration.ofSeconds(2);
		this.hub.server.fail(1, WEIGHTS, Fault.trickle(30_000, 250));
		long start = System.nanoTime();
		this.hub.assertComplete(this.hub.download());
		assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(this.hub.readTimeout);
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS)).hasSize(1);
	}

	@Test
	void downloadThatStopsIsTakenUp() throws IOException {
		this.hub.readTimeout = Duration.ofSeconds(1);
		this.hub.server.fail(1, WEIGHTS, Fault.trickle(100_000, 3000));
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS).map(Request::range)).containsExactly(null,
				"bytes=100000-");
	}

	@Test
	void silenceIsATimeout() {
		this.hub.readTimeout = Duration.ofMillis(200);
		this.hub.server.fail(ALWAYS, Request::forListing, Fault.silence());
		HubSettings patient = this.hub.settings(null);
		HubSettings settings = new HubSettings(patient.endpoint(), null, patient.cacheDir(), false,
				Duration.ofMillis(200), patient.metadataTimeout(), patient.readTimeout(), true, "zsic");
		Hub impatient = new Hub(settings, this.hub.progress::add, new Retries(2, Duration.ofMillis(1), Duration.ZERO));
		assertThat(this.hub
			.assertFails(Reason.UNAVAILABLE, () -> impatient.snapshot(HubFixture.ID, null, HubFixture.CHECK))
			.getMessage()).contains("no answer in 0.2 s");
	}

	/** Each byte in time, and the answer never complete. */
	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nX: ", "HTTP/1.1 302 Found\r\nLocation: /",
			"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n{\"sha\": \"",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
			"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 60000\r\n\r\n",
			"HTTP/1.1 404 Not Found\r\nX-Error-Code: " })
	void answerThatDripsIsATimeout(String start) throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			dripOverEveryConnection(socket, start);
			HubSettings settings = HubSettings.of(new HubOptions("http://127.0.0.1:" + socket.getLocalPort(), null,
					this.hub.cacheDir, null, null, Duration.ofMillis(300)), this.hub.environment::get);
			Hub impatient = new Hub(settings, this.hub.progress::add,
					new Retries(2, Duration.ofMillis(1), Duration.ZERO));
			assertThat(this.hub
				.assertFails(Reason.UNAVAILABLE, () -> impatient.snapshot(HubFixture.ID, null, HubFixture.CHECK))
				.getMessage())
				.contains("The Hub cannot be reached at " + settings.endpoint(), "no complete answer in 1.8 s");
		}
	}

	private static void dripOverEveryConnection(ServerSocket socket, String start) {
		Thread acceptor = new Thread(() -> {
			try {
				while (true) {
					Socket connection = socket.accept();
					Thread thread = new Thread(() -> drip(connection, start));
					thread.setDaemon(true);
					thread.start();
				}
			}
			catch (IOException ex) {
				// The test is over.
			}
		});
		acceptor.setDaemon(true);
		acceptor.start();
	}

	private static void drip(Socket connection, String start) {
		try (connection) {
			connection.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
			while (true) {
				connection.getOutputStream().write('x');
				Thread.sleep(20);
			}
		}
		catch (IOException | InterruptedException ex) {
			// The client is gone.
		}
	}

	/** Each of them in time, and all together not. */
	@Test
	void redirectsThatTakeTheirTimeAreATimeout() {
		this.hub.readTimeout = Duration.ofMillis(500);
		Hub impatient = new Hub(this.hub.settings(null), this.hub.progress::add,
				new Retries(1, Duration.ZERO, Duration.ZERO));
		for (Predicate<Request> requests : List.<Predicate<Request>>of(Request::forListing, Request::forMetadata,
				WEIGHTS)) {
			this.hub.server.fail(ALWAYS, requests, new Fault() {
				@Override
				boolean instead(HubServer server, com.sun.net.httpserver.HttpExchange exchange)
						throws IOException, InterruptedException {
					Thread.sleep(400);
					exchange.getResponseHeaders().set("Location", exchange.getRequestURI().toString());
					exchange.sendResponseHeaders(302, -1);
					return true;
				}
			});
			assertThat(this.hub
				.assertFails(Reason.UNAVAILABLE, () -> impatient.snapshot(HubFixture.ID, null, HubFixture.CHECK))
				.getMessage()).contains("no complete answer in 3 s");
			this.hub.server.forgetFaults();
		}
	}

	@Test
	void hubThatDripsIsNotWaitedForIfTheRevisionIsCached() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.readTimeout = Duration.ofMillis(300);
		this.hub.server.fail(1, Request::forListing, Fault.trickle(1, 20));
		assertThat(warnings(() -> assertThat(this.hub.download()).isEqualTo(snapshot))).singleElement()
			.satisfies((event) -> assertThat(event.getFormattedMessage()).contains("no complete answer in 1.8 s"));
	}

	/** What was received is kept all the same, for a next time on a better line. */
	@Test
	void contentsThatDripAreGivenUp() throws IOException {
		this.hub.readTimeout = Duration.ofMillis(200);
		this.hub.server.fail(ALWAYS, WEIGHTS, Fault.trickle(1, 20));
		assertThat(this.hub.assertFails(Reason.UNAVAILABLE, this.hub::download).getMessage())
			.contains("'model.safetensors' cannot be downloaded")
			.containsPattern("only \\d+ bytes came in 1.2 s");
		List<Request> requests = this.hub.server.requests().stream().filter(WEIGHTS).toList();
		assertThat(requests).hasSize(4);
		assertThat(requests.get(3).range()).matches("bytes=[1-9]\\d*-");
		this.hub.server.forgetFaults();
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void listingOfTooManyFiles() {
		StringBuilder siblings = new StringBuilder();
		for (int i = 0; i <= 200_000; i++) {
			siblings.append((i > 0) ? "," : "").append("{\"rfilename\":\"").append(i).append("\"}");
		}
		this.hub.server.fail(1, Request::forListing,
				answer("{\"sha\":\"" + "a".repeat(40) + "\",\"siblings\":[" + siblings + "]}"));
		assertThat(this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download).getMessage())
			.contains("lists more than 200000 files");
	}

	@Test
	void serverThatIsNotThere() throws IOException {
		this.hub.close();
		assertThat(this.hub.assertFails(Reason.UNAVAILABLE, this.hub::download).getMessage())
			.contains("cannot be reached at " + this.hub.server.endpoint())
			.contains("refused");
	}

	@Test
	void hostThatIsNotKnown() {
		assertThat(this.hub.assertFails(Reason.UNAVAILABLE, () -> downloadFrom("http://hub.invalid")).getMessage())
			.contains("cannot be reached at http://hub.invalid", "name of the host cannot be resolved");
	}

	@Test
	void serverThatIsNoTlsServer() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			answerEveryConnection(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
			HubException failure = this.hub.assertFails(Reason.UNAVAILABLE,
					() -> downloadFrom("https://127.0.0.1:" + socket.getLocalPort()));
			assertThat(failure.getAction()).contains("javax.net.ssl.trustStore");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "HTTP/1.1 200 OK\r\n: nameless\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{}",
			"HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 99999999999 OK\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n",
			"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 302 Found\r\n\r\n",
			"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n" })
	void serverThatSpeaksNoGoodHttp(String answer) throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			answerEveryConnection(socket, answer);
			assertThatExceptionOfType(HubException.class)
				.isThrownBy(() -> downloadFrom("http://127.0.0.1:" + socket.getLocalPort()))
				.satisfies((failure) -> assertThat(failure.getReason()).isIn(Reason.UNAVAILABLE, Reason.NOT_A_HUB));
		}
		assertThat(this.hub.cacheDir).doesNotExist();
	}

	@Test
	void serverThatHangsUp() throws IOException {
		try (ServerSocket socket = new ServerSocket(0)) {
			answerEveryConnection(socket, "");
			this.hub.assertFails(Reason.UNAVAILABLE, () -> downloadFrom("http://127.0.0.1:" + socket.getLocalPort()));
		}
	}

	private void downloadFrom(String endpoint) {
		HubSettings settings = HubSettings.of(new HubOptions(endpoint, null, this.hub.cacheDir, null, null, null),
				this.hub.environment::get);
		new Hub(settings, this.hub.progress::add, Retries.DEFAULT.once()).snapshot(HubFixture.ID, null,
				HubFixture.CHECK);
	}

	private static void answerEveryConnection(ServerSocket socket, String answer) {
		Thread thread = new Thread(() -> {
			try {
				while (true) {
					try (Socket connection = socket.accept()) {
						connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
					}
				}
			}
			catch (IOException ex) {
				// The test is over.
			}
		});
		thread.setDaemon(true);
		thread.start();
	}

	@Test
	void hubIsDownButTheRevisionIsCached() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		List<Fault> faults = List.of(Fault.status(503), Fault.status(500), Fault.status(429), Fault.page(),
				Fault.status(401), Fault.dropAfter(3));
		for (Fault fault : faults) {
			this.hub.server.forgetRequests();
			this.hub.server.fail(1, Request::forListing, fault);
			assertThat(warnings(() -> assertThat(this.hub.download()).isEqualTo(snapshot))).singleElement()
				.satisfies((event) -> assertThat(event.getFormattedMessage())
					.startsWith("Using commit " + snapshot.commit() + " of 'acme/owl-clip' from the cache"));
			// No long wait before a start that is possible at once.
			assertThat(this.hub.server.requests()).hasSize(1);
		}
		this.hub.close();
		assertThat(warnings(() -> this.hub.assertComplete(this.hub.download()))).hasSize(1);
	}

	@Test
	void newCommitThatCannotBeFetchedLeavesTheOldOne() throws IOException {
		Hub.Snapshot old = this.hub.download();
		Map<String, Content> files = HubFixture.files();
		files.put("model.safetensors", Content.large(HubFixture.random(70_000, 5)));
		this.hub.repository().push("main", files);
		this.hub.server.fail(4, WEIGHTS, Fault.status(503));
		assertThat(warnings(() -> assertThat(this.hub.download()).isEqualTo(old))).hasSize(1);
		assertThat(this.hub.offline("main")).isEqualTo(old);
		assertThat(this.hub.download().commit()).isNotEqualTo(old.commit());
	}

	@Test
	void revisionThatIsGoneIsAnErrorEvenIfItIsCached() {
		this.hub.download();
		this.hub.server.fail(1, Request::forListing, Fault.status(404, "X-Error-Code", "RevisionNotFound"));
		this.hub.assertFails(Reason.REVISION_NOT_FOUND, this.hub::download);
	}

	@Test
	void redirectLoop() {
		for (Predicate<Request> requests : List.<Predicate<Request>>of(Request::forListing, Request::forMetadata,
				WEIGHTS)) {
			this.hub.server.fail(11, requests, new Fault() {
				@Override
				boolean instead(HubServer server, com.sun.net.httpserver.HttpExchange exchange) throws IOException {
					exchange.getResponseHeaders().set("Location", exchange.getRequestURI().toString());
					exchange.sendResponseHeaders(302, -1);
					return true;
				}
			});
			assertThat(this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download).getMessage()).contains("in a circle");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "file:///etc/passwd", "ftp://x/y", "http:///", "http://[", "" })
	void redirectsToStrangePlaces(String location) {
		for (Predicate<Request> requests : List.<Predicate<Request>>of(Request::forListing,
				(request) -> request.forMetadata() && request.path().contains("model.safetensors"), WEIGHTS)) {
			this.hub.server.fail(4, requests,
					Fault.status(302, "Location", location, "X-Repo-Commit",
							this.hub.repository().push("main", HubFixture.files()), "X-Linked-ETag", "a".repeat(64),
							"X-Linked-Size", "5"));
			assertThat(this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download).getMessage()).contains("redirects");
		}
	}

	@Test
	void redirectFromHttpsToHttpIsNotFollowed() {
		HubSettings settings = HubSettings.of(new HubOptions("https://hub.example", null, null, null, null, null),
				this.hub.environment::get);
		assertThat(this.hub
			.assertFails(Reason.NOT_A_HUB,
					() -> new HubClient(settings, Retries.DEFAULT).requireSafe(URI.create("https://hub.example/a"),
							URI.create("http://hub.example/b")))
			.getMessage()).contains("from 'https:' to 'http:'");
	}

	@Test
	void pageInsteadOfAListing() {
		this.hub.server.fail(ALWAYS, Request::forListing, Fault.page());
		HubException failure = this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download);
		assertThat(failure.getMessage()).contains("web page", "login page", this.hub.server.endpoint());
		assertThat(this.hub.server.requests()).hasSize(1);
	}

	@Test
	void pageInsteadOfAFile() {
		this.hub.server.fail(ALWAYS, WEIGHTS, Fault.page());
		this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download);
		assertNoFile("model.safetensors");
	}

	@Test
	void answerWithoutTheHubsHeaders() {
		this.hub.server.fail(1, Request::forMetadata, Fault.page());
		assertThat(this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download).getMessage())
			.contains("does not name the commit");
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "{}", "3", "{\"sha\": \"main\", \"siblings\": []}", "{\"sha\": null}", "{\"sha\":",
			"{\"sha\": \"../../../../../../../../../../../etc/passwd/a\", \"siblings\": []}",
			"{\"sha\": \"0123456789012345678901234567890123456789\", \"siblings\": [1]}",
			"{\"sha\": \"0123456789012345678901234567890123456789\", \"siblings\": [{\"rfilename\": \"x\", \"size\": \"y\"}]}" })
	void listingThatIsNone(String json) {
		this.hub.server.fail(1, Request::forListing, answer(json));
		this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download);
	}

	private static Fault answer(String json) {
		return new Fault() {
			@Override
			boolean instead(HubServer server, com.sun.net.httpserver.HttpExchange exchange) throws IOException {
				exchange.sendResponseHeaders(200, json.length());
				exchange.getResponseBody().write(json.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
				return true;
			}
		};
	}

	@ParameterizedTest
	@ValueSource(strings = { "../../../../evil", "W/\"abc\"", "\"\"" })
	void checksumThatIsNone(String etag) {
		this.hub.server.fail(1, Request::forMetadata, Fault.status(200, "ETag", etag, "X-Linked-Size", "5",
				"Content-Length", "5", "X-Repo-Commit", this.hub.repository().push("main", HubFixture.files())));
		assertThat(this.hub.assertFails(Reason.NOT_A_HUB, this.hub::download).getMessage()).contains("checksum");
	}

	@Test
	void unknownRepository() {
		HubException failure = this.hub.assertFails(Reason.REPOSITORY_NOT_FOUND,
				() -> this.hub.hub().snapshot("acme/nothing", null, HubFixture.CHECK));
		assertThat(failure.getMessage()).contains("no access token is sent", "HF_TOKEN",
				this.hub.server.endpoint() + "/acme/nothing");
		assertThat(this.hub.server.requests()).hasSize(1);
		assertThat(this.hub.cacheDir).doesNotExist();
	}

	@Test
	void privateRepositoryThatTheTokenDoesNotOpen() {
		this.hub.server.acceptToken("hf_other");
		this.hub.token = "hf_other";
		assertThat(this.hub
			.assertFails(Reason.REPOSITORY_NOT_FOUND,
					() -> this.hub.hub().snapshot("acme/secret", null, HubFixture.CHECK))
			.getMessage()).contains("the access token does not open it").doesNotContain("hf_other");
	}

	@Test
	void unknownRevision() {
		HubException failure = this.hub.assertFails(Reason.REVISION_NOT_FOUND, () -> this.hub.download("v9"));
		assertThat(failure.getMessage()).contains("'v9'", "/commits/main");
	}

	@Test
	void fileThatIsListedButNotThere() {
		this.hub.server.fail(1, (request) -> request.forMetadata() && request.path().contains("model.safetensors"),
				Fault.status(404, "X-Error-Code", "EntryNotFound"));
		assertThat(this.hub.assertFails(Reason.FILE_NOT_FOUND, this.hub::download).getMessage())
			.contains("'model.safetensors'");
	}

	@Test
	void gatedRepositoryWithoutToken() {
		this.hub.repository().setGated(false);
		HubException failure = this.hub.assertFails(Reason.GATED, this.hub::download);
		assertThat(failure.getAction()).contains(
				"Accept the licence at " + this.hub.server.endpoint() + "/acme/owl-clip", "/settings/tokens",
				"HF_TOKEN");
	}

	@Test
	void gatedRepositoryWithATokenWithoutAccess() throws IOException {
		this.hub.server.acceptToken("hf_mine");
		this.hub.token = "hf_mine";
		this.hub.repository().setGated(false);
		assertThat(this.hub.assertFails(Reason.GATED, this.hub::download).getMessage())
			.contains("account of the access token has no access");
		this.hub.repository().setGated(true);
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void wrongToken() {
		this.hub.token = "hf_wrong";
		HubException failure = this.hub.assertFails(Reason.TOKEN_REFUSED, this.hub::download);
		assertThat(failure.getMessage()).contains("refuses the access token", "HF_TOKEN").doesNotContain("hf_wrong");
	}

	@Test
	void disabledRepository() {
		this.hub.repository().setDisabled();
		this.hub.assertFails(Reason.DISABLED, this.hub::download);
	}

	@Test
	void cacheThatIsAFile() throws IOException {
		Files.createDirectories(this.hub.cacheDir.getParent());
		Files.writeString(this.hub.cacheDir, "a file");
		HubException failure = this.hub.assertFails(Reason.CACHE_NOT_WRITABLE, this.hub::download);
		assertThat(failure.getMessage()).contains("'" + this.hub.cacheDir + "'", "HF_HUB_CACHE");
	}

	@Test
	void cacheThatMayNotBeWrittenTo() throws IOException {
		Files.createDirectories(this.hub.cacheDir);
		assumeThat(this.hub.cacheDir.toFile().setWritable(false)).isTrue();
		try {
			// The permissions of a folder do not hold back the superuser.
			assumeThat(Files.isWritable(this.hub.cacheDir)).isFalse();
			HubException failure = this.hub.assertFails(Reason.CACHE_NOT_WRITABLE, this.hub::download);
			assertThat(failure.getMessage()).contains("permission denied");
		}
		finally {
			this.hub.cacheDir.toFile().setWritable(true);
		}
	}

	@Test
	void linkInThePlaceOfAnUnfinishedFileIsNotFollowed() throws IOException {
		Path elsewhere = Files.writeString(this.folder.resolve("elsewhere"), "mine");
		Path incomplete = Path.of(this.hub.blob("model.safetensors") + ".zsic.incomplete");
		Files.createDirectories(incomplete.getParent());
		Files.createSymbolicLink(incomplete, elsewhere);
		this.hub.assertFails(Reason.CACHE_NOT_WRITABLE, this.hub::download);
		assertThat(elsewhere).hasContent("mine");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 150_000, 299_999, 300_000, 300_001, 400_000 })
	void whatIsLeftOfAnEarlierDownloadIsTakenUp(int size) throws IOException {
		Path incomplete = Path.of(this.hub.blob("model.safetensors") + ".zsic.incomplete");
		Files.createDirectories(incomplete.getParent());
		Files.write(incomplete, java.util.Arrays.copyOf(HubFixture.WEIGHTS, size));
		this.hub.assertComplete(this.hub.download());
		List<Request> requests = this.hub.server.requests().stream().filter(WEIGHTS).toList();
		if (size == 300_000) {
			assertThat(requests).isEmpty();
		}
		else {
			assertThat(requests).singleElement()
				.satisfies((request) -> assertThat(request.range())
					.isEqualTo((size < 300_000) ? "bytes=" + size + "-" : null));
		}
	}

	@Test
	void whatIsLeftOfAnEarlierDownloadMayBeWrong() throws IOException {
		Path incomplete = Path.of(this.hub.blob("model.safetensors") + ".zsic.incomplete");
		Files.createDirectories(incomplete.getParent());
		Files.write(incomplete, new byte[200_000]);
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests().stream().filter(WEIGHTS)).hasSize(2);
	}

	@Test
	void interruptionEndsTheDownload() throws InterruptedException {
		CountDownLatch reached = new CountDownLatch(1);
		this.hub.server.fail(1, WEIGHTS, new Fault() {
			@Override
			boolean instead(HubServer server, com.sun.net.httpserver.HttpExchange exchange)
					throws IOException, InterruptedException {
				reached.countDown();
				return Fault.silence().instead(server, exchange);
			}
		});
		AtomicReference<Throwable> failure = new AtomicReference<>();
		Thread thread = new Thread(() -> {
			try {
				this.hub.download();
			}
			catch (RuntimeException ex) {
				failure.set(Thread.currentThread().isInterrupted() ? ex : null);
			}
		});
		thread.start();
		reached.await();
		thread.interrupt();
		thread.join();
		this.hub.assertFails(Reason.INTERRUPTED, () -> {
			throw failure.get();
		});
		assertNoFile("model.safetensors");
	}

	@Test
	void proxyOfTheJvmIsUsed() throws IOException {
		InetSocketAddress hubAddress = new InetSocketAddress("127.0.0.1",
				URI.create(this.hub.server.endpoint()).getPort());
		ProxySelector before = ProxySelector.getDefault();
		ProxySelector.setDefault(new ProxySelector() {
			@Override
			public List<Proxy> select(URI uri) {
				return List
					.of(uri.getHost().equals("hub.invalid") ? new Proxy(Proxy.Type.HTTP, hubAddress) : Proxy.NO_PROXY);
			}

			@Override
			public void connectFailed(URI uri, SocketAddress address, IOException ex) {
			}
		});
		System.setProperty("http.proxyUser", "owl");
		System.setProperty("http.proxyPassword", "hoot");
		try {
			HubSettings settings = HubSettings.of(
					new HubOptions("http://hub.invalid", null, this.hub.cacheDir, null, null, null),
					this.hub.environment::get);
			this.hub.assertComplete(new Hub(settings, this.hub.progress::add, Retries.DEFAULT).snapshot(HubFixture.ID,
					null, HubFixture.CHECK));
		}
		finally {
			ProxySelector.setDefault(before);
			System.clearProperty("http.proxyUser");
			System.clearProperty("http.proxyPassword");
		}
		assertThat(this.hub.server.requests()).filteredOn(Request::hub)
			.isNotEmpty()
			.allSatisfy((request) -> assertThat(request.proxyAuthorization()).isEqualTo("Basic b3dsOmhvb3Q="));
	}

	@Test
	void proxyThatWantsAPassword() {
		this.hub.server.fail(ALWAYS, Request::forListing, Fault.status(407));
		assertThat(this.hub.assertFails(Reason.UNAVAILABLE, this.hub::download).getAction()).contains("https.proxyUser",
				"jdk.http.auth.tunneling.disabledSchemes");
	}

	private void assertNoFile(String name) {
		assertThat(this.hub.cacheContents().keySet())
			.noneMatch((file) -> file.contains("/snapshots/") && file.endsWith("/" + name));
		assertThat(Files.exists(this.hub.blob(name), LinkOption.NOFOLLOW_LINKS)).isFalse();
	}

	private static List<ILoggingEvent> warnings(Checked call) throws IOException {
		Logger logger = (Logger) LoggerFactory.getLogger(Hub.class);
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		appender.start();
		logger.addAppender(appender);
		try {
			call.run();
		}
		finally {
			logger.detachAppender(appender);
		}
		return appender.list;
	}

	private interface Checked {

		void run() throws IOException;

	}

}
