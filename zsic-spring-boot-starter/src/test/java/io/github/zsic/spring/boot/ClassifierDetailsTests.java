package io.github.zsic.spring.boot;

import io.github.zsic.CheckpointException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link ClassifierDetails}: what of a machine's files it lets out.
 */
class ClassifierDetailsTests {

	@ParameterizedTest
	@ValueSource(strings = { "openai/clip-vit-base-patch32", "gpt2", "classpath:zsic/emoji-clip", "models/clip",
			"acme/Owl_clip.v2" })
	void namesThatTellNothingStay(String checkpoint) {
		assertThat(ClassifierDetails.checkpoint(checkpoint)).isEqualTo(checkpoint);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/srv/secret/clip", "/srv/secret/clip/", "file:/srv/secret/clip",
			"file:///srv/secret/clip/", "C:\\secret\\clip", "\\\\secret\\share\\clip", "../secret/clip",
			"./secret/clip", "~/secret/clip", "secret/other/clip", "file:secret/clip", "c:/secret/my models/clip" })
	void ofPathsOnlyTheLastPartIsNamed(String checkpoint) {
		assertThat(ClassifierDetails.checkpoint(checkpoint)).isEqualTo("file:.../clip");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '"',
			textBlock = """
					There is no folder '/srv/secret/clip'.                    | There is no folder '.../clip'.
					The cache '/srv/my secret/hub' is full.                   | The cache '.../hub' is full.
					The cache 'C:\\Users\\secret\\hub' is full.               | The cache '.../hub' is full.
					It failed (java.io.IOException: /secret/x.so: not found). | It failed (java.io.IOException: .../x.so: not found).
					See file:///secret/models/clip, or ~/secret/clip.         | See .../clip, or .../clip.
					It is at https://huggingface.co/acme/owl or /secret/owl   | It is at https://huggingface.co/acme/owl or .../owl
					Choose one at http://localhost:8080/acme/tree/main.       | Choose one at http://localhost:8080/acme/tree/main.
					'acme/owl-clip' has neither vocab.txt/merges.txt nor a / b. | 'acme/owl-clip' has neither vocab.txt/merges.txt nor a / b.
					Set text_config.hidden_size to 3/4 and/or 5.              | Set text_config.hidden_size to 3/4 and/or 5.
					""")
	void textsKeepOnlyTheLastPartOfPaths(String text, String expected) {
		assertThat(ClassifierDetails.withoutPaths(text)).isEqualTo(expected);
	}

	@Test
	void failuresAreToldWithoutPaths() {
		assertThat(ClassifierDetails
			.describe(new CheckpointException("There is nothing at '/srv/secret/clip'.", "Look at /srv/secret.")))
			.isEqualTo("There is nothing at '.../clip'.");
		assertThat(ClassifierDetails.describe(new IllegalStateException("/srv/secret/clip")))
			.isEqualTo("java.lang.IllegalStateException");
	}

}
