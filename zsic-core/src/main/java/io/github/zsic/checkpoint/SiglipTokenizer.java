package io.github.zsic.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

import io.github.zsic.CheckpointException;

/**
 * SigLIP's tokenizer over a unigram model of SentencePiece, as the reference runs it: in
 * Python, and without the {@code tokenizers} library
 * (models/siglip/tokenization_siglip.py of transformers; normalizer.cc and
 * unigram_model.cc of google/sentencepiece). The library's unigram model adds up in
 * double precision, which decides otherwise between splits that are equally good, and
 * normalises whole graphemes.
 */
final class SiglipTokenizer implements TokenizerDefinition.Encoder {

	private static final String SPACE = "\u2581";

	private static final float UNKNOWN_PENALTY = 10;

	/** Sorted, to be found character by character. */
	private final String[] pieces;

	private final float[] scores;

	private final Map<String, Integer> ids = new HashMap<>();

	private final int unknownId;

	private final float unknownScore;

	private final @Nullable CharactersMap charactersMap;

	private final Map<String, AddedToken> addedTokens = new HashMap<>();

	private final int longestAddedToken;

	private final boolean lowerCase;

	private final String unknownToken;

	/** How many pieces the text of the unknown token has. */
	private final int unknownTokenLength;

	private final int endId;

	private SiglipTokenizer(SentencePieceModel model, TokenizerDeclaration declaration) {
		List<SentencePieceModel.Piece> normal = model.pieces()
			.stream()
			.filter((piece) -> piece.type() == SentencePieceModel.Piece.NORMAL)
			.sorted(Comparator.comparing(SentencePieceModel.Piece::text))
			.toList();
		this.pieces = normal.stream().map(SentencePieceModel.Piece::text).toArray(String[]::new);
		this.scores = new float[this.pieces.length];
		float minimum = Float.MAX_VALUE;
		for (int i = 0; i < this.scores.length; i++) {
			this.scores[i] = normal.get(i).score();
			minimum = Math.min(minimum, this.scores[i]);
		}
		this.unknownScore = minimum - UNKNOWN_PENALTY;
		int unknown = -1;
		for (int id = 0; id < model.pieces().size(); id++) {
			SentencePieceModel.Piece piece = model.pieces().get(id);
			this.ids.putIfAbsent(piece.text(), id);
			unknown = (piece.type() == SentencePieceModel.Piece.UNKNOWN) ? id : unknown;
		}
		this.unknownId = unknown;
		this.charactersMap = (model.charactersMap().length > 0) ? CharactersMap.checked(model.charactersMap()) : null;
		this.lowerCase = declaration.flag("do_lower_case", true);
		this.unknownToken = declaration.requiredToken("unk_token");
		this.longestAddedToken = readAddedTokens(declaration, model.pieces().size());
		this.endId = tokenId(declaration.requiredToken("eos_token"));
		this.unknownTokenLength = split(this.unknownToken).size();
	}

	/**
	 * Makes the tokenizer of a model.
	 * @param model the model
	 * @param declaration what the files beside it say
	 * @return the tokenizer, {@code null} if the model has something that the published
	 * ones have not, and which the library knows
	 */
	static @Nullable SiglipTokenizer of(SentencePieceModel model, TokenizerDeclaration declaration) {
		Set<String> texts = new HashSet<>();
		boolean known = model.usual();
		boolean hasUnknown = false;
		for (SentencePieceModel.Piece piece : model.pieces()) {
			known &= texts.add(piece.text()) && !piece.text().isEmpty()
					&& piece.type() <= SentencePieceModel.Piece.CONTROL && Float.isFinite(piece.score());
			hasUnknown |= piece.type() == SentencePieceModel.Piece.UNKNOWN;
		}
		try {
			return (known && hasUnknown) ? new SiglipTokenizer(model, declaration) : null;
		}
		catch (IllegalArgumentException ex) {
			throw new CheckpointException(
					"'" + VocabularyTokenizer.SIGLIP_MODEL + "' cannot be used: its table of characters is damaged.",
					"Get the file again.", ex);
		}
	}

	private int readAddedTokens(TokenizerDeclaration declaration, int size) {
		int next = size;
		int longest = 0;
		for (JsonElement element : declaration.addedTokens(null)) {
			JsonObject token = element.getAsJsonObject();
			String content = token.get("content").getAsString();
			boolean special = token.get("special").getAsBoolean();
			if (!special && token.get("normalized").getAsBoolean() && this.lowerCase) {
				content = content.toLowerCase(Locale.ROOT);
			}
			if (content.isEmpty()) {
				continue;
			}
			// Not looked up in the vocabulary, as the library would.
			Integer declared = declaration.declaredId(content);
			Integer id = (declared != null) ? declared : this.ids.get(content);
			this.addedTokens.put(content,
					new AddedToken((id != null) ? id : next++, special, token.get("lstrip").getAsBoolean(),
							token.get("rstrip").getAsBoolean(), token.get("single_word").getAsBoolean()));
			longest = Math.max(longest, content.length());
		}
		return longest;
	}

	@Override
	public long[] encode(String text, int maximumTokens) {
		List<String> tokens = tokenize(SPACE + text.replace(SPACE, " "));
		if (tokens.size() > 1 && tokens.get(0).equals(SPACE) && isSpecial(tokens.get(1))) {
			tokens = tokens.subList(1, tokens.size());
		}
		int length = Math.min(tokens.size(), maximumTokens - 1);
		long[] encoded = new long[length + 1];
		for (int i = 0; i < length; i++) {
			encoded[i] = tokenId(tokens.get(i));
		}
		encoded[length] = this.endId;
		// Not a second time behind one that somebody has written.
		return (length > 0 && encoded[length - 1] == this.endId) ? Arrays.copyOf(encoded, length) : encoded;
	}

	private boolean isSpecial(String token) {
		AddedToken added = this.addedTokens.get(token);
		return added != null && added.special;
	}

	private int tokenId(String token) {
		AddedToken added = this.addedTokens.get(token);
		return (added != null) ? added.id : this.ids.getOrDefault(token, this.unknownId);
	}

	private List<String> tokenize(String text) {
		List<String> parts = parts(text);
		for (int i = 0; i < parts.size(); i++) {
			String content = parts.get(i);
			AddedToken token = this.addedTokens.get(content);
			if (token == null) {
				continue;
			}
			String left = (i > 0) ? parts.get(i - 1) : "";
			String right = (i + 1 < parts.size()) ? parts.get(i + 1) : "";
			if (token.stripsRight && !right.isEmpty()) {
				parts.set(i + 1, PythonText.strip(right, true, false));
			}
			if (token.stripsLeft && !left.isEmpty()) {
				parts.set(i - 1, PythonText.strip(left, false, true));
			}
			if (token.singleWord && !left.isEmpty() && !left.endsWith(" ")) {
				parts.set(i - 1, parts.get(i - 1) + content);
				parts.set(i, "");
			}
			else if (token.singleWord && !right.isEmpty() && !right.startsWith(" ")) {
				parts.set(i + 1, content + parts.get(i + 1));
				parts.set(i, "");
			}
		}
		List<String> tokens = new ArrayList<>();
		for (String part : parts) {
			if (this.addedTokens.containsKey(part)) {
				tokens.add(part);
			}
			else if (!part.isEmpty()) {
				List<String> found = split(this.unknownToken + canonicalize(part));
				tokens.addAll((found.size() >= this.unknownTokenLength)
						? found.subList(this.unknownTokenLength, found.size()) : found);
			}
		}
		return tokens;
	}

	/** Added tokens, and what is between them. */
	private List<String> parts(String text) {
		List<String> parts = new ArrayList<>();
		int start = 0;
		for (int at = 0; at < text.length();) {
			int end = Math.min(text.length(), at + this.longestAddedToken);
			while (end > at && !this.addedTokens.containsKey(text.substring(at, end))) {
				end--;
			}
			if (end == at) {
				at++;
				continue;
			}
			if (at > start) {
				parts.add(text.substring(start, at));
			}
			parts.add(text.substring(at, end));
			start = end;
			at = end;
		}
		if (start < text.length()) {
			parts.add(text.substring(start));
		}
		return parts;
	}

	private String canonicalize(String text) {
		String lower = this.lowerCase ? text.toLowerCase(Locale.ROOT) : text;
		return PythonText.joinSpaces(PythonText.withoutPunctuation(lower));
	}

	/**
	 * What SentencePiece does with a text: its pieces, and the texts it does not know.
	 */
	private List<String> split(String text) {
		String normalized = normalize(text);
		int size = normalized.length();
		float[] best = new float[size + 1];
		int[] starts = new int[size + 1];
		boolean[] known = new boolean[size + 1];
		Arrays.fill(starts, -1);
		for (int start = 0; start < size;) {
			int next = normalized.offsetByCodePoints(start, 1);
			boolean single = false;
			int low = 0;
			int high = this.pieces.length;
			for (int end = start; end < size; end++) {
				int depth = end - start;
				char character = normalized.charAt(end);
				low = bound(low, high, depth, character);
				high = bound(low, high, depth, (char) (character + 1));
				if (low >= high) {
					break;
				}
				if (this.pieces[low].length() == depth + 1) {
					float candidate = this.scores[low] + best[start];
					if (starts[end + 1] < 0 || candidate > best[end + 1]) {
						best[end + 1] = candidate;
						starts[end + 1] = start;
						known[end + 1] = true;
					}
					single |= end + 1 == next;
				}
			}
			if (!single) {
				float candidate = this.unknownScore + best[start];
				if (starts[next] < 0 || candidate > best[next]) {
					best[next] = candidate;
					starts[next] = start;
					known[next] = false;
				}
			}
			start = next;
		}
		List<String> found = new ArrayList<>();
		boolean last = true;
		for (int end = size; end > 0; end = starts[end]) {
			String piece = normalized.substring(starts[end], end);
			if (!known[end] && !last) {
				// Neighbours that are unknown are one piece.
				found.set(found.size() - 1, piece + found.get(found.size() - 1));
			}
			else {
				found.add(piece);
			}
			last = known[end];
		}
		Collections.reverse(found);
		return found;
	}

	/**
	 * The first piece in a range, all of which begin alike, whose character is at least
	 * this one.
	 */
	private int bound(int low, int high, int depth, char character) {
		int first = low;
		int last = high;
		while (first < last) {
			int middle = (first + last) >>> 1;
			String piece = this.pieces[middle];
			if (piece.length() <= depth || piece.charAt(depth) < character) {
				first = middle + 1;
			}
			else {
				last = middle;
			}
		}
		return first;
	}

	private String normalize(String text) {
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		StringBuilder normalized = new StringBuilder(text.length() + 1);
		boolean afterSpace = true;
		for (int at = 0; at < bytes.length;) {
			ByteArrayOutputStream replaced = new ByteArrayOutputStream();
			int length = (this.charactersMap != null) ? this.charactersMap.replace(bytes, at, replaced) : 0;
			if (length == 0) {
				length = length(bytes[at]);
				replaced.write(bytes, at, length);
			}
			at += length;
			String part = replaced.toString(StandardCharsets.UTF_8);
			int from = 0;
			while (afterSpace && from < part.length() && part.charAt(from) == ' ') {
				from++;
			}
			if (from < part.length()) {
				part = part.substring(from);
				normalized.append(normalized.isEmpty() ? SPACE : "").append(part.replace(" ", SPACE));
				afterSpace = part.endsWith(" ");
			}
		}
		while (!normalized.isEmpty() && normalized.charAt(normalized.length() - 1) == SPACE.charAt(0)) {
			normalized.setLength(normalized.length() - 1);
		}
		return normalized.toString();
	}

	/** Of a character in well-formed UTF-8. */
	private static int length(byte first) {
		return (first >= 0) ? 1 : ((first & 0xE0) == 0xC0) ? 2 : ((first & 0xF0) == 0xE0) ? 3 : 4;
	}

	private record AddedToken(int id, boolean special, boolean stripsLeft, boolean stripsRight, boolean singleWord) {

	}

}
