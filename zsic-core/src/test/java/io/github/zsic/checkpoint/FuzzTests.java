package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.zsic.CheckpointException;
import io.github.zsic.Mutations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The readers on files that are damaged at random. {@code -Dzsic.fuzz.rounds} asks for
 * more of it; {@code tools/fuzz/fuzz.sh} does it better.
 */
class FuzzTests {

	@ParameterizedTest
	@EnumSource
	void damagedFiles(CheckpointFuzz reader) throws IOException {
		Random random = new Random(7);
		List<byte[]> seeds = reader.seeds();
		seeds.forEach(reader::read);
		for (int round = 0; round < Integer.getInteger("zsic.fuzz.rounds", 300); round++) {
			byte[] content = Mutations.of(seeds.get(round % seeds.size()), random);
			try {
				reader.read(content);
			}
			catch (CheckpointException ex) {
				assertThat(ex.getMessage()).doesNotContain(System.getProperty("java.io.tmpdir")).hasSizeLessThan(2000);
			}
			catch (RuntimeException | Error ex) {
				throw new AssertionError("In round " + round, ex);
			}
		}
	}

	/** A list in lists of lists, each twice, would take 2^40 characters to be written. */
	@Test
	void aPickleThatGrows() {
		StringBuilder pickle = new StringBuilder("](");
		pickle.append("lq\0");
		for (int i = 0; i < 40; i++) {
			pickle.append("](h\0h\0eq\0");
		}
		assertRefused(CheckpointFuzz.PICKLE, pickle + "h\0\u0093.", "malformed pickle");
	}

	@Test
	void aPickleThatHoldsItself() {
		assertRefused(CheckpointFuzz.PICKLE, "]q\0]q\1h\0ah\0h\1ah\0\u0093.", "pickle");
	}

	@ParameterizedTest
	@ValueSource(strings = { "1e1000000000", "99999999999", "0.5", "-1e999", "\"0\"", "null" })
	void idsThatAreNone(String id) {
		assertRefused(CheckpointFuzz.VOCABULARY_CLIP, "{\"<|startoftext|>\": 0, \"owl\": " + id + "}",
				"'owl' has no id");
		String tokens = "{\"added_tokens\": [{\"content\": \"[PAD]\", \"id\": " + id + "}]}";
		assertRefused(CheckpointFuzz.ADDED_TOKENS, tokens.replaceFirst("}$", ", \"model\": {}}"), "impossible");
	}

	@Test
	void modelsOfSentencePieceWithoutPieces() {
		String piece = "\n\5\n\3owl";
		assertRefused(CheckpointFuzz.SENTENCEPIECE_ALTCLIP, piece, "lacks the special tokens");
		assertRefused(CheckpointFuzz.SENTENCEPIECE_SIGLIP, piece, "lacks the token '<unk>'");
	}

	@Test
	void aPieceThatIsAText() {
		int length = 2_000_000;
		String piece = "\n" + varint(length + 4) + "\n" + varint(length);
		assertRefused(CheckpointFuzz.SENTENCEPIECE_TIPSV2, piece + "x".repeat(length), "a piece of 2000000 characters");
	}

	/** Errors in these places ended the process. */
	@ParameterizedTest
	@ValueSource(strings = { "{", "{\"type\": \"WordPiece\", {", "1e999", "\"\\ud800\"", "NaN" })
	void jsonThatTheLibraryDoesNotExpect(String value) {
		for (String member : List.of("normalizer", "pre_tokenizer", "post_processor", "decoder")) {
			assertRefused(CheckpointFuzz.TOKENIZER, "{\"version\": \"1.0\", \"" + member + "\": " + value + "}",
					"'tokenizer.json' cannot be used: it ");
		}
	}

	private static String varint(int value) {
		return (value < 128) ? String.valueOf((char) value) : (char) (value & 127 | 128) + varint(value >> 7);
	}

	private static void assertRefused(CheckpointFuzz reader, String content, String finding) {
		assertRefused(reader, content.getBytes(StandardCharsets.ISO_8859_1), finding);
	}

	private static void assertRefused(CheckpointFuzz reader, byte[] content, String finding) {
		assertThatExceptionOfType(CheckpointException.class).isThrownBy(() -> reader.read(content))
			.withMessageContaining(finding);
	}

	/**
	 * Damage in the table of characters ended the process, when the tokenizer was loaded
	 * or when it came across the place.
	 */
	@Test
	void tableOfCharactersThatLeadsOutOfItself() throws IOException {
		String tokenizer = Files.readString(Path.of("src/test/resources/parity/checkpoints/siglip/tokenizer.json"));
		Matcher map = Pattern.compile("\"precompiled_charsmap\": ?\"([^\"]*)\"").matcher(tokenizer);
		assertThat(map.find()).isTrue();
		byte[] table = Base64.getDecoder().decode(map.group(1));
		CheckpointFuzz.TOKENIZER.read(tokenizer.getBytes(StandardCharsets.UTF_8));
		byte[] large = table.clone();
		large[3] = (byte) 0xFF;
		byte[] root = table.clone();
		root[7] = 0x7F;
		for (String damaged : List.of("", "AAAA", map.group(1).substring(1), map.group(1) + "=",
				Base64.getEncoder().encodeToString(large), Base64.getEncoder().encodeToString(root),
				Base64.getEncoder().encodeToString(Arrays.copyOf(table, table.length / 2)))) {
			assertRefused(CheckpointFuzz.TOKENIZER,
					tokenizer.replace(map.group(1), damaged).getBytes(StandardCharsets.UTF_8),
					"its 'precompiled_charsmap' is damaged");
		}
	}

}
