package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.zsic.CheckpointException;

/**
 * What a model file of SentencePiece holds that a tokenizer needs: a protocol buffer
 * (src/sentencepiece_model.proto of google/sentencepiece).
 *
 * @param pieces the pieces, in the order of their ids
 * @param charactersMap the compiled table by which text is normalised, may be empty
 * @param usual whether it is applied as models are by default: with a space before the
 * text, one space for several, and without bytes for what is unknown
 */
record SentencePieceModel(List<Piece> pieces, byte[] charactersMap, boolean usual) {

	private static final long UNIGRAM = 1;

	/** The largest published models have 900,000. */
	private static final int MAXIMUM_PIECES = 2_000_000;

	/** A model of which only the pieces are used, whatever algorithm made them. */
	static SentencePieceModel readPieces(Path file) {
		return read(file, false);
	}

	static SentencePieceModel readUnigram(Path file) {
		return read(file, true);
	}

	private static SentencePieceModel read(Path file, boolean unigram) {
		try {
			return parse(ByteBuffer.wrap(SmallFile.read(file, SmallFile.VOCABULARY)), unigram);
		}
		catch (IOException ex) {
			throw new CheckpointException("'" + file.getFileName() + "' cannot be read: " + Json.reason(ex) + ".",
					"Check the file and its permissions.", ex);
		}
		catch (BufferUnderflowException | IllegalArgumentException ex) {
			throw new CheckpointException(
					"'" + file.getFileName() + "' is not a " + (unigram ? "unigram " : "") + "model of SentencePiece.",
					"Get the file again, or add a 'tokenizer.json': "
							+ "AutoTokenizer.from_pretrained(…).save_pretrained(…) in Python writes it.",
					ex);
		}
	}

	private static SentencePieceModel parse(ByteBuffer model, boolean unigram) {
		List<Piece> pieces = new ArrayList<>();
		byte[] charactersMap = {};
		boolean usual = true;
		while (model.hasRemaining()) {
			Field field = Field.next(model);
			switch (field.number()) {
				case 1 -> {
					pieces.add(Piece.parse(field.content()));
					if (pieces.size() > MAXIMUM_PIECES) {
						throw new IllegalArgumentException("More than " + MAXIMUM_PIECES + " pieces");
					}
				}
				case 2 -> {
					while (field.content().hasRemaining()) {
						Field setting = Field.next(field.content());
						if (unigram && setting.number() == 3 && setting.value() != UNIGRAM) {
							throw new IllegalArgumentException("Of another model type: " + setting.value());
						}
						// The space behind words, and bytes.
						usual &= (setting.number() != 24 && setting.number() != 35) || setting.value() == 0;
					}
				}
				case 3 -> {
					while (field.content().hasRemaining()) {
						Field setting = Field.next(field.content());
						if (setting.number() == 2) {
							charactersMap = new byte[setting.content().remaining()];
							setting.content().get(charactersMap);
						}
						// The space before the text, several spaces, and how they are
						// written.
						usual &= setting.number() < 3 || setting.number() > 5 || setting.value() == 1;
					}
				}
				default -> {
					// Test samples and the like.
				}
			}
		}
		if (pieces.isEmpty()) {
			throw new IllegalArgumentException("No pieces");
		}
		return new SentencePieceModel(pieces, charactersMap, usual);
	}

	/**
	 * A piece of text with its logarithmic probability.
	 *
	 * @param text the text
	 * @param score the probability, or how late it is merged
	 * @param type what it is for, {@link #NORMAL} text among others
	 */
	record Piece(String text, float score, int type) {

		static final int NORMAL = 1;

		static final int UNKNOWN = 2;

		static final int CONTROL = 3;

		static final int USER_DEFINED = 4;

		private static Piece parse(ByteBuffer message) {
			String text = "";
			float score = 0;
			int type = NORMAL;
			while (message.hasRemaining()) {
				Field field = Field.next(message);
				if (field.number() == 1) {
					text = StandardCharsets.UTF_8.decode(field.content().duplicate()).toString();
				}
				else if (field.number() == 2) {
					score = Float.intBitsToFloat((int) field.value());
				}
				else if (field.number() == 3) {
					type = (int) field.value();
				}
			}
			return new Piece(text, score, type);
		}

	}

	/**
	 * A field of a protocol buffer.
	 *
	 * @param number its number
	 * @param value its value, if it is a number
	 * @param content its bytes, if it is a text or a message
	 */
	private record Field(int number, long value, ByteBuffer content) {

		private static final ByteBuffer NONE = ByteBuffer.allocate(0);

		static Field next(ByteBuffer message) {
			message.order(ByteOrder.LITTLE_ENDIAN);
			long key = varint(message);
			int number = (int) (key >>> 3);
			return switch ((int) (key & 7)) {
				case 0 -> new Field(number, varint(message), NONE);
				case 1 -> new Field(number, message.getLong(), NONE);
				case 2 -> {
					long length = varint(message);
					if (length < 0 || length > message.remaining()) {
						throw new BufferUnderflowException();
					}
					ByteBuffer content = message.slice(message.position(), (int) length);
					message.position(message.position() + (int) length);
					yield new Field(number, 0, content);
				}
				case 5 -> new Field(number, message.getInt(), NONE);
				default -> throw new IllegalArgumentException("Of wire type " + (key & 7));
			};
		}

		private static long varint(ByteBuffer message) {
			long value = 0;
			for (int shift = 0; shift < Long.SIZE; shift += 7) {
				byte next = message.get();
				value |= (next & 0x7FL) << shift;
				if (next >= 0) {
					return value;
				}
			}
			throw new IllegalArgumentException("A number of too many bytes");
		}

	}

}
