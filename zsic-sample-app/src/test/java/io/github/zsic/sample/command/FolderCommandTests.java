package io.github.zsic.sample.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import io.github.zsic.sample.SampleApplication;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/**
 * The command on the bundled checkpoint, in this process and in processes of its own.
 */
class FolderCommandTests {

	/** Whether this JVM can make files of such names; without a locale it cannot. */
	private static final boolean UNICODE = Charset.forName(System.getProperty("sun.jnu.encoding"))
		.newEncoder()
		.canEncode("ö\ud83e\udd89");

	@TempDir
	private Path temporary;

	private Path pictures;

	@BeforeEach
	void pictures() throws IOException {
		this.pictures = Files.createDirectory(this.temporary.resolve("pictures"));
		for (String example : List.of("owl", "bear", "car")) {
			Files.write(this.pictures.resolve(example + ".png"), example(example));
		}
	}

	@Test
	void classifiesAFolder() throws IOException {
		Files.write(this.pictures.resolve("an \"owl\", again.PNG"), example("owl"));
		Files.writeString(this.pictures.resolve("notes.txt"), "no picture");
		Files.writeString(this.pictures.resolve(".hidden.png"), "no picture");
		Files.createDirectory(this.pictures.resolve("folder.png"));
		Run run = run("--labels=owl,bear,car", "--top=2");
		assertThat(run.exitCode).as(run.err).isZero();
		List<String> lines = List.of(run.out.split("\r\n"));
		assertThat(lines).hasSize(5);
		assertThat(lines.get(0)).isEqualTo("file,label1,score1,label2,score2");
		assertThat(lines.get(1)).matches("\"an \"\"owl\"\", again.PNG\",owl,0\\.9\\d+,\\w+,[\\dE.-]+");
		assertThat(lines.get(2)).matches("bear.png,bear,0\\.\\d+,\\w+,[\\dE.-]+");
		assertThat(lines.get(3)).startsWith("car.png,car,");
		assertThat(lines.get(4)).startsWith("owl.png,owl,").endsWith(lines.get(1).substring(25));
		assertThat(run.err.lines()).hasSize(2);
		assertThat(run.err).startsWith("4 pictures in '" + this.pictures + "'; 1 other file left out")
			.contains("4 pictures classified in ");
	}

	@Test
	void writesJsonLinesOfSubfolders() throws IOException {
		String owl = UNICODE ? "sub/Möwen/\ud83e\udd89.png" : "sub/gulls/owl.png";
		Files.createDirectories(this.pictures.resolve(owl).getParent());
		Files.write(this.pictures.resolve(owl), example("owl"));
		Files.createDirectory(this.pictures.resolve(".git"));
		Files.write(this.pictures.resolve(".git/owl.png"), example("owl"));
		Path labels = Files.writeString(this.temporary.resolve("labels.txt"), "owl\nbear\n");
		Path output = this.temporary.resolve("out.jsonl");
		Run run = run("--labels-file=" + labels, "--recursive", "--scoring=cosine", "--threshold=-1",
				"--template=a picture of {}", "--output=" + output);
		assertThat(run.exitCode).as(run.err).isZero();
		assertThat(run.out).isEmpty();
		List<JsonNode> lines = Files.readString(output).lines().map(JsonMapper.shared()::readTree).toList();
		assertThat(lines).extracting((line) -> line.get("file").stringValue())
			.containsExactly("bear.png", "car.png", "owl.png", owl);
		assertThat(lines.get(3).at("/predictions/0/label").stringValue()).isEqualTo("owl");
		assertThat(lines.get(3).get("predictions")).isEqualTo(lines.get(2).get("predictions"));
		assertThat(lines.get(3).at("/predictions/0/score").floatValue()).isBetween(-1f, 1f);
		assertThat(lines.get(3).get("predictions")).hasSize(2);
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void reportsWhatCannotBeRead() throws IOException {
		byte[] owl = example("owl");
		Files.write(this.pictures.resolve("half.png"), Arrays.copyOf(owl, owl.length / 2));
		Files.writeString(this.pictures.resolve("te\u001b[31mxt.png"), "text");
		Files.createFile(this.pictures.resolve("empty.jpg"));
		Files.createSymbolicLink(this.pictures.resolve("gone.gif"), Path.of("nowhere"));
		Files.createSymbolicLink(this.pictures.resolve("loop.png"), Path.of("loop.png"));
		Path output = this.temporary.resolve("out.csv");
		Run run = run("--labels=owl,bear", "--output=" + output);
		assertThat(run.exitCode).isEqualTo(3);
		assertThat(Files.readString(output).split("\r\n")).hasSize(4);
		assertThat(run.err).contains("5 could not be read:")
			.contains("  The picture 'half.png' is damaged")
			.contains("  The picture 'te?[31mxt.png' is not a picture in a known format.")
			.contains("  The picture 'empty.jpg' is empty.")
			.contains("  The picture 'gone.gif' does not exist.")
			.contains("  The picture 'loop.png' cannot be read.")
			.contains("3 pictures classified in ")
			.doesNotContain("\u001b");
		// Those are tried again, the others are not.
		Files.write(this.pictures.resolve("half.png"), owl);
		Run second = run("--labels=owl,bear", "--output=" + output);
		assertThat(second.exitCode).isEqualTo(3);
		assertThat(second.err).contains("8 pictures in", "3 of them done before", "4 could not be read:",
				"1 picture classified");
		assertThat(Files.readString(output)).contains("half.png,owl,");
	}

	/** Names that are not UTF-8, which only a URI can name whatever the locale. */
	@Test
	@EnabledOnOs(OS.LINUX)
	void losesNoPictureForItsName() throws IOException {
		byte[] owl = example("owl");
		List<String> odd = List.of("x%FF.png", "x%25FF.png", "x%FE.png", "%FF%25FF.png", "%FF%2525FF.png");
		Files.write(odd(odd.get(0)), owl);
		Path output = this.temporary.resolve("out.csv");
		assertThat(run("--labels=owl,bear", "--top=1", "--output=" + output).err).contains("4 pictures classified");
		for (String name : odd) {
			Files.write(odd(name), owl);
		}
		assertThat(run("--labels=owl,bear", "--top=1", "--output=" + output).err).contains("8 pictures in",
				"4 of them done before", "4 pictures classified");
		assertThat(run("--labels=owl,bear", "--top=1", "--output=" + output).err).contains("8 of them done before",
				"0 pictures classified");
		assertThat(Files.readString(output)).contains("\n./x%FF.png,", "\nx%FF.png,", "\n./x%FE.png,",
				"\n./%FF%25FF.png,", "\n./%FF%2525FF.png,");
	}

	private Path odd(String name) {
		return Path.of(URI.create(this.pictures.toUri() + name));
	}

	@Test
	void scoresOtherLabelsWithoutThePictures() throws IOException {
		Path embeddings = this.temporary.resolve("pictures.embeddings");
		String plain = run("--labels=owl,bear").out;
		assertThat(run("--labels=owl,bear", "--embeddings=" + embeddings).out).isEqualTo(plain);
		String expected = run("--labels=car,owl,fox").out;
		// Of the same size and time, but no picture any more.
		Path owl = this.pictures.resolve("owl.png");
		FileTime time = Files.getLastModifiedTime(owl);
		Files.write(owl, new byte[(int) Files.size(owl)]);
		Files.setLastModifiedTime(owl, time);
		Run other = run("--labels=car,owl,fox", "--embeddings=" + embeddings);
		assertThat(other.exitCode).as(other.err).isZero();
		assertThat(other.out).isEqualTo(expected);
		// A picture that has changed is read.
		Files.setLastModifiedTime(owl, FileTime.fromMillis(time.toMillis() + 5000));
		assertThat(run("--labels=car,owl,fox", "--embeddings=" + embeddings).exitCode).isEqualTo(3);
		Files.write(owl, example("bear"));
		assertThat(run("--labels=owl,bear", "--top=1", "--embeddings=" + embeddings).out).contains("owl.png,bear,0.9");
	}

	/** More than the queue of a web application has places. */
	@Test
	void hasAPlaceForAllThatAreInWork() throws IOException {
		byte[] owl = example("owl");
		for (int i = 0; i < 600; i++) {
			Files.write(this.pictures.resolve("owl-" + i + ".png"), owl);
		}
		Run run = run("--labels=owl", "--parallel=600");
		assertThat(run.exitCode).as(run.err).isZero();
		assertThat(run.out.lines()).hasSize(604);
	}

	@Test
	void writesCsvThatIsSafeForSpreadsheets() throws IOException {
		for (String name : List.of("=1+1.png", "'=1+1.png", "-2.png", "'a.png")) {
			Files.write(this.pictures.resolve(name), example("owl"));
		}
		Path output = this.temporary.resolve("out.csv");
		String[] arguments = { "--labels=owl", "--labels=@fox", "--output=" + output, "--byte-order-mark" };
		assertThat(run(arguments).exitCode).isZero();
		byte[] whole = Files.readAllBytes(output);
		String text = new String(whole, StandardCharsets.UTF_8);
		assertThat(text).startsWith("\uFEFFfile,label1,")
			.contains("\r\n'=1+1.png,owl,", "\r\n''=1+1.png,owl,", "\r\n'-2.png,owl,", "\r\n'a.png,owl,", ",'@fox,");
		for (int length : List.of(1, 9)) {
			Files.write(output, Arrays.copyOf(whole, length));
			assertThat(run(arguments).exitCode).isZero();
			assertThat(Files.readAllBytes(output)).as("cut off after %d bytes", length).isEqualTo(whole);
		}
		// Without the option it goes on, too.
		assertThat(run("--labels=owl", "--labels=@fox", "--output=" + output).err).contains("0 pictures classified");
		assertThat(Files.readAllBytes(output)).isEqualTo(whole);
	}

	@Test
	void goesOnWhereverItWasCutOff() throws IOException {
		Files.write(this.pictures.resolve("an \"owl\",\r\nagain.png"), example("owl"));
		Path output = this.temporary.resolve("out.csv");
		run("--labels=owl,bear", "--output=" + output);
		byte[] whole = Files.readAllBytes(output);
		String text = new String(whole, StandardCharsets.UTF_8);
		// In the header, behind it, between quotes, behind a line, in the last one.
		for (int length : List.of(0, 7, text.indexOf("\"an"), text.indexOf("again"), text.indexOf("bear.png"),
				text.indexOf("car.png") + 3, whole.length - 1, whole.length)) {
			Files.write(output, Arrays.copyOf(whole, length));
			Run run = run("--labels=owl,bear", "--output=" + output);
			assertThat(run.exitCode).as(run.err).isZero();
			assertThat(Files.readAllBytes(output)).as("cut off after %d bytes", length).isEqualTo(whole);
		}
	}

	@Test
	void refusesToMix() throws IOException {
		Path output = this.temporary.resolve("out.csv");
		assertThat(run("--labels=owl,bear", "--output=" + output).exitCode).isZero();
		byte[] whole = Files.readAllBytes(output);
		assertRefused(output, "exists, but was made with other labels (2, now 2; the first that differs was 'bear' "
				+ "and is 'fox'). Name another file, or add --restart to replace it.", "--labels=owl,fox");
		assertRefused(output, "other templates, [This is a photo of {}.] and not [{}]", "--labels=owl,bear",
				"--template={}");
		assertRefused(output, "another scoring, auto and not cosine", "--labels=owl,bear", "--scoring=cosine");
		assertRefused(output, "another --top, 2 and not 1", "--labels=owl,bear", "--top=1");
		assertRefused(output, "another --threshold, null and not 0.1", "--labels=owl,bear", "--threshold=0.1");
		assertRefused(output, "another temperature, null and not 0.5", "--labels=owl,bear", "--zsic.temperature=0.5");
		assertRefused(output, "another zsic.text-canonicalization, null and not ", "--labels=owl,bear",
				"--zsic.text-canonicalization=full");
		assertThat(Files.readAllBytes(output)).isEqualTo(whole);
		assertThat(run("--labels=owl,fox", "--output=" + output, "--restart").exitCode).isZero();
		assertThat(Files.readString(output)).contains("fox").doesNotContain("bear,");
		Files.delete(this.temporary.resolve("out.csv.run"));
		assertRefused(output, "exists, and there is no 'out.csv.run' that tells how it was made", "--labels=owl,fox");
	}

	@Test
	void noticesAnotherModelUnderTheSameName() throws IOException {
		Path checkpoint = Files.createDirectory(this.temporary.resolve("checkpoint"));
		for (String file : List.of("config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json",
				"model.safetensors")) {
			Files.write(checkpoint.resolve(file),
					new ClassPathResource("zsic/emoji-clip/" + file).getContentAsByteArray());
		}
		Path output = this.temporary.resolve("out.jsonl");
		String[] arguments = { "--labels=owl,bear", "--output=" + output, "--zsic.checkpoint=" + checkpoint };
		assertThat(run(arguments).exitCode).isZero();
		assertThat(run(arguments).exitCode).isZero();
		assertRefused(output, "another model, '" + checkpoint + "' and not 'classpath:zsic/emoji-clip'",
				"--labels=owl,bear");
		Path settings = checkpoint.resolve("preprocessor_config.json");
		Files.writeString(settings,
				Files.readString(settings).replace("\"do_rescale\": true", "\"do_rescale\": false"));
		assertRefused(output, "another model: the files of '" + checkpoint + "' have changed", arguments);
	}

	@Test
	void refusesAFileThatWasChanged() throws IOException {
		Path output = this.temporary.resolve("out.jsonl");
		run("--labels=owl", "--output=" + output);
		Files.writeString(output, "# my notes\n" + Files.readString(output));
		assertRefused(output, "was changed since it was written", "--labels=owl");
	}

	@Test
	void tellsFailuresInOneLine() throws IOException {
		assertFailure(2, "There is no option '--lables'. Did you mean '--labels'?", "--lables=owl");
		assertFailure(2, "There is no property 'zsic.chekpoint'. Did you mean 'zsic.checkpoint'?", "--labels=owl",
				"--zsic.chekpoint=x");
		assertFailure(2, "There is no property 'zsic.something-else'. docs/spring-boot.md of zsic lists them.",
				"--labels=owl", "--zsic.something-else=x");
		assertFailure(2, "'--zsic.scoring' cannot be 'best': it is one of [auto, softmax, sigmoid, cosine, logits].",
				"--labels=owl", "--zsic.scoring=best");
		assertFailure(2, "'--zsic.precision' cannot be 'int9': it is one of [auto, float32, ", "--labels=owl",
				"--zsic.precision=int9");
		assertFailure(2, "'--zsic.temperature' cannot be 'hot': it is a number.", "--labels=owl",
				"--zsic.temperature=hot");
		assertFailure(2, "'--zsic.truncate' cannot be 'perhaps': it is true or false.", "--labels=owl",
				"--zsic.truncate=perhaps");
		assertFailure(2, "The template 'no place' has no place for the label", "--labels=owl", "--template=no place");
		assertFailure(2, "tokens, but the model reads at most", "--labels=" + "owl ".repeat(200));
		assertFailure(1, "Checkpoint '/none/such' cannot be used.", "--labels=owl", "--zsic.checkpoint=/none/such");
		try (Stream<Path> files = Files.list(this.pictures)) {
			for (Path file : files.toList()) {
				Files.delete(file);
			}
		}
		assertFailure(1, "There are no pictures in ", "--labels=owl");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			--zsic.startup=background | the model is always loaded first.
			--zsic.Startup=eager | the model is always loaded first.
			--zsic.enabled=true | there is always a classifier.
			--zsic.batch.queue-capacity=1 | use --parallel.
			--zsic.batch.queue-timeout=1s | pictures wait for as long as it takes.
			--zsic.top=1 | use --top.
			--zsic.threshold=0.5 | use --threshold.
			--zsic.thresholds[owl]=0.5 | use --threshold.
			--zsic.labels=owl | use --labels or --labels-file.
			--zsic.labels[0]=owl | use --labels or --labels-file.
			--zsic.maximumWait=1s | the model is always loaded first.
			--zsic.classifiers.other.checkpoint=x | there is one classifier, which --zsic.checkpoint names.
			--zsic.image.allow-urls=true | pictures come from the folder.
			--zsic.swap.unload-first=true | it is for an application that goes on running.
			--zsic.health.window=1m | it is for an application that goes on running.
			""")
	void refusesPropertiesWithoutEffect(String argument, String instead) {
		String name = argument.substring(0, argument.indexOf('='));
		assertFailure(2, "'" + name + "' has no effect on this command: " + instead, "--labels=owl", argument);
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void endsWhenNobodyReads() throws Exception {
		Process process = start("--top=1");
		process.getInputStream().close();
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(Files.readString(this.temporary.resolve("err"))).contains("Error: The results cannot be written: ")
			.doesNotContain("Exception");
		assertThat(process.exitValue()).isEqualTo(1);
	}

	/** As in a container, which has no locale. */
	@Test
	@DisabledOnOs(OS.WINDOWS)
	void needsNoLocale() throws Exception {
		assumeThat(UNICODE).isTrue();
		Files.write(this.pictures.resolve("Möwe \ud83e\udd89.png"), example("owl"));
		Process process = start("--top=1", "LC_ALL", "C");
		String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
		assertThat(process.exitValue()).as(Files.readString(this.temporary.resolve("err"))).isZero();
		assertThat(out).contains("Möwe \ud83e\udd89.png,owl,0.");
	}

	@Test
	void helps() {
		Run run = run("--help");
		assertThat(run.exitCode).isZero();
		assertThat(run.out).startsWith("Usage: ").contains("--labels-file=FILE");
		assertThat(run.err).isEmpty();
	}

	/**
	 * Killed, then interrupted, then let alone: every picture is there once.
	 */
	@Test
	@DisabledOnOs(OS.WINDOWS)
	void goesOnAfterItsProcessEnded() throws Exception {
		byte[] owl = example("owl");
		for (int i = 0; i < 1000; i++) {
			Files.write(this.pictures.resolve("owl-%04d.png".formatted(i)), owl);
		}
		Path output = this.temporary.resolve("out.csv");
		Process killed = start(output);
		awaitLines(killed, output, 10);
		killed.destroyForcibly().waitFor();
		long afterKill = lines(output);
		assertThat(afterKill).isLessThan(1000);

		Process interrupted = start(output);
		awaitLines(interrupted, output, afterKill + 10);
		boolean deaf = ignoresInterrupts();
		new ProcessBuilder("kill", deaf ? "-TERM" : "-INT", String.valueOf(interrupted.pid())).start().waitFor();
		assertThat(interrupted.waitFor(60, TimeUnit.SECONDS)).isTrue();
		String said = Files.readString(this.temporary.resolve("err"));
		assertThat(interrupted.exitValue()).as(said).isEqualTo(deaf ? 143 : 130);
		assertThat(said).contains("Interrupted. ", "The same command goes on where this one stopped.")
			.doesNotContain("Exception");
		assertThat(Files.readString(output)).endsWith("\r\n");

		try (ServerSocket port = new ServerSocket(0)) {
			// A web server would not start.
			Process last = start(output, "SERVER_PORT", String.valueOf(port.getLocalPort()));
			assertThat(last.waitFor(120, TimeUnit.SECONDS)).isTrue();
			assertThat(last.exitValue()).as(Files.readString(this.temporary.resolve("err"))).isZero();
		}
		List<String> names = Files.readString(output)
			.lines()
			.skip(1)
			.map((line) -> line.substring(0, line.indexOf(',')))
			.toList();
		assertThat(names).hasSize(1003).doesNotHaveDuplicates();
	}

	/** As what a shell runs in the background does, with all its children. */
	private static boolean ignoresInterrupts() throws IOException {
		Path status = Path.of("/proc/self/status");
		return Files.exists(status) && Files.readAllLines(status)
			.stream()
			.anyMatch((line) -> line.startsWith("SigIgn:")
					&& (Long.parseUnsignedLong(line.substring(7).trim(), 16) & 2) != 0);
	}

	private Process start(Path output, String... environment) throws IOException {
		return start("--output=" + output, environment);
	}

	private Process start(String argument, String... environment) throws IOException {
		ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-cp", System.getProperty("java.class.path"), SampleApplication.class.getName(),
				"--classify=" + this.pictures, "--labels=owl,bear", argument)
			.redirectError(this.temporary.resolve("err").toFile());
		for (int i = 0; i < environment.length; i += 2) {
			builder.environment().put(environment[i], environment[i + 1]);
		}
		return builder.start();
	}

	private void awaitLines(Process process, Path output, long number) throws Exception {
		long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
		while (lines(output) < number) {
			assertThat(process.isAlive()).as(Files.readString(this.temporary.resolve("err"))).isTrue();
			assertThat(System.nanoTime()).isLessThan(end);
			Thread.sleep(20);
		}
	}

	private static long lines(Path output) throws IOException {
		return Files.exists(output) ? Files.readString(output).lines().count() : 0;
	}

	private void assertRefused(Path output, String message, String... arguments) {
		List<String> all = new ArrayList<>(List.of(arguments));
		if (!all.contains("--output=" + output)) {
			all.add("--output=" + output);
		}
		assertFailure(2, message, all.toArray(String[]::new));
	}

	private void assertFailure(int exitCode, String message, String... arguments) {
		Run run = run(arguments);
		assertThat(run.exitCode).as(run.err).isEqualTo(exitCode);
		assertThat(run.out).isEmpty();
		assertThat(run.err).startsWith("Error: ").contains(message).doesNotContain("Exception");
		assertThat(run.err.lines()).hasSize(1);
	}

	private Run run(String... arguments) {
		List<String> all = new ArrayList<>(List.of("--classify=" + this.pictures));
		all.addAll(List.of(arguments));
		PrintStream out = System.out;
		PrintStream err = System.err;
		ByteArrayOutputStream capturedOut = new ByteArrayOutputStream();
		ByteArrayOutputStream capturedErr = new ByteArrayOutputStream();
		try {
			System.setOut(new PrintStream(capturedOut, true, StandardCharsets.UTF_8));
			System.setErr(new PrintStream(capturedErr, true, StandardCharsets.UTF_8));
			int exitCode = FolderCommand.run(all.toArray(String[]::new));
			return new Run(exitCode, capturedOut.toString(StandardCharsets.UTF_8),
					capturedErr.toString(StandardCharsets.UTF_8));
		}
		finally {
			System.setOut(out);
			System.setErr(err);
		}
	}

	private static byte[] example(String name) throws IOException {
		return new ClassPathResource("static/examples/" + name + ".png").getContentAsByteArray();
	}

	private record Run(int exitCode, String out, String err) {

	}

}
