package io.github.zsic.sample.command;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.zsic.CustomImageDecoder;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationResult;
import io.github.zsic.evaluation.LabelledPictures;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The command on the bundled checkpoint.
 */
class EvaluateCommandTests {

	@TempDir
	private Path temporary;

	private Path pictures;

	@BeforeEach
	void pictures() throws IOException {
		this.pictures = this.temporary.resolve("pictures");
		for (String example : List.of("bear", "car", "cat", "owl", "tree", "bike")) {
			picture(example + "/" + example + ".png", example);
		}
	}

	@Test
	void tellsHowGoodTheModelIs() throws IOException {
		picture("tree/no tree.png", "bike");
		Files.writeString(this.pictures.resolve("owl/notes.txt"), "no picture");
		Path report = this.temporary.resolve("report.html");
		Path json = this.temporary.resolve("report.json");
		Run run = run("--evaluate=" + this.pictures, "--report=" + report, "--json=" + json, "--minimum-top1=0.8");
		assertThat(run.exitCode).as(run.err).isZero();
		assertThat(run.err).contains("8 pictures of 6 labels in '" + this.pictures + "'", "1 could not be read:",
				"  The picture 'owl/notes.txt' is not a picture in a known format.",
				"7 pictures with a label classified in ");
		assertThat(run.out).contains("top-1          0.8571  (95 % interval 0.5", "top-5          ",
				"mean recall    0.9167", "mistake        'tree' taken for 'bike': 1");
		JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
		assertThat(figures.get("top1").doubleValue()).isEqualTo(6 / 7.0);
		assertThat(figures.get("top5").doubleValue()).isBetween(6 / 7.0, 1.0);
		assertThat(figures.get("count").intValue()).isEqualTo(7);
		assertThat(figures.get("labels").valueStream().map((label) -> label.get("label").stringValue()))
			.containsExactly("bear", "bike", "car", "cat", "owl", "tree");
		JsonNode tree = figures.at("/labels/5");
		assertThat(tree.get("recall").doubleValue()).isEqualTo(0.5);
		assertThat(tree.get("precision").doubleValue()).isEqualTo(1);
		assertThat(tree.get("f1").doubleValue()).isEqualTo(2 / 3.0);
		assertThat(tree.get("count").intValue()).isEqualTo(2);
		assertThat(figures.at("/confusion/5").toString()).isEqualTo("[0,1,0,0,0,1]");
		assertThat(Files.readString(report)).contains("<strong>85.7\u00A0%</strong> of 7 pictures of 6 labels")
			.contains("<bdi>tree</bdi> taken for <bdi>bike</bdi>: 1 picture")
			.contains("<img src=\"data:image/jpeg;base64,");
		// Below the minimum, with the labels in a file, and something that is none of
		// them.
		Path csv = Files.writeString(this.temporary.resolve("labels.csv"), """
				file,label
				bear/bear.png,owl
				owl/owl.png,owl
				cat/cat.png,cat
				tree/tree.png,_none
				""");
		run = run("--evaluate=" + this.pictures, "--csv=" + csv, "--json=" + json, "--minimum-top1=0.7",
				"--threshold=1.5", "--template=a drawing of a {}", "--scoring=logits");
		assertThat(run.exitCode).as(run.err).isEqualTo(1);
		assertThat(run.err).contains("Top-1 is 0.6667, below the minimum of 0.7.");
		assertThat(run.out).contains("none of these");
		figures = JsonMapper.shared().readTree(Files.readString(json));
		assertThat(figures.get("templates").toString()).isEqualTo("[\"a drawing of a {}\"]");
		assertThat(figures.get("scoring").stringValue()).isEqualTo("logits");
		assertThat(figures.at("/none/count").intValue()).isEqualTo(1);
		assertThat(figures.get("calibration").isNull()).isTrue();
	}

	@Test
	void calibratesAndCompares() throws IOException {
		picture("tree/no tree.png", "bike");
		Run run = run("--evaluate=" + this.pictures, "--calibrate=0.99", "--compare=classpath:zsic/emoji-clip");
		assertThat(run.exitCode).as(run.err).isZero();
		assertThat(run.out)
			.contains("top-1          0.8571", "zsic:\n  temperature: 0.".replace("\n", System.lineSeparator()))
			.containsPattern(
					"  threshold: 0\\.\\d+ # 1\\.0000 of the answers are right, 0\\.\\d+ of the pictures answered")
			.contains("compared       0.8571  classpath:zsic/emoji-clip")
			.contains("right only before: 0, only here: 0; p = 1.0000 (McNemar)");
	}

	@Test
	void comparesTemplates() throws IOException {
		picture("tree/no tree.png", "bike");
		Path report = this.temporary.resolve("report.html");
		Path json = this.temporary.resolve("report.json");
		Run run = run("--evaluate=" + this.pictures, "--template=drawing", "--compare-template=a photo of a {}",
				"--compare-template={}, at night", "--compare=classpath:zsic/emoji-clip", "--report=" + report,
				"--json=" + json);
		assertThat(run.exitCode).as(run.err).isZero();
		assertThat(run.err).contains("2 templates compared in ");
		JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
		assertThat(figures.get("templates").toString()).isEqualTo("[\"drawing\"]");
		JsonNode comparisons = figures.get("comparisons");
		assertThat(comparisons.valueStream().map((other) -> other.get("templates").toString()))
			.containsExactly("[\"a photo of a {}\"]", "[\"{}, at night\"]", "[\"drawing\"]");
		String page = Files.readString(report);
		for (JsonNode comparison : comparisons) {
			int different = comparison.get("onlyFirst").intValue() + comparison.get("onlySecond").intValue();
			assertThat(comparison.get("both").intValue() + different + comparison.get("neither").intValue())
				.isEqualTo(7);
			String line = "right only before: %d, only here: %d; p = %.4f (McNemar)".formatted(
					comparison.get("onlyFirst").intValue(), comparison.get("onlySecond").intValue(),
					comparison.get("pValue").doubleValue());
			assertThat(run.out).contains(line);
			assertThat(page)
				.contains("<td>%d</td><td>%d</td><td>%.4f</td>".formatted(comparison.get("onlyFirst").intValue(),
						comparison.get("onlySecond").intValue(), comparison.get("pValue").doubleValue()));
		}
		assertThat(run.out).containsPattern("compared       0\\.\\d{4}  a photo of a \\{\\}")
			.containsPattern("compared       0\\.\\d{4}  classpath:zsic/emoji-clip");
		assertThat(page).contains("<th scope=\"row\"><bdi>{}, at night</bdi></th>");
	}

	@Test
	void picturesAreDecodedOnceForAllTemplates() {
		AtomicInteger decoded = new AtomicInteger();
		CustomImageDecoder decoder = (bytes) -> {
			decoded.incrementAndGet();
			return null;
		};
		try (ZeroShotClassifier classifier = ZeroShotClassifier.builder()
			.checkpoint("classpath:zsic/emoji-clip")
			.device("cpu")
			.imageDecoders(List.of(decoder))
			.build()) {
			LabelledPictures pictures = LabelledPictures.in(this.pictures);
			LabelledPictures embedded = Evaluation.with(classifier).embed(pictures);
			assertThat(decoded.get()).isEqualTo(6);
			long texts = classifier.statistics().encodedTexts();
			for (String template : List.of("a {}", "one {}", "some {}")) {
				List<String> templates = List.of(template);
				EvaluationResult result = Evaluation.with(classifier).templates(templates).run(embedded);
				assertThat(decoded.get()).isEqualTo(6);
				assertThat(result.answers())
					.isEqualTo(Evaluation.with(classifier).templates(templates).run(pictures).answers());
				decoded.set(6);
			}
			assertThat(classifier.statistics().encodedTexts()).isEqualTo(texts + 3 * 6);
		}
	}

	@Test
	void printsLinesForTheConfiguration() throws IOException {
		String owl = "\"Owl\" [2], at Night:";
		Files.delete(this.pictures.resolve("owl/owl.png"));
		Files.delete(this.pictures.resolve("owl"));
		// So many that 95 % of all answers are right, whatever the order of their scores.
		for (int i = 0; i < 80; i++) {
			picture(owl + "/" + i + ".png", "owl");
			picture("tree/" + i + ".png", "tree");
		}
		for (int i = 0; i < 20; i++) {
			picture("bike/" + i + ".png", "bike");
		}
		for (int i = 0; i < 4; i++) {
			picture("tree/bike" + i + ".png", "bike");
			picture("a]b/" + i + ".png", "car");
		}
		Run run = run("--evaluate=" + this.pictures, "--calibrate=0.95");
		assertThat(run.exitCode).as(run.err).isZero();
		String lines = run.out.substring(run.out.indexOf("zsic:"));
		// Of the 25 answers "bike" with the same score four are wrong.
		assertThat(lines).contains("    \"[tree]\": ", " # 1.0000 of the 81 answers that reach it are right",
				"  # without their own: 5 labels, for which no threshold is high enough that 20 answers reach");
		ZsicProperties properties = bind(lines);
		assertThat(properties.getThresholds()).containsOnlyKeys(owl, "tree");
		assertThat(properties.getTop()).isEqualTo(1);
		assertThat(properties.getThreshold()).as(lines).isPositive();
		// Measured with them, the application's own configuration taken as arguments.
		Path json = this.temporary.resolve("report.json");
		float strict = Math.nextUp(properties.getThresholds().get(owl));
		run = run("--evaluate=" + this.pictures, "--json=" + json, "--zsic.temperature=" + properties.getTemperature(),
				"--zsic.scoring=softmax", "--zsic.threshold=" + properties.getThreshold(),
				"--zsic.thresholds[" + owl + "]=" + strict,
				"--zsic.thresholds[tree]=" + properties.getThresholds().get("tree"));
		assertThat(run.exitCode).as(run.err).isZero();
		JsonNode figures = JsonMapper.shared().readTree(Files.readString(json));
		assertThat(figures.get("thresholds").size()).isEqualTo(2);
		assertThat(figures.get("thresholds").get(owl).floatValue()).isEqualTo(strict);
		assertThat(figures.get("threshold").floatValue()).isEqualTo(properties.getThreshold());
		for (JsonNode label : figures.get("labels")) {
			switch (label.get("label").stringValue()) {
				// The pictures that are all alike do not reach it any more.
				case "\"Owl\" [2], at Night:" -> assertThat(label.get("rejected").intValue()).isEqualTo(80);
				case "tree" -> assertThat(label.get("correct").intValue()).isEqualTo(81);
				default -> {
				}
			}
		}
	}

	private static ZsicProperties bind(String lines) throws IOException {
		List<PropertySource<?>> sources = new YamlPropertySourceLoader().load("printed",
				new ByteArrayResource(lines.getBytes(StandardCharsets.UTF_8)));
		return new Binder(ConfigurationPropertySources.from(sources)).bind("zsic", ZsicProperties.class).get();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`',
			textBlock = """
					--evaluate=                                   | '--evaluate' has no value; write --evaluate=…
					--evaluate=FOLDER/missing                     | The folder 'FOLDER/missing' cannot be read: it does not exist.
					--evaluate=FOLDER/owl/owl.png                 | cannot be read: it is no folder.
					--evaluate=FOLDER/owl                         | The folder 'FOLDER/owl' has no subfolders.
					--evaluate=FOLDER/../one                      | has only one label, 'owl'.
					--evaluate=FOLDER/../none                     | There are no pictures.
					--evaluate=FOLDER --csv=FOLDER/labels.csv     | The file 'FOLDER/labels.csv' cannot be read: it does not exist.
					--evaluate=FOLDER --rapport=x.html            | There is no option '--rapport'. Did you mean '--report'?
					--evaluate=FOLDER --labels=owl,bear           | There is no option '--labels'.
					--evaluate=FOLDER --classify=FOLDER           | '--classify' and '--evaluate' are two commands; give one of them.
					--evaluate=FOLDER --report=FOLDER/no/x.html   | There is no folder 'FOLDER/no' to write 'FOLDER/no/x.html' to; make it first.
					--evaluate=FOLDER --json=FOLDER/owl           | 'FOLDER/owl' is a folder; '--json' takes a file.
					--evaluate=FOLDER --json=x --report=./x       | '--report' and '--json' name the same file.
					--evaluate=FOLDER --minimum-top1=60           | '--minimum-top1' is a number from 0 to 1 such as 0.6, not '60'.
					--evaluate=FOLDER --calibrate=no              | '--calibrate' is a number from 0 to 1 such as 0.6, not 'no'.
					--evaluate=FOLDER --calibrate=1 --scoring=auto | '--calibrate' is for softmax; leave out '--scoring'.
					--evaluate=FOLDER --threshold=high            | '--threshold' is a number such as 0.5, not 'high'.
					--evaluate=FOLDER --zsic.threshold=0.3 --compare=x | '--zsic.threshold' has no effect on this command: use --threshold.
					--evaluate=FOLDER --zsic.threshold=0.3 --calibrate=0.6 | '--zsic.threshold' has no effect on this command: use --threshold.
					--evaluate=FOLDER --zsic.threshold=0.3 --compare-template=x{} | '--zsic.threshold' has no effect on this command: use --threshold.
					--evaluate=FOLDER --zsic.thresholds[owl]=1 --threshold=1 | '--zsic.thresholds[owl]' has no effect on this command: use --threshold.
					--evaluate=FOLDER --compare-template=photograph | photograph
					--evaluate=FOLDER --zsic.chekpoint=x          | There is no property 'zsic.chekpoint'
					--evaluate=FOLDER --zsic.top=3                | '--zsic.top' has no effect on this command: the figures are of the best label and of the best five.
					--evaluate=FOLDER --zsic.labels=owl           | '--zsic.labels' has no effect on this command: the names of the subfolders are the labels, or use --csv.
					--evaluate=FOLDER --zsic.batch.queue-capacity=9 | '--zsic.batch.queue-capacity' has no effect on this command: it follows from the number of processors.
					--evaluate=FOLDER --zsic.checkpoint=FOLDER    | The classifier cannot be started.
					--evalute=FOLDER                              | There is no option '--evalute'. Did you mean '--evaluate'?
					""")
	void mistakesAreOneLine(String arguments, String message) throws IOException {
		Files.createDirectories(this.temporary.resolve("one/owl"));
		Files.createDirectories(this.temporary.resolve("none/owl"));
		Files.createDirectories(this.temporary.resolve("none/bear"));
		String folder = this.pictures.toString();
		Run run = run(arguments.replace("FOLDER", folder).split(" "));
		assertThat(run.exitCode).as(run.err).isEqualTo(2);
		assertThat(run.out).isEmpty();
		assertThat(run.err.lines().filter((line) -> line.startsWith("Error: "))).singleElement()
			.asString()
			.contains(message.replace("FOLDER", folder));
		assertThat(run.err.lines().filter((line) -> line.startsWith("\tat"))).isEmpty();
	}

	@Test
	void helpIsThere() {
		assertThat(run("--evaluate", "--help").out).startsWith("Usage: java -jar zsic-sample-app.jar --evaluate=FOLDER")
			.contains("--minimum-top1=SHARE");
		assertThat(run("--evaluate=x", "-h").exitCode).isZero();
		assertThat(run("--help").out).contains("--evaluate --help");
	}

	private void picture(String name, String example) throws IOException {
		Path file = this.pictures.resolve(name);
		Files.createDirectories(file.getParent());
		Files.write(file, new ClassPathResource("static/examples/" + example + ".png").getContentAsByteArray());
	}

	private static Run run(String... arguments) {
		PrintStream out = System.out;
		PrintStream err = System.err;
		ByteArrayOutputStream capturedOut = new ByteArrayOutputStream();
		ByteArrayOutputStream capturedErr = new ByteArrayOutputStream();
		try {
			System.setOut(new PrintStream(capturedOut, true, StandardCharsets.UTF_8));
			System.setErr(new PrintStream(capturedErr, true, StandardCharsets.UTF_8));
			int exitCode = FolderCommand.run(arguments);
			return new Run(exitCode, capturedOut.toString(StandardCharsets.UTF_8),
					capturedErr.toString(StandardCharsets.UTF_8));
		}
		finally {
			System.setOut(out);
			System.setErr(err);
		}
	}

	private record Run(int exitCode, String out, String err) {

	}

}
