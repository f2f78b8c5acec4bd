package io.github.zsic;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.hub.HubServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Weights of OpenCLIP as people have them, made by {@code tools/golden/formats.py}:
 * beside an {@code open_clip_config.json} they are found by the same rules in a folder,
 * on the Hub and in a jar, and have the scores of their twin in safetensors, to the bit.
 */
class OpenClipWeightsTests {

	private static final Path FORMATS = Path.of("src/test/resources/formats");

	private static final Path TWINS = Path.of("src/test/resources/open-clip");

	private static final String ID = "acme/bare";

	private static final String SAFETENSORS = "open_clip_model.safetensors";

	private static final String TORCH = "open_clip_pytorch_model.bin";

	@TempDir
	private Path folder;

	@TempDir
	private Path others;

	@ParameterizedTest
	@CsvSource({ "open-clip-training/epoch_2.pt, siglip, epoch_2.pt",
			"open-clip-training/epoch_2.pt, siglip, open_clip_pytorch_model.bin",
			"open-clip-plain/clipa.pt, clipa, clipa.pt", "open-clip-plain/clipa.pt, clipa, CLIPA of mine.bin" })
	void filesOfTorch(String file, String twin, String name) throws IOException {
		copyWithoutWeights(twin);
		Files.copy(FORMATS.resolve(file), this.folder.resolve(name));
		assertScores(twin);
	}

	/** Sizes of timm's and Transformers' towers are told by names of tensors. */
	@ParameterizedTest
	@ValueSource(strings = { "biomed", "plain" })
	void safetensorsOfSeveralProcesses(String twin) throws IOException {
		copyWithoutWeights(twin);
		byte[] content = Files.readAllBytes(TWINS.resolve(twin).resolve(SAFETENSORS));
		int length = content[0] & 0xFF | (content[1] & 0xFF) << 8 | (content[2] & 0xFF) << 16;
		String header = new String(content, 8, length, StandardCharsets.UTF_8);
		byte[] renamed = header.replaceAll("\"([^\"]+)\":\\{\"dtype\"", "\"module.$1\":{\"dtype\"")
			.getBytes(StandardCharsets.UTF_8);
		assertThat(renamed).hasSizeGreaterThan(length);
		try (OutputStream out = Files.newOutputStream(this.folder.resolve("mine.safetensors"))) {
			out.write(new byte[] { (byte) renamed.length, (byte) (renamed.length >> 8), (byte) (renamed.length >> 16),
					0, 0, 0, 0, 0 });
			out.write(renamed);
			out.write(content, 8 + length, content.length - 8 - length);
		}
		assertScores(twin);
	}

	/** Of each the first that is there, though it may be the only one that is whole. */
	@Test
	void orderOfNames() throws IOException {
		copyWithoutWeights("clipa");
		List<String> names = List.of(SAFETENSORS, "open_clip_pytorch_model.safetensors", TORCH,
				"open_clip_pytorch_model.pth", "model.safetensors", "pytorch_model.bin", "pytorch_model.pth",
				"model.pth", "mine.safetensors", "mine.pt");
		for (String name : names) {
			Files.writeString(this.folder.resolve(name), "not these");
		}
		for (String name : names) {
			Path whole = name.endsWith(".safetensors") ? TWINS.resolve("clipa").resolve(SAFETENSORS)
					: FORMATS.resolve("open-clip-plain/clipa.pt");
			Files.delete(this.folder.resolve(name));
			Files.copy(whole, this.folder.resolve(name));
			assertScores("clipa");
			Files.delete(this.folder.resolve(name));
		}
	}

	@ParameterizedTest
	@CsvSource({ "epoch_1.pt, epoch_2.pt", "a.bin, b.pth", "a.safetensors, b.safetensors" })
	void severalFilesAreNamed(String first, String second) throws IOException {
		copyWithoutWeights("clipa");
		Files.writeString(this.folder.resolve(first), "a");
		Files.writeString(this.folder.resolve(second), "b");
		assertRefused("'" + first + "'", "'" + second + "'");
	}

	@Test
	void noWeights() throws IOException {
		copyWithoutWeights("clipa");
		Files.createDirectory(this.folder.resolve("below"));
		Files.writeString(this.folder.resolve("below/epoch_1.pt"), "a");
		assertRefused("no weights", "'" + SAFETENSORS + "'");
	}

	/** Names that say nothing are for OpenCLIP's layout only. */
	@Test
	void notInTheLayoutOfTransformers() throws IOException {
		TestCheckpoints.copy("quickgelu-legacy-eos", this.folder);
		Files.move(this.folder.resolve("model.safetensors"), this.folder.resolve("mine.safetensors"));
		assertRefused("'model.safetensors'");
	}

	@Test
	void maliciousTrainingRunsNothing() throws IOException {
		copyWithoutWeights("clipa");
		Files.copy(FORMATS.resolve("malicious/epoch_2.pt"), this.folder.resolve("epoch_2.pt"));
		assertRefused("'epoch_2.pt' asks for 'posix.mkdir'", "Nothing of it was run");
		assertThat(Path.of("ran")).doesNotExist();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					ViT-B-32.pt | is a TorchScript archive             | torch.jit.load('ViT-B-32.pt'
					legacy.pt   | not in torch's zip format            | torch.load('legacy.pt', map_location='cpu', weights_only=True)
					nested.pt   | no dictionary of tensors             | state_dict()
					""")
	void otherFilesOfTorch(String file, String finding, String action) throws IOException {
		copyWithoutWeights("clipa");
		Files.copy(FORMATS.resolve("refused").resolve(file), this.folder.resolve(file));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(this.folder))
			.withMessageContaining("'" + file + "'")
			.withMessageContaining(finding)
			.satisfies((ex) -> assertThat(ex.getAction()).contains(action));
	}

	@Test
	void fileInPlaceOfAFolder() throws IOException {
		copyWithoutWeights("clipa");
		Path file = Files.copy(FORMATS.resolve("open-clip-plain/clipa.pt"), this.folder.resolve("clipa.pt"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(file))
			.withMessageContaining("It is a file")
			.satisfies((ex) -> assertThat(ex.getAction()).contains("open_clip_config.json"));
		Files.delete(this.folder.resolve("open_clip_config.json"));
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> scores(this.folder))
			.satisfies((ex) -> assertThat(ex.getAction()).contains("open_clip_config.json"));
	}

	private void copyWithoutWeights(String twin) throws IOException {
		try (Stream<Path> files = Files.list(TWINS.resolve(twin))) {
			for (Path file : files.filter((each) -> !each.toString().endsWith(".safetensors")).toList()) {
				Files.copy(file, this.folder.resolve(file.getFileName()));
			}
		}
	}

	private void assertScores(String twin) {
		List<Prediction> expected = scores(TWINS.resolve(twin));
		assertThat(scores(this.folder)).isEqualTo(expected);
		assertThat(fromHub()).isEqualTo(expected);
		assertThat(fromJar()).isEqualTo(expected);
	}

	private void assertRefused(String... findings) {
		for (Supplier<?> source : List.<Supplier<?>>of(() -> scores(this.folder), this::fromHub, this::fromJar)) {
			assertThatExceptionOfType(CheckpointException.class).isThrownBy(source::get)
				.satisfies((ex) -> assertThat(ex.getMessage()).contains(findings));
		}
	}

	private List<Prediction> fromHub() {
		try (HubServer server = HubServer.start()) {
			server.repository(ID).push("main", this.folder);
			return scores(ZeroShotClassifier.builder()
				.checkpoint(ID)
				.hubEndpoint(server.endpoint())
				.hubCacheDir(Files.createTempDirectory(this.others, "cache"))
				.hubOffline(false));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private List<Prediction> fromJar() {
		ClassLoader before = Thread.currentThread().getContextClassLoader();
		try (URLClassLoader loader = new URLClassLoader(new URL[] { jar().toUri().toURL() }, before)) {
			Thread.currentThread().setContextClassLoader(loader);
			return scores(ZeroShotClassifier.builder().checkpoint("classpath:models/bare"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		finally {
			Thread.currentThread().setContextClassLoader(before);
		}
	}

	private Path jar() throws IOException {
		Path jar = Files.createTempFile(this.others, "bare", ".jar");
		try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(jar));
				Stream<Path> files = Files.walk(this.folder)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				zip.putNextEntry(
						new ZipEntry("models/bare/" + this.folder.relativize(file).toString().replace('\\', '/')));
				Files.copy(file, zip);
				zip.closeEntry();
			}
		}
		return jar;
	}

	private static List<Prediction> scores(Path checkpoint) {
		return scores(ZeroShotClassifier.builder().checkpoint(checkpoint.toString()));
	}

	private static List<Prediction> scores(ZeroShotClassifierBuilder builder) {
		List<Prediction> scores = new ArrayList<>();
		try (ZeroShotClassifier classifier = builder.build()) {
			for (String picture : List.of("landscape.png", "portrait.png")) {
				scores.addAll(classifier
					.classify(ImageInput.of(TestCheckpoints.picture(picture)), "fox", "bear", "a café", "猫", "12 owls")
					.predictions());
			}
		}
		return scores;
	}

}
