package io.github.zsic.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The application in a process of its own, which is asked to end while it has much to do.
 */
@Timeout(180)
class ShutdownTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private static final String MULTIPART = "Content-Type: multipart/form-data; boundary=" + HttpContract.Form.BOUNDARY
			+ "\r\n";

	@TempDir
	private Path folder;

	@Test
	void endsInTimeWhateverRuns() throws Exception {
		AtomicBoolean ended = new AtomicBoolean();
		List<Socket> clients = new ArrayList<>();
		try (ApplicationProcess application = start()) {
			int port = application.port();
			byte[] owl = new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
			for (int i = 0; i < 20; i++) {
				clients.add(send(port, "POST " + HttpContract.PIPELINE
						+ " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{",
						new byte[0]));
			}
			for (int i = 0; i < 5; i++) {
				clients.add(lines(port, owl));
			}
			Thread slow = new Thread(() -> dribble(clients, ended));
			slow.setDaemon(true);
			slow.start();
			for (int i = 0; i < 6; i++) {
				int number = i;
				Thread labels = new Thread(() -> labels(port, owl, number));
				labels.setDaemon(true);
				labels.start();
			}
			// Until all of them are in work.
			Thread.sleep(3000);
			assertThat(application.isAlive()).isTrue();
			application.terminate();
			assertThat(application.waitFor(TIMEOUT.toMillis()))
				.as(() -> "ended within the time, with the log " + application.log())
				.isTrue();
			assertThat(application.exitValue()).isEqualTo(143);
		}
		finally {
			ended.set(true);
			for (Socket client : clients) {
				client.close();
			}
		}
	}

	/** A request that is short gets its answer though the application is ending. */
	@Test
	void answersWhatIsUnderWay() throws Exception {
		try (ApplicationProcess application = start()) {
			int port = application.port();
			byte[] owl = new ClassPathResource("static/examples/owl.png").getContentAsByteArray();
			HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl).field("labels", "fox, owl");
			byte[] body = form.body();
			// The first request of all takes long.
			HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + HttpContract.CLASSIFY))
					.header("Content-Type", form.contentType())
					.POST(HttpRequest.BodyPublishers.ofByteArray(body))
					.build(), BodyHandlers.discarding());
			try (Socket client = send(port, "POST " + HttpContract.CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\n"
					+ MULTIPART + "Content-Length: " + body.length + "\r\n\r\n", new byte[0])) {
				OutputStream out = client.getOutputStream();
				out.write(body, 0, body.length / 2);
				Thread.sleep(500);
				application.terminate();
				Thread.sleep(500);
				out.write(body, body.length / 2, body.length - body.length / 2);
				client.setSoTimeout(30_000);
				assertThat(new String(client.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
					.isEqualTo("HTTP/1.1 200");
			}
			assertThat(application.waitFor(TIMEOUT.toMillis())).isTrue();
		}
	}

	private ApplicationProcess start() throws IOException {
		return ApplicationProcess.start(this.folder.resolve("log"), "512m",
				"--spring.lifecycle.timeout-per-shutdown-phase=" + TIMEOUT.toSeconds() + "s");
	}

	private static Socket lines(int port, byte[] owl) throws IOException {
		HttpContract.Form form = new HttpContract.Form();
		for (int i = 0; i < 200; i++) {
			form.file("image", i + ".png", owl);
		}
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 400; i++) {
			labels.append("thing ").append(i).append(",");
		}
		byte[] body = form.field("labels", labels.toString()).body();
		return send(port,
				"POST " + HttpContract.CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n"
						+ MULTIPART + "Content-Length: " + body.length + "\r\n\r\n",
				body);
	}

	private static Socket send(int port, String head, byte[] body) throws IOException {
		Socket client = new Socket();
		client.setReceiveBufferSize(4096);
		client.setSoTimeout(10);
		client.connect(new java.net.InetSocketAddress("localhost", port));
		client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
		client.getOutputStream().write(body);
		return client;
	}

	/** Sends and takes a byte now and then. */
	private static void dribble(List<Socket> clients, AtomicBoolean ended) {
		while (!ended.get()) {
			for (int i = 0; i < clients.size(); i++) {
				Socket client = clients.get(i);
				try {
					if (i < 20) {
						client.getOutputStream().write(' ');
					}
					client.getInputStream().read();
				}
				catch (SocketTimeoutException ex) {
					// There is nothing.
				}
				catch (IOException ex) {
					// It has had its answer.
				}
			}
		}
	}

	private static void labels(int port, byte[] owl, int number) {
		HttpContract.Form form = new HttpContract.Form().file("image", "owl.png", owl);
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 1000; i++) {
			labels.append("thing ").append(number).append(' ').append(i).append(',');
		}
		form.field("labels", labels.toString());
		for (int i = 0; i < 20; i++) {
			form.field("template", "template " + i + " of {}");
		}
		try {
			HttpClient.newHttpClient()
				.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + HttpContract.CLASSIFY))
					.header("Content-Type", form.contentType())
					.POST(HttpRequest.BodyPublishers.ofByteArray(form.body()))
					.build(), BodyHandlers.discarding());
		}
		catch (IOException | InterruptedException ex) {
			// The application has ended.
		}
	}

}
