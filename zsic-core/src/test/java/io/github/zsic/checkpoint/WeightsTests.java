package io.github.zsic.checkpoint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;

import static io.github.zsic.checkpoint.TestSafetensors.floats;
import static io.github.zsic.checkpoint.TestSafetensors.header;
import static io.github.zsic.checkpoint.TestSafetensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNoException;

class WeightsTests {

	private static final String F32_PAIR = "[0,8]";

	@TempDir
	private Path folder;

	@Test
	void noWeights() {
		assertError(() -> Weights.open(this.folder), "neither 'model.safetensors' nor 'model.safetensors.index.json'");
	}

	@Test
	void shardsAreOneCheckpoint() throws IOException {
		shard("x-1.safetensors", "a", 1, 2);
		shard("x-2.safetensors", "b", 3, 4);
		index("{\"metadata\":{\"total_size\":16},\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"x-2.safetensors\"}}");
		Weights weights = Weights.open(this.folder);
		weights.verify(Map.of("a", new long[] { 2 }, "b", new long[] { 2 }), List.of());
		assertThat(floatsOf(weights.map("a"))).containsExactly(1, 2);
		assertThat(floatsOf(weights.map("b"))).containsExactly(3, 4);
	}

	@Test
	void singleFileWinsOverAnIndex() throws IOException {
		index("{}");
		shard("model.safetensors", "a", 1, 2);
		assertThat(floatsOf(Weights.open(this.folder).map("a"))).containsExactly(1, 2);
	}

	@Test
	void missingShard() throws IOException {
		index("{\"weight_map\":{\"a\":\"x-1.safetensors\"}}");
		assertError(() -> Weights.open(this.folder), "'model.safetensors.index.json'", "'x-1.safetensors'",
				"not there");
	}

	@Test
	void tensorThatIsNotInItsShard() throws IOException {
		shard("x-1.safetensors", "b", 1, 2);
		index("{\"weight_map\":{\"a\":\"x-1.safetensors\"}}");
		assertError(() -> Weights.open(this.folder), "tensor 'a' is in 'x-1.safetensors', but it is not");
	}

	@Test
	void tensorInTwoShards() throws IOException {
		shard("x-1.safetensors", "a", 1, 2);
		TestSafetensors.write(this.folder.resolve("x-2.safetensors"),
				header(tensor("a", "F32", "[2]", F32_PAIR), tensor("b", "F32", "[2]", "[8,16]")), new byte[16]);
		index("{\"weight_map\":{\"a\":\"x-1.safetensors\",\"b\":\"x-2.safetensors\"}}");
		assertError(() -> Weights.open(this.folder), "'a' is in two shards", "'x-1.safetensors'", "'x-2.safetensors'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "\"../x.safetensors\"", "\"/etc/x.safetensors\"", "\"a/x.safetensors\"",
			"\"a\\\\x.safetensors\"", "\"..safetensors\"", "\".safetensors\"", "\"C:x.safetensors\"",
			"\"x\\u0000.safetensors\"", "\"x.bin\"", "\"\"", "null", "1", "{}" })
	void indexDoesNotReachOutOfItsFolder(String shard) throws IOException {
		index("{\"weight_map\":{\"a\":" + shard + "}}");
		assertError(() -> Weights.open(this.folder), "puts tensor 'a' in",
				"not the name of a safetensors file in the same folder");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"weight_map\":{}}", "{\"weight_map\":null}", "{\"weight_map\":[\"a\"]}" })
	void indexWithoutTensors(String index) throws IOException {
		index(index);
		assertError(() -> Weights.open(this.folder), "'model.safetensors.index.json' has no 'weight_map'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "{\"weight_map\":", "{} {}", "version https://git-lfs" })
	void malformedIndex(String index) throws IOException {
		index(index);
		assertError(() -> Weights.open(this.folder), "'model.safetensors.index.json' is not valid JSON");
	}

	@Test
	void damagedShardIsNamed() throws IOException {
		Files.write(this.folder.resolve("x-1.safetensors"), new byte[3]);
		index("{\"weight_map\":{\"a\":\"x-1.safetensors\"}}");
		assertError(() -> Weights.open(this.folder), "'x-1.safetensors' is not a valid safetensors file");
	}

	@Test
	void verifyListsEveryKindOfMisfit() {
		single(header(tensor("shaped", "F32", "[2]", F32_PAIR), tensor("integers", "I32", "[2]", "[8,16]"),
				tensor("extra", "F32", "[2]", "[16,24]"), tensor("text_model.position_ids", "I64", "[1]", "[24,32]")),
				new byte[32]);
		Weights weights = Weights.open(this.folder);
		assertError(
				() -> weights.verify(
						Map.of("shaped", new long[] { 2, 1 }, "integers", new long[] { 2 }, "absent", new long[] { 3 }),
						List.of()),
				"wrong shape: shaped is [2] in 'model.safetensors', where config.json means [2, 1]",
				"dtype: integers is I32 in 'model.safetensors'", "missing: absent [3]",
				"unexpected: extra [2] in 'model.safetensors'");
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> weights.verify(Map.of(), List.of()))
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("position_ids"));
	}

	@Test
	void namesOfAPartOfALargerModel() {
		single(header(tensor("clip.text.weight", "F32", "[1]", "[0,4]"), tensor("clip.scale", "F32", "[]", "[4,8]"),
				tensor("decoder.weight", "F32", "[1]", "[8,12]"),
				tensor("clip.text.position_ids", "I64", "[1]", "[12,20]")), new byte[20]);
		Map<String, long[]> expected = Map.of("text.weight", new long[] { 1 }, "scale", new long[0]);
		Weights weights = Weights.open(this.folder).verify(expected, List.of("decoder."));
		assertThat(weights.map("text.weight")).hasSize(1);
		assertThat(weights.map("scale")).hasSize(1);
		assertError(() -> Weights.open(this.folder).verify(expected, List.of()), "unexpected: decoder.weight [1]");
	}

	@Test
	void namesOfOtherReleases() {
		single(header(tensor("a.LayerNorm.gamma", "F32", "[1]", "[0,4]"),
				tensor("a.LayerNorm.beta", "F32", "[1]", "[4,8]"), tensor("b.layer.0.weight", "F32", "[1]", "[8,12]")),
				floats(1, 2, 3));
		Weights weights = Weights.open(this.folder)
			.verify(Map.of("a.LayerNorm.weight", new long[] { 1 }, "a.LayerNorm.bias", new long[] { 1 },
					"b.layers.0.weight", new long[] { 1 }), List.of());
		assertThat(floatsOf(weights.map("a.LayerNorm.weight"))).containsExactly(1);
		assertThat(floatsOf(weights.map("a.LayerNorm.bias"))).containsExactly(2);
		assertThat(floatsOf(weights.map("b.layers.0.weight"))).containsExactly(3);
	}

	@Test
	void verifyDoesNotListThousands() {
		single(header(), new byte[0]);
		Map<String, long[]> expected = new java.util.TreeMap<>();
		for (int i = 0; i < 5000; i++) {
			expected.put("tensor" + i, new long[] { i });
		}
		assertThatExceptionOfType(CheckpointException.class)
			.isThrownBy(() -> Weights.open(this.folder).verify(expected, List.of()))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains("and 4990 more").hasSizeLessThan(1000));
	}

	@Test
	void scalarMayBeStoredAsAListOfOne() {
		single(header(tensor("a", "F32", "[1]", "[0,4]"), tensor("b", "F32", "[]", "[4,8]")), floats(5, 6));
		Weights weights = Weights.open(this.folder);
		assertThatNoException().isThrownBy(() -> weights.verify(Map.of("a", new long[0], "b", new long[0]), List.of()));
		assertThat(floatsOf(weights.map("a"))).containsExactly(5);
		assertThat(floatsOf(weights.map("b"))).containsExactly(6);
		assertError(() -> weights.verify(Map.of("a", new long[0], "b", new long[] { 1 }), List.of()),
				"wrong shape: b is []");
		assertThatIllegalArgumentException().isThrownBy(() -> weights.map("c"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 2, 3, 4, 5, 6, 7 })
	void valuesOfEveryDtypeWhateverTheHeaderLength(int padding) {
		ByteBuffer data = ByteBuffer.allocate(2 * 2 + 2 * 2 + 2 * 4 + 2 * 8).order(ByteOrder.LITTLE_ENDIAN);
		data.putShort((short) 0x3C00).putShort((short) 0xC000);
		data.putShort((short) 0x3F80).putShort((short) 0xC000);
		data.putFloat(1.5f).putFloat(Float.MIN_VALUE).putDouble(Math.PI).putDouble(-0.0);
		single(header(tensor("f16", "F16", "[2]", "[0,4]"), tensor("bf16", "BF16", "[2]", "[4,8]"),
				tensor("f32", "F32", "[2]", "[8,16]"), tensor("f64", "F64", "[2]", "[16,32]")) + " ".repeat(padding),
				data.array());
		Weights weights = Weights.open(this.folder);
		Weights.Part f16 = onlyPart(weights, "f16");
		assertThat(f16.dtype()).isEqualTo("F16");
		assertThat(f16.shape()).containsExactly(2);
		assertThat(f16.data().isDirect()).isTrue();
		assertThat(f16.data().remaining()).isEqualTo(4);
		assertThat(f16.data().getShort(0)).isEqualTo((short) 0x3C00);
		assertThat(f16.data().getShort(2)).isEqualTo((short) 0xC000);
		assertThat(onlyPart(weights, "bf16").data().getShort(0)).isEqualTo((short) 0x3F80);
		assertThat(onlyPart(weights, "bf16").data().getShort(2)).isEqualTo((short) 0xC000);
		assertThat(floatsOf(weights.map("f32"))).containsExactly(1.5f, Float.MIN_VALUE);
		assertThat(onlyPart(weights, "f64").data().getDouble(0)).isEqualTo(Math.PI);
		assertThat(onlyPart(weights, "f64").data().getDouble(8)).isEqualTo(-0.0);
		for (String name : List.of("f16", "bf16", "f32", "f64")) {
			ByteBuffer buffer = onlyPart(weights, name).data();
			int elementSize = StoredTensor.elementSize(onlyPart(weights, name).dtype());
			assertThat(buffer.alignmentOffset(0, elementSize)).as("alignment of " + name).isZero();
		}
	}

	/**
	 * As in nearly every published CLIP: the scalar logit_scale comes first, so that all
	 * else starts at an odd multiple of 4.
	 */
	@Test
	void alignedElementsAreMappedNotCopied() throws IOException {
		String header = header(tensor("logit_scale", "F32", "[]", "[0,4]"),
				tensor("weight", "F32", "[262144]", "[4,1048580]"));
		Path file = single(header + " ".repeat((8 - header.length() % 8) % 8), new byte[1048580]);
		Weights.Part part = onlyPart(Weights.open(this.folder), "weight");
		// What is written to the file later is seen in a mapping, not in a copy.
		try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
			channel.write(ByteBuffer.wrap(new byte[] { 42 }), channel.size() - 1);
		}
		assertThat(part.data().get(1048575)).isEqualTo((byte) 42);
	}

	@Test
	void largeTensorsAreSplitByRows() {
		float[] values = new float[5 * 3];
		for (int i = 0; i < values.length; i++) {
			values[i] = i;
		}
		Path file = single(header(tensor("a", "F32", "[5,3]", "[0,60]")), floats(values));
		for (long maximumPart : new long[] { 1, 12, 13, 24, 30, 36, 59, 60, 61 }) {
			List<Weights.Part> parts = new Weights(SafetensorsFile.read(file), maximumPart).map("a");
			long rowsPerPart = (maximumPart >= 60) ? 5 : Math.max(1, maximumPart / 12);
			assertThat(parts).hasSize((int) ((5 + rowsPerPart - 1) / rowsPerPart));
			assertThat(parts.stream().mapToLong((part) -> part.shape()[0]).sum()).isEqualTo(5);
			assertThat(parts).allSatisfy((part) -> assertThat(part.shape()[1]).isEqualTo(3));
			assertThat(floatsOf(parts)).containsExactly(values);
		}
	}

	@Test
	void emptyTensor() {
		single(header(tensor("a", "F32", "[0,3]", "[0,0]")), new byte[0]);
		assertThat(onlyPart(Weights.open(this.folder), "a").data().remaining()).isZero();
	}

	@Test
	void fileThatShrinksAfterItWasOpened() throws IOException {
		Path file = single(header(tensor("a", "F32", "[2]", F32_PAIR)), floats(1, 2));
		Weights weights = Weights.open(this.folder);
		Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 20));
		assertError(() -> weights.map("a"), "Tensor 'a' of 'model.safetensors' cannot be read", "became shorter");
		Files.delete(file);
		assertError(() -> weights.map("a"), "Tensor 'a' of 'model.safetensors' cannot be read");
	}

	/** Sparse: it takes a few kilobytes of disk. */
	@Test
	@EnabledOnOs(OS.LINUX)
	void filesBeyondTwoGigabytes() throws IOException {
		long rows = 300_000;
		long bytes = rows * 1024 * 4;
		String header = header(tensor("large", "F32", "[300000,1024]", "[0," + bytes + "]"),
				tensor("far", "F32", "[300000,1024]", "[" + bytes + "," + 2 * bytes + "]"),
				tensor("last", "F32", "[2]", "[" + 2 * bytes + "," + (2 * bytes + 8) + "]"));
		header += " ".repeat((8 - header.length() % 8) % 8);
		byte[] json = header.getBytes(StandardCharsets.UTF_8);
		long start = 8 + json.length;
		try (RandomAccessFile file = new RandomAccessFile(this.folder.resolve("model.safetensors").toFile(), "rw")) {
			file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
			file.write(json);
			file.setLength(start + 2 * bytes + 8);
			file.write(floats(1));
			file.seek(start + bytes - 4);
			file.write(floats(2, 3));
			file.seek(start + 2 * bytes - 4);
			file.write(floats(4, 5, 6));
		}
		Weights weights = Weights.open(this.folder);
		weights.verify(
				Map.of("large", new long[] { rows, 1024 }, "far", new long[] { rows, 1024 }, "last", new long[] { 2 }),
				List.of());
		for (String name : List.of("large", "far")) {
			List<Weights.Part> parts = weights.map(name);
			assertThat(parts).hasSizeGreaterThan(1);
			assertThat(parts.stream().mapToLong((part) -> part.shape()[0]).sum()).isEqualTo(rows);
			assertThat(parts.stream().mapToLong((part) -> part.data().remaining()).sum()).isEqualTo(bytes);
			ByteBuffer last = parts.get(parts.size() - 1).data();
			assertThat(parts.get(0).data().getFloat(0)).isEqualTo("large".equals(name) ? 1 : 3);
			assertThat(last.getFloat(last.limit() - 4)).isEqualTo("large".equals(name) ? 2 : 4);
		}
		assertThat(floatsOf(weights.map("last"))).containsExactly(5, 6);
	}

	private Path single(String header, byte... data) {
		return TestSafetensors.write(this.folder.resolve("model.safetensors"), header, data);
	}

	private void shard(String file, String name, float first, float second) {
		TestSafetensors.write(this.folder.resolve(file), header(tensor(name, "F32", "[2]", F32_PAIR)),
				floats(first, second));
	}

	private void index(String json) throws IOException {
		Files.writeString(this.folder.resolve("model.safetensors.index.json"), json);
	}

	private static Weights.Part onlyPart(Weights weights, String name) {
		List<Weights.Part> parts = weights.map(name);
		assertThat(parts).hasSize(1);
		return parts.get(0);
	}

	private static float[] floatsOf(List<Weights.Part> parts) {
		int length = parts.stream().mapToInt((part) -> part.data().remaining() / 4).sum();
		float[] values = new float[length];
		int position = 0;
		for (Weights.Part part : parts) {
			int count = part.data().remaining() / 4;
			part.data().asFloatBuffer().get(values, position, count);
			position += count;
		}
		return values;
	}

	private void assertError(Runnable action, String... findings) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(action::run).satisfies((ex) -> {
			assertThat(ex.getMessage()).contains(findings).doesNotContain(this.folder.toString());
			assertThat(ex.getAction()).isNotEmpty();
		});
	}

}
