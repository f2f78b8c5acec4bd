package io.github.zsic.sample;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.InferenceException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ModelDecorator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page as its users meet it: in a browser, on the application with its bundled
 * checkpoint.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "zsic.device=cpu")
class PageTests {

	private static final String FAILED = "(?s).*Failed to load.*";

	private Browser browser;

	@LocalServerPort
	private int port;

	@TempDir
	private Path folder;

	/** What a test expects the browser to complain about: answers that are errors. */
	private String expectedComplaint = "none";

	@BeforeEach
	void open() {
		this.browser = Browser.get();
		this.browser.open(address());
	}

	@AfterEach
	void nothingWentWrongUnnoticed() {
		if (this.browser != null) {
			assertThat(this.browser.complaints())
				.allSatisfy((complaint) -> assertThat(complaint).matches(this.expectedComplaint));
		}
	}

	private String address() {
		return "http://localhost:" + this.port + "/";
	}

	@Test
	void saysWhatTheModelIsAndWhatItIsNotFor() {
		assertThat(this.browser.text("#drawings-only")).contains("drawings, not photographs")
			.contains("zsic.checkpoint")
			.contains("openai/clip-vit-base-patch32");
		assertThat(this.browser.text("#model summary")).contains("emoji-clip").contains("cpu").contains("ready");
		this.browser.click("#model summary");
		assertThat(this.browser.text("#model-facts")).contains("classpath:zsic/emoji-clip")
			.contains("Revision")
			.contains("float32")
			.contains("ready");
		this.browser.press(Keys.ESCAPE);
		assertThat(this.browser.one("#model-facts").isDisplayed()).isFalse();
		assertThat(this.browser.texts("#bars .bar-name")).containsExactly("fox", "bear", "seagull", "owl");
		assertThat(this.browser.texts("#bars .bar-score")).containsOnly("");
	}

	@Test
	void classifiesExample() {
		tryExample("owl.png");
		assertThat(this.browser.text("#best-label")).isEqualTo("owl");
		assertShowsWhatTheServerAnswers(example("owl.png"), "fox", "bear", "seagull", "owl");
		assertThat(this.browser.text("#timing-list")).containsPattern("decode\\s+[\\d.]+.ms")
			.containsPattern("picture\\s+[\\d.]+.ms")
			.containsPattern("labels\\s+[\\d.]+.ms")
			.containsPattern("score\\s+[\\d.]+.ms")
			.containsPattern("round trip\\s+[\\d.]+.ms");
		tryExample("tree.png");
		awaitBest("tree");
		assertThat(labels()).containsExactly("tree", "car", "bike", "cat");
	}

	@Test
	void classifiesPictureThatIsDropped() throws IOException {
		Path picture = picture("cat.png", "my cat.png");
		setLabels("dog", "cat", "house");
		this.browser.drop("#stage", picture);
		awaitBest("cat");
		assertThat(this.browser.text("#file-name")).isEqualTo("my cat.png");
		assertShowsWhatTheServerAnswers(Files.readAllBytes(picture), "dog", "cat", "house");
	}

	@Test
	void classifiesPictureThatIsDroppedBesideTheStage() throws IOException {
		this.browser.drop("h1", picture("bear.png", "bear.png"));
		awaitBest("bear");
		assertThat(this.browser.driver().getCurrentUrl()).startsWith(address());
	}

	@Test
	void classifiesPictureAndLabelsThatArePasted() {
		assertThat(this.browser.async("const picture = await (await fetch('examples/tree.png')).blob();"
				+ "await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]); return 'copied';"))
			.isEqualTo("copied");
		this.browser.pressWith(Keys.CONTROL, "v");
		this.browser.await("the picture is there", () -> this.browser.text("#file-name").equals("pasted-1.png"));
		this.browser.click("#clear-labels");
		clipboard("[\"tree\", \"car\",\n \"red fox\"]");
		this.browser.pressWith(Keys.CONTROL, "v");
		assertThat(labels()).containsExactly("tree", "car", "red fox");
		this.browser.click("#new-label");
		clipboard("- bicycle\n- caf\u00e9\r\n- \u732b\tbicycle,");
		this.browser.pressWith(Keys.CONTROL, "v");
		assertThat(labels()).containsExactly("tree", "car", "red fox", "bicycle", "caf\u00e9", "\u732b");
		awaitBars("bicycle", "caf\u00e9", "car", "red fox", "tree", "\u732b");
		awaitBest("tree");
		this.browser.one("h1").click();
		clipboard("airplane; with wings");
		this.browser.pressWith(Keys.CONTROL, "v");
		assertThat(labels()).contains("airplane; with wings").hasSize(7);
	}

	@Test
	void scoresWhileLabelsAreTyped() {
		tryExample("tree.png");
		this.browser.click("#clear-labels");
		assertThat(this.browser.text("#best-label")).isEqualTo("Add a label to begin");
		this.browser.press("house");
		awaitBest("house");
		assertThat(labels()).isEmpty();
		assertThat(this.browser.text("#verdict-note")).contains("A single label gets everything");
		this.browser.press(",tre");
		awaitBars("house", "tre");
		this.browser.press("e");
		awaitBest("tree");
		this.browser.press(Keys.ENTER);
		assertThat(labels()).containsExactly("house", "tree");
		assertThat(this.browser.one("#new-label").getDomProperty("value")).isEmpty();
		assertShowsWhatTheServerAnswers(example("tree.png"), "house", "tree");
	}

	@Test
	void editsLabel() {
		tryExample("owl.png");
		this.browser.all(".chip-label").get(3).click();
		this.browser.press("snowy owl");
		awaitBars("bear", "fox", "seagull", "snowy owl");
		this.browser.press(Keys.ESCAPE);
		awaitBars("bear", "fox", "owl", "seagull");
		this.browser.all(".chip-label").get(3).click();
		this.browser.press("eagle, penguin", Keys.ENTER);
		awaitBars("bear", "eagle", "fox", "penguin", "seagull");
		assertThat(labels()).containsExactly("fox", "bear", "seagull", "eagle", "penguin");
		this.browser.all(".chip-remove").get(0).click();
		awaitBars("bear", "eagle", "penguin", "seagull");
		assertShowsWhatTheServerAnswers(example("owl.png"), "bear", "seagull", "eagle", "penguin");
	}

	@Test
	void keepsLabelsOfTheUserWhenAnExampleIsTried() {
		setLabels("penguin", "cat");
		tryExample("cat.png");
		awaitBest("cat");
		assertThat(labels()).containsExactly("penguin", "cat");
	}

	@Test
	void showsTheLatestAnswerOnly() {
		setLabels("owl", SabotagedModel.SLOW);
		tryExampleWithoutWaiting("owl.png");
		this.browser.await("the server computes", () -> SabotagedModel.sleeping);
		this.browser.all(".chip-remove").get(1).click();
		this.browser.click("#new-label");
		this.browser.press("cat", Keys.ENTER);
		awaitBars("cat", "owl");
		this.browser.await("the server has done", () -> !SabotagedModel.sleeping);
		assertThat(this.browser.texts("#bars .bar-name")).containsExactly("owl", "cat");
	}

	@Test
	void scoresAsTheOptionsSay() {
		tryExample("owl.png");
		this.browser.click("#options summary");
		this.browser.click("label:has([value=cosine])");
		this.browser.await("scores are cosines", () -> this.browser.text("#best-score").matches("0\\.\\d{3}"));
		assertThat(this.browser.text("#options-now")).isEqualTo("cosine");
		this.browser.click("label:has([value=softmax])");
		this.browser.one("#templates").sendKeys("an emoji of {}\na drawing of {}");
		this.browser.await("the summary is up to date",
				() -> this.browser.text("#options-now").equals("softmax \u00b7 ensemble of 2 templates"));
		this.browser.one("#top").sendKeys("2");
		this.browser.await("two are left", () -> this.browser.all("#bars .bar").size() == 2);
		this.browser.one("#threshold").sendKeys("1.5");
		awaitBest("None of these");
		assertThat(this.browser.text("#verdict-note")).contains("threshold of 1.5");
		this.browser.click("#options-form [type=reset]");
		awaitBest("owl");
		assertThat(this.browser.text("#options-now")).isEqualTo("auto");
		assertShowsWhatTheServerAnswers(example("owl.png"), "fox", "bear", "seagull", "owl");
	}

	@Test
	void tellsWhatIsWrongWithOptions() {
		this.expectedComplaint = FAILED + "400.*";
		tryExample("owl.png");
		this.browser.click("#options summary");
		this.browser.one("#threshold").sendKeys("high");
		awaitProblem("'threshold' must be a number such as 0.5, not 'high'");
		this.browser.one("#threshold").clear();
		this.browser.one("#threshold").sendKeys("0,2");
		awaitBars("owl");
		this.browser.one("#templates").sendKeys("no place");
		this.browser.press(Keys.TAB);
		awaitProblem("The template 'no place' has no place for the label");
	}

	@Test
	void comparesSeveralPicturesAndSavesThem() throws IOException {
		this.browser.saveTo(this.folder);
		Path broken = Files.writeString(this.folder.resolve("broken.png"), "no picture");
		this.expectedComplaint = FAILED + "415.*";
		setLabels("=tree", "@owl", "tr\u00e8s \"petit\" house", "\u732b cat");
		this.browser.drop("#stage", picture("owl.png", "=owl.png"), broken);
		this.browser.choose(picture("tree.png", "arbre \u6728.png"));
		this.browser.await("all are done", () -> this.browser.text("#all-count").equals("3"));
		assertThat(this.browser.texts("#rows .row-picture > span:last-child")).containsExactly("=owl.png", "broken.png",
				"arbre \u6728.png");
		assertThat(this.browser.texts("#rows .best-cell")).containsExactly("@owl", "=tree");
		assertThat(this.browser.text("#rows .failure")).contains("'broken.png' is not a picture in a known format");

		this.browser.click("#save-csv");
		List<String> lines = this.browser.saved(this.folder.resolve("zsic-scores.csv")).lines().toList();
		assertThat(lines).hasSize(4);
		assertThat(lines.get(0)).isEqualTo(
				"\ufeffpicture,best,\"'=tree\",\"'@owl\",\"tr\u00e8s \"\"petit\"\" house\"," + "\u732b cat,problem");
		assertThat(lines.get(1)).matches("\"'=owl.png\",\"'@owl\",[\\d.e-]+,0\\.\\d+,[\\d.e-]+,[\\d.e-]+,");
		assertThat(lines.get(2)).startsWith("broken.png,,,,,,\"The picture 'broken.png' is not");
		assertThat(lines.get(3)).startsWith("arbre \u6728.png,\"'=tree\",");

		this.browser.click("#save-json");
		JsonNode saved = JsonMapper.shared().readTree(this.browser.saved(this.folder.resolve("zsic-scores.json")));
		assertThat(saved.get("checkpoint").stringValue()).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(saved.at("/labels/3").stringValue()).isEqualTo("\u732b cat");
		assertThat(saved.at("/images/0/name").stringValue()).isEqualTo("=owl.png");
		assertThat(saved.at("/images/0/predictions/0/label").stringValue()).isEqualTo("@owl");
		assertThat(saved.at("/images/1/problem").stringValue()).contains("not a picture");

		this.browser.all("#rows .row-picture").get(2).click();
		awaitBest("=tree");
		assertThat(this.browser.focused()).isEqualTo("arbre \u6728.png");
		assertThat(this.browser.text("#file-name")).isEqualTo("arbre \u6728.png");
		this.browser.click("#remove-picture");
		this.browser.await("two are left", () -> this.browser.text("#all-count").equals("2"));
		this.browser.click("#clear-pictures");
		assertThat(this.browser.text("#invitation")).contains("Drop a picture here");
		assertThat(this.browser.one("#all").isDisplayed()).isFalse();
	}

	@Test
	void triesAllExamplesAtOnce() {
		this.browser.click("#example-row .every");
		this.browser.await("all are done", () -> this.browser.text("#all-count").equals("6"));
		assertThat(this.browser.texts("#rows .best-cell")).containsExactly("owl", "bear", "tree", "car", "bike", "cat");
	}

	@Test
	void tellsOfPictureThatCannotBeRead() throws IOException {
		this.expectedComplaint = FAILED + "415.*";
		this.browser.choose(Files.writeString(this.folder.resolve("notes.txt"), "<b>bold</b>"));
		awaitProblem("The picture 'notes.txt' is not a picture in a known format");
		assertThat(this.browser.text("#no-preview")).contains("No preview");
		assertThat(this.browser.one("#best").isDisplayed()).isFalse();
		this.browser.choose(picture("owl.png", "owl.png"));
		awaitBest("owl");
		assertThat(this.browser.one("#problem").isDisplayed()).isFalse();
	}

	@Test
	void tellsOfFileThatIsGone() throws IOException {
		this.browser.click("#clear-labels");
		Path picture = picture("owl.png", "owl.png");
		this.browser.choose(picture);
		this.browser.await("it is shown", () -> this.browser.text("#file-name").equals("owl.png"));
		Files.delete(picture);
		setLabels("owl", "cat");
		awaitProblem("owl.png is empty or a folder, or was changed or removed after it was chosen.");
	}

	/** By the model, which counts tokens, and by the server, which counts characters. */
	@Test
	void leavesOutALabelThatIsTooLong() {
		this.expectedComplaint = FAILED + "4(00|22).*";
		String tooLong = "very ".repeat(100).strip() + " long owl";
		String tooLongForTheServer = "x".repeat(1001);
		setLabels("owl", tooLong, "bear", tooLongForTheServer);
		tryExampleWithoutWaiting("owl.png");
		awaitBest("owl");
		this.browser.await("both are marked", () -> this.browser.all(".chip.refused").size() == 2);
		assertThat(this.browser.texts("#bars .bar-name")).containsExactly("owl", "bear");
		assertThat(this.browser.text(".chip.refused")).contains("left out");
		assertThat(this.browser.text("#labels-refused")).startsWith("2 labels left out, too long for the model: ")
			.contains("tokens, but the model reads at most", "1001 characters; at most 1000 are allowed")
			.doesNotContain("xxx");
		for (String scheme : List.of("light", "dark")) {
			this.browser.media(scheme);
			assertThat(this.browser.accessibilityViolations()).as(scheme).isEmpty();
		}
		setLabels("owl", "cat");
		awaitBest("owl");
		assertThat(this.browser.all(".chip.refused")).isEmpty();
		assertThat(this.browser.one("#labels-refused").isDisplayed()).isFalse();
	}

	@Test
	void scrollsThroughManyLabels() {
		tryExample("owl.png");
		setLabels(Stream.concat(Stream.of("owl"), IntStream.range(0, 300).mapToObj((i) -> "thing " + i))
			.toArray(String[]::new));
		awaitBest("owl");
		this.browser.await("more are there", () -> this.browser.text("#more-bars").equals("Show all 301"));
		this.browser.click("#more-bars");
		assertThat(this.browser.all("#bars .bar")).hasSize(301);
		assertThat(this.browser.one("#bars").getSize().getHeight()).isLessThan(600);
		assertThat(this.browser.accessibilityViolations()).isEmpty();
		this.browser.click("#more-bars");
		assertThat(this.browser.all("#bars .bar")).hasSize(10);
	}

	@Test
	void tellsOfPictureThatIsTooLarge() throws IOException {
		this.expectedComplaint = FAILED + "413.*";
		byte[] large = new byte[17 * 1024 * 1024];
		byte[] picture = example("owl.png");
		System.arraycopy(picture, 0, large, 0, picture.length);
		this.browser.choose(Files.write(this.folder.resolve("large.png"), large));
		awaitProblem("too large");
	}

	@Test
	void tellsOfFailureOfTheServerAndRecovers() {
		this.expectedComplaint = FAILED + "500.*";
		setLabels("owl", SabotagedModel.FAILING);
		tryExampleWithoutWaiting("owl.png");
		awaitProblem("The server failed");
		assertThat(this.browser.text("#problem")).doesNotContain(SabotagedModel.SECRET);
		this.browser.all(".chip-remove").get(1).click();
		awaitBest("owl");
	}

	@Test
	void goesOnWhenTheServerIsBack() {
		this.expectedComplaint = FAILED + "ERR_INTERNET_DISCONNECTED.*";
		tryExample("owl.png");
		this.browser.offline(true);
		try {
			this.browser.click("#new-label");
			this.browser.press("penguin", Keys.ENTER);
			this.browser.await("it says so", () -> this.browser.text("#banner").contains("cannot be reached"));
			assertThat(this.browser.text("#model-state")).contains("no connection");
		}
		finally {
			this.browser.offline(false);
		}
		awaitBars("bear", "fox", "owl", "penguin", "seagull");
		assertThat(this.browser.one("#banner").isDisplayed()).isFalse();
	}

	@Test
	void keepsWhatIsOnScreenInTheAddress() {
		setLabels("a & b", "50 % #1", "\u732b", "drawing of an owl");
		tryExample("owl.png");
		this.browser.click("#options summary");
		this.browser.one("#templates").sendKeys("{} + more\nan emoji of {}");
		this.browser.click("label:has([value=sigmoid])");
		this.browser.await("the address has all",
				() -> this.browser.driver().getCurrentUrl().contains("scoring=sigmoid"));
		List<String> bars = this.browser.texts("#bars .bar-name");
		this.browser.reload();
		awaitBest("drawing of an owl");
		assertThat(labels()).containsExactly("a & b", "50 % #1", "\u732b", "drawing of an owl");
		assertThat(this.browser.one("#templates").getDomProperty("value")).isEqualTo("{} + more\nan emoji of {}");
		assertThat(this.browser.one("input[value=sigmoid]").isSelected()).isTrue();
		this.browser.await("the same is on screen", () -> this.browser.texts("#bars .bar-name").equals(bars));
	}

	@Test
	void showsTheBestOfManyLabelsAtFirst() {
		tryExample("owl.png");
		clipboard(String.join("\n", Stream.iterate(1, (i) -> i + 1).limit(120).map((i) -> "thing " + i).toList()));
		this.browser.one("#new-label").sendKeys(Keys.CONTROL, "v");
		assertThat(this.browser.text("#label-count")).isEqualTo("124");
		this.browser.await("there are more", () -> this.browser.text("#more-bars").equals("Show all 124"));
		awaitBest("owl");
		assertThat(this.browser.all("#bars .bar")).hasSize(10);
		this.browser.click("#more-bars");
		assertThat(this.browser.all("#bars .bar")).hasSize(124);
		assertThat(this.browser.one("#chip-box").getRect().height).isLessThan(300);
		assertThat(this.browser.accessibilityViolations()).isEmpty();
	}

	@Test
	void isUsedByKeyboardAlone() {
		List<String> order = new ArrayList<>();
		do {
			this.browser.press(Keys.TAB);
			order.add(this.browser.focused());
		}
		while (!this.browser.focused().equals("code-panel") && order.size() < 50);
		assertThat(order).containsExactly("Classify", "Evaluate", "emoji-clip cpu \u00b7 ready", "choose", "", "", "",
				"", "", "", "Try all of these at once", "copy-labels", "clear-labels", "fox, edit", "new-label",
				"Scoring and templates auto", "tab-curl", "copy-code", "code-panel");

		this.browser.driver().executeScript("document.querySelector('#choose').focus()");
		this.browser.press(Keys.TAB, Keys.ENTER);
		awaitBest("owl");
		this.browser.driver().executeScript("document.querySelector('#clear-labels').focus()");
		this.browser.press(Keys.TAB);
		assertThat(this.browser.focused()).isEqualTo("fox, edit");
		this.browser.press(Keys.ARROW_RIGHT, Keys.DELETE);
		assertThat(this.browser.focused()).isEqualTo("seagull, edit");
		awaitBars("fox", "owl", "seagull");
		this.browser.await("it is announced",
				() -> this.browser.one("#announcer").getDomProperty("textContent").contains("owl"));
		this.browser.press(Keys.HOME, Keys.ENTER);
		assertThat(this.browser.focused()).isEqualTo("Edit fox");
		this.browser.press("cat", Keys.ENTER);
		assertThat(this.browser.focused()).isEqualTo("cat, edit");
		this.browser.press(Keys.END, Keys.ARROW_RIGHT);
		assertThat(this.browser.focused()).isEqualTo("new-label");
		this.browser.press("barn owl", Keys.ENTER, Keys.BACK_SPACE);
		assertThat(this.browser.focused()).isEqualTo("barn owl, edit");
		this.browser.press(Keys.BACK_SPACE);
		awaitBars("cat", "owl", "seagull");
		assertThat(this.browser.focused()).isEqualTo("owl, edit");
		this.browser.press(Keys.TAB, Keys.TAB, Keys.ENTER, Keys.TAB, Keys.ARROW_RIGHT);
		assertThat(this.browser.one("input[value=softmax]").isSelected()).isTrue();
		this.browser.driver().executeScript("document.querySelector('#tab-curl').focus()");
		this.browser.press(Keys.ARROW_LEFT);
		assertThat(this.browser.focused()).isEqualTo("tab-yaml");
		assertThat(this.browser.text("#code")).startsWith("zsic:");
	}

	@ParameterizedTest
	@ValueSource(ints = { 320, 375, 768, 1440 })
	void fitsTheScreen(int width) throws IOException {
		this.browser.width(width);
		setLabels("owl", "Donaudampfschifffahrtsgesellschaftskapit\u00e4nsm\u00fctzenabzeichenfabrik");
		this.browser.choose(picture("owl.png", "x".repeat(120) + ".png"), picture("cat.png", "cat.png"));
		this.browser.await("all are done", () -> this.browser.text("#all-count").equals("2"));
		this.browser.click("#options summary");
		this.browser.click("#model summary");
		Number overflow = (Number) this.browser.driver()
			.executeScript("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
		assertThat(overflow.intValue()).isZero();
	}

	private void tryExample(String name) {
		tryExampleWithoutWaiting(name);
		this.browser.await("there are scores",
				() -> this.browser.one("#timings").isDisplayed() && this.browser.all("#verdict.busy").isEmpty());
	}

	private void tryExampleWithoutWaiting(String name) {
		this.browser.click("[data-example='" + name + "']");
	}

	private void setLabels(String... labels) {
		if (!labels().isEmpty()) {
			this.browser.click("#clear-labels");
		}
		this.browser.click("#new-label");
		this.browser.press(String.join(",", labels), Keys.ENTER);
		assertThat(labels()).containsExactly(labels);
	}

	private List<String> labels() {
		return this.browser.texts(".chip-label");
	}

	private void awaitBest(String label) {
		this.browser.await("the best is " + label, () -> this.browser.text("#best-label").equals(label));
	}

	private void awaitBars(String... labels) {
		this.browser.await("there are scores of " + List.of(labels),
				() -> this.browser.texts("#bars .bar-name").stream().sorted().toList().equals(List.of(labels))
						&& this.browser.all("#verdict.busy").isEmpty());
	}

	private void awaitProblem(String text) {
		this.browser.await("it tells: " + text, () -> this.browser.text("#problem").contains(text));
	}

	private void clipboard(String text) {
		assertThat(this.browser.async("await navigator.clipboard.writeText(arguments[0]); return 'copied';", text))
			.isEqualTo("copied");
	}

	private Path picture(String example, String name) throws IOException {
		return Files.write(this.folder.resolve(name), example(example));
	}

	private static byte[] example(String name) {
		try {
			return new ClassPathResource("static/examples/" + name).getContentAsByteArray();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Asks the server the same without the page.
	 */
	private void assertShowsWhatTheServerAnswers(byte[] picture, String... labels) {
		HttpContract.Form form = new HttpContract.Form().file("image", "picture", picture)
			.field("labels", String.join(",", labels));
		HttpRequest request = HttpRequest.newBuilder(URI.create(address() + "api/classify"))
			.header("Content-Type", form.contentType())
			.POST(BodyPublishers.ofByteArray(form.body()))
			.build();
		JsonNode predictions;
		try {
			predictions = HttpContract.assertOk(HttpClient.newHttpClient().send(request, BodyHandlers.ofString()))
				.at("/images/0/predictions");
		}
		catch (IOException | InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
		List<String> expected = new ArrayList<>();
		for (JsonNode prediction : predictions) {
			double percent = prediction.get("score").doubleValue() * 100;
			expected.add(prediction.get("label").stringValue() + " "
					+ ((percent < 0.01) ? "<\u20090.01\u2009%" : "%.2f\u2009%%".formatted(percent)));
		}
		this.browser.await(() -> "it shows " + expected + " as the server answers, not " + this.browser.texts(".bar"),
				() -> this.browser.texts("#bars .bar").equals(expected));
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class SabotagedModel {

		static final String SLOW = "!slow";

		static final String FAILING = "!failing";

		static final String SECRET = "libtorch ran out of luck";

		/** A model that has this label answers when it is told to. */
		static final String HELD = "!held";

		private static final CountDownLatch held = new CountDownLatch(1);

		static volatile boolean sleeping;

		static void release() {
			held.countDown();
		}

		/**
		 * Certain labels make the model fail, or think for a second.
		 */
		@Bean
		ModelDecorator sabotage() {
			return (name, model) -> (ZeroShotClassifier) Proxy.newProxyInstance(getClass().getClassLoader(),
					new Class<?>[] { ZeroShotClassifier.class }, (proxy, method, arguments) -> {
						if (method.getName().equals("classify")
								&& arguments[0] instanceof ClassificationRequest request) {
							sabotage(request);
						}
						try {
							return method.invoke(model, arguments);
						}
						catch (InvocationTargetException ex) {
							throw ex.getCause();
						}
					});
		}

		private static void sabotage(ClassificationRequest request) throws InterruptedException {
			if (request.labels().contains(FAILING)) {
				throw new InferenceException(SECRET, "Try again.");
			}
			if (request.labels().contains(HELD)) {
				held.await(60, TimeUnit.SECONDS);
			}
			if (request.labels().contains(SLOW)) {
				sleeping = true;
				Thread.sleep(1000);
				sleeping = false;
			}
		}

	}

}
