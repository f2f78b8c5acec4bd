package io.github.zsic.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;

/**
 * Encodes texts with the {@code tokenizers} library as it is, in a process of its own,
 * which that may end. Arguments: a {@code tokenizer.json}, texts.
 */
final class TokenizerProgram {

	private TokenizerProgram() {
	}

	public static void main(String[] arguments) throws IOException {
		try (HuggingFaceTokenizer tokenizer = HuggingFaceTokenizer.newInstance(Path.of(arguments[0]),
				Map.of("padding", "false", "truncation", "false"))) {
			for (String text : Arrays.asList(arguments).subList(1, arguments.length)) {
				System.out.println("RESULT " + tokenizer.encode(text).getIds().length);
			}
			// Not among the arguments, which have the encoding of the system.
			System.out.println("RESULT " + tokenizer.encode("\u00E9\u732B").getIds().length);
		}
		catch (RuntimeException ex) {
			System.out.println("EXCEPTION " + ex.getMessage());
		}
	}

}
