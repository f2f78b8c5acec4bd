package io.github.zsic.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonIOException;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.MalformedJsonException;

import io.github.zsic.CheckpointException;

/**
 * The table by which SentencePiece normalises characters, as {@code tokenizer.json} has
 * it in {@code precompiled_charsmap}: the size of a double-array trie, the trie (Darts of
 * s-yata/darts-clone), and the texts that its values point to, each with a zero behind
 * it.
 * <p>
 * The {@code tokenizers} library does not expect a damaged one: it ends the process, when
 * the file is read or when a text is encoded that leads out of the table. So it is looked
 * through before.
 */
final class CharactersMap {

	private final ByteBuffer trie;

	private final byte[] texts;

	private CharactersMap(ByteBuffer trie, byte[] texts) {
		this.trie = trie;
		this.texts = texts;
	}

	/**
	 * Looks through the tables of a tokenizer. What else may be wrong with the file is
	 * left to the library.
	 * @param tokenizer a {@code tokenizer.json}
	 * @throws CheckpointException if one is damaged, or the file cannot be read
	 */
	static void check(Path tokenizer) {
		try {
			checkAll(tokenizer);
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + tokenizer.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		catch (IllegalArgumentException ex) {
			throw new CheckpointException(
					"'" + tokenizer.getFileName() + "' cannot be used: its 'precompiled_charsmap' is damaged.",
					"Get the file again.", ex);
		}
	}

	private static void checkAll(Path tokenizer) throws IOException {
		try (JsonReader reader = new JsonReader(Files.newBufferedReader(tokenizer))) {
			reader.beginObject();
			while (reader.hasNext()) {
				if ("normalizer".equals(reader.nextName())) {
					check(JsonParser.parseReader(reader));
				}
				else {
					reader.skipValue();
				}
			}
		}
		catch (JsonIOException ex) {
			throw new IOException(ex);
		}
		catch (IllegalStateException | JsonParseException | MalformedJsonException | EOFException ex) {
			// It is no JSON, which the library tells when it comes to the same place.
		}
	}

	private static void check(JsonElement normalizer) {
		if (normalizer instanceof JsonArray array) {
			array.forEach(CharactersMap::check);
		}
		else if (normalizer instanceof JsonObject object) {
			object.entrySet().forEach((entry) -> {
				if (entry.getKey().equals("precompiled_charsmap")) {
					if (!(entry.getValue() instanceof JsonPrimitive text)) {
						throw new IllegalArgumentException("no text");
					}
					of(text.getAsString()).check();
				}
				else {
					check(entry.getValue());
				}
			});
		}
	}

	private static CharactersMap of(String base64) {
		byte[] bytes = Base64.getDecoder().decode(base64);
		if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
			throw new IllegalArgumentException("not the usual base64");
		}
		require(bytes.length >= Integer.BYTES);
		ByteBuffer map = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
		long size = map.getInt() & 0xFFFF_FFFFL;
		require(size >= Integer.BYTES && size <= map.remaining());
		// The library rounds the size down.
		int length = (int) (size / Integer.BYTES) * Integer.BYTES;
		byte[] texts = new byte[map.remaining() - length];
		map.get(map.position() + length, texts);
		return new CharactersMap(map.slice(map.position(), length).order(ByteOrder.LITTLE_ENDIAN), texts);
	}

	private void check() {
		try {
			StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(this.texts));
		}
		catch (CharacterCodingException ex) {
			throw new IllegalArgumentException("its texts are not UTF-8", ex);
		}
		BitSet seen = new BitSet();
		Deque<Integer> nodes = new ArrayDeque<>();
		nodes.add(offset(unit(0)));
		while (!nodes.isEmpty()) {
			int node = nodes.remove();
			for (int label = 1; label <= 0xFF; label++) {
				int child = node ^ label;
				int unit = unit(child);
				if ((unit & 0x8000_00FF) != label) {
					continue;
				}
				int next = child ^ offset(unit);
				if ((unit & 0x100) != 0) {
					checkText(unit(next) & 0x7FFF_FFFF);
				}
				require(next < this.trie.limit() / Integer.BYTES);
				if (!seen.get(next)) {
					seen.set(next);
					nodes.add(next);
				}
			}
		}
	}

	private int unit(int index) {
		require(index >= 0 && index < this.trie.limit() / Integer.BYTES);
		return this.trie.getInt(index * Integer.BYTES);
	}

	private static int offset(int unit) {
		return (unit >>> 10) << ((unit & 0x200) >>> 6);
	}

	/** A text starts at a character. */
	private void checkText(int start) {
		require(start <= this.texts.length);
		require(start == this.texts.length || (this.texts[start] & 0xC0) != 0x80);
	}

	private static void require(boolean condition) {
		if (!condition) {
			throw new IllegalArgumentException("it leads out of itself");
		}
	}

}
