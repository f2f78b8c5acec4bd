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

	/** 25 MB would be made of 15 KB. */
	@Test
	void longTextsAreRefusedBeforeTheyAreMade() {
		assertThat(Template.parse("{}").prompt("x".repeat(10_000))).hasSize(10_000);
		Template template = Template.parse("{}".repeat(5000));
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> template.prompt("x".repeat(5000)))
			.withMessageContaining("The prompt of the label 'xxx")
			.withMessageContaining("has 25000000 characters; at most 10000 are allowed")
			.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(500));
		assertThatExceptionOfType(InvalidLabelException.class)
			.isThrownBy(() -> Template.parse("{}" + "y".repeat(1_000_000)))
			.withMessageContaining("The template '{}yyy")
			.withMessageContaining("has 1000002 characters")
			.satisfies((ex) -> assertThat(ex.getMessage()).hasSizeLessThan(500));
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
