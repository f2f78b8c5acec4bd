package io.github.zsic;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class TextCanonicalizationTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			This is a photo of Fox. | this is a photo of fox. | this is a photo of fox
			`  It's  a\tC++ book! ` | `  it's  a\tc++ book! ` | its a c book
			ÅNGSTRÖM « 猫 »         | ångström « 猫 »         | ångström « 猫 »
			""")
	void canonicalizes(String text, String lowercase, String full) {
		assertThat(TextCanonicalization.NONE.apply(text)).isEqualTo(text);
		assertThat(TextCanonicalization.LOWERCASE.apply(text)).isEqualTo(lowercase);
		assertThat(TextCanonicalization.FULL.apply(text)).isEqualTo(full);
	}

	/** SigLIP 2 keeps case unless told otherwise, as the reference does. */
	@Test
	void isOffByDefaultAndChangesWhatTheModelReads() {
		assertThat(fox(ZeroShotClassifier.builder(), "Fox")).isNotEqualTo(fox(ZeroShotClassifier.builder(), "fox"));
		assertThat(fox(ZeroShotClassifier.builder().textCanonicalization(TextCanonicalization.LOWERCASE), "Fox"))
			.isEqualTo(fox(ZeroShotClassifier.builder().templates("this is a photo of {}."), "fox"));
	}

	private static float[] fox(ZeroShotClassifierBuilder builder, String label) {
		try (ZeroShotClassifier classifier = builder.checkpoint(TestCheckpoints.checkpoint("siglip2-naflex").toString())
			.build()) {
			return classifier.embedText(label);
		}
	}

}
