package io.github.zsic.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Files of {@code torch.save}, made by {@code tools/golden/formats.py} or by hand.
 */
class TorchFileTests {

	private static final Path FORMATS = Path.of("src/test/resources/formats");

	private static final Path GOOD = FORMATS.resolve("bin/pytorch_model.bin");

	@TempDir
	private Path folder;

	@Test
	void tensorsOfARealFile() {
		Map<String, StoredTensor> tensors = TorchFile.read(GOOD);
		assertThat(tensors).containsKeys("logit_scale", "visual_projection.weight");
		assertThat(tensors.get("text_projection.weight").strides()).containsExactly(1, 32);
		assertThat(tensors.get("text_model.embeddings.position_ids").dtype()).isEqualTo("I64");
		assertThat(tensors.get("logit_scale").shape()).isEmpty();
		assertThat(tensors.get("text_model.embeddings.token_embedding.weight").begin()).isEqualTo(3 * 24 * 4);
	}

	@ParameterizedTest
	@CsvSource({ "os-system-0.bin, posix.system", "os-system-2.bin, posix.system", "os-system-4.bin, posix.system",
			"eval-0.bin, __builtin__.eval", "eval-2.bin, __builtin__.eval", "eval-4.bin, builtins.eval",
			"nested.bin, posix.mkdir", "instance.bin, os.system" })
	void anythingElseThanTensorsIsRefusedByItsName(String file, String name) {
		assertError(FORMATS.resolve("malicious").resolve(file), "'" + file + "'", name + "'", "Nothing of it was run");
		assertThat(Path.of("ran")).doesNotExist();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ctorch\nload\n.", "ctorch._utils\n_rebuild_device_tensor_from_numpy\n.",
			"cbuiltins\ngetattr\n.", "ctorch\nFloatStorage.__reduce__\n.", "cnumpy.core.multiarray\n_reconstruct\n.",
			"ctorch._utils\n_rebuild_tensor_v3\n." })
	void alsoWhatLooksHarmless(String pickle) throws IOException {
		assertError(zip(pickle.getBytes(StandardCharsets.ISO_8859_1)), "'x.bin' asks for '", "Nothing of it was run");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", ".", "}", "t.", "R.", "}R.", ")R.", "}q\0h\1.", "K", "X\u00ff\u00ff\u00ff\u007fa.",
			"X\u0000\u0000\u0000\u0080a.", "(.", "}]}s.", ")Na.", ")(Ne.", "ccollections\nOrderedDict\n}R.", "Q.",
			"))Q.", "ctorch" })
	void malformedPickles(String pickle) throws IOException {
		assertError(zip(pickle.getBytes(StandardCharsets.ISO_8859_1)), "'x.bin'");
	}

	@Test
	void unknownInstructionIsRefused() throws IOException {
		assertError(zip(new byte[] { (byte) 0x80, 2, 0x52 - 1, '.' }), "'x.bin'");
		assertError(zip(new byte[] { (byte) 0x82, 1, '.' }), "pickle instruction 130");
	}

	@Test
	void noTensors() throws IOException {
		assertError(zip("}.".getBytes(StandardCharsets.ISO_8859_1)), "no dictionary of tensors");
		assertError(zip("K\u0001.".getBytes(StandardCharsets.ISO_8859_1)), "no dictionary of tensors");
	}

	@Test
	void tensorBeyondItsStorage() throws IOException {
		byte[] content = Files.readAllBytes(GOOD);
		byte[] shape = "\u0086q".getBytes(StandardCharsets.ISO_8859_1);
		int at = 0;
		// The first shape of two dimensions, each in one byte.
		while (!(content[at] == 'K' && content[at + 2] == 'K' && content[at + 4] == shape[0])) {
			at++;
		}
		content[at + 1] = (byte) 255;
		assertError(Files.write(this.folder.resolve("x.bin"), content), "reaches beyond its storage");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "x", "version https://git-lfs.github.com/spec/v1", "\u0080\u0002\u008a\nl\u00fc" })
	void otherFormats(String content) throws IOException {
		assertError(Files.write(this.folder.resolve("x.bin"), content.getBytes(StandardCharsets.ISO_8859_1)),
				"'x.bin' is not in torch's zip format");
	}

	@ParameterizedTest
	@ValueSource(ints = { 30, 100, 1000, 100_000 })
	void truncated(int length) throws IOException {
		assertError(Files.write(this.folder.resolve("x.bin"), Arrays.copyOf(Files.readAllBytes(GOOD), length)),
				"'x.bin'");
	}

	@Test
	void compressedEntries() throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (ZipOutputStream zip = new ZipOutputStream(out)) {
			zip.putNextEntry(new ZipEntry("x/data.pkl"));
			zip.write(new byte[1000]);
			zip.closeEntry();
		}
		assertError(Files.write(this.folder.resolve("x.bin"), out.toByteArray()), "compressed");
	}

	/** The directory alone says how long an entry is, which a mapping would believe. */
	@Test
	void entriesLongerThanTheFile() throws IOException {
		byte[] good = Files.readAllBytes(GOOD);
		int entries = 0;
		for (int at = 0; at < good.length - 46; at++) {
			if (good[at] == 'P' && good[at + 1] == 'K' && good[at + 2] == 1 && good[at + 3] == 2) {
				byte[] bad = good.clone();
				for (int size : new int[] { 20, 24 }) {
					ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN).putInt(at + size, good.length);
				}
				int nameLength = good[at + 28];
				String name = new String(good, at + 46, nameLength, StandardCharsets.US_ASCII);
				if (name.contains("/data/") || name.endsWith("/data.pkl")) {
					entries++;
					assertError(Files.write(this.folder.resolve("x.bin"), bad), "reaches beyond its end");
				}
			}
		}
		assertThat(entries).isGreaterThan(10);
	}

	/** Whatever the damage, it ends in an exception that says so, or in tensors. */
	@Test
	void damagedAnywhere() throws IOException {
		byte[] good = Files.readAllBytes(GOOD);
		Random random = new Random(1);
		for (int i = 0; i < 3000; i++) {
			byte[] bad = good.clone();
			// The description is at the start and the directory at the end.
			int at = (i % 2 == 0) ? random.nextInt(9000) : bad.length - 1 - random.nextInt(9000);
			bad[at] = (byte) random.nextInt(256);
			Path file = Files.write(this.folder.resolve("x.bin"), bad);
			try {
				TorchFile.read(file);
			}
			catch (CheckpointException ex) {
				assertThat(ex.getMessage()).contains("'x.bin'");
			}
		}
	}

	private Path zip(byte[] pickle) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		try (ZipOutputStream zip = new ZipOutputStream(out)) {
			ZipEntry entry = new ZipEntry("x/data.pkl");
			entry.setMethod(ZipEntry.STORED);
			entry.setSize(pickle.length);
			CRC32 crc = new CRC32();
			crc.update(pickle);
			entry.setCrc(crc.getValue());
			zip.putNextEntry(entry);
			zip.write(pickle);
			zip.closeEntry();
		}
		return Files.write(this.folder.resolve("x.bin"), out.toByteArray());
	}

	private void assertError(Path file, String... findings) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> TorchFile.read(file)).satisfies((ex) -> {
			assertThat(ex.getMessage()).contains(findings).doesNotContain(this.folder.toString());
			assertThat(ex.getAction()).isNotEmpty();
		});
	}

}
