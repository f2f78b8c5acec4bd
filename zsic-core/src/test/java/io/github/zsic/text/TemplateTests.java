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
					"}}{}{{|}owl{", "a photo of a {0}|a photo of a owl", "{0} and {0}|owl and owl", "{{{0}}}|{owl}",
					"{0}}}|owl}", "{{0}} {0}|{0} owl", "{{}}{0}|{}owl" })
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
	@CsvSource(delimiter = '|', value = { "{|1", "a }|3", "{label}|1", "{ }|1", "{}}|3", "{}{|3", "{{}|3", "{0|1",
			"{0}}|4", "a {0 {}|3", "}{|1" })
	void singleBraceIsRefusedWithItsPosition(String template, int position) {
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parse(template))
			.withMessageContaining("'" + template + "'")
			.withMessageContaining("at position " + position + ".");
	}

	/** What Python's str.format knows beside, or refuses as well. */
	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "{name}|{name}|an argument with a name", "a {name} {}|{name}|an argument with a name",
					"{ 0}|{ 0}|an argument with a name", "{-1}|{-1}|an argument with a name",
					"{1}|{1}|another argument than the label", "{} {1}|{1}|another argument than the label",
					"{0!r}|{0!r}|a conversion", "{!s}|{!s}|a conversion", "{:>10}|{:>10}|a format",
					"{0:}|{0:}|a format", "{0[0]}|{0[0]}|a part of an argument",
					"{0.upper}|{0.upper}|a part of an argument" })
	void otherFieldsAreRefusedByName(String template, String field, String kind) {
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parse(template))
			.withMessageContaining("has '" + field + "', " + kind + " at position ")
			.withMessageContaining("Write {} or {0} where the label goes");
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parsePrompt(template))
			.withMessageContaining("The prompt '" + template + "' has '" + field + "'");
	}

	@ParameterizedTest
	@CsvSource({ "{} and {0}", "{0}{}" })
	void bothFormsOfThePlaceAreRefused(String template) {
		assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> Template.parse(template))
			.withMessageContaining("The template '" + template + "' has both {} and {0}");
	}

	@ParameterizedTest
	@CsvSource({ "''", "a photo", "{{}}", "{{0}}" })
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
