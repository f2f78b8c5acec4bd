package io.github.zsic.sample;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Import;
import org.springframework.core.io.ClassPathResource;

/**
 * How the page looks in each of its states, on every screen and in both themes. Those of
 * a model that is not ready are in {@link PageModelTests}.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "zsic.device=cpu")
@Import(PageTests.SabotagedModel.class)
class PageStateTests {

	private Browser browser;

	@LocalServerPort
	private int port;

	@TempDir
	private Path folder;

	@BeforeEach
	void open() {
		this.browser = Browser.get();
		this.browser.open("http://localhost:" + this.port + "/");
	}

	@Test
	void withoutPicture() {
		this.browser.assertGood("empty");
		this.browser.click("#model summary");
		this.browser.click("#options summary");
		this.browser.assertGood("empty, all open");
		this.browser.driver().executeScript("document.body.classList.add('dragging')");
		this.browser.assertGood("dragging");
	}

	@Test
	void onePicture() {
		example("owl.png");
		this.browser.assertGood("one picture");
		for (String tab : List.of("java", "yaml")) {
			this.browser.click("#tab-" + tab);
			this.browser.assertGood("tab " + tab);
		}
		labels("owl");
		awaitBest("owl");
		this.browser.assertGood("a single label");
		this.browser.click("#options summary");
		this.browser.one("#threshold").sendKeys("1.5");
		awaitBest("None of these");
		this.browser.assertGood("none of these");
		this.browser.click("#clear-labels");
		awaitBest("Add a label to begin");
		this.browser.assertGood("no label");
	}

	@Test
	void whileTheServerComputes() {
		labels("owl", PageTests.SabotagedModel.HELD);
		try {
			this.browser.click("[data-example='owl.png']");
			awaitBest("Looking\u2026");
			this.browser.assertGood("computing");
		}
		finally {
			PageTests.SabotagedModel.release();
		}
		awaitBest("owl");
	}

	@Test
	void manyAndLongLabels() {
		example("owl.png");
		labels(Stream.concat(Stream.of("owl"), IntStream.range(0, 300).mapToObj((i) -> "thing " + i))
			.toArray(String[]::new));
		this.browser.await("more are there", () -> this.browser.text("#more-bars").equals("Show all 301"));
		awaitBest("owl");
		this.browser.assertGood("many labels");
		this.browser.click("#more-bars");
		this.browser.assertGood("many labels, all shown");
		labels("owl", "very ".repeat(100).strip() + " long owl", "bear",
				"Donaudampfschifffahrtsgesellschaftskapit\u00e4nsm\u00fctzenabzeichenfabrik",
				"a picture of a snowy owl that sits on the branch of an old oak tree in winter");
		this.browser.await("one is marked", () -> this.browser.all(".chip.refused").size() == 1);
		this.browser.await("there are scores", () -> this.browser.all("#bars .bar").size() == 4);
		this.browser.assertGood("long labels");
		labels("very ".repeat(100).strip() + " long owl");
		awaitProblem("The label 'very very");
		this.browser.assertGood("only a label that is too long");
	}

	@Test
	void severalPictures() throws IOException {
		List<Path> pictures = new ArrayList<>();
		byte[] owl = bytes("owl.png");
		pictures.add(Files.write(this.folder.resolve("half.png"), Arrays.copyOf(owl, owl.length / 2)));
		pictures.add(Files.writeString(this.folder.resolve("scan.tif"), "no picture"));
		pictures.add(Files.write(this.folder.resolve("a very long name ".repeat(9) + "x".repeat(60) + ".png"), owl));
		for (int i = 0; i < 17; i++) {
			pictures.add(Files.write(this.folder.resolve("cat " + i + ".png"), bytes("cat.png")));
		}
		labels("owl", "Donaudampfschifffahrtsgesellschaftskapit\u00e4n", "cat");
		this.browser.choose(pictures.toArray(Path[]::new));
		this.browser.await("all are done", () -> this.browser.text("#all-count").equals("20"));
		awaitProblem("'half.png' is damaged");
		this.browser.assertGood("several pictures, a damaged one");
		this.browser.all("#rows .row-picture").get(1).click();
		awaitProblem("'scan.tif' is not a picture in a known format");
		this.browser.assertGood("several pictures, none on the stage");
		this.browser.all("#rows .row-picture").get(2).click();
		awaitBest("owl");
		this.browser.all(".chip-label").get(1).click();
		this.browser.assertGood("several pictures, label being edited");
	}

	@Test
	void problems() throws IOException {
		byte[] large = Arrays.copyOf(bytes("owl.png"), 17 * 1024 * 1024);
		this.browser.choose(Files.write(this.folder.resolve("large.png"), large));
		awaitProblem("too large");
		this.browser.assertGood("too large");
		this.browser.click("#remove-picture");
		example("owl.png");
		this.browser.click("#options summary");
		this.browser.one("#threshold").sendKeys("high");
		awaitProblem("'threshold' must be a number");
		this.browser.assertGood("wrong option");
		this.browser.click("#options-form [type=reset]");
		awaitBest("owl");
		labels("owl", PageTests.SabotagedModel.FAILING);
		awaitProblem("The server failed");
		this.browser.assertGood("the server failed");
		labels("owl", "bear");
		awaitBest("owl");
		this.browser.offline(true);
		try {
			this.browser.click("#new-label");
			this.browser.press("penguin", Keys.ENTER);
			this.browser.await("it says so", () -> this.browser.text("#banner").contains("cannot be reached"));
			this.browser.assertGood("the server is gone");
		}
		finally {
			this.browser.offline(false);
		}
		awaitBest("owl");
		Path gone = Files.write(this.folder.resolve("gone.png"), bytes("owl.png"));
		this.browser.click("#clear-labels");
		this.browser.choose(gone);
		this.browser.await("it is shown", () -> this.browser.text("#file-name").equals("gone.png"));
		Files.delete(gone);
		labels("owl", "cat");
		awaitProblem("gone.png is empty or a folder");
		this.browser.assertGood("a file that is gone");
	}

	private void example(String name) {
		this.browser.click("[data-example='" + name + "']");
		this.browser.await("there are scores",
				() -> this.browser.one("#timings").isDisplayed() && this.browser.all("#verdict.busy").isEmpty());
	}

	private void labels(String... labels) {
		this.browser.driver().executeScript("document.querySelector('#clear-labels').click()");
		this.browser.one("#new-label").sendKeys(String.join(",", labels) + Keys.ENTER);
	}

	private void awaitBest(String label) {
		this.browser.await("the best is " + label, () -> this.browser.text("#best-label").equals(label));
	}

	private void awaitProblem(String text) {
		this.browser.await("it tells: " + text, () -> this.browser.text("#problem").contains(text));
	}

	private static byte[] bytes(String example) throws IOException {
		return new ClassPathResource("static/examples/" + example).getContentAsByteArray();
	}

}
