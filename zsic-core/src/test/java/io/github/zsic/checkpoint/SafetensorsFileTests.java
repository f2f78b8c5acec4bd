package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;

import static io.github.zsic.checkpoint.TestSafetensors.header;
import static io.github.zsic.checkpoint.TestSafetensors.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Whatever is in the file: either its tensors, or an error that names the file and what
 * is wrong.
 */
class SafetensorsFileTests {

	private static final byte[] VALID_HEADER = header("\"__metadata__\":{\"format\":\"pt\"}",
			tensor("second", "F16", "[2, 3]", "[4, 16]"), tensor("scalar", "F32", "[]", "[0, 4]"),
			tensor("empty", "F32", "[0, 7]", "[16, 16]"), tensor("größe", "I64", "[1]", "[16, 24]"))
		.getBytes(StandardCharsets.UTF_8);

	@TempDir
	private Path folder;

	private Path file() {
		return this.folder.resolve("model.safetensors");
	}

	@Test
	void validFileIsReadRight() {
		Path file = TestSafetensors.write(file(), VALID_HEADER, new byte[24]);
		Map<String, StoredTensor> tensors = SafetensorsFile.read(file);
		assertThat(tensors).containsOnlyKeys("second", "scalar", "empty", "größe");
		StoredTensor second = tensors.get("second");
		assertThat(second.name()).isEqualTo("second");
		assertThat(second.dtype()).isEqualTo("F16");
		assertThat(second.shape()).containsExactly(2, 3);
		assertThat(second.file()).isEqualTo(file);
		assertThat(second.dataStart()).isEqualTo(8 + VALID_HEADER.length);
		assertThat(second.begin()).isEqualTo(4);
		assertThat(second.byteLength()).isEqualTo(12);
		assertThat(tensors.get("scalar").shape()).isEmpty();
		assertThat(tensors.get("empty").shape()).containsExactly(0, 7);
		assertThat(tensors.get("empty").byteLength()).isZero();
	}

	@Test
	void headerMayBePaddedAndEmpty() {
		assertThat(SafetensorsFile.read(TestSafetensors.write(file(), "{}"))).isEmpty();
		assertThat(SafetensorsFile
			.read(TestSafetensors.write(file(), header(tensor("a", "U8", "[1]", "[0,1]")) + "     ", new byte[1])))
			.containsOnlyKeys("a");
	}

	@ParameterizedTest
	@ValueSource(longs = { 0, 1, -1, Long.MIN_VALUE, 25_000_001, Long.MAX_VALUE })
	void impossibleHeaderLength(long length) {
		TestSafetensors.writeWithLength(file(), length, "{}".getBytes(StandardCharsets.UTF_8));
		assertDamaged("header claims a length of " + Long.toUnsignedString(length) + " bytes");
	}

	@Test
	void headerLongerThanTheFile() {
		TestSafetensors.writeWithLength(file(), 3, "{}".getBytes(StandardCharsets.UTF_8));
		assertDamaged("claims a length of 3 bytes, but the file has only 10");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 7 })
	void fileTooShortForAHeader(int length) throws IOException {
		Files.write(file(), new byte[length]);
		assertDamaged("only " + length + " bytes");
	}

	@Test
	void headerThatIsNotUtf8() {
		TestSafetensors.write(file(), new byte[] { '{', '"', (byte) 0xC3, '"', ':', '1', '}' });
		assertDamaged("not UTF-8");
	}

	@ParameterizedTest
	@ValueSource(strings = { "[]", "  {}", "null", "<html>", "version https://git-lfs.github.com/spec/v1" })
	void headerThatIsNoObject(String header) {
		TestSafetensors.write(file(), header);
		assertDamaged("not a JSON object");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{]", "{\"a\"", "{\"a\":", "{a:1}", "{'a':{}}", "{\"a\":1}", "{\"a\":[]}", "{\"a\":null}",
			"{} x", "{}{}", "{\"a\":{\"dtype\":null}}", "{\"a\":{\"shape\":{}}}", "{\"\\uZZZZ\":{}}",
			"{\"__metadata__\":{},}" })
	void headerThatIsOtherJson(String header) {
		TestSafetensors.write(file(), header);
		assertThat(assertDamaged("header")).doesNotContain("https://", "\n");
	}

	@Test
	void duplicateNames() {
		String a = tensor("a", "U8", "[1]", "[0,1]");
		TestSafetensors.write(file(), header(a, tensor("a", "U8", "[1]", "[1,2]")), new byte[2]);
		assertDamaged("two tensors named 'a'");
		TestSafetensors.write(file(), header("\"__metadata__\":{}", a, "\"__metadata__\":{}"), new byte[1]);
		assertDamaged("two '__metadata__'");
		TestSafetensors.write(file(), header(a.replace("\"shape\"", "\"dtype\":\"I8\",\"shape\"")), new byte[1]);
		assertDamaged("tensor 'a' has two members 'dtype'");
	}

	@Test
	void everyByteBelongsToExactlyOneTensor() {
		String a = tensor("a", "U8", "[4]", "[0,4]");
		TestSafetensors.write(file(), header(a, tensor("b", "U8", "[4]", "[3,7]")), new byte[7]);
		assertDamaged("tensor 'b' overlaps");
		TestSafetensors.write(file(), header(a, tensor("b", "U8", "[4]", "[6,10]")), new byte[10]);
		assertDamaged("tensor 'b' leaves a gap of 2 bytes");
		TestSafetensors.write(file(), header(a), new byte[9]);
		assertDamaged("last 5 bytes belong to no tensor");
		TestSafetensors.write(file(), header(), new byte[1]);
		assertDamaged("last 1 bytes belong to no tensor");
	}

	@Test
	void truncatedData() {
		TestSafetensors.write(file(), header(tensor("a", "U8", "[4]", "[0,4]"), tensor("b", "U8", "[4]", "[4,8]")),
				new byte[7]);
		assertDamaged("tensor 'b' reaches to byte 8", "only 7 bytes", "not downloaded or copied to its end");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			[4]                    | [4,0]                                     | ends at 0 before it begins at 4
			[4]                    | [-4,0]                                    | negative number -4 in its data_offsets
			[-4]                   | [0,4]                                     | negative number -4 in its shape
			[4]                    | [0,9223372036854775807]                   | takes 4
			[9223372036854775807]  | [0,9223372036854775807]                   | reaches to byte 9223372036854775807
			[4]                    | [9223372036854775803,9223372036854775807] | reaches to byte 9223372036854775807
			[4]                    | [0,9223372036854775808]                   | impossible number 9223372036854775808
			[4]                    | [0,99999999999999999999999999]            | impossible number 999
			[4]                    | [0.0,4.0]                                 | impossible number 0.0
			[4]                    | [0,4e0]                                   | impossible number 4e0
			[4.5]                  | [0,4]                                     | impossible number 4.5
			[4]                    | ["0","4"]                                 | something else than numbers
			["4"]                  | [0,4]                                     | something else than numbers
			[null]                 | [0,4]                                     | something else than numbers
			[[4]]                  | [0,4]                                     | something else than numbers
			[4]                    | [0]                                       | lacks
			[4]                    | []                                        | lacks
			[4]                    | [0,2,4]                                   | lacks
			[5]                    | [0,4]                                     | takes 5
			[2,3]                  | [0,4]                                     | takes 6
			[4294967296,4294967296]| [0,4]                                     | impossible shape
			[3037000500,3037000500,0]| [0,0]                                   | impossible shape
			""")
	void impossibleShapesAndOffsets(String shape, String offsets, String finding) {
		TestSafetensors.write(file(), header(tensor("a", "U8", shape, offsets)), new byte[4]);
		assertDamaged("tensor 'a' ", finding);
	}

	@Test
	void elementSizeCounts() {
		TestSafetensors.write(file(), header(tensor("a", "F32", "[2]", "[0,4]")), new byte[4]);
		assertDamaged("tensor 'a' has 4 bytes, but F32 of shape [2] takes 8");
		TestSafetensors.write(file(), header(tensor("a", "F64", "[2305843009213693952]", "[0,4]")), new byte[4]);
		assertDamaged("tensor 'a' has the impossible shape");
	}

	@Test
	void unknownDtype() {
		TestSafetensors.write(file(), header(tensor("a", "F4", "[4]", "[0,4]")), new byte[4]);
		assertError("Tensor 'a' of 'model.safetensors' has the unknown dtype 'F4'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"dtype\":\"U8\"}", "{\"dtype\":\"U8\",\"shape\":[4]}",
			"{\"dtype\":\"U8\",\"data_offsets\":[0,4]}", "{\"shape\":[4],\"data_offsets\":[0,4]}" })
	void missingMembers(String tensor) {
		TestSafetensors.write(file(), "{\"a\":" + tensor + "}", new byte[4]);
		assertDamaged("tensor 'a' lacks");
	}

	@Test
	void unknownMember() {
		TestSafetensors.write(file(), header(tensor("a", "U8", "[4],\"stride\":[1]", "[0,4]")), new byte[4]);
		assertDamaged("tensor 'a' has an unknown member 'stride'");
	}

	@ParameterizedTest
	@ValueSource(strings = { "[", "{\"a\":" })
	void deepNestingDoesNotOverflowTheStack(String opening) {
		TestSafetensors.write(file(), "{\"__metadata__\":" + opening.repeat(1_000_000));
		assertDamaged("header");
		TestSafetensors.write(file(), opening.replace("[", "{\"a\":[").repeat(1_000_000));
		assertDamaged("tensor");
	}

	@Test
	void missingFileIsNamedWithoutItsFolder() {
		assertError("'model.safetensors' cannot be read");
	}

	@Test
	void folderInPlaceOfTheFile() throws IOException {
		Files.createDirectory(file());
		assertError("'model.safetensors'");
	}

	@Test
	void randomDamageIsFoundOrHarmless() throws IOException {
		TestSafetensors.write(file(), VALID_HEADER, new byte[24]);
		byte[] valid = Files.readAllBytes(file());
		Random random = new Random(42);
		int refused = 0;
		for (int i = 0; i < 5000; i++) {
			byte[] damaged = valid.clone();
			int changes = 1 + random.nextInt(3);
			for (int change = 0; change < changes; change++) {
				// Mostly the header; a change in the data would be no test of anything.
				damaged[random.nextInt(8 + VALID_HEADER.length)] = (byte) (random.nextBoolean() ? random.nextInt(256)
						: "{}[],:\"0123456789.-eE\\ ".charAt(random.nextInt(22)));
			}
			if (random.nextInt(10) == 0) {
				damaged = java.util.Arrays.copyOf(damaged, random.nextInt(damaged.length + 8));
			}
			Files.write(file(), damaged);
			try {
				SafetensorsFile.read(file())
					.values()
					.forEach((tensor) -> assertThat(tensor.dataStart() + tensor.begin() + tensor.byteLength())
						.isLessThanOrEqualTo(valid.length + 8));
			}
			catch (CheckpointException ex) {
				refused++;
				assertThat(ex.getMessage()).contains("'model.safetensors'").doesNotContain(this.folder.toString());
			}
		}
		assertThat(refused).isBetween(2500, 4999);
	}

	private String assertDamaged(String... findings) {
		String message = assertError(findings);
		assertThat(message).startsWith("'model.safetensors' is not a valid safetensors file: ");
		return message;
	}

	private String assertError(String... findings) {
		String[] message = new String[1];
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> SafetensorsFile.read(file()))
			.satisfies((ex) -> {
				message[0] = ex.getMessage();
				assertThat(ex.getMessage()).contains(findings)
					.contains("model.safetensors")
					.doesNotContain(this.folder.toString());
				assertThat(ex.getAction()).isNotEmpty();
			});
		return message[0];
	}

}
