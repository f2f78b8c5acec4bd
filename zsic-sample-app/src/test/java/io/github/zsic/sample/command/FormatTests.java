package io.github.zsic.sample.command;

import java.util.List;

import io.github.zsic.Prediction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How results are written.
 */
class FormatTests {

	private static final List<String> NAMES = List.of("owl.png", "an owl.png", " owl .png ", "a,b.png", "a\"b.png",
			"\"\"", "\"owl\".png", "a\nb.png", "a\r\nb.png", "\n", "\r", "Möwe/\ud83e\udd89.png", "a;b\tc'd.png",
			"=1+1.png", "'=1+1.png", "''=1+1.png", "'a.png", "'", "-", "+.png", "@.png", "\tx.png", "\uff1d.png", ",",
			"#.png", "\\.png", "\u2028.png");

	@ParameterizedTest
	@EnumSource
	void readsItsOwnNames(Format format) {
		for (String name : NAMES) {
			String line = format.write(name, List.of(new Prediction("a, \"b\"", 0.5f)), 1);
			assertThat(line).endsWith("\n");
			assertThat(format.file(line)).isEqualTo(name);
		}
	}

	@Test
	void quotesAsRfc4180() {
		List<Prediction> predictions = List.of(new Prediction("owl, \"barn\"", 0.75f), new Prediction("fox", 1e-9f));
		assertThat(Format.CSV.header(3)).isEqualTo("file,label1,score1,label2,score2,label3,score3\r\n");
		assertThat(Format.CSV.write("a \"b\",\nc.png", predictions, 3))
			.isEqualTo("\"a \"\"b\"\",\nc.png\",\"owl, \"\"barn\"\"\",0.75,fox,1.0E-9,,\r\n");
		assertThat(Format.CSV.write("owl.png", List.of(), 1)).isEqualTo("owl.png,,\r\n");
	}

	@Test
	void writesJsonLines() {
		assertThat(Format.JSONL.header(3)).isEmpty();
		assertThat(Format.JSONL.write("a\nb.png", List.of(new Prediction("owl", 0.75f)), 3))
			.isEqualTo("{\"file\":\"a\\nb.png\",\"predictions\":[{\"label\":\"owl\",\"score\":0.75}]}\n");
	}

}
