package io.github.zsic.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationReport;
import io.github.zsic.evaluation.LabelledPictures;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.logging.LogType;

import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The report of {@code --evaluate} in a browser.
 */
class EvaluationReportPageTests {

	@TempDir
	private Path folder;

	private Browser browser;

	/** For the classifier the longest label is the best. */
	@BeforeEach
	void openReport() throws IOException {
		this.browser = Browser.get();
		for (String label : List.of("owl", "bear & wolf", "a rather long label in the middle", "car", "_none")) {
			Path file = this.folder.resolve(label).resolve("owl.png");
			Files.createDirectories(file.getParent());
			Files.write(file, new ClassPathResource("static/examples/owl.png").getContentAsByteArray());
		}
		Files.writeString(this.folder.resolve("owl/text.png"), "no picture");
		Path report = this.folder.resolve("report.html");
		Files.writeString(report, EvaluationReport
			.html(Evaluation.with(new FakeZeroShotClassifier()).run(LabelledPictures.in(this.folder))));
		this.browser.driver().get("about:blank");
		this.browser.driver().manage().logs().get(LogType.BROWSER);
		this.browser.driver().get(report.toUri().toString());
	}

	@Test
	void everyoneCanReadIt() {
		for (String scheme : List.of("light", "dark")) {
			this.browser.media(scheme);
			for (int width : List.of(375, 1440)) {
				this.browser.width(width);
				assertThat(this.browser.accessibilityViolations()).as(scheme + " " + width).isEmpty();
				assertThat((Boolean) this.browser.driver()
					.executeScript("return document.documentElement.scrollWidth <= window.innerWidth")).isTrue();
			}
		}
		assertThat(this.browser.complaints()).isEmpty();
	}

	@Test
	void labelsAreSorted() {
		assertThat(this.browser.texts(".sortable tbody th")).containsExactly("a rather long label in the middle",
				"bear & wolf", "car", "owl");
		this.browser.click(".sortable thead th:nth-child(3) button");
		assertThat(this.browser.texts(".sortable tbody th")).last().isEqualTo("a rather long label in the middle");
		this.browser.click(".sortable thead th:nth-child(3) button");
		assertThat(this.browser.texts(".sortable tbody th")).first().isEqualTo("a rather long label in the middle");
		assertThat(this.browser.one(".sortable thead th:nth-child(3)").getDomAttribute("aria-sort"))
			.isEqualTo("descending");
		assertThat(this.browser.all(".pictures img")).isNotEmpty();
		assertThat((Long) this.browser.driver()
			.executeScript("return document.querySelector('.pictures img').naturalWidth")).isEqualTo(192);
	}

}
