package io.github.zsic.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Which environment variables count, and that what the program says counts more.
 */
class HubSettingsTests {

	@TempDir
	private Path home;

	private final Map<String, String> environment = new HashMap<>();

	@BeforeEach
	void setHome() {
		this.environment.put("HOME", this.home.toString());
	}

	@Test
	void defaults() {
		HubSettings settings = settings();
		assertThat(settings.endpoint()).hasToString("https://huggingface.co");
		assertThat(settings.token()).isNull();
		assertThat(settings.cacheDir()).isEqualTo(this.home.resolve(".cache/huggingface/hub"));
		assertThat(settings.offline()).isFalse();
		assertThat(settings.symlinks()).isTrue();
		assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
		assertThat(settings.metadataTimeout()).isEqualTo(Duration.ofSeconds(10));
		assertThat(settings.readTimeout()).isEqualTo(Duration.ofSeconds(10));
	}

	@Test
	void environmentVariables() {
		this.environment.put("HF_ENDPOINT", " https://hub.example/mirror/ ");
		this.environment.put("HF_TOKEN", " hf_abc\n");
		this.environment.put("HF_HUB_CACHE", "/data/hub");
		this.environment.put("HF_HUB_ETAG_TIMEOUT", "3");
		this.environment.put("HF_HUB_DOWNLOAD_TIMEOUT", "4");
		this.environment.put("HF_HUB_DISABLE_SYMLINKS", "yes");
		HubSettings settings = settings();
		assertThat(settings.endpoint()).hasToString("https://hub.example/mirror");
		assertThat(settings.token()).isEqualTo("hf_abc");
		assertThat(settings.cacheDir()).isEqualTo(Path.of("/data/hub").toAbsolutePath());
		assertThat(settings.metadataTimeout()).isEqualTo(Duration.ofSeconds(3));
		assertThat(settings.readTimeout()).isEqualTo(Duration.ofSeconds(4));
		assertThat(settings.symlinks()).isFalse();
	}

	@Test
	void whatTheProgramSaysCountsMore() {
		environmentVariables();
		this.environment.put("HF_HUB_OFFLINE", "1");
		HubSettings settings = settings(new HubOptions("http://localhost:1", "hf_mine", this.home.resolve("mine"),
				false, Duration.ofSeconds(1), Duration.ofSeconds(2)));
		assertThat(settings.endpoint()).hasToString("http://localhost:1");
		assertThat(settings.token()).isEqualTo("hf_mine");
		assertThat(settings.cacheDir()).isEqualTo(this.home.resolve("mine"));
		assertThat(settings.offline()).isFalse();
		assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(1));
		assertThat(settings.metadataTimeout()).isEqualTo(Duration.ofSeconds(2));
		assertThat(settings.readTimeout()).isEqualTo(Duration.ofSeconds(2));
	}

	@Test
	void blankIsNotSet() {
		this.environment.put("HF_ENDPOINT", "");
		this.environment.put("HF_TOKEN", " ");
		this.environment.put("HF_HUB_CACHE", "");
		HubSettings settings = settings(new HubOptions("", " ", null, null, null, null));
		assertThat(settings.endpoint()).hasToString("https://huggingface.co");
		assertThat(settings.token()).isNull();
		assertThat(settings.cacheDir()).isEqualTo(this.home.resolve(".cache/huggingface/hub"));
	}

	@ParameterizedTest
	@CsvSource({ "XDG_CACHE_HOME, HOME/xdg, HOME/xdg/huggingface/hub", "HF_HOME, ~/hf, HOME/hf/hub",
			"HF_HOME, $HOME/hf, HOME/hf/hub", "HF_HOME, ${HOME}/$NOT_SET, HOME/$NOT_SET/hub",
			"HUGGINGFACE_HUB_CACHE, ~/old, HOME/old", "HF_HUB_CACHE, ~, HOME" })
	void folderOfTheCache(String variable, String value, String expected) {
		this.environment.put(variable,
				value.startsWith("HOME") ? value.replaceFirst("HOME", this.home.toString()) : value);
		assertThat(settings().cacheDir()).isEqualTo(Path.of(expected.replaceFirst("^HOME", this.home.toString())));
	}

	@Test
	void newerVariablesCountMore() {
		this.environment.put("HF_HOME", "/a");
		this.environment.put("HUGGINGFACE_HUB_CACHE", "/b");
		assertThat(settings().cacheDir()).isEqualTo(Path.of("/b").toAbsolutePath());
		this.environment.put("HF_HUB_CACHE", "/c");
		assertThat(settings().cacheDir()).isEqualTo(Path.of("/c").toAbsolutePath());
		this.environment.put("HUGGING_FACE_HUB_TOKEN", "hf_old");
		assertThat(settings().token()).isEqualTo("hf_old");
		this.environment.put("HF_TOKEN", "hf_new");
		assertThat(settings().token()).isEqualTo("hf_new");
	}

	@Test
	void programsFolderMayBeBelowHome() {
		assertThat(settings(new HubOptions(null, null, Path.of("~/models"), null, null, null)).cacheDir())
			.isEqualTo(this.home.resolve("models"));
	}

	@Test
	void tokenFile() throws IOException {
		Path file = this.home.resolve(".cache/huggingface/token");
		Files.createDirectories(file.getParent());
		Files.writeString(file, "hf_file\n");
		assertThat(settings().token()).isEqualTo("hf_file");
		this.environment.put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "TRUE");
		assertThat(settings().token()).isNull();
		assertThat(settings(new HubOptions(null, "hf_mine", null, null, null, null)).token()).isEqualTo("hf_mine");
		this.environment.remove("HF_HUB_DISABLE_IMPLICIT_TOKEN");
		this.environment.put("HF_TOKEN_PATH", Files.writeString(this.home.resolve("other"), "hf_other").toString());
		assertThat(settings().token()).isEqualTo("hf_other");
		this.environment.put("HF_TOKEN", "hf_variable");
		assertThat(settings().token()).isEqualTo("hf_variable");
	}

	@ParameterizedTest
	@CsvSource({ "HF_HUB_OFFLINE, 1, true", "HF_HUB_OFFLINE, on, true", "HF_HUB_OFFLINE, Yes, true",
			"HF_HUB_OFFLINE, true, true", "HF_HUB_OFFLINE, 0, false", "HF_HUB_OFFLINE, no, false",
			"TRANSFORMERS_OFFLINE, 1, true" })
	void offline(String variable, String value, boolean expected) {
		this.environment.put(variable, value);
		assertThat(settings().offline()).isEqualTo(expected);
	}

	@Test
	void noTelemetryMeansLessInTheUserAgent() {
		assertThat(settings().userAgent()).contains("java/");
		this.environment.put("DO_NOT_TRACK", "1");
		assertThat(settings().userAgent()).matches("zsic/\\S+");
	}

	@ParameterizedTest
	@ValueSource(strings = { "hub.example", "ftp://hub.example", "file:/tmp", "http://", "https://hub.example?x=1",
			"https://user:password@hub.example", "http://[", "https://hub.example/ /" })
	void addressesThatAreNone(String endpoint) {
		assertInvalid(() -> settings(new HubOptions(endpoint, null, null, null, null, null)), endpoint);
		this.environment.put("HF_ENDPOINT", endpoint);
		assertInvalid(this::settings, "HF_ENDPOINT");
	}

	@ParameterizedTest
	@ValueSource(strings = { "soon", "0", "-1", "1.5" })
	void timesThatAreNone(String value) {
		this.environment.put("HF_HUB_DOWNLOAD_TIMEOUT", value);
		assertInvalid(this::settings, "HF_HUB_DOWNLOAD_TIMEOUT");
	}

	@Test
	void tokenThatIsNone() {
		this.environment.put("HF_TOKEN", "hf_a\r\nX-Header: 1");
		assertThatExceptionOfType(HubException.class).isThrownBy(this::settings)
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("hf_a"));
	}

	private static void assertInvalid(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String name) {
		assertThatExceptionOfType(HubException.class).isThrownBy(call).satisfies((ex) -> {
			assertThat(ex.getReason()).isEqualTo(Reason.INVALID_SETTING);
			assertThat(ex.getMessage()).contains(name);
		});
	}

	private HubSettings settings() {
		return settings(new HubOptions(null, null, null, null, null, null));
	}

	private HubSettings settings(HubOptions options) {
		return HubSettings.of(options, this.environment::get);
	}

}
