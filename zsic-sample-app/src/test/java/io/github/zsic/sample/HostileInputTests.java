package io.github.zsic.sample;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import com.sun.management.UnixOperatingSystemMXBean;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What somebody might send who means no good, through HTTP, to the application as it is
 * delivered. Each is answered with a problem that is the client's, or with 503; and at
 * the end the application is as it was before.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "zsic.device=cpu", "zsic.image.maximum-decode-time=2s", "sample.upload-timeout=3s",
				"sample.maximum-uploads=128MB", "server.tomcat.connection-timeout=3s", "zsic.image.allow-urls=true" })
class HostileInputTests {

	private static final String PIPELINE = HttpContract.PIPELINE;

	private static final String CLASSIFY = HttpContract.CLASSIFY;

	private static final String FORM = "multipart/form-data; boundary=" + HttpContract.Form.BOUNDARY;

	private static final long MEGABYTE = 1024 * 1024;

	/** Whether what is not to be answered with 200 may be. */
	private enum Success {

		NO, PERHAPS

	}

	@LocalServerPort
	private int port;

	private final Map<String, DynamicTest> cases = new LinkedHashMap<>();

	@TestFactory
	Stream<DynamicTest> survives() throws IOException {
		byte[] owl = new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
		String expected = score(owl);
		long[] before = new long[2];
		pictures();
		bodiesThatEndEarly(owl);
		json();
		forms();
		texts();
		requestLinesAndHeaders();
		chunks();
		paths();
		clientsThatMisbehave(owl);
		assertThat(this.cases).hasSizeGreaterThanOrEqualTo(150);
		List<DynamicTest> tests = new ArrayList<>(this.cases.values());
		// Half of them have made what is made once.
		tests.add(tests.size() / 2, DynamicTest.dynamicTest("memory is looked at", () -> {
			before[0] = heap();
			before[1] = openFiles();
		}));
		tests.add(DynamicTest.dynamicTest("scores as before", () -> assertThat(score(owl)).isEqualTo(expected)));
		tests.add(DynamicTest.dynamicTest("is healthy", () -> {
			String health = send("GET /actuator/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
			assertThat(health).startsWith("HTTP/1.1 200").contains("\"status\":\"UP\"");
		}));
		tests.add(DynamicTest.dynamicTest("keeps no memory, file or connection", () -> {
			// Connections within a machine end a little after their sockets.
			for (int i = 0; i < 100 && openFiles() > before[1] + 10; i++) {
				Thread.sleep(100);
			}
			assertThat(openFiles()).isLessThanOrEqualTo(before[1] + 10);
			assertThat(heap() - before[0]).isLessThan(24 * MEGABYTE);
		}));
		return tests.stream();
	}

	private void pictures() throws IOException {
		HostilePictures.refused().forEach((name, content) -> {
			add("form: " + name, Success.NO, form(content));
			if (!name.contains(" cut ") && content.length < 50_000) {
				add("JSON: " + name, Success.NO, inputs(content));
			}
		});
		HostilePictures.tolerated().forEach((name, content) -> add("form: " + name, Success.PERHAPS, form(content)));
	}

	private void bodiesThatEndEarly(byte[] owl) {
		byte[] form = new HttpContract.Form().file("image", "owl.png", owl).field("labels", "fox").body();
		byte[] json = json(owl, "[\"fox\"]").getBytes(StandardCharsets.US_ASCII);
		for (int part : new int[] { 0, 1, 5, 20, 50, 90, 99 }) {
			byte[] someForm = Arrays.copyOf(form, form.length * part / 100);
			byte[] someJson = Arrays.copyOf(json, json.length * part / 100);
			add("form of " + part + " %", Success.NO, post(CLASSIFY, FORM, someForm));
			add("JSON of " + part + " %", Success.NO, post(PIPELINE, "application/json", someJson));
			add("form of which " + part + " % arrive", Success.NO, post(CLASSIFY, FORM, form.length, someForm));
			add("JSON of which " + part + " % arrive", Success.NO,
					post(PIPELINE, "application/json", json.length, someJson));
		}
	}

	private void json() throws IOException {
		byte[] picture = HostilePictures.photo("png");
		String good = json(picture, "[\"fox\"]");
		String image = Base64.getEncoder().encodeToString(picture);
		Map<String, String> bodies = new LinkedHashMap<>();
		bodies.put("deep list", "[".repeat(1_000_000));
		bodies.put("deep object", "{\"a\":".repeat(500_000));
		bodies.put("deep list in a member that is not read",
				good.replace("{\"inputs\"", "{\"x\": " + "[".repeat(5000) + "]".repeat(5000) + ", \"inputs\""));
		bodies.put("number of a million digits", "{\"inputs\": " + "9".repeat(1_000_000) + "}");
		bodies.put("number with an exponent of a billion", "{\"inputs\": 1e1000000000}");
		bodies.put("NaN", "{\"inputs\": NaN}");
		bodies.put("member given twice", good.replace("{\"inputs\"", "{\"inputs\": \"aaaa\", \"inputs\""));
		bodies.put("name of a megabyte", "{\"" + "x".repeat(1_000_000) + "\": 1}");
		bodies.put("comment", good.replace("{\"inputs\"", "{/* x */\"inputs\""));
		bodies.put("single quotes", good.replace('"', '\''));
		bodies.put("trailing comma", good.replace("]}}", "],}}"));
		bodies.put("two documents", good + good);
		bodies.put("control character in a string", good.replace("fox", "fo\u0001x"));
		bodies.put("NUL", "\0");
		bodies.put("lone surrogate", good.replace("fox", "\\ud83e"));
		bodies.put("surrogates in the wrong order", good.replace("fox", "\\udd89\\ud83e"));
		bodies.put("broken escape", good.replace("fox", "\\u12"));
		bodies.put("byte order mark and nothing", "\u00ef\u00bb\u00bf");
		bodies.put("invalid UTF-8", good.replace("fox", "\u00c0\u00af"));
		bodies.put("cut UTF-8", good.replace("fox", "\u00f0\u009f"));
		bodies.put("UTF-8 of a surrogate", good.replace("fox", "\u00ed\u00a0\u0080"));
		bodies.put("labels as a text", good.replace("[\"fox\"]", "\"fox\""));
		bodies.put("labels as an object", good.replace("[\"fox\"]", "{\"fox\": 1}"));
		bodies.put("labels as numbers", good.replace("\"fox\"", "1, 2, 3"));
		bodies.put("labels in lists", good.replace("\"fox\"", "[[\"fox\"]]"));
		bodies.put("no labels", good.replace("\"fox\"", ""));
		bodies.put("100,000 labels", good.replace("\"fox\"", "\"fox\"" + ", \"fox\"".repeat(99_999)));
		bodies.put("label of a megabyte", good.replace("fox", "x".repeat(1_000_000)));
		bodies.put("label longer than the model reads", good.replace("fox", "red fox ".repeat(110)));
		bodies.put("blank label", good.replace("fox", " \\t\\n"));
		bodies.put("base64 in the alphabet of URLs", good.replace(image, "_-_-"));
		bodies.put("base64 without padding", good.replace(image, "aaaaa"));
		bodies.put("base64 with padding inside", good.replace(image, "aa==aa=="));
		bodies.put("base64 of nothing", good.replace(image, "===="));
		bodies.put("base64 with a letter beyond ASCII", good.replace(image, "a\\u0141aa"));
		bodies.put("data URL of a web page", good.replace(image, "data:text/html;base64,PGh0bWw+"));
		bodies.put("data URL without data", good.replace(image, "data:image/png;base64,"));
		for (String url : new String[] { "http://127.0.0.1:%d/examples/owl.png", "http://localhost:%d/actuator/health",
				"http://[::1]:%d/", "http://0.0.0.0:%d/", "http://2130706433:%d/", "http://169.254.169.254/",
				"http://[::ffff:127.0.0.1]:%d/", "http://[64:ff9b::7f00:1]:%d/", "http://10.0.0.1/",
				"https://user:secret@127.0.0.1/", "http://", "http://\\u0000/" }) {
			bodies.put("URL " + url, good.replace(image, url.formatted(this.port)));
		}
		bodies.put("path of a file", good.replace(image, "/etc/passwd"));
		bodies.put("URL of a file", good.replace(image, "file:///etc/passwd"));
		for (String template : new String[] { "", "no place", "{}{label}", "{0.__class__}", "{!r}", "{:>99999999}", "{",
				"}", "{{}}", "%s", "${7*7}", "x".repeat(2000) + "{}" }) {
			bodies.put("template " + template.substring(0, Math.min(20, template.length())),
					good.replace("[\"fox\"]", "[\"fox\"], \"hypothesis_template\": \"" + template + "\""));
		}
		bodies.forEach((name, body) -> add("JSON: " + name, Success.NO,
				post(PIPELINE, "application/json", HostilePictures.ascii(body))));
		add("JSON in UTF-16", Success.PERHAPS,
				post(PIPELINE, "application/json", good.getBytes(StandardCharsets.UTF_16)));
		add("JSON in UTF-7", Success.PERHAPS,
				post(PIPELINE, "application/json; charset=utf-7", good.getBytes(StandardCharsets.US_ASCII)));
		add("JSON in an unknown charset", Success.PERHAPS,
				post(PIPELINE, "application/json; charset=klingon", good.getBytes(StandardCharsets.US_ASCII)));
		add("JSON larger than allowed", Success.NO, post(PIPELINE, "application/json", new byte[32_000_000]));
		add("JSON that claims to be larger than there are numbers", Success.NO,
				"POST " + PIPELINE + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
						+ "Content-Length: 9223372036854775807\r\nConnection: close\r\n\r\n{}");
	}

	private void forms() throws IOException {
		byte[] picture = HostilePictures.photo("png");
		HttpContract.Form good = new HttpContract.Form().file("image", "owl.png", picture).field("labels", "fox");
		add("form without boundary", Success.NO, post(CLASSIFY, "multipart/form-data", good.body()));
		add("form with an empty boundary", Success.NO, post(CLASSIFY, "multipart/form-data; boundary=", good.body()));
		add("form with a boundary that does not occur", Success.NO,
				post(CLASSIFY, "multipart/form-data; boundary=other", good.body()));
		add("form with a boundary of 4000 characters", Success.NO,
				post(CLASSIFY, "multipart/form-data; boundary=" + "x".repeat(4000), good.body()));
		add("form in a form", Success.NO, post(CLASSIFY, "multipart/mixed; boundary=x", good.body()));
		add("form in an unknown charset", Success.PERHAPS, post(CLASSIFY, FORM + "; charset=klingon", good.body()));
		add("form as text", Success.NO, post(CLASSIFY, "text/plain", good.body()));
		add("form as URL", Success.NO, post(CLASSIFY, "application/x-www-form-urlencoded",
				HostilePictures.ascii("labels=fox&image=x" + "&a=b".repeat(10_000))));
		add("part without a name", Success.NO, raw("Content-Disposition: form-data", "x"));
		add("part without headers", Success.NO, raw("", "x"));
		add("part with a header of 100 kB", Success.NO,
				raw("Content-Disposition: form-data; name=\"labels\"; x=\"" + "x".repeat(100_000) + "\"", "x"));
		add("part with a header without end", Success.NO,
				post(CLASSIFY, FORM, HostilePictures.ascii("--" + HttpContract.Form.BOUNDARY + "\r\nContent-Disposi")));
		add("part in gzip by its header", Success.NO,
				raw("Content-Disposition: form-data; name=\"image\"; filename=\"a\"\r\nContent-Encoding: gzip", "x"));
		add("5000 parts", Success.NO, parts(5000, 0));
		add("2000 pictures", Success.NO, parts(0, 2000));
		add("100,000 labels in a form", Success.NO, form("fox,".repeat(100_000), picture));
		add("label of 3 MB in a form", Success.NO, form("x".repeat(3_000_000), picture));
		add("labels of commas", Success.NO, form(",".repeat(1_000_000), picture));
		add("invalid UTF-8 in a form", Success.PERHAPS,
				raw("Content-Disposition: form-data; name=\"labels\"", "\u00c0\u00af\u00ff"));
		add("picture as a field", Success.NO,
				post(CLASSIFY, FORM, new HttpContract.Form().field("image", "x").field("labels", "fox").body()));
		add("picture larger than allowed", Success.NO, form(new byte[17_000_000]));
		add("form larger than allowed", Success.NO, "POST " + CLASSIFY + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + FORM
				+ "\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\n--");
		for (String option : new String[] { "top=0", "top=-1", "top=99999999999", "top=1e3", "threshold=NaN",
				"threshold=1e999", "threshold=0x1p3", "scoring=__proto__", "template=${jndi:ldap://127.0.0.1/a}",
				"template={}{0}", "template=#{T(Runtime)}", "url=file:///etc/passwd", "url=http://127.0.0.1/",
				"url=gopher://127.0.0.1/" }) {
			String[] nameAndValue = option.split("=", 2);
			add("form with " + option, Success.NO,
					post(CLASSIFY, FORM,
							new HttpContract.Form().file("image", "owl.png", picture)
								.field("labels", "fox")
								.field(nameAndValue[0], nameAndValue[1])
								.body()));
		}
		add("options given twice", Success.NO,
				post(CLASSIFY, FORM,
						new HttpContract.Form().file("image", "owl.png", picture)
							.field("labels", "fox")
							.field("top", "1")
							.field("top", "2")
							.body()));
	}

	/** Texts that mean something to somebody else, and nothing here. */
	private void texts() throws IOException {
		byte[] picture = HostilePictures.photo("png");
		for (String text : new String[] { "<script>alert(1)</script>", "${jndi:ldap://127.0.0.1/a}", "#{7*7}", "%n%s%x",
				"'; DROP TABLE labels; --", "../../etc/passwd", "\u202efox\u2066", "a\u0301".repeat(300),
				"\ud83e\udd89".repeat(50), "x\u0000y", "\u001b[31mred" }) {
			add("label " + text.substring(0, Math.min(12, text.length())), Success.PERHAPS, post(CLASSIFY, FORM,
					new HttpContract.Form().file("image", "owl.png", picture).field("labels", text).body()));
		}
		for (String name : new String[] { "../../../../etc/passwd", "<img src=x onerror=alert(1)>.png", "a\0b.png",
				"C:\\con\\nul.png", "x".repeat(1500) + ".png" }) {
			add("file " + name.substring(0, Math.min(20, name.length())), Success.NO, post(CLASSIFY, FORM,
					new HttpContract.Form().file("image", name, new byte[9]).field("labels", "fox").body()));
		}
	}

	private void requestLinesAndHeaders() {
		Map<String, String> requests = new LinkedHashMap<>();
		requests.put("nonsense", "\u0016\u0003\u0001\0\u00f8\u0001\0\0\u00f4\r\n\r\n");
		requests.put("method of 10 kB", "X".repeat(10_000) + " / HTTP/1.1\r\nHost: x\r\n\r\n");
		requests.put("URL of 100 kB", "GET /" + "x".repeat(100_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
		requests.put("header of 100 kB", get("/api/classify", "X: " + "x".repeat(100_000)));
		requests.put("10,000 headers", get("/api/classify", "X: 1\r\n".repeat(10_000) + "Y: 1"));
		requests.put("header with NUL", get("/api/classify", "X: a\0b\r\nContent-Length: 1\r\nContent-Length: 2"));
		requests.put("header without colon", get("/api/classify", "nonsense"));
		requests.put("header over two lines", get("/api/classify", "X: a\r\n b"));
		requests.put("no host", "GET /api/classify HTTP/1.1\r\nConnection: close\r\n\r\n");
		requests.put("two hosts", get("/api/classify", "Host: y"));
		requests.put("nonsense as host", "GET /api/classify HTTP/1.1\r\nHost: a b/<c>\r\nConnection: close\r\n\r\n");
		requests.put("two lengths", get("/api/classify", "Content-Length: 1\r\nContent-Length: 2"));
		requests.put("negative length", get("/api/classify", "Content-Length: -1"));
		requests.put("length that is no number", get("/api/classify", "Content-Length: 1e3"));
		requests.put("length and chunks", "POST " + PIPELINE
				+ " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5\r\n"
				+ "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n");
		requests.put("Accept of nonsense", get("/api/classify", "Accept: ;;;q=9"));
		requests.put("Accept of 8 kB", get("/api/classify", "Accept: " + "a/b,".repeat(1800) + "c/d"));
		requests.put("Content-Type of nonsense", "POST " + PIPELINE
				+ " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ;=;\r\nContent-Length: 2\r\n\r\n{}");
		requests.put("body in gzip by its header", "POST " + PIPELINE + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
				+ "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\u001f\u008b\b");
		requests.forEach((name, request) -> add("request: " + name, Success.NO, HostilePictures.ascii(request)));
	}

	private void chunks() {
		Map<String, String> bodies = new LinkedHashMap<>();
		bodies.put("size that is no number", "zz\r\n{}\r\n0\r\n\r\n");
		bodies.put("negative size", "-2\r\n{}\r\n0\r\n\r\n");
		bodies.put("size that is too large", "ffffffffffffffff\r\n{}\r\n0\r\n\r\n");
		bodies.put("size larger than the chunk", "fff\r\n{}\r\n0\r\n\r\n");
		bodies.put("size smaller than the chunk", "1\r\n{}\r\n0\r\n\r\n");
		bodies.put("extension of 100 kB", "2;x=" + "y".repeat(100_000) + "\r\n{}\r\n0\r\n\r\n");
		bodies.put("trailer of 100 kB", "2\r\n{}\r\n0\r\nX: " + "y".repeat(100_000) + "\r\n\r\n");
		bodies.put("no last chunk", "2\r\n{}\r\n");
		bodies.put("no end of line", "2{}0");
		bodies.put("nothing", "");
		bodies.forEach((name, body) -> {
			for (String type : new String[] { "application/json", FORM }) {
				String path = type.equals(FORM) ? CLASSIFY : PIPELINE;
				add("chunks: " + name + ", " + path, Success.NO,
						HostilePictures
							.ascii("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + type
									+ "\r\nTransfer-Encoding: chunked\r\n\r\n" + body));
			}
		});
	}

	private void paths() {
		for (String path : new String[] { "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
				"/..%5c..%5cwindows", "/examples/../../application.yml", "/examples/..;/application.yml",
				"/application.yml", "/WEB-INF/web.xml", "/META-INF/MANIFEST.MF", "/BOOT-INF/classes/application.yml",
				"/index.html%00.png", "/%c0%ae%c0%ae/", "/actuator/..;/..;/application.yml", "/actuator/env",
				"/actuator/heapdump", "/actuator/threaddump", "/actuator/configprops", "/actuator/beans",
				"/actuator/loggers", "/actuator/mappings", "/actuator/shutdown", "/actuator/zsic/../env",
				"/actuator/%2e%2e/actuator/env", "/actuator;x=y/env", "//actuator//env", "/api/classify/",
				"/api/..%2factuator/env", "/api/classify;jsessionid=x", "/error?status=200", "/.git/config",
				"/h2-console", "/api/<script>alert(1)</script>", "/api/${jndi:ldap:x}" }) {
			add("GET " + path, Success.NO, HostilePictures.ascii(get(path, "Accept: text/html")));
		}
		for (String path : new String[] { "/actuator/shutdown", "/actuator/zsic", "/actuator/loggers/ROOT",
				"/actuator/health", "/actuator/env", "/", "/zsic.js", "/error" }) {
			add("POST " + path, Success.NO,
					post(path, "application/json", HostilePictures.ascii("{\"checkpoint\": \"file:/etc\"}")));
		}
		for (String method : new String[] { "TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "CONNECT", "FOO" }) {
			add(method, Success.NO,
					HostilePictures.ascii(method + " /api/classify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
		}
	}

	/** All at the same time, as each takes a while. */
	private void clientsThatMisbehave(byte[] owl) {
		byte[] body = new HttpContract.Form().file("image", "owl.png", owl).field("labels", "fox").body();
		add("40 clients that send a byte now and then", () -> {
			List<Socket> clients = new ArrayList<>();
			for (int i = 0; i < 40; i++) {
				Socket client = connect();
				byte[] start = (i % 2 == 0) ? post(CLASSIFY, FORM, body.length, Arrays.copyOf(body, 10))
						: post(PIPELINE, "application/json", 10_000, new byte[] { '{' });
				client.getOutputStream().write(start);
				clients.add(client);
			}
			// Others are served meanwhile.
			assertThat(score(owl)).isNotEmpty();
			for (int i = 0; i < 45; i++) {
				for (Socket client : clients) {
					try {
						client.getOutputStream().write(' ');
					}
					catch (IOException ex) {
						// It has had its answer.
					}
				}
				Thread.sleep(100);
			}
			for (Socket client : clients) {
				String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
				assertThat(answer).startsWith("HTTP/1.1 408").contains("application/problem+json");
				client.close();
			}
		});
		add("40 uploads that are given up", () -> {
			for (int i = 0; i < 40; i++) {
				try (Socket client = connect()) {
					client.setSoLinger(true, 0);
					client.getOutputStream()
						.write(post(CLASSIFY, FORM, body.length, Arrays.copyOf(body, body.length / 2)));
				}
			}
		});
		add("40 clients that do not wait for the answer", () -> {
			for (int i = 0; i < 40; i++) {
				try (Socket client = connect()) {
					client.setSoLinger(true, 0);
					client.getOutputStream().write(post(CLASSIFY, FORM, body));
				}
			}
		});
		add("200 connections that say nothing", () -> {
			List<Socket> clients = new ArrayList<>();
			for (int i = 0; i < 200; i++) {
				clients.add(connect());
			}
			assertThat(score(owl)).isNotEmpty();
			for (Socket client : clients) {
				client.close();
			}
		});
		add("more uploads than there is room for", () -> {
			List<Socket> clients = new ArrayList<>();
			byte[] filler = new byte[8_000_000];
			Arrays.fill(filler, (byte) 'A');
			for (int i = 0; i < 8; i++) {
				Socket client = connect();
				client.getOutputStream()
					.write(post(PIPELINE, "application/json", 20_000_000, HostilePictures.ascii("{\"inputs\": \"")));
				clients.add(client);
			}
			List<Thread> senders = clients.stream().map((client) -> new Thread(() -> {
				try {
					client.getOutputStream().write(filler);
				}
				catch (IOException ex) {
					// It has had its answer.
				}
			})).toList();
			senders.forEach(Thread::start);
			int refused = 0;
			for (Socket client : clients) {
				String answer = new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
				assertThat(answer).matches("(?s)HTTP/1.1 (408|503) .*").contains("application/problem+json");
				refused += answer.contains("Retry-After: 1") ? 1 : 0;
				client.close();
			}
			assertThat(refused).isPositive();
			for (Thread sender : senders) {
				sender.join();
			}
		});
	}

	private void add(String name, Success success, String request) {
		add(name, success, HostilePictures.ascii(request));
	}

	private void add(String name, Success success, byte[] request) {
		add(name, () -> {
			String answer = send(request);
			if (success == Success.PERHAPS && answer.startsWith("HTTP/1.1 200")) {
				assertThat(answer).contains("Content-Type: application/json");
				return;
			}
			assertThat(answer).matches("(?s)HTTP/1.1 (4\\d\\d|503) .*");
			if (answer.startsWith("HTTP/1.1 503")) {
				assertThat(answer).contains("Retry-After:");
			}
			assertThat(answer).contains("Content-Type: application/problem+json")
				.contains("X-Error-Message: ")
				.contains("X-Content-Type-Options: nosniff")
				.contains("\"error\":");
			assertThat(answer.substring(answer.indexOf("\r\n\r\n"))).doesNotContain("<html")
				.doesNotContain("Exception")
				.doesNotContain("\tat ")
				.doesNotContain("java.")
				.doesNotContain("org.")
				.doesNotContain(System.getProperty("java.io.tmpdir"))
				.doesNotContain(System.getProperty("user.dir"));
		});
	}

	private void add(String name, org.junit.jupiter.api.function.Executable test) {
		String shown = name.chars()
			.mapToObj((character) -> (character < ' ' || character > '~') ? "?" : String.valueOf((char) character))
			.reduce("", String::concat);
		DynamicTest previous = this.cases.put(shown, DynamicTest.dynamicTest(shown, test));
		assertThat(previous).as(shown).isNull();
	}

	private Socket connect() throws IOException {
		Socket socket = new Socket();
		socket.connect(new InetSocketAddress("localhost", this.port), 10_000);
		socket.setSoTimeout(30_000);
		return socket;
	}

	private String send(String request) throws IOException {
		return send(HostilePictures.ascii(request));
	}

	/** Reads while it writes, as the answer may come before everything is sent. */
	private String send(byte[] request) throws IOException {
		try (Socket socket = connect()) {
			Thread writer = new Thread(() -> {
				try {
					socket.getOutputStream().write(request);
					socket.shutdownOutput();
				}
				catch (IOException ex) {
					// The answer tells.
				}
			});
			writer.start();
			ByteArrayOutputStream answer = new ByteArrayOutputStream();
			try {
				socket.getInputStream().transferTo(answer);
			}
			catch (IOException ex) {
				// What came before counts.
			}
			return answer.toString(StandardCharsets.UTF_8);
		}
	}

	private String score(byte[] picture) throws IOException {
		byte[] form = new HttpContract.Form().file("image", "owl.png", picture)
			.field("labels", "fox, bear, seagull, owl")
			.body();
		String answer = send(post(CLASSIFY, FORM, form));
		assertThat(answer).startsWith("HTTP/1.1 200");
		String body = answer.substring(answer.indexOf('{'), answer.lastIndexOf('}') + 1);
		JsonNode predictions = JsonMapper.shared().readTree(body).at("/images/0/predictions");
		assertThat(predictions.at("/0/label").stringValue()).isEqualTo("owl");
		return predictions.toString();
	}

	/**
	 * What is alive, after the connections of all clients have ended.
	 */
	private static long heap() throws InterruptedException {
		long least = Long.MAX_VALUE;
		for (int i = 0; i < 5; i++) {
			System.gc();
			Thread.sleep(100);
			least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
		}
		return least;
	}

	private static long openFiles() {
		return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getOpenFileDescriptorCount();
	}

	private static String get(String path, String header) {
		return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + "\r\n\r\n";
	}

	private static byte[] post(String path, String type, byte[] body) {
		return post(path, type, body.length, body);
	}

	private static byte[] post(String path, String type, int length, byte[] body) {
		return HostilePictures
			.concat(HostilePictures.ascii("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
					+ type + "\r\nContent-Length: " + length + "\r\n\r\n"), body);
	}

	private static byte[] form(byte[] picture) {
		return form("fox, owl", picture);
	}

	private static byte[] form(String labels, byte[] picture) {
		return post(CLASSIFY, FORM,
				new HttpContract.Form().file("image", "picture", picture).field("labels", labels).body());
	}

	private static byte[] inputs(byte[] picture) {
		return post(PIPELINE, "application/json", HostilePictures.ascii(json(picture, "[\"fox\", \"owl\"]")));
	}

	private static String json(byte[] picture, String labels) {
		return "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": %s}}"
			.formatted(Base64.getEncoder().encodeToString(picture), labels);
	}

	private static byte[] parts(int labels, int pictures) {
		HttpContract.Form form = new HttpContract.Form();
		for (int i = 0; i < labels; i++) {
			form.field("labels", "fox");
		}
		for (int i = 0; i < pictures; i++) {
			form.picture("x.png");
		}
		return post(CLASSIFY, FORM, form.body());
	}

	private static byte[] raw(String header, String content) {
		String boundary = HttpContract.Form.BOUNDARY;
		return post(CLASSIFY, FORM, HostilePictures
			.ascii("--" + boundary + "\r\n" + header + "\r\n\r\n" + content + "\r\n--" + boundary + "--\r\n"));
	}

}
