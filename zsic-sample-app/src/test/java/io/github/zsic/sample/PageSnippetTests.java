package io.github.zsic.sample;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import javax.tools.ToolProvider;

import io.github.zsic.Classification;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.ClassPathResource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * What the page offers to copy runs as it is and answers what the page shows, whatever is
 * in names and labels.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, properties = "zsic.device=cpu")
class PageSnippetTests {

	/** Each would be read as something else by a shell, by curl, or by Java. */
	private static final List<String> LABELS = List.of("an owl", "it's a \"car\"", "@file", "<file;type=text/html",
			"$(reboot) `id` $HOME", "back\\slash \\u0022", "\u732b caf\u00e9 \ud83e\udd89", "-x", "100 %d {}");

	private static final List<String> TEMPLATES = List.of("a drawing of {}", "\"it's\" ${{user.home}} {}");

	@Autowired
	private ZeroShotClassifier classifier;

	@LocalServerPort
	private int port;

	@TempDir
	private Path folder;

	private Browser browser;

	@BeforeEach
	void open() {
		this.browser = Browser.get();
		this.browser.open("http://localhost:" + this.port + "/");
		this.browser.click("#clear-labels");
		this.browser.press(String.join(",", LABELS), Keys.ENTER);
		this.browser.click("#options summary");
		this.browser.one("#templates").sendKeys(String.join("\n", TEMPLATES));
		this.browser.click("label:has([value=softmax])");
		this.browser.one("#threshold").sendKeys("0.001");
		this.browser.one("#top").sendKeys("5");
	}

	@Test
	void commandRuns() throws Exception {
		choose("it's a \"snowy\" owl; really, \\ $1.png", "owl.png");
		choose("-cat.png", "cat.png");
		assertAnswersWhatThePageShows(run(copy("tab-curl")));
	}

	@Test
	void commandFetchesExample() throws Exception {
		this.browser.click("[data-example='owl.png']");
		awaitScores();
		assertAnswersWhatThePageShows(run(copy("tab-curl")));
	}

	@Test
	void javaRuns() throws Exception {
		String name = "\"snowy\" owl \u732b.png";
		choose(name, "owl.png");
		// The program would be started in the folder of the pictures.
		String code = copy("tab-java").replace("Path.of(\"", "Path.of(\"" + this.folder + "/");
		Path source = Files.writeString(this.folder.resolve("Pictures.java"), code);
		String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
		assertThat(ToolProvider.getSystemJavaCompiler()
			.run(null, null, null, "-Werror", "-Xlint:all,-processing,-path", "-proc:none", "-encoding", "UTF-8",
					"-classpath", classPath, "-d", this.folder.toString(), source.toString()))
			.isZero();
		try (URLClassLoader loader = new URLClassLoader(new URL[] { this.folder.toUri().toURL() },
				getClass().getClassLoader())) {
			Class<?> pictures = loader.loadClass("Pictures");
			Constructor<?> constructor = pictures.getDeclaredConstructor(ZeroShotClassifier.class);
			Method classify = pictures.getDeclaredMethod("classify");
			constructor.setAccessible(true);
			classify.setAccessible(true);
			List<?> results = (List<?>) classify.invoke(constructor.newInstance(this.classifier));
			assertThat(results).singleElement()
				.satisfies((result) -> assertThat(
						((Classification) result).predictions().stream().map(Prediction::label).toList())
					.isEqualTo(labelsOnScreen()));
		}
	}

	@Test
	void configurationIsRead() throws Exception {
		awaitAddress();
		String yaml = copy("tab-yaml");
		StandardEnvironment environment = new StandardEnvironment();
		new YamlPropertySourceLoader().load("snippet", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
			.forEach(environment.getPropertySources()::addFirst);
		assertThat(environment.getProperty("zsic.checkpoint")).isEqualTo("classpath:zsic/emoji-clip");
		assertThat(environment.getProperty("zsic.scoring")).isEqualTo("softmax");
		assertThat(Binder.get(environment).bind("zsic.templates", Bindable.listOf(String.class)).get())
			.isEqualTo(TEMPLATES);
	}

	private void choose(String name, String example) throws IOException {
		this.browser.choose(Files.write(this.folder.resolve(name),
				new ClassPathResource("static/examples/" + example).getContentAsByteArray()));
		awaitScores();
	}

	private void awaitAddress() {
		this.browser.await("the last change is there",
				() -> this.browser.driver().getCurrentUrl().contains("threshold=0.001&top=5"));
	}

	private void awaitScores() {
		awaitAddress();
		this.browser.await("there are scores",
				() -> this.browser.one("#timings").isDisplayed() && this.browser.all("#verdict.busy").isEmpty());
	}

	private List<String> labelsOnScreen() {
		return this.browser.texts("#bars .bar-name");
	}

	/**
	 * Copies as a user does, through the clipboard.
	 */
	private String copy(String tab) {
		this.browser.click("#" + tab);
		this.browser.click("#copy-code");
		this.browser.await("it is copied", () -> this.browser.text("#copy-code").equals("Copied"));
		String copied = (String) this.browser.async("return navigator.clipboard.readText();");
		assertThat(copied).isEqualTo(this.browser.one("#code").getDomProperty("textContent"));
		return copied;
	}

	private JsonNode run(String command) throws IOException, InterruptedException {
		Browser.requireOnPath("sh", "curl");
		Process process = new ProcessBuilder("sh", "-euc", command).directory(this.folder.toFile())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(command).isZero();
		return JsonMapper.shared().readTree(output);
	}

	private void assertAnswersWhatThePageShows(JsonNode answer) {
		JsonNode image = answer.get("images").get(answer.get("images").size() - 1);
		List<String> labels = image.get("predictions")
			.valueStream()
			.map((prediction) -> prediction.get("label").stringValue())
			.toList();
		assertThat(labels).isEqualTo(labelsOnScreen()).hasSizeBetween(1, 5);
		assertThat(image.at("/predictions/0/score").doubleValue() * 100)
			.isEqualTo(Double.parseDouble(this.browser.text("#best-score").replaceAll("[^\\d.]", "")), within(0.006));
		assertThat(LABELS).containsAll(labels);
	}

}
