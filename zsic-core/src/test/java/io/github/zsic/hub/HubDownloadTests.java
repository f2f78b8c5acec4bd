package io.github.zsic.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.DownloadProgress;
import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;
import io.github.zsic.hub.HubServer.Content;
import io.github.zsic.hub.HubServer.Fault;
import io.github.zsic.hub.HubServer.Request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is downloaded, how it lies in the cache, and when no request is made.
 */
class HubDownloadTests {

	@TempDir
	private Path folder;

	private HubFixture hub;

	@BeforeEach
	void start() {
		this.hub = new HubFixture(this.folder.resolve("hub"));
	}

	@AfterEach
	void stop() {
		this.hub.close();
	}

	@Test
	void downloadsWhatAClassifierNeedsAndNothingElse() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.assertComplete(snapshot);
		try (var files = Files.list(snapshot.folder())) {
			assertThat(files.map((file) -> file.getFileName().toString()))
				.containsExactlyInAnyOrderElementsOf(HubFixture.NEEDED);
		}
		assertThat(this.hub.server.contentRequests()).hasSize(HubFixture.NEEDED.size());
	}

	@Test
	void usesConnectionsAgain() {
		this.hub.download();
		List<Request> requests = this.hub.server.requests().stream().filter(Request::hub).toList();
		// As many as files that are fetched at the same time.
		assertThat(requests).hasSizeGreaterThan(10);
		assertThat(requests.stream().map(Request::connection).distinct()).hasSizeLessThanOrEqualTo(4);
	}

	@Test
	void waitsForEverIfThatIsWanted() throws IOException {
		this.hub.readTimeout = Duration.ofSeconds(Long.MAX_VALUE);
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	@DisabledOnOs(OS.WINDOWS)
	void laysFilesOutAsPythonDoes() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		String commit = snapshot.commit();
		Path storage = this.hub.storage();
		assertThat(snapshot.folder()).isEqualTo(storage.resolve("snapshots").resolve(commit));
		assertThat(storage.resolve("refs/main")).hasContent(commit);
		for (String file : HubFixture.NEEDED) {
			String etag = this.hub.repository().files("main").get(file).etag();
			assertThat(Files.readSymbolicLink(snapshot.folder().resolve(file)))
				.isEqualTo(Path.of("../../blobs/" + etag));
			assertThat(this.hub.cacheDir.resolve(".locks/models--acme--owl-clip/" + etag + ".lock")).exists();
		}
		assertThat(storage.resolve("blobs")).isDirectoryNotContaining("glob:**incomplete");
		assertThat(storage.resolve(".no_exist").resolve(commit).resolve("processor_config.json")).isEmptyFile();
		assertThat(storage.resolve(".no_exist").resolve(commit).resolve("preprocessor_config.json")).doesNotExist();
		assertThat(this.hub.cacheDir.resolve("CACHEDIR.TAG")).content()
			.startsWith("Signature: 8a477f597d28d172789f06886806bc55\n# This file is a cache directory tag created by")
			.endsWith("#\thttps://bford.info/cachedir/\n");
	}

	@Test
	void secondStartAsksForTheCommitOnly() throws IOException {
		this.hub.download();
		Map<String, String> before = this.hub.cacheContents();
		this.hub.server.forgetRequests();
		this.hub.progress.clear();
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests()).singleElement().matches(Request::forListing);
		assertThat(this.hub.cacheContents()).isEqualTo(before);
		assertThat(this.hub.progress).isEmpty();
	}

	@Test
	void cachedCommitMakesNoRequest() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.server.forgetRequests();
		assertThat(this.hub.download(snapshot.commit())).isEqualTo(snapshot);
		assertThat(this.hub.server.requests()).isEmpty();
	}

	@Test
	void commitThatIsNotCachedIsDownloadedWithoutARef() throws IOException {
		String commit = this.hub.repository().push("main", HubFixture.files());
		Hub.Snapshot snapshot = this.hub.download(commit);
		this.hub.assertComplete(snapshot);
		assertThat(snapshot.commit()).isEqualTo(commit);
		assertThat(this.hub.storage().resolve("refs")).doesNotExist();
	}

	@ParameterizedTest
	@ValueSource(strings = { "v1.0", "refs/pr/7", "feature/owls-&-eagles", "größer" })
	void revisionsOfAllKinds(String revision) throws IOException {
		Map<String, Content> files = HubFixture.files();
		files.put("config.json", Content.small("{\"model_type\": \"clip\", \"revision\": \"other\"}"));
		String commit = this.hub.repository().push(revision, files);
		Hub.Snapshot snapshot = this.hub.download(revision);
		assertThat(snapshot.commit()).isEqualTo(commit);
		assertThat(this.hub.storage().resolve("refs").resolve(revision)).hasContent(commit);
		assertThat(this.hub.offline(revision)).isEqualTo(snapshot);
	}

	@Test
	void aNewCommitFetchesOnlyWhatChanged() throws IOException {
		Hub.Snapshot first = this.hub.download();
		Map<String, Content> files = HubFixture.files();
		files.put("config.json", Content.small("{\"model_type\": \"clip\", \"new\": true}"));
		this.hub.repository().push("main", files);
		this.hub.server.forgetRequests();
		Hub.Snapshot second = this.hub.download();
		assertThat(second.commit()).isNotEqualTo(first.commit());
		this.hub.assertComplete(second);
		assertThat(this.hub.server.contentRequests()).singleElement()
			.satisfies((request) -> assertThat(request.path()).contains("config.json"));
		assertThat(this.hub.storage().resolve("refs/main")).hasContent(second.commit());
		this.hub.assertComplete(this.hub.download(first.commit()));
	}

	@Test
	void newCommitDuringTheDownloadDoesNotMixFiles() throws IOException {
		Map<String, Content> other = HubFixture.files();
		other.replaceAll((name, content) -> content.large() ? Content.large(HubFixture.random(5000, 9))
				: Content.small("{\"model_type\": \"other\"}"));
		String first = this.hub.repository().push("main", HubFixture.files());
		this.hub.server.fail(1, (request) -> request.method().equals("HEAD") && request.path().contains("model.safe"),
				Fault.meanwhile(() -> this.hub.repository().push("main", other)));
		Hub.Snapshot snapshot = this.hub.download();
		assertThat(snapshot.commit()).isEqualTo(first);
		this.hub.assertComplete(snapshot);
		assertThat(this.hub.download().commit()).isNotEqualTo(first);
	}

	@Test
	void offlineMakesNoRequest() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.server.forgetRequests();
		assertThat(this.hub.offline("main")).isEqualTo(snapshot);
		assertThat(this.hub.offline(null)).isEqualTo(snapshot);
		this.hub.environment.put("HF_HUB_OFFLINE", "1");
		assertThat(this.hub.download()).isEqualTo(snapshot);
		assertThat(this.hub.server.requests()).isEmpty();
	}

	@Test
	void offlineWithoutTheRevisionSaysWhatIsMissing() throws IOException {
		HubException nothing = this.hub.assertFails(Reason.OFFLINE, () -> this.hub.offline("main"));
		assertThat(nothing.getMessage()).contains("'main' is not in the cache", "HF_HUB_OFFLINE");
		Hub.Snapshot snapshot = this.hub.download();
		Files.delete(snapshot.folder().resolve("model.safetensors"));
		HubException incomplete = this.hub.assertFails(Reason.OFFLINE, () -> this.hub.offline("main"));
		assertThat(incomplete.getMessage()).contains("not complete", "model.safetensors");
		assertThat(this.hub.assertFails(Reason.OFFLINE, () -> this.hub.offline("0".repeat(40))).getMessage())
			.contains("0000");
	}

	@Test
	void damagedCacheIsMended() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		Files.write(this.hub.blob("model.safetensors"), new byte[17]);
		Files.delete(this.hub.blob("config.json"));
		this.hub.assertComplete(this.hub.download());
		assertThat(snapshot.folder().resolve("config.json")).content().contains("clip");
	}

	@Test
	void refWithALineBreakIsRead() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		Files.writeString(this.hub.storage().resolve("refs/main"), snapshot.commit() + "\n");
		assertThat(this.hub.offline("main")).isEqualTo(snapshot);
		Files.writeString(this.hub.storage().resolve("refs/main"), "../../elsewhere");
		this.hub.assertFails(Reason.OFFLINE, () -> this.hub.offline("main"));
	}

	@Test
	void withoutSymbolicLinksFilesLieInTheSnapshot() throws IOException {
		this.hub.environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.assertComplete(snapshot);
		assertThat(snapshot.folder().resolve("model.safetensors")).satisfies((file) -> assertThat(file.toFile())
			.satisfies((f) -> assertThat(Files.isSymbolicLink(f.toPath())).isFalse()));
		assertThat(this.hub.storage().resolve("blobs")).isEmptyDirectory();
		this.hub.server.forgetRequests();
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests()).hasSize(1);
	}

	@Test
	void withoutSymbolicLinksExistingContentsAreCopied() throws IOException {
		this.hub.download();
		Map<String, Content> files = HubFixture.files();
		files.put("config.json", Content.small("{\"model_type\": \"clip\", \"new\": true}"));
		this.hub.repository().push("main", files);
		this.hub.environment.put("HF_HUB_DISABLE_SYMLINKS", "1");
		this.hub.server.forgetRequests();
		Hub.Snapshot snapshot = this.hub.download();
		this.hub.assertComplete(snapshot);
		assertThat(Files.isSymbolicLink(snapshot.folder().resolve("model.safetensors"))).isFalse();
		assertThat(this.hub.blob("model.safetensors")).exists();
		assertThat(this.hub.server.contentRequests()).hasSize(1);
	}

	@Test
	void configurationIsCheckedBeforeAnythingElseIsFetched() {
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> this.hub.hub().snapshot(HubFixture.ID, null, (folder, names) -> {
				assertThat(names).contains("model.safetensors");
				assertThat(folder.resolve("config.json")).exists();
				throw new CheckpointException("unknown architecture.", "");
			}))
			.withMessage("unknown architecture.");
		assertThat(this.hub.server.contentRequests()).hasSize(1);
		assertThat(this.hub.storage().resolve("refs")).doesNotExist();
	}

	@Test
	void shardsComeFromTheIndex() {
		Map<String, Content> files = HubFixture.files();
		files.remove("model.safetensors");
		files.put("model.safetensors.index.json", Content.small("""
				{"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors",
				"b": "model-00002-of-00002.safetensors", "c": "model-00001-of-00002.safetensors"}}"""));
		files.put("model-00001-of-00002.safetensors", Content.large(HubFixture.random(1000, 1)));
		files.put("model-00002-of-00002.safetensors", Content.large(HubFixture.random(2000, 2)));
		files.put("model-fp16-00001-of-00001.safetensors", Content.large(new byte[10]));
		this.hub.repository().push("main", files);
		Hub.Snapshot snapshot = this.hub.download();
		assertThat(snapshot.folder()).isDirectoryContaining("glob:**model-00001-of-00002.safetensors")
			.isDirectoryContaining("glob:**model-00002-of-00002.safetensors")
			.isDirectoryNotContaining("glob:**fp16**")
			.isDirectoryNotContaining("glob:**.bin");
		assertThat(this.hub.offline("main")).isEqualTo(snapshot);
		DownloadProgress last = this.hub.progress.get(this.hub.progress.size() - 1);
		assertThat(last.complete()).isTrue();
		assertThat(last.files()).extracting(DownloadProgress.File::name)
			.contains("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "[]", "", "{\"weight_map\": {}}", "{\"weight_map\": {\"a\": 1}}",
			"{\"weight_map\": {\"a\": \"../../../x.safetensors\"}}",
			"{\"weight_map\": {\"a\": \"/etc/x.safetensors\"}}", "{\"weight_map\": {\"a\": \"README.md\"}}",
			"{\"weight_map\": {\"a\": \"model-1.safetensors\"}}" })
	void indexThatIsNone(String index) {
		Map<String, Content> files = HubFixture.files();
		files.remove("model.safetensors");
		files.put("model.safetensors.index.json", Content.small(index));
		files.put("../../../x.safetensors", Content.large(new byte[10]));
		this.hub.repository().push("main", files);
		this.hub.assertFails(Reason.FILE_NOT_FOUND, this.hub::download);
	}

	@Test
	void pytorchWeightsAndVocabularyWhereThereIsNothingBetter() {
		Map<String, Content> files = HubFixture.files();
		files.remove("model.safetensors");
		files.remove("tokenizer.json");
		this.hub.repository().push("main", files);
		assertThat(this.hub.download().folder()).isDirectoryContaining("glob:**pytorch_model.bin")
			.isDirectoryContaining("glob:**vocab.json")
			.isDirectoryContaining("glob:**merges.txt");
		this.hub.offline("main");
	}

	@Test
	void layoutOfOpenClip() {
		Map<String, Content> files = HubFixture.files();
		files.keySet().removeAll(List.of("config.json", "preprocessor_config.json", "pytorch_model.bin"));
		files.put("open_clip_config.json", Content.small("{}"));
		files.put("open_clip_model.safetensors", files.remove("model.safetensors"));
		this.hub.repository().push("main", files);
		assertThat(this.hub.download().folder()).isDirectoryContaining("glob:**open_clip_config.json")
			.isDirectoryContaining("glob:**tokenizer.json")
			.isDirectoryContaining("glob:**open_clip_model.safetensors");
		this.hub.offline("main");
	}

	@Test
	void repositoryWithoutWhatIsNeededIsRefusedBeforeLargeFiles() {
		List<String> wanted = List.of("config.json", "preprocessor_config.json", "tokenizer.json", "model.safetensors");
		for (String missing : wanted) {
			Map<String, Content> files = HubFixture.files();
			files.remove(missing);
			files.keySet().removeAll(List.of("vocab.json", "pytorch_model.bin"));
			this.hub.repository().push(missing, files);
			assertThat(this.hub.assertFails(Reason.FILE_NOT_FOUND, () -> this.hub.download(missing)).getMessage())
				.contains("'" + missing + "'");
		}
		assertThat(this.hub.server.requests()).noneMatch(Request::forStorage);
	}

	@Test
	void listingWithoutSizesWorks() throws IOException {
		this.hub.server.fail(1, Request::forListing, new Fault() {
			@Override
			boolean instead(HubServer server, com.sun.net.httpserver.HttpExchange exchange) throws IOException {
				byte[] json = ("{\"sha\": \"" + HubDownloadTests.this.hub.repository().push("main", HubFixture.files())
						+ "\", \"siblings\": ["
						+ String.join(",",
								HubFixture.NEEDED.stream().map((file) -> "{\"rfilename\": \"" + file + "\"}").toList())
						+ "]}")
					.getBytes(java.nio.charset.StandardCharsets.UTF_8);
				exchange.sendResponseHeaders(200, json.length);
				exchange.getResponseBody().write(json);
				return true;
			}
		});
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void renamedRepositoryIsFollowed() throws IOException {
		this.hub.server.rename(HubFixture.ID, "acme/eagle-clip");
		this.hub.assertComplete(this.hub.download());
	}

	@Test
	void progressTellsEverything() {
		this.hub.download();
		List<DownloadProgress> all = this.hub.progress;
		DownloadProgress first = all.get(0);
		assertThat(first.checkpoint()).isEqualTo(HubFixture.ID);
		assertThat(first.revision()).matches("[0-9a-f]{40}");
		assertThat(first.files()).extracting(DownloadProgress.File::name)
			.containsExactly("preprocessor_config.json", "tokenizer_config.json", "special_tokens_map.json",
					"tokenizer.json", "model.safetensors");
		assertThat(first.bytes()).isZero();
		assertThat(first.size()).isGreaterThan(HubFixture.WEIGHTS.length);
		DownloadProgress last = all.get(all.size() - 1);
		assertThat(last.complete()).isTrue();
		assertThat(last.bytes()).isEqualTo(last.size()).isEqualTo(first.size());
	}

	@Test
	void failingListenerDoesNotStopTheDownload() throws IOException {
		List<String> calls = new ArrayList<>();
		Hub hub = new Hub(this.hub.settings(null), (progress) -> {
			calls.add("call");
			throw new IllegalStateException("listener");
		}, Retries.DEFAULT);
		this.hub.assertComplete(hub.snapshot(HubFixture.ID, null, HubFixture.CHECK));
		assertThat(calls).hasSize(1);
	}

	@Test
	void manyThreadsDownloadOnce() throws Exception {
		ExecutorService threads = Executors.newFixedThreadPool(6);
		try {
			List<Future<Hub.Snapshot>> all = new ArrayList<>();
			for (int i = 0; i < 6; i++) {
				all.add(threads.submit(() -> this.hub.download()));
			}
			List<Hub.Snapshot> snapshots = new ArrayList<>();
			for (Future<Hub.Snapshot> each : all) {
				snapshots.add(each.get());
			}
			// Not before the last thread has ended: a slower one may still be writing
			// its refs.
			for (Hub.Snapshot snapshot : snapshots) {
				this.hub.assertComplete(snapshot);
			}
		}
		finally {
			threads.shutdownNow();
		}
		assertThat(this.hub.server.contentRequests()).hasSize(HubFixture.NEEDED.size());
	}

	@Test
	void tokenGoesToTheHubOnly() throws IOException {
		this.hub.server.acceptToken("hf_secret");
		this.hub.repository().setPrivate();
		this.hub.token = "hf_secret";
		this.hub.assertComplete(this.hub.download());
		assertThat(this.hub.server.requests()).isNotEmpty()
			.allSatisfy((request) -> assertThat(request.authorization())
				.isEqualTo(request.hub() ? "Bearer hf_secret" : null));
		assertThat(this.hub.server.requests()).anyMatch(Request::forStorage);
		assertThat(this.hub.settings(null).toString()).doesNotContain("hf_secret");
	}

	@Test
	void userAgentNamesZsic() {
		this.hub.environment.put("HF_HUB_USER_AGENT_ORIGIN", "sample");
		this.hub.download();
		assertThat(this.hub.server.requests())
			.allSatisfy((request) -> assertThat(request.userAgent()).matches("zsic/\\S+; java/\\d+; origin/sample"));
	}

	@Test
	void readOnlyCacheThatIsCompleteIsUsed() throws IOException {
		Hub.Snapshot snapshot = this.hub.download();
		Files.delete(this.hub.cacheDir.resolve("CACHEDIR.TAG"));
		Map<String, String> before = this.hub.cacheContents();
		assertThat(this.hub.download()).isEqualTo(snapshot);
		assertThat(this.hub.offline("main")).isEqualTo(snapshot);
		assertThat(this.hub.cacheContents()).as("nothing was written").isEqualTo(before);
	}

	@ParameterizedTest
	@ValueSource(strings = { "clip", "openai/clip/x", "/openai/clip", "openai/", "../clip", "a/..", "openai/cl ip",
			"openai/clip--x", "open..ai/clip", "openai/clip.git", "openai/-clip", "C:/clip", "https://x/y" })
	void namesThatAreNoRepositories(String name) {
		assertThat(Hub.isRepository(name)).isFalse();
		this.hub.assertFails(Reason.INVALID_SETTING, () -> this.hub.hub().snapshot(name, null, HubFixture.CHECK));
		assertThat(this.hub.server.requests()).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "openai/clip-vit-base-patch32", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "a/b",
			"a_b/c.d_e", "google/siglip2-so400m-patch16-naflex" })
	void namesOfRepositories(String name) {
		assertThat(Hub.isRepository(name)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "../main", "a/../b", "/main", "C:main", "a\\b", "a\nb", "a//b", "." })
	void namesThatAreNoRevisions(String revision) {
		this.hub.assertFails(Reason.INVALID_SETTING, () -> this.hub.download(revision));
		assertThat(this.hub.server.requests()).isEmpty();
	}

	@Test
	void pythonsFilesAreUsedWithoutARequestForContents() throws IOException {
		// As Python leaves them, its vocabulary included.
		Map<String, Content> files = new LinkedHashMap<>(this.hub.repository().files("main"));
		String commit = this.hub.repository().push("main", files);
		Path snapshot = this.hub.storage().resolve("snapshots").resolve(commit);
		Files.createDirectories(snapshot);
		Files.createDirectories(this.hub.storage().resolve("blobs"));
		for (String file : HubFixture.NEEDED) {
			Path blob = this.hub.blob(file);
			Files.write(blob,
					file.equals("model.safetensors") ? HubFixture.WEIGHTS : new byte[(int) files.get(file).size()]);
			Files.createSymbolicLink(snapshot.resolve(file), Path.of("../../blobs").resolve(blob.getFileName()));
		}
		Files.createDirectories(this.hub.storage().resolve("refs"));
		Files.writeString(this.hub.storage().resolve("refs/main"), commit);
		this.hub.download();
		assertThat(this.hub.server.requests()).singleElement().matches(Request::forListing);
		this.hub.server.forgetRequests();
		this.hub.download(commit);
		this.hub.offline("main");
		assertThat(this.hub.server.requests()).isEmpty();
	}

}
