package io.github.zsic.sample;

import java.util.List;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Checks that hold for all ways to ask.
 */
@Component
class RequestChecks {

	private final SampleProperties properties;

	RequestChecks(SampleProperties properties) {
		this.properties = properties;
	}

	void images(int count, int maximum) {
		count("image", count, maximum);
	}

	void labels(List<String> labels) {
		count("label", labels.size(), this.properties.maximumLabels());
		texts("Label", labels);
	}

	void templates(List<String> templates) {
		count("template", templates.size(), this.properties.maximumTemplates());
		texts("Template", templates);
	}

	void background(List<String> prompts) {
		count("background prompt", prompts.size(), this.properties.maximumTemplates());
		texts("Background prompt", prompts);
	}

	void inputs(List<String> texts) {
		count("text", texts.size(), this.properties.maximumLabels());
		texts("Text", texts);
	}

	private void count(String what, int count, int maximum) {
		if (count > maximum) {
			throw new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE,
					"There are %d %ss; at most %d are allowed.".formatted(count, what, maximum));
		}
	}

	private void texts(String what, List<String> texts) {
		for (int i = 0; i < texts.size(); i++) {
			String text = texts.get(i);
			String name = what + " " + (i + 1);
			if (text.isBlank()) {
				throw Problems.badRequest(name + " is blank.");
			}
			if (text.length() > this.properties.maximumTextLength()) {
				throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_CONTENT,
						"%s has %d characters; at most %d are allowed.".formatted(name, text.length(),
								this.properties.maximumTextLength()));
			}
			if (hasLoneSurrogate(text)) {
				throw Problems.badRequest(name + " is not well-formed Unicode: it has half of a surrogate pair.");
			}
		}
	}

	private static boolean hasLoneSurrogate(String text) {
		return text.codePoints()
			.anyMatch((codePoint) -> codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
	}

}
