package io.github.zsic.sample;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.SessionNotCreatedException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

import org.springframework.core.io.ClassPathResource;

/**
 * Headless Chromium with the page in it. There is one for all tests. Where it is not
 * installed tests are skipped, unless the environment says that they must run.
 */
final class Browser {

	/**
	 * Set to {@code required} where a missing browser is a failure.
	 */
	private static final String BROWSER_TESTS = "ZSIC_BROWSER_TESTS";

	private static final Duration PATIENCE = Duration.ofSeconds(40);

	private static @Nullable Browser shared;

	private final ChromeDriver driver;

	private String address = "";

	private Browser(ChromeDriver driver) {
		this.driver = driver;
	}

	/**
	 * The browser, which is started for the first test that asks for it.
	 */
	static synchronized Browser get() {
		if (shared == null) {
			shared = start();
			Runtime.getRuntime().addShutdownHook(new Thread(shared.driver::quit));
		}
		return shared;
	}

	private static Browser start() {
		File driver = onPath("chromedriver");
		File chromium = onPath("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
		if (driver == null || chromium == null) {
			throw unavailable("Chromium and chromedriver are not on the PATH; on Debian install the packages "
					+ "chromium and chromium-driver");
		}
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		ChromeOptions options = new ChromeOptions();
		options.setBinary(chromium);
		// A sandbox needs more rights than containers give.
		options.addArguments("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en");
		options.setCapability("goog:loggingPrefs", logs);
		try {
			return new Browser(new ChromeDriver(
					new ChromeDriverService.Builder().usingDriverExecutable(driver).usingAnyFreePort().build(),
					options));
		}
		catch (SessionNotCreatedException ex) {
			throw unavailable("Chromium does not start: " + ex.getRawMessage());
		}
	}

	private static RuntimeException unavailable(String reason) {
		if ("required".equals(System.getenv(BROWSER_TESTS))) {
			Assertions.fail(reason);
		}
		return Assumptions.abort("Browser test is skipped: " + reason);
	}

	/**
	 * Skips a test, or fails, like one without browser, where programs are missing.
	 * @param programs their names
	 */
	static void requireOnPath(String... programs) {
		for (String program : programs) {
			if (onPath(program) == null) {
				throw unavailable(program + " is not on the PATH");
			}
		}
	}

	private static @Nullable File onPath(String... names) {
		return Stream.of(names)
			.flatMap((name) -> Stream.of(System.getenv("PATH").split(File.pathSeparator))
				.flatMap((folder) -> Stream.of(new File(folder, name), new File(folder, name + ".exe"))))
			.filter(File::canExecute)
			.findFirst()
			.orElse(null);
	}

	ChromeDriver driver() {
		return this.driver;
	}

	/**
	 * Opens the page as if for the first time, on a desktop in light colours.
	 * @param address where it is
	 */
	void open(String address) {
		this.driver.get("about:blank");
		this.driver.manage().logs().get(LogType.BROWSER);
		this.driver.manage().window().setSize(new Dimension(1440, 1000));
		command("Emulation.clearDeviceMetricsOverride", Map.of());
		media("light");
		command("Browser.grantPermissions",
				Map.of("permissions", List.of("clipboardReadWrite", "clipboardSanitizedWrite")));
		this.address = address;
		this.driver.get(address);
		awaitStart();
	}

	void reload() {
		this.driver.navigate().refresh();
		awaitStart();
	}

	private void awaitStart() {
		await("the page has started", () -> !all("body[data-started]").isEmpty());
	}

	String address() {
		return this.address;
	}

	/**
	 * Chooses a theme. Nothing moves, so that nothing is looked at while it does.
	 * @param scheme {@code light} or {@code dark}
	 */
	void media(String scheme) {
		command("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme),
						Map.of("name", "prefers-reduced-motion", "value", "reduce"))));
	}

	void width(int width) {
		command("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", 800, "deviceScaleFactor", 1, "mobile", false));
	}

	void offline(boolean offline) {
		command("Network.enable", Map.of());
		command("Network.emulateNetworkConditions",
				Map.of("offline", offline, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
	}

	void saveTo(Path folder) {
		command("Browser.setDownloadBehavior", Map.of("behavior", "allow", "downloadPath", folder.toString()));
	}

	/**
	 * Drops files on an element, as from another program.
	 * @param selector the element
	 * @param files the files
	 */
	void drop(String selector, Path... files) {
		WebElement target = one(selector);
		int x = target.getRect().x + target.getRect().width / 2;
		int y = target.getRect().y + target.getRect().height / 2;
		Map<String, Object> data = Map.of("items", List.of(), "files", Stream.of(files).map(Path::toString).toList(),
				"dragOperationsMask", 1);
		for (String type : List.of("dragEnter", "dragOver", "drop")) {
			command("Input.dispatchDragEvent", Map.of("type", type, "x", x, "y", y, "data", data));
		}
	}

	void choose(Path... files) {
		one("#picker").sendKeys(String.join("\n", Stream.of(files).map(Path::toString).toList()));
	}

	void command(String name, Map<String, Object> parameters) {
		this.driver.executeCdpCommand(name, parameters);
	}

	WebElement one(String selector) {
		return this.driver.findElement(By.cssSelector(selector));
	}

	List<WebElement> all(String selector) {
		return this.driver.findElements(By.cssSelector(selector));
	}

	/**
	 * The texts of elements, all at the same moment.
	 * @param selector the elements
	 */
	List<String> texts(String selector) {
		return strings("return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent.trim())",
				selector);
	}

	String text(String selector) {
		return one(selector).getText();
	}

	void click(String selector) {
		one(selector).click();
	}

	/**
	 * Presses keys wherever the focus is.
	 * @param keys what to type
	 */
	void press(CharSequence... keys) {
		new Actions(this.driver).sendKeys(keys).perform();
	}

	void pressWith(Keys modifier, String key) {
		new Actions(this.driver).keyDown(modifier).sendKeys(key).keyUp(modifier).perform();
	}

	/**
	 * What has the focus: its id, or else its name for a screen reader.
	 */
	String focused() {
		return string("const it = document.activeElement; return it.id || it.getAttribute('aria-label') "
				+ "|| it.textContent.replace(/\\s+/g, ' ').trim()");
	}

	String string(String script, Object... arguments) {
		return (String) this.driver.executeScript(script, arguments);
	}

	@SuppressWarnings("unchecked")
	List<String> strings(String script, Object... arguments) {
		return (List<String>) this.driver.executeScript(script, arguments);
	}

	@Nullable Object async(String script, Object... arguments) {
		this.driver.manage().timeouts().scriptTimeout(PATIENCE);
		return this.driver.executeAsyncScript("const done = arguments[arguments.length - 1]; (async () => { " + script
				+ " })().then(done, (failure) => done('Failed: ' + failure));", arguments);
	}

	/**
	 * Checks the page as it is now with axe-core.
	 * @return what is not accessible
	 */
	@SuppressWarnings("unchecked")
	List<String> accessibilityViolations() {
		if (Boolean.FALSE.equals(this.driver.executeScript("return 'axe' in window"))) {
			try {
				this.driver
					.executeScript(new ClassPathResource("axe.min.js").getContentAsString(StandardCharsets.UTF_8));
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
		return (List<String>) async("const { violations } = await axe.run({ resultTypes: ['violations'] });"
				+ "return violations.map(({ id, nodes }) => id + ': ' + nodes.map((node) => node.html + ' ' + node.failureSummary));");
	}

	/**
	 * Checks the page as it is now, on a phone, a tablet and a desktop, in light and dark
	 * colours: it is accessible, and nothing sticks out to the right. With the system
	 * property {@code zsic.screenshots} it also saves what there is to see in that
	 * folder.
	 * @param state what the page shows
	 */
	void assertGood(String state) {
		String folder = System.getProperty("zsic.screenshots", "");
		for (String scheme : List.of("dark", "light")) {
			media(scheme);
			for (int width : List.of(375, 768, 1440)) {
				width(width);
				String what = state + ", " + width + " px, " + scheme;
				// Takes a second: colours differ in the themes, the layout on a phone and
				// a
				// desk.
				if (width == (scheme.equals("light") ? 375 : 1440)) {
					Assertions.assertEquals(List.of(), accessibilityViolations(), what);
				}
				Assertions.assertEquals(0L,
						this.driver.executeScript(
								"return document.documentElement.scrollWidth - document.documentElement.clientWidth"),
						what);
				if (!folder.isEmpty()) {
					save(Path.of(folder, state.replace(' ', '-') + "-" + width + "-" + scheme + ".png"));
				}
			}
		}
		command("Emulation.clearDeviceMetricsOverride", Map.of());
	}

	private void save(Path file) {
		Object clip = this.driver.executeScript("const page = document.documentElement;"
				+ "return { x: 0, y: 0, width: innerWidth, height: page.scrollHeight, scale: 1 }");
		Map<String, Object> shot = this.driver.executeCdpCommand("Page.captureScreenshot",
				Map.of("captureBeyondViewport", true, "clip", clip));
		try {
			Files.createDirectories(file.getParent());
			Files.write(file, Base64.getDecoder().decode(String.valueOf(shot.get("data"))));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * What the page and the browser complained about since the page was opened.
	 */
	List<String> complaints() {
		return this.driver.manage()
			.logs()
			.get(LogType.BROWSER)
			.getAll()
			.stream()
			.filter((entry) -> entry.getLevel().intValue() >= Level.WARNING.intValue())
			.map(LogEntry::getMessage)
			.toList();
	}

	void await(String what, BooleanSupplier condition) {
		await(() -> what, condition);
	}

	void await(Supplier<String> what, BooleanSupplier condition) {
		long end = System.nanoTime() + PATIENCE.toNanos();
		while (!holds(condition)) {
			if (System.nanoTime() > end) {
				Assertions.fail("In vain waited until " + what.get() + ". The page says:\n" + text("body"));
			}
			try {
				Thread.sleep(20);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}
	}

	private static boolean holds(BooleanSupplier condition) {
		try {
			return condition.getAsBoolean();
		}
		catch (StaleElementReferenceException ex) {
			return false;
		}
	}

	/**
	 * Waits for a file to be saved.
	 * @param file the file
	 * @return its text
	 */
	String saved(Path file) {
		await(file + " is saved", () -> Files.exists(file) && file.toFile().length() > 0);
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
