package io.github.zsic.sample.command;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What pictures are called.
 */
class PictureFilesTests {

	@Test
	void namesWhatIsUnicodeByItsCharacters() {
		assertThat(PictureFiles.name("a%20b/M%C3%B6we%F0%9F%A6%89.png")).isEqualTo("a b/M\u00f6we\ud83e\udd89.png");
		assertThat(PictureFiles.name("50%25.png")).isEqualTo("50%.png");
	}

	/** As the URIs of Windows have them. */
	@Test
	void takesLettersThatAreNotEncoded() {
		assertThat(PictureFiles.name("a%20b/M\u00f6we\ud83e\udd89.png")).isEqualTo("a b/M\u00f6we\ud83e\udd89.png");
	}

	@Test
	void namesWhatIsNotUnicodeByItsUri() {
		assertThat(PictureFiles.name("a%20b/x%FF.png")).isEqualTo("./a%20b/x%FF.png");
		assertThat(PictureFiles.name("x%25FF.png")).isEqualTo("x%FF.png");
		assertThat(PictureFiles.name("x%25FF%FF.png")).isEqualTo("./x%25FF%FF.png");
		assertThat(PictureFiles.name("x\ud83e.png")).isEqualTo("./x%ED%A0%BE.png");
	}

}
