import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import javax.imageio.ImageIO;

/**
 * Has many clients send the sample application what is worst for it, and measures how good requests and the liveness
 * probe fare meanwhile, what it leaves in memory, and how long the application takes to end under that load. Needs
 * nothing but a JDK.
 *
 *   java tools/stress/Stress.java --jar=zsic-sample-app/target/zsic-sample-app.jar --jvm=-Xmx512m --pictures=FOLDER
 *   java tools/stress/Stress.java --port=8080 --pid=12345 --kinds=bodies,json,labels,readers
 *
 * Options: --minutes=5, --clients=200, --good=4 (clients that send good requests), --good-from=127.0.0.2 (their address;
 * with 127.0.0.1 they are one with those that mean no good, and get 503 most of the time), --kinds=… of
 *   pictures  every file of the folder as it is, in a form, as JSON, and many of them in a form that is answered in lines
 *   bodies    bodies of which a byte comes now and then
 *   json      29 MB of JSON that is nothing but {}, in a list
 *   labels    1,000 labels that are new each time, with as many templates as are allowed
 *   readers   answers of many lines, of which the client takes a byte now and then
 * (all by default, without pictures where there is no folder). --jar starts the application, and any number of --jvm
 * goes to its JVM; --pid is the process of one that runs, which is ended in the end. Without either nothing is ended.
 */
public class Stress {

	private static final int MAXIMUM_P99 = 2000;

	private static final int MAXIMUM_END = 30_000;

	private static final String PIPELINE = "/api/zero-shot-image-classification";

	private static final String CLASSIFY = "/api/classify";

	private static final String BOUNDARY = "stress-boundary";

	private static final Pattern VALUE = Pattern.compile("\"value\":([-0-9.E]+)");

	private final Map<String, String> options = new TreeMap<>();

	private final List<String> jvm = new ArrayList<>();

	private final Map<String, Map<String, AtomicInteger>> statuses = new ConcurrentHashMap<>();

	private final List<Long> goodTimes = Collections.synchronizedList(new ArrayList<>());

	private final List<Long> livenessTimes = Collections.synchronizedList(new ArrayList<>());

	private final AtomicInteger livenessFailures = new AtomicInteger();

	private final AtomicInteger badGood = new AtomicInteger();

	private final List<byte[]> pictures = new ArrayList<>();

	private final byte[] braces = braces();

	private byte[] owl;

	private int port;

	private volatile boolean stopped;

	/** From when on the application may refuse what it is asked. */
	private volatile boolean ending;

	public static void main(String[] args) throws Exception {
		Stress stress = new Stress();
		for (String arg : args) {
			if (!arg.startsWith("--") || arg.indexOf('=') < 0) {
				System.err.println("'" + arg + "' is no option; see the comment of " + Stress.class.getName());
				System.exit(2);
			}
			String name = arg.substring(2, arg.indexOf('='));
			String value = arg.substring(arg.indexOf('=') + 1);
			if (name.equals("jvm")) {
				stress.jvm.add(value);
			}
			else {
				stress.options.put(name, value);
			}
		}
		System.exit(stress.run() ? 0 : 1);
	}

	private boolean run() throws Exception {
		this.owl = picture();
		String folder = this.options.get("pictures");
		if (folder != null) {
			try (Stream<Path> files = Files.walk(Path.of(folder))) {
				for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
					if (Files.size(file) <= 16 * 1024 * 1024) {
						this.pictures.add(Files.readAllBytes(file));
					}
				}
			}
		}
		Optional<ProcessHandle> server = start();
		int clients = Integer.parseInt(this.options.getOrDefault("clients", "200"));
		double minutes = Double.parseDouble(this.options.getOrDefault("minutes", "5"));
		List<String> kinds = Arrays.asList(this.options
			.getOrDefault("kinds", (this.pictures.isEmpty() ? "" : "pictures,") + "bodies,json,labels,readers")
			.split(","));
		if (kinds.contains("pictures") && this.pictures.isEmpty()) {
			throw new IllegalArgumentException("--pictures must be a folder with at least one file");
		}
		for (int i = 0; i < 20; i++) {
			exchange(good(), 60_000);
		}
		String before = memory(server);
		System.out.printf(Locale.ROOT, "%d clients (%s), %d pictures, %.1f minutes%n", clients, String.join(",", kinds),
				this.pictures.size(), minutes);
		List<Thread> hostile = new ArrayList<>();
		for (int i = 0; i < clients; i++) {
			int number = i;
			hostile.add(thread(() -> attack(kinds.get(number % kinds.size()), number)));
		}
		List<Thread> others = new ArrayList<>();
		for (int i = 0; i < Integer.parseInt(this.options.getOrDefault("good", "4")); i++) {
			others.add(thread(this::behave));
		}
		others.add(thread(this::probe));
		long end = System.nanoTime() + (long) (minutes * 60e9);
		long told = System.nanoTime();
		while (System.nanoTime() < end) {
			Thread.sleep(200);
			if (System.nanoTime() - told > 30e9) {
				told = System.nanoTime();
				System.out.printf(Locale.ROOT, "%4d s left: %s%n", (end - told) / 1_000_000_000, this.statuses);
			}
		}
		this.stopped = true;
		join(hostile);
		join(others);
		Thread.sleep(15_000);
		for (int i = 0; i < 5; i++) {
			exchange(good(), 60_000);
		}
		String after = memory(server);
		long ended = server.isPresent() ? end(server.get(), kinds, clients) : -1;
		return report(before, after, ended);
	}

	private Optional<ProcessHandle> start() throws Exception {
		String jar = this.options.get("jar");
		if (jar == null) {
			this.port = Integer.parseInt(this.options.getOrDefault("port", "8080"));
			String pid = this.options.get("pid");
			return (pid != null) ? ProcessHandle.of(Long.parseLong(pid)) : Optional.empty();
		}
		try (ServerSocket free = new ServerSocket(0)) {
			this.port = free.getLocalPort();
		}
		List<String> command = new ArrayList<>();
		command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
		command.addAll(this.jvm);
		command.addAll(List.of("-jar", jar, "--server.port=" + this.port));
		Path log = Files.createTempFile("stress", ".log");
		Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		System.out.println("The log of the application: " + log);
		Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
		for (int i = 0; i < 600; i++) {
			if (exchange(get("/actuator/health/readiness"), 2000).status.equals("200")) {
				return Optional.of(process.toHandle());
			}
			if (!process.isAlive()) {
				break;
			}
			Thread.sleep(200);
		}
		process.destroyForcibly();
		throw new IllegalStateException("The application did not start; see " + log);
	}

	private void attack(String kind, int number) {
		Random random = new Random(number);
		while (!this.stopped) {
			String status;
			switch (kind) {
				case "pictures" -> {
					byte[] picture = this.pictures.get(random.nextInt(this.pictures.size()));
					int way = random.nextInt(4);
					if (way == 0) {
						status = exchange(json(picture), 60_000).status;
					}
					else if (way == 1) {
						List<byte[]> several = new ArrayList<>();
						for (int i = 0, size = 0; i < 10 && size < 32_000_000; i++, size += several.get(i - 1).length) {
							several.add(this.pictures.get(random.nextInt(this.pictures.size())));
						}
						status = exchange(form(several, "fox,owl", List.of(), true), 120_000).status;
					}
					else {
						status = exchange(form(List.of(picture), "fox,owl", List.of(), false), 60_000).status;
					}
				}
				case "bodies" -> status = trickle(random.nextBoolean() ? PIPELINE : CLASSIFY);
				case "json" -> status = exchange(this.braces, 60_000).status;
				case "labels" -> status = exchange(labels(random), 90_000).status;
				case "readers" -> status = sip();
				default -> throw new IllegalArgumentException("There is no kind '" + kind + "'");
			}
			count(kind, status);
			if (!status.equals("200")) {
				pause(20);
			}
		}
	}

	private void behave() {
		byte[] request = good();
		while (!this.stopped) {
			Answer answer = exchange(request, 60_000, this.options.getOrDefault("good-from", "127.0.0.2"));
			count("good", answer.status);
			if (answer.status.equals("200")) {
				this.goodTimes.add(answer.millis);
			}
			else if (!(answer.status.equals("503") && answer.text.contains("Retry-After")) && !this.ending) {
				this.badGood.incrementAndGet();
				System.out.println("A good request got: " + answer.text.lines().findFirst().orElse(answer.status));
			}
			pause(100);
		}
	}

	private void probe() {
		while (!this.stopped) {
			Answer answer = exchange(get("/actuator/health/liveness"), 5000);
			this.livenessTimes.add(answer.millis);
			if (!answer.status.equals("200") || answer.millis > 5000) {
				this.livenessFailures.incrementAndGet();
				System.out.println("The liveness probe got: " + answer.status + " after " + answer.millis + " ms");
			}
			pause(250);
		}
	}

	/** The same load, and then the signal. */
	private long end(ProcessHandle server, List<String> kinds, int clients) throws InterruptedException {
		this.stopped = false;
		this.ending = true;
		List<Thread> hostile = new ArrayList<>();
		for (int i = 0; i < clients; i++) {
			int number = i;
			hostile.add(thread(() -> attack(kinds.get(number % kinds.size()), number)));
		}
		Thread.sleep(5000);
		long start = System.nanoTime();
		server.destroy();
		long millis;
		try {
			server.onExit().get(120, TimeUnit.SECONDS);
			millis = (System.nanoTime() - start) / 1_000_000;
		}
		catch (Exception ex) {
			millis = Long.MAX_VALUE;
		}
		this.stopped = true;
		return millis;
	}

	private boolean report(String before, String after, long ended) {
		System.out.println();
		new TreeMap<>(this.statuses).forEach((kind, counts) -> System.out.printf("%-10s %s%n", kind, new TreeMap<>(counts)));
		long p99 = percentile(this.goodTimes, 99);
		System.out.printf("good, those with 200: p50 %d ms, p99 %d ms, longest %d ms%n", percentile(this.goodTimes, 50), p99,
				percentile(this.goodTimes, 100));
		System.out.printf("liveness: %d probes, %d failed, p99 %d ms, longest %d ms%n", this.livenessTimes.size(),
				this.livenessFailures.get(), percentile(this.livenessTimes, 99), percentile(this.livenessTimes, 100));
		System.out.println("memory before: " + before);
		System.out.println("memory after:  " + after);
		if (ended >= 0) {
			System.out.println("ended after the signal: " + ended + " ms");
		}
		boolean passed = this.badGood.get() == 0 && !this.goodTimes.isEmpty() && this.livenessFailures.get() == 0 && p99 <= MAXIMUM_P99
				&& ended <= MAXIMUM_END;
		System.out.println(passed ? "PASSED" : "FAILED");
		return passed;
	}

	private static long percentile(List<Long> times, int percent) {
		List<Long> sorted = new ArrayList<>(times);
		if (sorted.isEmpty()) {
			return 0;
		}
		Collections.sort(sorted);
		return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
	}

	private String memory(Optional<ProcessHandle> server) throws Exception {
		if (server.isPresent()) {
			Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
			if (Files.exists(jcmd)) {
				new ProcessBuilder(jcmd.toString(), String.valueOf(server.get().pid()), "GC.run")
					.redirectErrorStream(true)
					.redirectOutput(ProcessBuilder.Redirect.DISCARD)
					.start()
					.waitFor(30, TimeUnit.SECONDS);
			}
		}
		StringBuilder memory = new StringBuilder();
		for (String metric : List.of("jvm.memory.used?tag=area:heap", "jvm.threads.live", "process.files.open")) {
			Answer answer = exchange(get("/actuator/metrics/" + metric), 30_000);
			Matcher value = VALUE.matcher(answer.text);
			memory.append(metric.replaceAll("\\?.*", "")).append(' ');
			memory.append(!value.find() ? "unknown" : metric.startsWith("jvm.memory")
					? (long) Double.parseDouble(value.group(1)) / 1024 / 1024 + " MiB" : value.group(1));
			memory.append(", ");
		}
		Path status = server.map((process) -> Path.of("/proc/" + process.pid() + "/status")).orElse(Path.of("none"));
		return memory + (Files.exists(status) ? Files.readAllLines(status)
			.stream()
			.filter((line) -> line.startsWith("VmRSS"))
			.map((line) -> "resident " + Long.parseLong(line.replaceAll("\\D", "")) / 1024 + " MiB")
			.findFirst()
			.orElse("") : "resident unknown");
	}

	private void count(String kind, String status) {
		this.statuses.computeIfAbsent(kind, (key) -> new ConcurrentHashMap<>())
			.computeIfAbsent(status, (key) -> new AtomicInteger())
			.incrementAndGet();
	}

	/** Sends a request while it reads, as the answer may come before everything is sent. */
	private Answer exchange(byte[] request, int timeout) {
		return exchange(request, timeout, "127.0.0.1");
	}

	private Answer exchange(byte[] request, int timeout, String from) {
		long start = System.nanoTime();
		String status = "nothing";
		String text = "";
		try (Socket socket = connect(timeout, from)) {
			if (request.length > 100_000) {
				thread(() -> {
					try {
						socket.getOutputStream().write(request);
					}
					catch (IOException ex) {
						// The answer tells.
					}
				});
			}
			else {
				socket.getOutputStream().write(request);
			}
			byte[] head = new byte[16 * 1024];
			int length = 0;
			InputStream in = socket.getInputStream();
			int count;
			while ((count = in.read(head, length, head.length - length)) > 0) {
				length += count;
				if (length == head.length) {
					in.transferTo(OutputStream.nullOutputStream());
					break;
				}
			}
			text = new String(head, 0, length, StandardCharsets.ISO_8859_1);
			status = (length > 12) ? text.substring(9, 12) : "closed";
		}
		catch (IOException ex) {
			status = ex.getClass().getSimpleName();
		}
		return new Answer(status, text, (System.nanoTime() - start) / 1_000_000);
	}

	private String trickle(String path) {
		byte[] head = ("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: "
				+ (path.equals(PIPELINE) ? "application/json" : "multipart/form-data; boundary=" + BOUNDARY)
				+ "\r\nContent-Length: 1000000\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII);
		try (Socket socket = connect(1000)) {
			socket.getOutputStream().write(head);
			socket.getOutputStream().write(path.equals(PIPELINE) ? '{' : '-');
			byte[] answer = new byte[12];
			while (!this.stopped) {
				socket.getOutputStream().write(' ');
				try {
					int count = socket.getInputStream().read(answer);
					return (count == 12) ? new String(answer, 9, 3, StandardCharsets.US_ASCII) : "closed";
				}
				catch (java.net.SocketTimeoutException ex) {
					// Nothing yet.
				}
			}
			return "stopped";
		}
		catch (IOException ex) {
			return ex.getClass().getSimpleName();
		}
	}

	private String sip() {
		List<byte[]> several = Collections.nCopies(500, this.owl);
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 400; i++) {
			labels.append("label number ").append(i).append(" that is long,");
		}
		try (Socket socket = new Socket()) {
			socket.setReceiveBufferSize(4 * 1024);
			socket.setSoTimeout(60_000);
			socket.connect(new InetSocketAddress("localhost", this.port), 10_000);
			socket.getOutputStream().write(form(several, labels.toString(), List.of(), true));
			byte[] answer = new byte[12];
			int count = socket.getInputStream().readNBytes(answer, 0, 12);
			String status = (count == 12) ? new String(answer, 9, 3, StandardCharsets.US_ASCII) : "closed";
			while (!this.stopped && status.equals("200") && socket.getInputStream().read() >= 0) {
				pause(500);
			}
			return status;
		}
		catch (IOException ex) {
			return ex.getClass().getSimpleName();
		}
	}

	private Socket connect(int timeout) throws IOException {
		return connect(timeout, "127.0.0.1");
	}

	private Socket connect(int timeout, String from) throws IOException {
		Socket socket = new Socket();
		socket.bind(new InetSocketAddress(from, 0));
		socket.connect(new InetSocketAddress("127.0.0.1", this.port), Math.min(timeout, 10_000));
		socket.setSoTimeout(timeout);
		return socket;
	}

	private byte[] good() {
		return form(List.of(this.owl), "fox,owl,bear", List.of(), false);
	}

	private static byte[] get(String path) {
		return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII);
	}

	private static byte[] json(byte[] picture) {
		return post(PIPELINE, "application/json", "", ("{\"inputs\": \"" + Base64.getEncoder().encodeToString(picture)
				+ "\", \"parameters\": {\"candidate_labels\": [\"fox\", \"owl\"]}}")
			.getBytes(StandardCharsets.US_ASCII));
	}

	private static byte[] braces() {
		byte[] body = new byte[29_000_000];
		for (int i = 0; i + 2 < body.length; i += 3) {
			body[i] = (byte) ((i == 0) ? '[' : ',');
			body[i + 1] = '{';
			body[i + 2] = '}';
		}
		Arrays.fill(body, body.length - 2, body.length, (byte) ' ');
		body[body.length - 1] = ']';
		return post(PIPELINE, "application/json", "", body);
	}

	private byte[] labels(Random random) {
		StringBuilder labels = new StringBuilder();
		for (int i = 0; i < 1000; i++) {
			labels.append(Long.toString(random.nextLong() >>> 1, 36)).append(',');
		}
		List<String> templates = new ArrayList<>();
		for (int i = 0; i < 20; i++) {
			templates.add("template " + i + " of {}");
		}
		return form(List.of(this.owl), labels.toString(), templates, false);
	}

	private static byte[] form(List<byte[]> pictures, String labels, List<String> templates, boolean lines) {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		for (byte[] picture : pictures) {
			part(body, "name=\"image\"; filename=\"picture\"", picture);
		}
		part(body, "name=\"labels\"", labels.getBytes(StandardCharsets.UTF_8));
		for (String template : templates) {
			part(body, "name=\"template\"", template.getBytes(StandardCharsets.UTF_8));
		}
		body.writeBytes(("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.US_ASCII));
		return post(CLASSIFY, "multipart/form-data; boundary=" + BOUNDARY,
				lines ? "Accept: application/x-ndjson\r\n" : "", body.toByteArray());
	}

	private static void part(ByteArrayOutputStream body, String disposition, byte[] content) {
		body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
			.getBytes(StandardCharsets.UTF_8));
		body.writeBytes(content);
		body.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
	}

	private static byte[] post(String path, String type, String headers, byte[] body) {
		ByteArrayOutputStream request = new ByteArrayOutputStream();
		request.writeBytes(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + headers
				+ "Content-Type: " + type + "\r\nContent-Length: " + body.length + "\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		request.writeBytes(body);
		return request.toByteArray();
	}

	private static byte[] picture() throws IOException {
		BufferedImage image = new BufferedImage(256, 256, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(Color.ORANGE);
		graphics.fillOval(30, 30, 180, 180);
		graphics.dispose();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		ImageIO.write(image, "png", bytes);
		return bytes.toByteArray();
	}

	private static Thread thread(Runnable task) {
		Thread thread = new Thread(null, task, "stress", 256 * 1024);
		thread.setDaemon(true);
		thread.start();
		return thread;
	}

	private static void join(List<Thread> threads) throws InterruptedException {
		long end = System.currentTimeMillis() + 60_000;
		for (Thread thread : threads) {
			thread.join(Math.max(1, end - System.currentTimeMillis()));
		}
	}

	private static void pause(long millis) {
		try {
			Thread.sleep(millis);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private record Answer(String status, String text, long millis) {

	}

}
