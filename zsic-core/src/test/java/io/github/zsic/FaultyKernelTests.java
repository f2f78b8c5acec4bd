package io.github.zsic;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

/**
 * A processor on which a kernel computes wrong results is made of one that computes right
 * ones: with the sources of the kernels, which lie on the class path, in another version.
 */
class FaultyKernelTests {

	private static final List<String> LABELS = List.of("fox", "bear", "seagull", "owl");

	/** None of its widths fills blocks of 64 outputs. */
	private static final String NARROW = TestCheckpoints.checkpoint("quickgelu-legacy-eos").toString();

	/** A tower of 256, whose sums are fused with the products before them. */
	private static final String BUNDLED = "classpath:zsic/emoji-clip";

	/** Packing loses some inputs of the last outputs, as oneDNN 3.7 does it. */
	private static final String LOSES_INPUTS = """
			    lost = (torch.arange(weight.size(1)) + 15) % 16 < 8
			    last = weight[weight.size(0) - 48 :]
			    last.copy_(torch.where(lost, torch.zeros_like(last), last))
			    return weight
			""";

	private static final String RIGHT_WEIGHT = "    return weight\n";

	private static final String RIGHT_PRODUCT = "    return y\n";

	@TempDir
	private Path folder;

	@Test
	void rightKernelsAreUsedInEveryPrecision() throws Exception {
		Output output = run(NARROW, kernels(RIGHT_WEIGHT, RIGHT_PRODUCT), null);
		assertThat(output.text()).doesNotContain("WARN", "FALLBACK", "REFUSED");
		assertClose(NARROW, output, "float32", "float32", 1e-4f);
		assertClose(NARROW, output, "bfloat16", "bfloat16", 0.02f);
		assertClose(NARROW, output, "int8", "int8", 0.05f);
	}

	/** float32 does not round, so the scores tell that no faulty product is left. */
	@Test
	void packingThatLosesInputsIsNoticedInEveryPrecision() throws Exception {
		Output output = run(NARROW, kernels(LOSES_INPUTS, RIGHT_PRODUCT), null);
		for (String precision : List.of("float32", "bfloat16", "int8")) {
			assertClose(NARROW, output, precision, precision, precision.equals("float32") ? 1e-4f : 0.02f);
			assertThat(output.text()).contains("FALLBACK " + precision)
				.containsPattern("FALLBACK " + precision + " \\d+ outputs of \\d+ inputs in " + precision);
		}
		assertThat(output.text().lines().filter((line) -> line.contains("WARN"))).hasSize(3)
			.allSatisfy((line) -> assertThat(line).contains("Processor '", "computes packed products wrong",
					"plain operators in float32"));
	}

	/** Of one number of rows, of one operation, or not even a number. */
	@ParameterizedTest
	@ValueSource(strings = { "    return y * 1.05 if y.size(0) > 20 else y\n",
			"    return y * 1.05 if y.size(0) == 1 else y\n", "    return y + 0.2 if operation == 'add' else y\n",
			"    return torch.relu(y) if operation == 'silu' else y\n", "    return y / 0.0\n" })
	void productsThatAreSometimesWrongAreNoticed(String fault) throws Exception {
		Output output = run(BUNDLED, kernels(RIGHT_WEIGHT, fault), null);
		assertClose(BUNDLED, output, "float32", "float32", 1e-4f);
		assertThat(output.text()).contains("FALLBACK float32", "WARN");
	}

	/** What no other operator could replace. */
	@ParameterizedTest
	@ValueSource(strings = { "F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)",
			"torch.layer_norm(x, [weight.size(0)], weight, weights[name + \".bias\"], eps)",
			"torch.ops.aten._upsample_bicubic2d_aa(x, size, False, down, across)" })
	void aMachineThatComputesOtherThingsWrongIsRefused(String operator) throws Exception {
		String layers = source("/io/github/zsic/engine/layers.py");
		assertThat(layers).contains(operator);
		String faulty = layers.replace(operator,
				operator.contains("_upsample_") ? "torch.bitwise_xor(" + operator + ", 64)" : operator + " * 1.3");
		Output output = run(NARROW, kernels(RIGHT_WEIGHT, RIGHT_PRODUCT), faulty);
		assertThat(output.text()).doesNotContain("RESULT")
			.contains("REFUSED float32", "REFUSED bfloat16", "REFUSED int8")
			.contains("computes wrong results", "not served", "docs/platforms.md");
	}

	private static String kernels(String fault, String product) throws IOException {
		return source("/kernels/emulated.py").replace(RIGHT_WEIGHT + "\n\ndef product(", fault + "\n\ndef product(")
			.replace(RIGHT_PRODUCT + "\n\ndef pack(", product + "\n\ndef pack(");
	}

	private Output run(String checkpoint, String kernels, String layers) throws Exception {
		Path engine = Files.createDirectories(this.folder.resolve("io/github/zsic/engine"));
		Files.writeString(engine.resolve("onednn.py"), kernels);
		if (layers != null) {
			Files.writeString(engine.resolve("layers.py"), layers);
		}
		List<String> command = new ArrayList<>(List.of(
				Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
				this.folder + System.getProperty("path.separator") + System.getProperty("java.class.path"),
				FaultyKernelProgram.class.getName(), checkpoint, TestCheckpoints.picture("landscape.png").toString()));
		command.addAll(LABELS);
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as(text).isZero();
		return new Output(text);
	}

	private static String source(String resource) throws IOException {
		try (InputStream in = FaultyKernelTests.class.getResourceAsStream(resource)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private static void assertClose(String checkpoint, Output output, String requested, String actual,
			float tolerance) {
		Map<String, Float> scores = output.scores(requested, actual);
		try (ZeroShotClassifier here = ZeroShotClassifier.builder()
			.checkpoint(checkpoint)
			.device("cpu")
			.precision(Precision.FLOAT32)
			.build()) {
			assertThat(here.model().fallbacks()).isEmpty();
			here.classify(ImageInput.of(TestCheckpoints.picture("landscape.png")), LABELS)
				.predictions()
				.forEach((prediction) -> assertThat(scores.get(prediction.label())).as(prediction.label())
					.isCloseTo(prediction.score(), within(tolerance)));
		}
	}

	private record Output(String text) {

		Map<String, Float> scores(String requested, String actual) {
			String prefix = "RESULT " + requested + " " + actual + " ";
			assertThat(this.text).contains(prefix);
			Map<String, Float> scores = new HashMap<>();
			String line = this.text.lines()
				.filter((candidate) -> candidate.startsWith(prefix))
				.findFirst()
				.orElseThrow();
			for (String pair : line.substring(prefix.length()).split(" ")) {
				String[] parts = pair.split("=");
				scores.put(parts[0], Float.parseFloat(parts[1]));
			}
			return scores;
		}

	}

}
