package io.github.zsic;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.hub.HubServer;
import io.github.zsic.hub.HubServer.Content;
import io.github.zsic.hub.HubServer.Fault;
import io.github.zsic.hub.HubServer.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Classifiers from checkpoints on the Hub.
 */
class HubCheckpointTests {

	private static final String ID = "acme/gelu-clip";

	@TempDir
	private Path cacheDir;

	private final HubServer server = HubServer.start();

	private String commit;

	@BeforeEach
	void push() {
		this.commit = this.server.repository(ID).push("main", TestCheckpoints.checkpoint("gelu-modern-eos"));
	}

	@AfterEach
	void close() {
		this.server.close();
	}

	@Test
	void downloadsAndClassifies() {
		List<DownloadProgress> progress = new ArrayList<>();
		try (ZeroShotClassifier classifier = builder().downloadListener(progress::add).build();
				ZeroShotClassifier local = ZeroShotClassifier.builder()
					.checkpoint(TestCheckpoints.checkpoint("gelu-modern-eos").toString())
					.build()) {
			ImageInput picture = ImageInput.of(TestCheckpoints.picture("landscape.png"));
			assertThat(classifier.classify(picture, "cat", "dog").predictions())
				.isEqualTo(local.classify(picture, "cat", "dog").predictions());
			assertThat(classifier.model().checkpoint()).isEqualTo(ID);
			assertThat(classifier.model().revision()).isEqualTo(this.commit);
			assertThat(local.model().revision()).isNull();
		}
		assertThat(progress.get(progress.size() - 1).complete()).isTrue();
		this.server.forgetRequests();
		builder().build().close();
		assertThat(this.server.requests()).singleElement().matches(Request::forListing);
		this.server.forgetRequests();
		builder().revision(this.commit).build().close();
		builder().hubOffline(true).build().close();
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void revision() {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		files.put("README.md", Content.small("tagged"));
		String tagged = this.server.repository(ID).push("v1", files);
		try (ZeroShotClassifier classifier = builder().revision("v1").build()) {
			assertThat(classifier.model().revision()).isEqualTo(tagged).isNotEqualTo(this.commit);
		}
		assertThatExceptionOfType(HubException.class).isThrownBy(() -> builder().revision("v2").build())
			.withMessageContaining("Checkpoint '" + ID + "' cannot be used. The repository has no revision 'v2'")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(HubException.Reason.REVISION_NOT_FOUND));
	}

	@ParameterizedTest
	@ValueSource(strings = { " acme/gelu-clip\n", "acme/gelu-clip/", "hf-hub:acme/gelu-clip", "hf_hub:acme/gelu-clip/",
			"hf://acme/gelu-clip", "https://huggingface.co/acme/gelu-clip", "https://huggingface.co/acme/gelu-clip/",
			"http://www.huggingface.co/acme/gelu-clip?library=transformers#usage", "huggingface.co/acme/gelu-clip",
			"https://hf.co/acme/gelu-clip", "https://huggingface.co/acme/gelu-clip.git",
			"https://huggingface.co/acme/gelu-clip/tree/main", " https://huggingface.co/acme/gelu-clip/tree/main/ " })
	void nameAsPeopleCopyIt(String name) {
		try (ZeroShotClassifier classifier = builder().checkpoint(name).build()) {
			assertThat(classifier.model().checkpoint()).isEqualTo(ID);
			assertThat(classifier.model().revision()).isEqualTo(this.commit);
		}
		assertThat(builder().checkpoint(name).download()).endsWith(Path.of(this.commit));
	}

	@Test
	void addressMayHaveARevision() {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		files.put("README.md", Content.small("pull request"));
		String other = this.server.repository(ID).push("refs/pr/1", files);
		for (String name : List.of("https://huggingface.co/acme/gelu-clip/tree/refs%2Fpr%2F1",
				"hf-hub:acme/gelu-clip@refs/pr/1")) {
			try (ZeroShotClassifier classifier = builder().checkpoint(name).build()) {
				assertThat(classifier.model().revision()).isEqualTo(other);
			}
			builder().checkpoint(name).revision("refs/pr/1").build().close();
			assertThatExceptionOfType(HubException.class)
				.isThrownBy(() -> builder().checkpoint(name).revision("main").build())
				.withMessageContaining("It names revision 'refs/pr/1', but revision 'main' is set.");
		}
	}

	@ParameterizedTest
	@CsvSource({ "https://example.com/acme/gelu-clip, 'It is a URL, but not one of the Hub.'",
			"https://huggingface.co/acme, It is no page of a repository with a model.",
			"https://huggingface.co/datasets/acme/owls, It is no page of a repository with a model.",
			"https://huggingface.co/acme/gelu-clip/tree/main/sub, It is no page of a repository with a model.",
			"https://huggingface.co/acme/gelu-clip/blob/main/config.json, It is no page of a repository with a model.",
			"https://huggingface.co/acme/gelu-clip/tree/%zz, It is a malformed URL.",
			"hf-hub:gelu-clip, It is no name of a repository of the Hub." })
	void addressThatIsNoRepositoryIsTold(String name, String finding) {
		for (ThrowingCallable call : List.<ThrowingCallable>of(() -> builder().checkpoint(name).build(),
				() -> builder().checkpoint(name).download())) {
			assertThatExceptionOfType(HubException.class).isThrownBy(call)
				.withMessageContaining("Checkpoint '" + name + "' cannot be used. " + finding)
				.withMessageContaining("Name a repository with its owner")
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(HubException.Reason.INVALID_SETTING));
		}
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void repositoryOfSentenceTransformersNamesItsFolder() {
		Map<String, Content> files = new LinkedHashMap<>();
		this.server.repository(ID).files("main").forEach((name, content) -> files.put("0_CLIPModel/" + name, content));
		files.put("modules.json", Content.small("[]"));
		this.server.repository(ID).push("main", files);
		assertThatExceptionOfType(HubException.class).isThrownBy(() -> builder().build())
			.withMessageContaining("is one of sentence-transformers, whose model is in '0_CLIPModel'")
			.withMessageContaining("name that folder");
	}

	@Test
	void unknownArchitectureIsToldBeforeWeightsAreFetched() {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		files.put("config.json", Content.small("{\"model_type\": \"bert\"}"));
		files.remove("preprocessor_config.json");
		this.server.repository(ID).push("main", files);
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> builder().build())
			.withMessageContaining("Checkpoint '" + ID + "' cannot be used. ")
			.withMessageContaining("model_type 'bert'");
		assertThat(this.server.contentRequests()).hasSize(1);
	}

	/** As the published BLIP checkpoints for retrieval, of 895 MB. */
	@ParameterizedTest
	@CsvSource({ "blip, BlipForImageTextRetrieval", "blip-2, Blip2ForConditionalGeneration",
			"clip, CLIPVisionModelWithProjection", "siglip, SiglipForImageClassification" })
	void anotherClassIsToldBeforeWeightsAreFetched(String modelType, String name) {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		files.put("config.json",
				Content.small("{\"model_type\": \"%s\", \"architectures\": [\"%s\"]}".formatted(modelType, name)));
		this.server.repository(ID).push("main", files);
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> builder().build())
			.withMessageContaining("the class '" + name + "', and of model_type '" + modelType + "'");
		assertThat(this.server.contentRequests()).hasSize(1);
	}

	@ParameterizedTest
	@ValueSource(strings = "audio_cfg")
	void anotherModelOfOpenClipIsToldBeforeWeightsAreFetched(String part) {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		files.remove("config.json");
		files.put("open_clip_config.json",
				Content.small("{\"model_cfg\": {\"embed_dim\": 8, \"%s\": {\"width\": 8}}}".formatted(part)));
		this.server.repository(ID).push("main", files);
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> builder().build())
			.withMessageContaining("'open_clip_config.json' has a 'model_cfg." + part + "'");
		assertThat(this.server.contentRequests()).hasSize(1);
	}

	/** Whoever loads them decides by the class of the tokenizer, as from a folder. */
	@Test
	void everyVocabularyIsFetched() {
		Map<String, Content> files = new LinkedHashMap<>(this.server.repository(ID).files("main"));
		for (String name : List.of("spiece.model", "vocab.txt", "sentencepiece.bpe.model")) {
			files.put(name, Content.small(name));
		}
		this.server.repository(ID).push("v1", files);
		assertThat(builder().revision("v1").download()).isDirectoryContaining("glob:**/tokenizer.json")
			.isDirectoryContaining("glob:**/spiece.model")
			.isDirectoryNotContaining("glob:**/vocab.txt");
		files.remove("tokenizer.json");
		this.server.repository(ID).push("v2", files);
		assertThat(builder().revision("v2").download()).isDirectoryContaining("glob:**/spiece.model")
			.isDirectoryContaining("glob:**/sentencepiece.bpe.model")
			.isDirectoryContaining("glob:**/vocab.txt");
	}

	@Test
	void nameThatIsNeitherRepositoryNorFolderIsToldAsBoth() {
		assertThatExceptionOfType(HubException.class).isThrownBy(() -> builder().checkpoint("models/clip").build())
			.withMessageContaining("There is no such repository")
			.withMessageContaining("Nor is there a folder '" + Path.of("models/clip").toAbsolutePath() + "'");
		assertThatExceptionOfType(HubException.class)
			.isThrownBy(() -> builder().checkpoint("models/clip").hubOffline(true).build())
			.withMessageContaining("requests are switched off")
			.withMessageContaining("Nor is there a folder");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> builder().checkpoint("clip").build())
			.withMessageContaining("no such folder")
			.withMessageContaining("named with its owner");
	}

	@Test
	void folderWinsOverRepository() {
		try (ZeroShotClassifier classifier = builder().checkpoint("src/test").build()) {
			throw new AssertionError(classifier.model().toString());
		}
		catch (CheckpointException ex) {
			assertThat(ex).hasMessageContaining("has no 'config.json'").isNotInstanceOf(HubException.class);
		}
		assertThat(this.server.requests()).isEmpty();
	}

	@Test
	void settingsReachTheHub() {
		this.server.acceptToken("hf_x");
		this.server.repository(ID).setPrivate();
		Path folder = builder().hubToken("hf_x").download();
		assertThat(folder).isEqualTo(this.cacheDir.resolve("models--acme--gelu-clip/snapshots").resolve(this.commit));
		assertThatExceptionOfType(HubException.class)
			.isThrownBy(() -> builder().hubToken("hf_y").hubCacheDir(this.cacheDir.resolve("other")).download())
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(HubException.Reason.TOKEN_REFUSED));
		this.server.fail(Integer.MAX_VALUE, Request::forListing, Fault.status(429, "Retry-After", "9999"));
		assertThat(builder().hubToken("hf_x").download()).isEqualTo(folder);
	}

	@Test
	void downloadIsForRepositoriesOnly() {
		assertThatExceptionOfType(HubException.class).isThrownBy(() -> builder().checkpoint("/srv/models/x").download())
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(HubException.Reason.INVALID_SETTING));
	}

	@Test
	void prefetchFillsTheCache() throws Exception {
		this.server.repository("acme/other").push("v1", TestCheckpoints.checkpoint("gelu-modern-eos"));
		this.server.fail(1, Request::forListing, Fault.status(503));
		Process process = prefetch(ID, "acme/other@v1", "acme/none");
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).isOne();
		assertThat(output.lines()).as(output)
			.hasSize(2)
			.allSatisfy((line) -> assertThat(Path.of(line)).isDirectoryContaining("glob:**model.safetensors"));
		assertThat(errors)
			.contains("trying again in 1 s", "Downloading 'acme/other', commit ",
					"acme/gelu-clip: model.safetensors is complete",
					"Checkpoint 'acme/none' cannot be used. There is no such repository")
			.doesNotContain("\tat ");
		assertThat(prefetch(ID).waitFor()).isZero();
	}

	/** Who pipes the folder into another command still sees how far it is. */
	@Test
	@EnabledOnOs(OS.LINUX)
	void drawsTheBarOnTheStandardErrorIfThatIsATerminal() throws Exception {
		Path folder = this.cacheDir.resolve("folder");
		assertThat(onTerminal(">'" + folder + "'")).contains("\r" + ID + " [", "#] ", ", complete");
		assertThat(Files.readString(folder).strip()).contains("/snapshots/");
		Path errors = this.cacheDir.resolve("errors");
		assertThat(onTerminal("2>'" + errors + "'")).contains("/snapshots/").doesNotContain("\r" + ID);
		assertThat(Files.readString(errors)).contains("model.safetensors is complete").doesNotContain("#]");
	}

	/** What the terminal shows in the end. */
	private String onTerminal(String redirection) throws Exception {
		ProcessBuilder plain = prefetchCommand(ID);
		String line = String.join(" ", plain.command().stream().map((word) -> "'" + word + "'").toList());
		plain.environment().put("HF_HUB_CACHE", Files.createTempDirectory(this.cacheDir, "cache").toString());
		Process process = plain.command("script", "-qec", line + " " + redirection, "/dev/null")
			.redirectErrorStream(true)
			.start();
		String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(shown).isZero();
		return shown;
	}

	private Process prefetch(String... arguments) throws Exception {
		return prefetchCommand(arguments).start();
	}

	/**
	 * With logging as it is without a configuration: everything to the standard output.
	 */
	private ProcessBuilder prefetchCommand(String... arguments) throws Exception {
		Path logging = Files.writeString(Files.createTempFile(this.cacheDir, "logback", ".xml"), """
				<configuration>
				  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
				    <encoder><pattern>%level %logger %msg%n</pattern></encoder>
				  </appender>
				  <root level="debug"><appender-ref ref="console"/></root>
				</configuration>
				""");
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
						System.getProperty("java.class.path"), "-Dlogback.configurationFile=" + logging,
						Prefetch.class.getName()));
		command.addAll(List.of(arguments));
		ProcessBuilder builder = new ProcessBuilder(command);
		builder.environment().put("HF_ENDPOINT", this.server.endpoint());
		builder.environment().put("HF_HUB_CACHE", this.cacheDir.toString());
		builder.environment().remove("HF_HUB_OFFLINE");
		return builder
			.redirectInput(ProcessBuilder.Redirect.from(Files.createTempFile(this.cacheDir, "in", "").toFile()));
	}

	@Test
	void prefetchWithoutArgumentsSaysHowToUseIt() {
		PrintStream before = System.err;
		ByteArrayOutputStream errors = new ByteArrayOutputStream();
		System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
		try {
			assertThat(Prefetch.run()).isEqualTo(2);
			assertThat(Prefetch.run("--help")).isEqualTo(2);
		}
		finally {
			System.setErr(before);
		}
		assertThat(errors.toString(StandardCharsets.UTF_8))
			.contains("Usage: java -cp <class path> io.github.zsic.Prefetch");
	}

	private ZeroShotClassifierBuilder builder() {
		return ZeroShotClassifier.builder()
			.checkpoint(ID)
			.hubEndpoint(this.server.endpoint())
			.hubCacheDir(this.cacheDir)
			.hubOffline(false)
			.device("cpu");
	}

}
