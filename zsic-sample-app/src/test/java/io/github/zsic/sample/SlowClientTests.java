package io.github.zsic.sample;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that send or take a byte now and then, more of them than the server has
 * threads. Others are served meanwhile, and who asks for the health gets it always.
 */
@TestPropertySource(properties = "server.tomcat.threads.max=24")
@Timeout(120)
class SlowClientTests extends HttpContract {

	private static final int CLIENTS = 60;

	private static final String MULTIPART = "Content-Type: multipart/form-data; boundary=" + Form.BOUNDARY + "\r\n";

	@ParameterizedTest
	@ValueSource(strings = { "POST " + PIPELINE + "|Content-Type: application/json\r\n",
			"POST " + CLASSIFY + "|" + MULTIPART, "POST " + CLASSIFY + "|Accept: application/x-ndjson\r\n" + MULTIPART,
			"POST /api/nothing|", "GET /|", "GET /actuator/health|",
			"POST /actuator/zsic|Content-Type: application/json\r\n" })
	void slowBodiesStopNobody(String request) throws Exception {
		String[] lineAndHeaders = request.split("\\|", 2);
		byte[] start = (lineAndHeaders[0] + " HTTP/1.1\r\nHost: localhost\r\n" + lineAndHeaders[1]
				+ "Content-Length: 100000\r\n\r\n{")
			.getBytes(StandardCharsets.US_ASCII);
		whileOthers((client) -> client.getOutputStream().write(start), (client) -> client.getOutputStream().write(' '));
	}

	@Test
	void slowChunksStopNobody() throws Exception {
		byte[] start = ("POST " + PIPELINE + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
			.getBytes(StandardCharsets.US_ASCII);
		whileOthers((client) -> client.getOutputStream().write(start),
				(client) -> client.getOutputStream().write("1\r\n \r\n".getBytes(StandardCharsets.US_ASCII)));
	}

	@Test
	void bodiesThatNeverComeStopNobody() throws Exception {
		byte[] start = ("POST " + PIPELINE + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
				+ "Content-Length: 100000\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII);
		whileOthers((client) -> client.getOutputStream().write(start), (client) -> {
		});
	}

	@Test
	void slowReadersOfLinesStopNobody() throws Exception {
		Form form = new Form();
		for (int i = 0; i < 300; i++) {
			form.picture(i + ".png");
		}
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 400; i++) {
			labels.append("x".repeat(70)).append(i).append(',');
		}
		byte[] body = form.field("labels", labels.toString()).body();
		byte[] head = ("POST " + CLASSIFY + " HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n"
				+ MULTIPART + "Content-Length: " + body.length + "\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII);
		whileOthers((client) -> {
			client.getOutputStream().write(head);
			client.getOutputStream().write(body);
		}, (client) -> {
			try {
				client.getInputStream().read();
			}
			catch (SocketTimeoutException ex) {
				// There is nothing yet.
			}
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "/fonts/figtree.woff2", "/openapi.yaml", "/actuator/health", "/actuator/metrics" })
	void slowReadersOfOtherThingsStopNobody(String path) throws Exception {
		byte[] requests = ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(1000)
			.getBytes(StandardCharsets.US_ASCII);
		whileOthers((client) -> {
			Thread writer = new Thread(() -> {
				try {
					client.getOutputStream().write(requests);
				}
				catch (IOException ex) {
					// It has had to go.
				}
			});
			writer.setDaemon(true);
			writer.start();
		}, (client) -> {
		});
	}

	/**
	 * Serves others while slow clients are there, and begin anew when they are thrown
	 * out.
	 */
	private void whileOthers(Step start, Step step) throws Exception {
		List<Socket> clients = new ArrayList<>();
		AtomicBoolean stop = new AtomicBoolean();
		Thread slow = new Thread(() -> {
			while (!stop.get()) {
				for (int i = 0; i < CLIENTS && !stop.get(); i++) {
					try {
						if (i >= clients.size()) {
							clients.add(connect(start));
						}
						step.run(clients.get(i));
					}
					catch (IOException ex) {
						try {
							clients.get(i).close();
							clients.set(i, connect(start));
						}
						catch (IOException failure) {
							// The next round tries again.
						}
					}
				}
				try {
					Thread.sleep(100);
				}
				catch (InterruptedException ex) {
					return;
				}
			}
		});
		slow.start();
		try {
			long longest = 0;
			for (int i = 0; i < 15; i++) {
				Thread.sleep(200);
				long before = System.nanoTime();
				HttpResponse<String> health = send(request("/actuator/health/liveness").timeout(Duration.ofSeconds(8)));
				longest = Math.max(longest, System.nanoTime() - before);
				assertThat(health.statusCode()).as(health.body()).isEqualTo(200);
				// Who is elsewhere does not notice.
				assertThat(postFrom("127.0.0.2", new Form().picture("owl.png").field("labels", "fox")))
					.startsWith("HTTP/1.1 200");
				HttpResponse<String> response = post(new Form().picture("owl.png").field("labels", "fox"));
				if (response.statusCode() == 503) {
					assertProblem(response, 503);
					assertThat(response.headers().firstValue("Retry-After")).isPresent();
				}
				else {
					assertOk(response);
				}
			}
			assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(5));
		}
		finally {
			stop.set(true);
			slow.join();
			for (Socket client : clients) {
				client.close();
			}
		}
		awaitOk();
	}

	private void awaitOk() throws InterruptedException {
		HttpResponse<String> response = post(new Form().picture("owl.png").field("labels", "fox"));
		for (int i = 0; i < 100 && response.statusCode() == 503; i++) {
			Thread.sleep(100);
			response = post(new Form().picture("owl.png").field("labels", "fox"));
		}
		assertOk(response);
	}

	private Socket connect(Step start) throws IOException {
		Socket socket = new Socket();
		socket.setReceiveBufferSize(4 * 1024);
		socket.setSoTimeout(20);
		socket.connect(new InetSocketAddress("localhost", this.port), 5000);
		start.run(socket);
		return socket;
	}

	/** What a slow client does. */
	@FunctionalInterface
	private interface Step {

		void run(Socket client) throws IOException;

	}

}
