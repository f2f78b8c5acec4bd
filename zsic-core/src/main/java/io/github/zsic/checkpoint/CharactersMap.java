package io.github.zsic.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.BitSet;
import java.util.Deque;

/**
 * The table by which SentencePiece normalises characters, as {@code tokenizer.json} has
 * it in {@code precompiled_charsmap}: the size of a double-array trie, the trie (Darts of
 * s-yata/darts-clone), and the texts that its values point to, each with a zero behind
 * it.
 * <p>
 * The {@code tokenizers} library trusts it, and ends the process when a text leads out of
 * the table.
 */
final class CharactersMap {

	/**
	 * Of what a character becomes. Of what the published tables make of one, 18 is the
	 * most.
	 */
	private static final int MAXIMUM_TEXT = 32;

	private final ByteBuffer trie;

	private final byte[] texts;

	private int longest;

	private CharactersMap(ByteBuffer trie, byte[] texts) {
		this.trie = trie;
		this.texts = texts;
	}

	/**
	 * Checks a table.
	 * @param base64 the table as {@code tokenizer.json} has it
	 * @return how many characters it makes of one at most
	 * @throws IllegalArgumentException if it is damaged
	 */
	static int check(String base64) {
		CharactersMap map = of(base64);
		map.check();
		return map.longest;
	}

	private static CharactersMap of(String base64) {
		byte[] bytes = Base64.getDecoder().decode(base64);
		if (!Base64.getEncoder().encodeToString(bytes).equals(base64)) {
			throw new IllegalArgumentException("not the usual base64");
		}
		return of(bytes);
	}

	/**
	 * Reads a table, and checks it.
	 * @param bytes the table as a model of SentencePiece has it
	 * @return the table
	 * @throws IllegalArgumentException if it is damaged
	 */
	static CharactersMap checked(byte[] bytes) {
		CharactersMap map = of(bytes);
		map.check();
		return map;
	}

	private static CharactersMap of(byte[] bytes) {
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

	/**
	 * Looks the longest of its keys up that stands in a text.
	 * @param text a text in UTF-8
	 * @param start where the key begins
	 * @param target gets what the key becomes
	 * @return how many bytes the key has, 0 if there is none
	 */
	int replace(byte[] text, int start, ByteArrayOutputStream target) {
		int length = 0;
		int found = 0;
		int node = offset(unit(0));
		for (int at = start; at < text.length; at++) {
			int label = text[at] & 0xFF;
			node ^= label;
			int unit = unit(node);
			if ((unit & 0x8000_00FF) != label) {
				break;
			}
			node ^= offset(unit);
			if ((unit & 0x100) != 0) {
				length = at - start + 1;
				found = unit(node) & 0x7FFF_FFFF;
			}
		}
		for (int at = found; length > 0 && at < this.texts.length && this.texts[at] != 0; at++) {
			target.write(this.texts[at]);
		}
		return length;
	}

	private int unit(int index) {
		require(index >= 0 && index < this.trie.limit() / Integer.BYTES);
		return this.trie.getInt(index * Integer.BYTES);
	}

	private static int offset(int unit) {
		return (unit >>> 10) << ((unit & 0x200) >>> 6);
	}

	/** A text starts at a character, and ends soon. */
	private void checkText(int start) {
		require(start <= this.texts.length);
		require(start == this.texts.length || (this.texts[start] & 0xC0) != 0x80);
		int characters = 0;
		for (int at = start; at < this.texts.length && this.texts[at] != 0; at++) {
			if ((this.texts[at] & 0xC0) != 0x80 && ++characters > MAXIMUM_TEXT) {
				throw new IllegalArgumentException("it makes a long text of one character");
			}
		}
		this.longest = Math.max(this.longest, characters);
	}

	private static void require(boolean condition) {
		if (!condition) {
			throw new IllegalArgumentException("it leads out of itself");
		}
	}

}
