import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/**
 * Runs the sample application at full load, with good and bad requests and a swap of its model every minute, and tells
 * whether it stays as it was. Needs a JDK and the jar, and Linux, whose /proc tells the memory of the server.
 *
 *   java bench/soak/Soak.java zsic-sample-app/target/zsic-sample-app.jar [minutes=30] [clients=32] [option of the server]…
 */
public class Soak {

	/** Differences of scores that batches may make. */
	private static final double TOLERANCE = 1e-3;

	private static final List<String> WORDS = List.of("owl", "bear", "fox", "tree", "car", "bike", "cat", "dog", "house",
			"ship", "moon", "apple", "a bird at night", "seagull", "train", "flower", "fish", "snow", "book", "clock");

	private static final int[] NUMBERS_OF_LABELS = { 1, 2, 4, 7, 12, 20 };

	private static final Pattern PREDICTION = Pattern.compile("\"label\":\"([^\"]*)\",\"score\":([-0-9.eE]+)");

	private static final Pattern CHECKPOINT = Pattern.compile("\"checkpoint\":\"([^\"]*)\"");

	/** 17 MB, where the sample allows 16. */
	private static final byte[] LARGE = new byte[17 * 1024 * 1024];

	private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Map<String, byte[]> pictures = new TreeMap<>();

	/** The scores of a picture and a number of labels, by checkpoint. */
	private final Map<String, Map<String, Map<String, Double>>> expected = new LinkedHashMap<>();

	private final Map<String, Integer> surprises = new ConcurrentHashMap<>();

	private final List<Minute> minutes = new ArrayList<>();

	private final String url;

	private final int port;

	private volatile Minute minute = new Minute();

	private volatile boolean stopped;

	private Soak(int port) {
		this.port = port;
		this.url = "http://localhost:" + port;
	}

	public static void main(String[] args) throws Exception {
		if (args.length == 0 || !Files.isRegularFile(Path.of(args[0]))) {
			System.err.println("Usage: java Soak.java zsic-sample-app.jar [minutes] [clients] [option of the server]...");
			System.exit(2);
		}
		int minutes = (args.length > 1) ? Integer.parseInt(args[1]) : 30;
		int clients = (args.length > 2) ? Integer.parseInt(args[2]) : 32;
		Path folder = Files.createTempDirectory("zsic-soak-");
		int port;
		try (ServerSocket socket = new ServerSocket(0)) {
			port = socket.getLocalPort();
		}
		List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				// A heap that neither grows nor shrinks, so that resident memory tells what is native.
				"-Xms768m", "-Xmx768m", "-XX:+AlwaysPreTouch", "-Djava.io.tmpdir=" + Files.createDirectory(folder.resolve("tmp")),
				"-jar", args[0], "--server.port=" + port, "--zsic.device=cpu",
				"--management.endpoints.access.max-permitted=unrestricted", "--management.endpoint.zsic.access=unrestricted"));
		command.addAll(Arrays.asList(args).subList(Math.min(3, args.length), args.length));
		Path log = folder.resolve("server.log");
		Process server = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
		Runtime.getRuntime().addShutdownHook(new Thread(server::destroyForcibly));
		boolean passed = false;
		try {
			Soak soak = new Soak(port);
			soak.awaitReady(server);
			String other = soak.prepare(Path.of(args[0]), folder.resolve("other"));
			passed = soak.run(server, minutes, clients, List.of("classpath:zsic/emoji-clip", other), folder, log);
		}
		finally {
			server.destroy();
			if (!server.waitFor(30, TimeUnit.SECONDS)) {
				System.out.println("FAILED: the server does not end when asked to");
				passed = false;
			}
			if (passed) {
				delete(folder);
			}
			else {
				System.out.println("The server's log is " + log);
			}
		}
		System.exit(passed ? 0 : 1);
	}

	private void awaitReady(Process server) throws Exception {
		long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
		while (true) {
			try {
				if (get("/actuator/health/readiness").statusCode() == 200) {
					return;
				}
			}
			catch (IOException ex) {
				// Not yet.
			}
			if (!server.isAlive() || System.nanoTime() > end) {
				throw new IllegalStateException("The server does not become ready");
			}
			Thread.sleep(200);
		}
	}

	/**
	 * Takes pictures out of the jar, and makes another model of the one in it: it sees the same pictures brighter.
	 */
	private String prepare(Path jar, Path other) throws IOException {
		Files.createDirectories(other);
		try (ZipFile zip = new ZipFile(jar.toFile())) {
			for (ZipEntry entry : Collections.list(zip.entries())) {
				String name = entry.getName();
				if (name.startsWith("BOOT-INF/classes/static/examples/") && name.endsWith(".png")) {
					this.pictures.put(name.substring(name.lastIndexOf('/') + 1), zip.getInputStream(entry).readAllBytes());
				}
				if (name.startsWith("BOOT-INF/lib/zsic-emoji-clip")) {
					unpack(zip.getInputStream(entry), other);
				}
			}
		}
		Path settings = other.resolve("preprocessor_config.json");
		String changed = Files.readString(settings).replaceFirst("\"image_mean\":\\s*\\[[^]]*]", "\"image_mean\": [0.2, 0.3, 0.4]");
		Files.writeString(settings, changed);
		return other.toString();
	}

	/** What answers call a checkpoint: of a folder they tell the last part only. */
	private static String named(String checkpoint) {
		return checkpoint.startsWith("/") ? "file:.../" + Path.of(checkpoint).getFileName() : checkpoint;
	}

	private static void unpack(InputStream jar, Path folder) throws IOException {
		ZipInputStream zip = new ZipInputStream(jar);
		for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
			if (entry.getName().startsWith("zsic/emoji-clip/") && !entry.isDirectory()) {
				Files.write(folder.resolve(entry.getName().substring("zsic/emoji-clip/".length())), zip.readAllBytes());
			}
		}
	}

	private boolean run(Process server, int length, int clients, List<String> checkpoints, Path folder, Path log)
			throws Exception {
		for (String checkpoint : List.of(checkpoints.get(1), checkpoints.get(0))) {
			swap(checkpoint);
			this.expected.put(named(checkpoint), answers());
		}
		double difference = 0;
		for (String key : this.expected.get(named(checkpoints.get(0))).keySet()) {
			difference = Math.max(difference, distance(this.expected.get(named(checkpoints.get(0))).get(key),
					this.expected.get(named(checkpoints.get(1))).get(key)));
		}
		if (difference < 0.1) {
			throw new IllegalStateException("The two models can hardly be told apart");
		}
		System.out.printf("%d clients, %d minutes, %d processors, JDK %s%n%n", clients, length,
				Runtime.getRuntime().availableProcessors(), System.getProperty("java.version"));
		System.out.println("| minute | good | refused as they should be | aborted | busy | wrong | p50 ms | p99 ms | swap ms | resident MiB | files | threads |");
		System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
		this.minute = new Minute();
		List<Thread> threads = IntStream.range(0, clients).mapToObj((number) -> new Thread(() -> client(new Random(number)))).toList();
		threads.forEach(Thread::start);
		for (int i = 1; i <= length; i++) {
			Thread.sleep(30_000);
			String checkpoint = checkpoints.get(i % 2);
			long start = System.nanoTime();
			HttpResponse<String> swapped = swap(checkpoint);
			long taken = (System.nanoTime() - start) / 1_000_000;
			if (swapped.statusCode() != 200) {
				surprise("swap: " + swapped.statusCode() + " " + swapped.body());
			}
			Thread.sleep(Math.max(0, 30_000 - taken));
			Minute last = this.minute;
			this.minute = new Minute();
			last.swapMillis = taken;
			last.measure(server.pid());
			this.minutes.add(last);
			System.out.println(last.row(i));
			if (!server.isAlive()) {
				surprise("The server ended");
				break;
			}
		}
		this.stopped = true;
		for (Thread thread : threads) {
			thread.join(60_000);
			if (thread.isAlive()) {
				surprise("A client waits for an answer that does not come");
			}
		}
		return verdict(server, checkpoints, folder, log);
	}

	private boolean verdict(Process server, List<String> checkpoints, Path folder, Path log) throws Exception {
		List<String> failures = new ArrayList<>();
		this.surprises.forEach((what, times) -> failures.add(times + " times: " + what));
		if (server.isAlive()) {
			for (String checkpoint : checkpoints) {
				swap(checkpoint);
				answers().forEach((key, scores) -> {
					if (distance(scores, this.expected.get(named(checkpoint)).get(key)) > TOLERANCE) {
						failures.add("afterwards " + key + " has other scores with " + checkpoint);
					}
				});
			}
			if (get("/actuator/health").statusCode() != 200) {
				failures.add("afterwards the server is not healthy");
			}
		}
		// The first minutes are those of the compiler and of caches that fill.
		int from = this.minutes.size() / 3;
		compare("resident memory, MiB", from, (each) -> each.residentMiB, 1.05, failures);
		compare("p99, ms", from, (each) -> each.percentile(0.99), 1.3, failures);
		compare("open files", from, (each) -> each.files, 1.2, failures);
		compare("threads", from, (each) -> each.threads, 1.1, failures);
		String logged = Files.readString(log);
		long traces = logged.lines().filter((line) -> line.startsWith("\tat ")).count();
		if (traces > 0) {
			failures.add("the log has " + traces + " lines of stack traces");
		}
		long rest = count(folder.resolve("tmp"));
		System.out.printf("%nLeft in the server's temporary folder while it runs: %d files; its log has %d lines.%n", rest,
				logged.lines().count());
		failures.forEach((failure) -> System.out.println("FAILED: " + failure));
		System.out.println(failures.isEmpty() ? "PASSED" : "FAILED");
		return failures.isEmpty();
	}

	/** The last third of the run with the one before. */
	private void compare(String what, int from, java.util.function.ToDoubleFunction<Minute> value, double factor,
			List<String> failures) {
		List<Minute> rest = this.minutes.subList(from, this.minutes.size());
		if (rest.size() < 2) {
			return;
		}
		double before = rest.subList(0, rest.size() / 2).stream().mapToDouble(value).average().orElseThrow();
		double after = rest.subList(rest.size() / 2, rest.size()).stream().mapToDouble(value).average().orElseThrow();
		System.out.printf(Locale.ROOT, "%s: %.0f in the second third, %.0f in the last%n", what, before,
				after);
		if (after > factor * before) {
			failures.add(what + " grew from %.0f to %.0f".formatted(before, after));
		}
	}

	private static long count(Path folder) throws IOException {
		try (Stream<Path> files = Files.walk(folder)) {
			return files.filter(Files::isRegularFile).count();
		}
	}

	private static void delete(Path folder) throws IOException {
		try (Stream<Path> files = Files.walk(folder)) {
			for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
				Files.delete(file);
			}
		}
	}

	private void client(Random random) {
		while (!this.stopped) {
			try {
				request(random);
			}
			catch (IOException | RuntimeException ex) {
				surprise("client: " + ex);
			}
			catch (InterruptedException ex) {
				return;
			}
		}
	}

	private void request(Random random) throws IOException, InterruptedException {
		List<String> names = List.copyOf(this.pictures.keySet());
		String name = names.get(random.nextInt(names.size()));
		byte[] picture = this.pictures.get(name);
		int number = NUMBERS_OF_LABELS[random.nextInt(NUMBERS_OF_LABELS.length)];
		List<String> labels = WORDS.subList(0, number);
		int dice = random.nextInt(1000);
		if (dice < 450) {
			good(new Form().file("image", name, picture).field("labels", String.join(",", labels)), List.of(name), number);
		}
		else if (dice < 700) {
			pipeline(picture, name, labels);
		}
		else if (dice < 750) {
			Form form = new Form().field("labels", String.join(",", labels));
			List<String> several = names.subList(0, 1 + random.nextInt(names.size()));
			several.forEach((each) -> form.file("image", each, this.pictures.get(each)));
			good(form, several, number);
		}
		else if (dice < 800) {
			// Labels that nobody has asked for before.
			List<String> fresh = IntStream.range(0, 1 + random.nextInt(8)).mapToObj((i) -> "thing " + random.nextInt(1_000_000)).toList();
			expect(new Form().file("image", name, picture).field("labels", String.join(",", fresh)), 200);
		}
		else if (dice < 830) {
			expect(new Form().file("image", "notes.txt", "no picture".getBytes(StandardCharsets.UTF_8)).field("labels", "owl"), 415);
		}
		else if (dice < 860) {
			expect(new Form().file("image", name, Arrays.copyOf(picture, picture.length / 2)).field("labels", "owl"), 422);
		}
		else if (dice < 880) {
			expect(new Form().file("image", name, picture), 400, 422);
		}
		else if (dice < 900) {
			expect(new Form().file("image", name, picture).field("labels", "owl ".repeat(200)), 400, 413, 422);
		}
		else if (dice < 920) {
			expect(new Form().file("image", name, picture).field("labels", "owl").field("template", "no place"), 400, 422);
		}
		else if (dice < 940) {
			expect(post("/api/zero-shot-image-classification", "application/json", "{\"inputs\": ".getBytes(StandardCharsets.UTF_8)),
					System.nanoTime(), 400);
		}
		else if (dice < 945) {
			expect(new Form().file("image", "large.png", LARGE).field("labels", "owl"), 413);
		}
		else if (dice < 965) {
			expect(get("/actuator/health"), System.nanoTime(), 200);
		}
		else {
			abort(new Form().file("image", name, picture).field("labels", "owl"), random);
		}
	}

	private void good(Form form, List<String> names, int number) throws IOException, InterruptedException {
		long start = System.nanoTime();
		HttpResponse<String> response = post("/api/classify", form.contentType(), form.body());
		if (!expect(response, start, 200)) {
			return;
		}
		this.minute.add(System.nanoTime() - start);
		Matcher checkpoint = CHECKPOINT.matcher(response.body());
		if (!checkpoint.find() || !this.expected.containsKey(checkpoint.group(1))) {
			surprise("An answer of no model: " + response.body());
			return;
		}
		Map<String, Map<String, Double>> right = this.expected.get(checkpoint.group(1));
		String[] images = response.body().split("\"name\":");
		if (images.length != names.size() + 1) {
			surprise("An answer for " + (images.length - 1) + " pictures instead of " + names.size());
			return;
		}
		for (int i = 0; i < names.size(); i++) {
			if (distance(scores(images[i + 1]), right.get(names.get(i) + " " + number)) > TOLERANCE) {
				surprise("A wrong answer: " + names.get(i) + " with " + checkpoint.group(1) + ": " + images[i + 1]);
			}
		}
	}

	private void pipeline(byte[] picture, String name, List<String> labels) throws IOException, InterruptedException {
		String body = "{\"inputs\": \"%s\", \"parameters\": {\"candidate_labels\": [%s]}}".formatted(
				Base64.getEncoder().encodeToString(picture),
				labels.stream().map((label) -> '"' + label + '"').collect(Collectors.joining(",")));
		long start = System.nanoTime();
		HttpResponse<String> response = post("/api/zero-shot-image-classification", "application/json",
				body.getBytes(StandardCharsets.UTF_8));
		if (!expect(response, start, 200)) {
			return;
		}
		this.minute.add(System.nanoTime() - start);
		Map<String, Double> scores = scores(response.body());
		// It does not say which model it comes from.
		if (this.expected.values().stream().allMatch((right) -> distance(scores, right.get(name + " " + labels.size())) > TOLERANCE)) {
			surprise("A wrong answer of the pipeline: " + name + ": " + response.body());
		}
	}

	private void expect(Form form, int... statuses) throws IOException, InterruptedException {
		long start = System.nanoTime();
		expect(post("/api/classify", form.contentType(), form.body()), start, statuses);
	}

	private boolean expect(HttpResponse<String> response, long start, int... statuses) {
		int status = response.statusCode();
		if ((status == 503 || status == 429) && response.headers().firstValue("Retry-After").isPresent()) {
			this.minute.count("busy");
			return false;
		}
		boolean right = Arrays.stream(statuses).anyMatch((each) -> each == status);
		boolean problem = status == 200
				|| response.headers().firstValue("Content-Type").orElse("").startsWith("application/problem+json");
		if (!right || !problem) {
			surprise("status " + status + " instead of " + Arrays.toString(statuses) + ": "
					+ response.body().substring(0, Math.min(300, response.body().length())));
			return false;
		}
		this.minute.count((status == 200) ? "good" : "refused");
		return true;
	}

	/** Sends a part of a request and goes away. */
	private void abort(Form form, Random random) throws IOException {
		byte[] body = form.body();
		try (Socket socket = new Socket()) {
			socket.connect(new InetSocketAddress("localhost", this.port), 10_000);
			if (random.nextBoolean()) {
				// So that the server gets a reset and not an end.
				socket.setSoLinger(true, 0);
			}
			OutputStream out = socket.getOutputStream();
			out.write(("POST /api/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + form.contentType()
					+ "\r\nContent-Length: " + body.length + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
			// Sometimes all of it, but without waiting for the answer.
			out.write(body, 0, random.nextInt(body.length + 1));
			out.flush();
		}
		this.minute.count("aborted");
	}

	private void surprise(String what) {
		this.minute.count("wrong");
		// Not one for each time or name.
		String kind = what.replaceAll("\\d{4,}", "…").substring(0, Math.min(300, what.replaceAll("\\d{4,}", "…").length()));
		if (this.surprises.size() < 50) {
			this.surprises.merge(kind, 1, Integer::sum);
		}
	}

	private Map<String, Map<String, Double>> answers() throws IOException, InterruptedException {
		Map<String, Map<String, Double>> answers = new HashMap<>();
		for (Map.Entry<String, byte[]> picture : this.pictures.entrySet()) {
			for (int number : NUMBERS_OF_LABELS) {
				Form form = new Form().file("image", picture.getKey(), picture.getValue())
					.field("labels", String.join(",", WORDS.subList(0, number)));
				HttpResponse<String> response = post("/api/classify", form.contentType(), form.body());
				if (response.statusCode() != 200) {
					throw new IllegalStateException(response.body());
				}
				answers.put(picture.getKey() + " " + number, scores(response.body()));
			}
		}
		return answers;
	}

	private static Map<String, Double> scores(String json) {
		Map<String, Double> scores = new HashMap<>();
		for (Matcher matcher = PREDICTION.matcher(json); matcher.find();) {
			scores.put(matcher.group(1), Double.valueOf(matcher.group(2)));
		}
		return scores;
	}

	private static double distance(Map<String, Double> one, Map<String, Double> other) {
		if (!one.keySet().equals(other.keySet())) {
			return Double.POSITIVE_INFINITY;
		}
		return one.keySet().stream().mapToDouble((label) -> Math.abs(one.get(label) - other.get(label))).max().orElse(0);
	}

	private HttpResponse<String> swap(String checkpoint) throws IOException, InterruptedException {
		return post("/actuator/zsic", "application/json",
				("{\"checkpoint\": \"" + checkpoint + "\"}").getBytes(StandardCharsets.UTF_8));
	}

	private HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return this.http.send(HttpRequest.newBuilder(URI.create(this.url + path)).timeout(Duration.ofSeconds(60)).build(),
				HttpResponse.BodyHandlers.ofString());
	}

	private HttpResponse<String> post(String path, String contentType, byte[] body) throws IOException, InterruptedException {
		return this.http.send(HttpRequest.newBuilder(URI.create(this.url + path))
			.timeout(Duration.ofSeconds(60))
			.header("Content-Type", contentType)
			.POST(HttpRequest.BodyPublishers.ofByteArray(body))
			.build(), HttpResponse.BodyHandlers.ofString());
	}

	/**
	 * What happened in a minute.
	 */
	private static final class Minute {

		private final Map<String, Integer> counts = new ConcurrentHashMap<>();

		private final List<Long> nanos = Collections.synchronizedList(new ArrayList<>());

		private long swapMillis;

		private long residentMiB;

		private long files;

		private long threads;

		void count(String what) {
			this.counts.merge(what, 1, Integer::sum);
		}

		void add(long nanos) {
			this.nanos.add(nanos);
		}

		double percentile(double part) {
			synchronized (this.nanos) {
				List<Long> sorted = this.nanos.stream().sorted().toList();
				return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, part * sorted.size())) / 1e6;
			}
		}

		void measure(long pid) throws IOException {
			for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
				String[] words = line.split("\\s+");
				if (words[0].equals("VmRSS:")) {
					this.residentMiB = Long.parseLong(words[1]) / 1024;
				}
				if (words[0].equals("Threads:")) {
					this.threads = Long.parseLong(words[1]);
				}
			}
			try (Stream<Path> open = Files.list(Path.of("/proc/" + pid + "/fd"))) {
				this.files = open.count();
			}
		}

		String row(int number) {
			return String.format(Locale.ROOT, "| %d | %d | %d | %d | %d | %d | %.0f | %.0f | %d | %d | %d | %d |", number,
					of("good"), of("refused"), of("aborted"), of("busy"), of("wrong"), percentile(0.5), percentile(0.99),
					this.swapMillis, this.residentMiB, this.files, this.threads);
		}

		private int of(String what) {
			return this.counts.getOrDefault(what, 0);
		}

	}

	/**
	 * A form with files.
	 */
	private static final class Form {

		private static final String BOUNDARY = "----zsic-soak";

		private final ByteArrayOutputStream body = new ByteArrayOutputStream();

		Form field(String name, String value) {
			return part("name=\"" + name + "\"", value.getBytes(StandardCharsets.UTF_8));
		}

		Form file(String name, String file, byte[] content) {
			return part("name=\"" + name + "\"; filename=\"" + file + "\"", content);
		}

		private Form part(String disposition, byte[] content) {
			this.body.writeBytes(("--" + BOUNDARY + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n")
				.getBytes(StandardCharsets.UTF_8));
			this.body.writeBytes(content);
			this.body.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
			return this;
		}

		String contentType() {
			return "multipart/form-data; boundary=" + BOUNDARY;
		}

		byte[] body() {
			byte[] end = ("--" + BOUNDARY + "--\r\n").getBytes(StandardCharsets.UTF_8);
			byte[] whole = Arrays.copyOf(this.body.toByteArray(), this.body.size() + end.length);
			System.arraycopy(end, 0, whole, this.body.size(), end.length);
			return whole;
		}

	}

}
