package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page while a model is downloaded, while it is exchanged for another one, and when
 * there is none.
 */
class PageModelTests {

	/**
	 * The bundled checkpoint has 7.5 MB, of which the Hub keeps half of the weights back.
	 */
	private static final Pattern PROGRESS = Pattern.compile("\\b[1-9]\\d?\u2009%, [\\d.]+\u2009[kM]B of 7\\.5\u2009MB");

	@TempDir
	private Path folder;

	@Test
	void showsProgressOfDownloadAndOfExchange() throws Exception {
		Browser browser = Browser.get();
		try (SlowHub hub = new SlowHub();
				ConfigurableApplicationContext application = start("--zsic.startup=background",
						"--zsic.checkpoint=drawings/first", "--zsic.hub.endpoint=" + hub.endpoint(),
						"--zsic.hub.offline=false")) {
			String address = address(application);
			browser.open(address);
			browser.await("some of it is there", () -> PROGRESS.matcher(browser.text("#loading")).find());
			assertThat(browser.text("#loading")).contains("Downloading drawings/first").contains("model.safetensors");
			assertThat(Integer.parseInt(browser.one("#loading-bar").getDomAttribute("aria-valuenow"))).isBetween(1, 52);
			assertThat(browser.text("#model summary")).contains("downloading");
			browser.click("[data-example='owl.png']");
			browser.await("it waits", () -> browser.text("#best-label").startsWith("Waiting for the model"));
			browser.assertGood("downloading");
			assertThat(browser.complaints()).isEmpty();

			hub.release();
			browser.await("it goes on by itself", () -> browser.text("#best-label").equals("owl"));
			assertThat(browser.one("#loading").isDisplayed()).isFalse();
			browser.click("#model summary");
			assertThat(browser.text("#model-facts")).contains("drawings/first").contains(SlowHub.COMMIT);
			browser.click("#tab-yaml");
			assertThat(browser.text("#code")).contains("checkpoint: drawings/first")
				.contains("revision: " + SlowHub.COMMIT);
			assertThat(browser.one("#drawings-only").isDisplayed()).isFalse();
			assertThat(browser.all("[data-example='coffee.jpg']")).hasSize(1);

			hub.hold();
			CompletableFuture<HttpResponse<String>> exchange = exchange(address, "drawings/second");
			browser.await("it is exchanged", () -> browser.text("#loading").contains("Swapping to drawings/second"));
			browser.await("some of it is there", () -> PROGRESS.matcher(browser.text("#loading")).find());
			browser.click("[data-example='bear.png']");
			browser.await("the old model answers", () -> browser.text("#best-label").equals("bear"));
			browser.assertGood("swapping");
			long asked = requests(browser);
			hub.release();
			browser.await("the new model is there", () -> browser.text("#model-name").equals("second"));
			assertThat(exchange.join().statusCode()).isEqualTo(200);
			browser.await("it is asked", () -> requests(browser) == asked + 1);
			browser.await("it answers", () -> browser.text("#best-label").equals("bear")
					&& browser.all("#verdict.busy").isEmpty() && !browser.one("#loading").isDisplayed());
		}
	}

	@Test
	void saysThatThereIsNoModel() throws Exception {
		Browser browser = Browser.get();
		try (ConfigurableApplicationContext application = start("--zsic.startup=background",
				"--zsic.checkpoint=drawings/none", "--zsic.hub.offline=true")) {
			browser.open(address(application));
			browser.await("it says so", () -> browser.text("#banner").contains("The model cannot be loaded."));
			assertThat(browser.text("#banner")).contains("drawings/none").contains("zsic.hub.offline");
			HttpResponse<String> answer = classify(address(application));
			assertThat(answer.statusCode()).isEqualTo(503);
			assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
			assertThat(answer.body()).contains("drawings/none", "until somebody has mended that on the server");
			assertThat(browser.text("#model summary")).contains("failed");
			browser.click("[data-example='owl.png']");
			browser.await("it says it again", () -> browser.text("#best-label").equals("There is no model"));
			browser.assertGood("the model failed");
		}
	}

	@Test
	void saysThatTheModelComesWithTheFirstPicture() {
		Browser browser = Browser.get();
		try (ConfigurableApplicationContext application = start("--zsic.startup=lazy")) {
			browser.open(address(application));
			browser.await("it says so", () -> browser.text("#model summary").contains("loads on first use"));
			browser.assertGood("lazy");
			browser.click("[data-example='owl.png']");
			browser.await("it answers", () -> browser.text("#best-label").equals("owl"));
		}
	}

	private static long requests(Browser browser) {
		return (long) browser.driver()
			.executeScript(
					"return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/api/classify')).length");
	}

	private ConfigurableApplicationContext start(String... arguments) {
		List<String> all = new ArrayList<>(
				List.of("--server.port=0", "--zsic.device=cpu", "--zsic.hub.cache-dir=" + this.folder,
						"--zsic.hub.read-timeout=60s", "--management.endpoints.access.max-permitted=unrestricted",
						"--management.endpoint.zsic.access=unrestricted"));
		all.addAll(List.of(arguments));
		return SpringApplication.run(SampleApplication.class, all.toArray(String[]::new));
	}

	private static String address(ConfigurableApplicationContext application) {
		return "http://localhost:" + ((WebServerApplicationContext) application).getWebServer().getPort() + "/";
	}

	private static HttpResponse<String> classify(String address) throws Exception {
		HttpContract.Form form = new HttpContract.Form().picture("owl.png").field("labels", "owl");
		return HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(address + "api/classify"))
				.header("Content-Type", form.contentType())
				.POST(BodyPublishers.ofByteArray(form.body()))
				.build(), BodyHandlers.ofString());
	}

	private static CompletableFuture<HttpResponse<String>> exchange(String address, String checkpoint) {
		HttpRequest request = HttpRequest.newBuilder(URI.create(address + "actuator/zsic"))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString("{\"checkpoint\": \"" + checkpoint + "\"}"))
			.build();
		return HttpClient.newHttpClient().sendAsync(request, BodyHandlers.ofString());
	}

	/**
	 * A Hub that has the bundled checkpoint under any name, and stops in the middle of
	 * its weights until it is told to go on.
	 */
	private static final class SlowHub implements AutoCloseable {

		static final String COMMIT = "c0ffee".repeat(6) + "c0ff";

		private static final String WEIGHTS = "model.safetensors";

		private final Map<String, byte[]> files = new LinkedHashMap<>();

		private final HttpServer server;

		private final ExecutorService executor = Executors.newCachedThreadPool();

		private volatile CountDownLatch gate = new CountDownLatch(1);

		SlowHub() throws IOException {
			for (String name : List.of("config.json", "preprocessor_config.json", "tokenizer.json",
					"tokenizer_config.json", WEIGHTS)) {
				this.files.put(name, new ClassPathResource("zsic/emoji-clip/" + name).getContentAsByteArray());
			}
			this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
			this.server.setExecutor(this.executor);
			this.server.createContext("/api/models/", this::list);
			this.server.createContext("/", this::resolve);
			this.server.start();
		}

		String endpoint() {
			return "http://127.0.0.1:" + this.server.getAddress().getPort();
		}

		void hold() {
			this.gate = new CountDownLatch(1);
		}

		void release() {
			this.gate.countDown();
		}

		private void list(HttpExchange exchange) throws IOException {
			String siblings = this.files.entrySet()
				.stream()
				.map((file) -> "{\"rfilename\": \"%s\", \"size\": %d}".formatted(file.getKey(), file.getValue().length))
				.collect(Collectors.joining(", "));
			byte[] body = "{\"sha\": \"%s\", \"siblings\": [%s]}".formatted(COMMIT, siblings).getBytes();
			try (exchange) {
				exchange.sendResponseHeaders(200, body.length);
				exchange.getResponseBody().write(body);
			}
		}

		private void resolve(HttpExchange exchange) throws IOException {
			String path = exchange.getRequestURI().getPath();
			String name = path.substring(path.lastIndexOf('/') + 1);
			byte[] content = this.files.get(name);
			try (exchange) {
				if (content == null) {
					exchange.getResponseHeaders().set("X-Error-Code", "EntryNotFound");
					exchange.sendResponseHeaders(404, -1);
					return;
				}
				exchange.getResponseHeaders().set("X-Repo-Commit", COMMIT);
				exchange.getResponseHeaders().set("ETag", "\"" + sha256(content) + "\"");
				if (exchange.getRequestMethod().equals("HEAD")) {
					exchange.getResponseHeaders().set("X-Linked-Size", Integer.toString(content.length));
					exchange.sendResponseHeaders(200, -1);
					return;
				}
				exchange.sendResponseHeaders(200, content.length);
				OutputStream body = exchange.getResponseBody();
				int half = name.equals(WEIGHTS) ? content.length / 2 : content.length;
				body.write(content, 0, half);
				body.flush();
				if (half < content.length) {
					this.gate.await();
				}
				body.write(content, half, content.length - half);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		}

		private static String sha256(byte[] content) {
			try {
				return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
			}
			catch (NoSuchAlgorithmException ex) {
				throw new IllegalStateException(ex);
			}
		}

		@Override
		public void close() {
			release();
			this.server.stop(0);
			this.executor.shutdownNow();
		}

	}

}
