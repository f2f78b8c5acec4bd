package io.github.zsic.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BiPredicate;
import java.util.stream.Stream;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

import io.github.zsic.DownloadProgress;
import io.github.zsic.HubException;
import io.github.zsic.HubException.Reason;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A server with a repository, and a cache.
 */
final class HubFixture implements AutoCloseable {

	static final String ID = "acme/owl-clip";

	static final List<String> NEEDED = List.of("config.json", "model.safetensors", "preprocessor_config.json",
			"special_tokens_map.json", "tokenizer.json", "tokenizer_config.json");

	/** Files of OpenCLIP are a model's where it has no others. */
	static final BiPredicate<Path, Set<String>> CHECK = (folder, names) -> !names.contains("config.json");

	static final byte[] WEIGHTS = random(300_000, 1);

	final HubServer server = HubServer.start();

	final Path cacheDir;

	final Map<String, String> environment = new LinkedHashMap<>();

	final List<DownloadProgress> progress = new CopyOnWriteArrayList<>();

	String token;

	Duration readTimeout = Duration.ofSeconds(20);

	HubFixture(Path cacheDir) {
		this.cacheDir = cacheDir;
		this.server.repository(ID).push("main", files());
	}

	/** As repositories are: the same weights in every format there is. */
	static Map<String, HubServer.Content> files() {
		Map<String, HubServer.Content> files = new LinkedHashMap<>();
		files.put(".gitattributes", HubServer.Content.small("*.bin filter=lfs"));
		files.put("README.md", HubServer.Content.small("# Owls"));
		files.put("config.json", HubServer.Content.small("{\"model_type\": \"clip\"}"));
		files.put("flax_model.msgpack", HubServer.Content.large(new byte[1000]));
		files.put("merges.txt", HubServer.Content.small("#version: 0.2\no w"));
		files.put("model.onnx", HubServer.Content.large(new byte[1001]));
		files.put("model.safetensors", HubServer.Content.large(WEIGHTS));
		files.put("onnx/config.json", HubServer.Content.small("{}"));
		files.put("onnx/model.onnx", HubServer.Content.large(new byte[1002]));
		files.put("preprocessor_config.json", HubServer.Content.small("{\"size\": 224}"));
		files.put("pytorch_model.bin", HubServer.Content.large(new byte[1003]));
		files.put("special_tokens_map.json", HubServer.Content.small("{\"a\": 1}"));
		files.put("tf_model.h5", HubServer.Content.large(new byte[1004]));
		files.put("tokenizer.json", HubServer.Content.small("{\"version\": \"1.0\"}"));
		files.put("tokenizer_config.json", HubServer.Content.small("{\"b\": 2}"));
		files.put("vocab.json", HubServer.Content.small("{\"owl\": 0}"));
		return files;
	}

	static byte[] random(int size, long seed) {
		byte[] bytes = new byte[size];
		new Random(seed).nextBytes(bytes);
		return bytes;
	}

	HubServer.Repository repository() {
		return this.server.repository(ID);
	}

	HubSettings settings(Boolean offline) {
		return HubSettings.of(new HubOptions(this.server.endpoint(), this.token, this.cacheDir, offline,
				Duration.ofSeconds(5), this.readTimeout), this.environment::get);
	}

	Hub hub() {
		return hub(null);
	}

	Hub hub(Boolean offline) {
		return new Hub(settings(offline), this.progress::add,
				new Retries(4, Duration.ofMillis(1), Duration.ofMillis(5)));
	}

	Hub.Snapshot download() {
		return download("main");
	}

	Hub.Snapshot download(String revision) {
		return hub().snapshot(ID, revision, HubFixture.CHECK);
	}

	Hub.Snapshot offline(String revision) {
		return hub(true).snapshot(ID, revision, HubFixture.CHECK);
	}

	Path storage() {
		return this.cacheDir.resolve("models--acme--owl-clip");
	}

	Path blob(String file) {
		return this.storage().resolve("blobs").resolve(repository().files("main").get(file).etag());
	}

	/** Everything in the cache, with contents, so that two moments can be compared. */
	Map<String, String> cacheContents() {
		Map<String, String> contents = new TreeMap<>();
		try (Stream<Path> files = Files.walk(this.cacheDir)) {
			for (Path file : files.toList()) {
				if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
					contents.put(this.cacheDir.relativize(file).toString().replace('\\', '/'),
							Files.isSymbolicLink(file) ? "-> " + Files.readSymbolicLink(file)
									: Files.size(file) + " bytes, " + Files.getLastModifiedTime(file));
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return contents;
	}

	void assertComplete(Hub.Snapshot snapshot) throws IOException {
		for (String file : NEEDED) {
			assertThat(snapshot.folder().resolve(file)).as(file).exists();
		}
		assertThat(Files.readAllBytes(snapshot.folder().resolve("model.safetensors"))).isEqualTo(WEIGHTS);
		assertNothingIncomplete();
	}

	void assertNothingIncomplete() {
		assertThat(cacheContents().keySet()).noneMatch((name) -> name.contains(".incomplete") || name.endsWith(".tmp"));
	}

	HubException assertFails(Reason reason, ThrowingCallable call) {
		HubException[] failure = new HubException[1];
		assertThatExceptionOfType(HubException.class).isThrownBy(call).satisfies((ex) -> {
			assertThat(ex.getReason()).as(ex.getMessage()).isEqualTo(reason);
			assertThat(ex.getDescription()).endsWith(".").doesNotContain("\n", "null");
			assertThat(ex.getAction()).endsWith(".").doesNotContain("\n", "null");
			failure[0] = ex;
		});
		return failure[0];
	}

	@Override
	public void close() {
		this.server.close();
	}

}
