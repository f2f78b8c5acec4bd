package io.github.zsic.text;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.zsic.InvalidLabelException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class TemplateTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|', ignoreLeadingAndTrailingWhitespace = false,
			value = { "{}|owl", "This is a photo of {}.|This is a photo of owl.", "{} and {}|owl and owl",
					"{{{}}}|{owl}", "{{}} {}|{} owl", "{}{}|owlowl", " {}| owl", "ein Foto: 🦉 {}|ein Foto: 🦉 owl",
					"}}{}{{|}owl{" })
	void putsTheLabelInItsPlaces(String template, String prompt) {
		assertThat(Template.parse(template).prompt("owl")).isEqualTo(prompt);
	}

	@Test
	void labelIsUsedAsItIs() {
		Template template = Template.parse("a {} b");
		assertThat(template.prompt("{}")).isEqualTo("a {} b");
		assertThat(template.prompt("$1 \\ {{")).isEqualTo("a $1 \\ {{ b");
		assertThat(template.prompt("")).isEqualTo("a  b");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "{|1", "a }|3", "{0}|1", "{label}|1", "{ }|1", "{}}|3", "{}{|3", "{{}|3" })
	void singleBraceIsRefusedWithItsPosition(String template, int position) {
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parse(template))
			.withMessageContaining("'" + template + "'")
			.withMessageContaining("at position " + position + ".");
	}

	@ParameterizedTest
	@CsvSource({ "''", "a photo", "{{}}" })
	void templateWithoutAPlaceForTheLabelIsRefused(String template) {
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parse(template))
			.withMessageContaining("no place for the label");
	}

	@Test
	void severalTemplates() {
		assertThat(Template.parseAll(List.of("a {}", "b {}"))).extracting((template) -> template.prompt("x"))
			.containsExactly("a x", "b x");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parseAll(List.of()));
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parseAll(List.of("a {}", "b")))
			.withMessageContaining("'b'");
	}

}
