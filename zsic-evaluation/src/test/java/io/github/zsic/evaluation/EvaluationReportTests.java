package io.github.zsic.evaluation;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.imageio.ImageIO;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import static io.github.zsic.evaluation.EvaluationAssertions.assertThatClassifier;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The page, and assertions.
 */
class EvaluationReportTests {

	private static final String HOSTILE = "<script>alert('x')</script>\"&\u0007\u202e";

	private final ScriptedClassifier classifier = new ScriptedClassifier();

	@TempDir
	private Path folder;

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void whatStrangersWroteIsText() throws IOException {
		String file = HOSTILE.replace("/", "\\") + ".png";
		EvaluationResult result = run(
				List.of("\"" + HOSTILE.replace("\"", "\"\"") + "\",\"" + file.replace("\"", "\"\"") + "\"",
						"b,damaged</li>.png", "b,b.png"),
				file);
		String html = EvaluationReport.html(result);
		assertThat(html).contains("<bdi>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\uFFFD\u202e</bdi>")
			.contains("damaged&lt;/li&gt;.png")
			.doesNotContain("<script>alert")
			.doesNotContain("\u0007");
		assertThat(html.split("<script>")).hasSize(2);
	}

	@Test
	void fetchesNothing() throws IOException {
		String html = EvaluationReport.html(run(List.of("a,a.png", "b,b.png"), "a.png"));
		assertThat(html).contains("default-src 'none'; img-src data:; style-src 'sha256-");
		Matcher addresses = Pattern.compile("(?:src|href|url\\()[=\"']*([^\"'> ]{0,5})").matcher(html);
		List<String> found = new ArrayList<>();
		while (addresses.find()) {
			found.add(addresses.group(1));
		}
		assertThat(found).isNotEmpty().allMatch((address) -> address.startsWith("data:") || address.isEmpty());
		assertThat(html).doesNotContain("http://").doesNotContain("https://").doesNotContain("@import");
	}

	@Test
	void mistakesAreShownWithTheirPictures() throws IOException {
		ImageIO.write(new BufferedImage(500, 300, BufferedImage.TYPE_INT_RGB), "png",
				this.folder.resolve("a.png").toFile());
		String html = EvaluationReport.html(run(List.of("a,a.png", "a,gone.png", "b,b.png"), "a.png", "gone.png"));
		assertThat(html).contains("<bdi>a</bdi> taken for <bdi>b</bdi>: 2 pictures")
			.contains("<img src=\"data:image/jpeg;base64,")
			.contains("alt=\"A picture with the label a\"")
			.contains("no preview");
		assertThat(html.length()).isLessThan(40_000);
	}

	@Test
	void allRightIsNoProof() throws IOException {
		String html = EvaluationReport.html(run(List.of("a,a.png", "b,b.png"), "a.png"));
		assertThat(html).contains("There are few pictures");
		this.classifier.put("a.png", 1, 0);
		this.classifier.put("b.png", 0, 1);
		html = EvaluationReport.html(Evaluation.of(this.classifier, pictures(List.of("a,a.png", "b,b.png"))));
		assertThat(html)
			.contains("a model that is right for 22.4\u00A0% would have all of 2 pictures right once in twenty");
	}

	@Test
	void manyLabelsHaveAMatrixOfTheWorst() throws IOException {
		List<String> rows = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			rows.add("label%02d,%d.png".formatted(i, i));
			float[] scores = new float[60];
			scores[(i == 57) ? 12 : i] = 1;
			this.classifier.put(i + ".png", scores);
		}
		String html = EvaluationReport.html(Evaluation.of(this.classifier, pictures(rows)));
		assertThat(html).contains("of the 25 labels of 60 with most mistakes")
			.contains("<bdi>label57</bdi> taken for <bdi>label12</bdi>: 1 picture")
			.contains("<th scope=\"col\"><span><bdi>label57</bdi></span></th>")
			.doesNotContain("<th scope=\"col\"><span><bdi>label59</bdi></span></th>");
	}

	@Test
	void assertionsNameTheMistakes() throws IOException {
		LabelledPictures pictures = pictures(List.of("a,a.png", "b,b.png", "b,gone.png"));
		this.classifier.put("a.png", 0, 1);
		this.classifier.put("b.png", 0, 1);
		assertThatClassifier(this.classifier).on(pictures)
			.hasTop1Above(0.4)
			.hasTop5Above(0.9)
			.hasMeanRecallAbove(0.4)
			.hasRecallAbove("b", 0.9)
			.hasPrecisionAbove("b", 0.4);
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatClassifier(this.classifier).on(pictures).hasTop1Above(0.5))
			.withMessageContaining("The top-1 of 2 pictures should be above 0.5 but is 0.5000.")
			.withMessageContaining("'a' taken for 'b': 1, such as a.png");
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> assertThatClassifier(this.classifier).on(pictures).hasReadAllPictures())
			.withMessageContaining("1 pictures could not be read. The first: The picture 'gone.png' is damaged.");
		Files.createDirectory(this.folder.resolve("a"));
		assertThatExceptionOfType(EvaluationException.class)
			.isThrownBy(() -> assertThatClassifier(this.classifier).on(this.folder))
			.withMessageContaining("only one label");
	}

	/** Answers the named pictures with the second label, and b.png rightly. */
	private EvaluationResult run(List<String> rows, String... wrong) throws IOException {
		LabelledPictures pictures = pictures(rows);
		for (String name : wrong) {
			this.classifier.put(name, 0.25f, 0.75f);
			if (!pictures.labels().get(1).equals("b")) {
				this.classifier.put(name, 0.75f, 0.25f);
			}
		}
		this.classifier.put("b.png", 0.5f, 0.5f);
		return Evaluation.of(this.classifier, pictures);
	}

	private LabelledPictures pictures(List<String> rows) throws IOException {
		Path csv = this.folder.resolve("labels.csv");
		Files.writeString(csv, "label,file\n" + String.join("\n", rows));
		return LabelledPictures.csv(csv, this.folder);
	}

}
