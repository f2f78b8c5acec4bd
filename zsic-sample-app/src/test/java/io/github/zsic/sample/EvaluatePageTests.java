package io.github.zsic.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.evaluation.Evaluation;
import io.github.zsic.evaluation.EvaluationResult;
import io.github.zsic.evaluation.LabelledPictures;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * The page that evaluates, in a browser, on the application with its bundled checkpoint.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "zsic.device=cpu")
class EvaluatePageTests {

	private static final String NO_COMPLAINT = "none";

	private Browser browser;

	@LocalServerPort
	private int port;

	@Autowired
	private ZeroShotClassifier classifier;

	@TempDir
	private Path folder;

	private Path pictures;

	/** What a test expects the browser to complain about: answers that are errors. */
	private String expectedComplaint = NO_COMPLAINT;

	@BeforeEach
	void open() throws IOException {
		this.pictures = Files.createDirectory(this.folder.resolve("my pictures"));
		for (String example : List.of("bear", "car", "cat", "owl", "tree", "bike")) {
			picture(example + "/" + example + ".png", example);
		}
		// One that looks like another label, one that is none, and what does not count.
		picture("tree/deep/no tree.png", "bike");
		picture("_none/car.png", "car");
		picture("beside.png", "owl");
		picture(".hidden/owl.png", "owl");
		this.browser = Browser.get();
		this.browser.open("http://localhost:" + this.port + "/evaluate.html");
	}

	@AfterEach
	void nothingWentWrongUnnoticed() {
		if (this.browser != null) {
			assertThat(this.browser.complaints())
				.allSatisfy((complaint) -> assertThat(complaint).matches(this.expectedComplaint));
		}
	}

	@Test
	void figuresOfAFolderThatIsChosenAreThoseOfTheCommand() throws IOException {
		this.browser.saveTo(this.folder);
		this.browser.choose(this.pictures);
		awaitReport();
		assertThat(this.browser.focused()).isEqualTo("report-title");
		JsonNode report = JsonMapper.shared().readTree(save());
		EvaluationResult expected = Evaluation.of(this.classifier, LabelledPictures.in(this.pictures));
		assertThat(report.get("count").longValue()).isEqualTo(expected.count()).isEqualTo(7);
		assertThat(report.get("top1").doubleValue()).isEqualTo(expected.top1().value(), within(1e-12));
		assertThat(report.get("top5").doubleValue()).isEqualTo(expected.top5().value(), within(1e-12));
		assertThat(report.get("meanRecall").doubleValue()).isEqualTo(expected.meanRecall().value(), within(1e-12));
		assertThat(report.get("none").get("count").longValue()).isEqualTo(1);
		List<EvaluationResult.LabelResult> labels = new ArrayList<>();
		for (JsonNode label : report.get("labels")) {
			labels.add(new EvaluationResult.LabelResult(label.get("label").stringValue(),
					label.get("count").longValue(), label.get("answered").longValue(), label.get("correct").longValue(),
					label.get("rejected").longValue()));
			EvaluationResult.LabelResult last = labels.get(labels.size() - 1);
			assertThat(label.get("recall").doubleValue()).isEqualTo(last.recall());
			assertThat(label.get("precision").doubleValue()).isEqualTo(last.precision());
			assertThat(label.get("f1").doubleValue()).isEqualTo(last.f1());
		}
		assertThat(labels).isEqualTo(expected.labels());
		assertThat(report.at("/confusedPairs/0/examples/0/file").stringValue()).isEqualTo("tree/deep/no tree.png");
		assertThat(report.get("checkpoint").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(this.browser.text("#report-title")).contains("Right for 85.7", "of 7 pictures");
		assertThat(this.browser.texts("#by-label th")).containsExactly("bear", "bike", "car", "cat", "owl", "tree");
		assertThat(this.browser.text("#mistakes")).contains("tree taken for bike: 1 picture");
		assertThat((Long) this.browser.driver()
			.executeScript("return document.querySelector('#mistakes img').naturalWidth")).isPositive();
		assertThat(this.browser.text("#figures")).contains("0 of 1");
	}

	@Test
	void aFolderIsDropped() {
		this.browser.drop("h1", this.pictures);
		awaitReport();
		assertThat(this.browser.text("#report-title")).contains("of 7 pictures");
		// So are the folders of labels.
		this.browser.drop("h1", this.pictures.resolve("owl"), this.pictures.resolve("car"));
		this.browser.await("the second report is there",
				() -> this.browser.text("#report-title").contains("of 2 pictures"));
		assertThat(this.browser.text("#report-note")).contains("2 labels", "These are few pictures");
	}

	@Test
	void settingsAreThoseOfTheForm() {
		this.browser.one("#threshold").sendKeys("0,999999");
		this.browser.one("#template").sendKeys("a drawing of a {}");
		this.browser.choose(this.pictures);
		awaitReport();
		EvaluationResult expected = Evaluation.with(this.classifier)
			.templates(List.of("a drawing of a {}"))
			.threshold(0.999999f)
			.run(LabelledPictures.in(this.pictures));
		assertThat(expected.none().labelledRejected()).isPositive();
		assertThat(this.browser.text("#figures")).contains(expected.none().labelledRejected() + " of 7",
				expected.none().rejected() + " of 1");
		this.browser.one("#threshold").clear();
		this.browser.click("#again");
		this.browser.await("nothing is rejected any more", () -> this.browser.text("#figures").contains("0 of 1")
				&& this.browser.text("#figures").contains("0 of 7"));
	}

	@Test
	void whatIsWrongIsToldOnThePage() throws IOException {
		this.browser.choose(this.pictures.resolve("owl"));
		awaitProblem("There is only one label, 'owl'");
		this.browser.drop("h1", this.pictures.resolve("beside.png"));
		awaitProblem("There must be one subfolder for each label");
		this.expectedComplaint = "(?s).*Failed to load.*";
		this.browser.one("#template").sendKeys("no place");
		this.browser.choose(this.pictures);
		awaitProblem("no place");
		assertThat(this.browser.one("#report").isDisplayed()).isFalse();
		this.browser.one("#template").clear();
		Files.writeString(this.pictures.resolve("owl/notes.txt"), "no picture");
		this.browser.choose(this.pictures);
		awaitReport();
		assertThat(this.browser.text("#unread")).contains("owl/notes.txt: ").contains("not a picture");
		assertThat(this.browser.text("#report-title")).contains("of 7 pictures");
	}

	@Test
	void everyoneCanUseIt() {
		for (String scheme : List.of("light", "dark")) {
			this.browser.media(scheme);
			for (int width : List.of(375, 1440)) {
				this.browser.width(width);
				assertUsable(scheme + " " + width);
			}
		}
		this.browser.choose(this.pictures);
		awaitReport();
		for (String scheme : List.of("light", "dark")) {
			this.browser.media(scheme);
			for (int width : List.of(375, 1440)) {
				this.browser.width(width);
				assertUsable("report, " + scheme + " " + width);
			}
		}
	}

	@Test
	void isFoundFromTheOtherPage() {
		this.browser.open("http://localhost:" + this.port + "/");
		this.browser.click("nav a[href='evaluate.html']");
		this.browser.await("the page is there", () -> !this.browser.all("#choose-hint").isEmpty());
		this.browser.click("nav a[href='./']");
		this.browser.await("the other page is there", () -> !this.browser.all("#chips").isEmpty());
	}

	private void assertUsable(String state) {
		assertThat(this.browser.accessibilityViolations()).as(state).isEmpty();
		assertThat((Boolean) this.browser.driver()
			.executeScript("return document.documentElement.scrollWidth <= window.innerWidth")).as(state).isTrue();
	}

	private String save() {
		this.browser.click("#save-json");
		return this.browser.saved(this.folder.resolve("evaluation.json"));
	}

	private void awaitReport() {
		this.browser.await("the report is there", () -> this.browser.one("#report").isDisplayed());
	}

	private void awaitProblem(String text) {
		this.browser.await("the page says: " + text, () -> this.browser.text("#problem").contains(text));
	}

	private void picture(String name, String example) throws IOException {
		Path file = this.pictures.resolve(name);
		Files.createDirectories(file.getParent());
		Files.write(file, new ClassPathResource("static/examples/" + example + ".png").getContentAsByteArray());
	}

}
