package io.github.zsic.sample;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

import io.github.zsic.Classification;
import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.ModelInfo;
import io.github.zsic.Scoring;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import org.jspecify.annotations.Nullable;

import org.springframework.http.MediaType;
import org.springframework.util.StringUtils;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.multipart.MultipartHttpServletRequest;

/**
 * Classifies the pictures of a form. A field that is left empty counts as not there, as
 * browsers send it.
 */
@RestController
class ClassifyController {

	private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

	private final ZeroShotClassifier classifier;

	private final RequestChecks checks;

	ClassifyController(ZeroShotClassifier classifier, RequestChecks checks) {
		this.classifier = classifier;
		this.checks = checks;
	}

	@PostMapping(path = "/api/classify", consumes = MediaType.MULTIPART_FORM_DATA_VALUE,
			produces = MediaType.APPLICATION_JSON_VALUE)
	ClassifyResponse classify(MultipartHttpServletRequest form) {
		List<ImageInput> images = images(form);
		ClassificationRequest.Builder request = ClassificationRequest.builder()
			.images(images)
			.labels(labels(form))
			.templates(templates(form));
		Scoring scoring = scoring(form);
		if (scoring != null) {
			request.scoring(scoring);
		}
		Integer top = top(form);
		if (top != null) {
			request.top(top);
		}
		Float threshold = threshold(form);
		if (threshold != null) {
			request.threshold(threshold);
		}
		return (this.classifier instanceof SwappableClassifier swappable)
				? swappable.call((model) -> answer(model, request.build(), images))
				: answer(this.classifier, request.build(), images);
	}

	/**
	 * On one model from beginning to end, so that the answer names the one that gave it.
	 */
	private static ClassifyResponse answer(ZeroShotClassifier classifier, ClassificationRequest request,
			List<ImageInput> images) {
		List<Classification> results = classifier.classify(request);
		List<ClassifyResponse.Image> answers = new ArrayList<>(results.size());
		for (int i = 0; i < results.size(); i++) {
			Classification result = results.get(i);
			answers.add(new ClassifyResponse.Image(images.get(i).description(), result.predictions(),
					ClassifyResponse.Timings.of(result.timings())));
		}
		ModelInfo model = classifier.model();
		return new ClassifyResponse(model.checkpoint(), model.revision(), model.device(), answers);
	}

	private List<ImageInput> images(MultipartHttpServletRequest form) {
		List<ImageInput> images = new ArrayList<>();
		for (MultipartFile file : form.getFiles("image")) {
			String name = file.getOriginalFilename();
			if (!file.isEmpty() || StringUtils.hasText(name)) {
				images.add(ImageInput.of(StringUtils.hasText(name) ? name : "image " + (images.size() + 1),
						file::getInputStream));
			}
		}
		if (images.isEmpty()) {
			throw Problems
				.badRequest((form.getParameter("image") != null) ? "'image' must be a file: a part with a file name."
						: "'image' is missing: send at least one picture.");
		}
		this.checks.images(images.size());
		return images;
	}

	private List<String> labels(MultipartHttpServletRequest form) {
		List<String> labels = values(form, "labels").stream()
			.flatMap((value) -> Arrays.stream(value.split(",")))
			.map(String::strip)
			.filter((label) -> !label.isEmpty())
			.toList();
		if (labels.isEmpty()) {
			throw Problems.badRequest("'labels' is missing or empty: send at least one label.");
		}
		this.checks.labels(labels);
		return labels;
	}

	private List<String> templates(MultipartHttpServletRequest form) {
		List<String> templates = values(form, "template");
		this.checks.templates(templates);
		return templates;
	}

	private @Nullable Scoring scoring(MultipartHttpServletRequest form) {
		String value = value(form, "scoring");
		if (value == null) {
			return null;
		}
		for (Scoring scoring : Scoring.values()) {
			if (scoring.name().equalsIgnoreCase(value)) {
				return scoring;
			}
		}
		throw Problems.badRequest("'scoring' must be one of %s, not %s."
			.formatted(Arrays.toString(Scoring.values()).toLowerCase(Locale.ROOT), Problems.quote(value)));
	}

	private @Nullable Integer top(MultipartHttpServletRequest form) {
		String value = value(form, "top");
		if (value == null) {
			return null;
		}
		try {
			int top = Integer.parseInt(value);
			if (top >= 1) {
				return top;
			}
		}
		catch (NumberFormatException ex) {
			// told below
		}
		throw Problems.badRequest("'top' must be a whole number from 1 to %d, not %s.".formatted(Integer.MAX_VALUE,
				Problems.quote(value)));
	}

	private @Nullable Float threshold(MultipartHttpServletRequest form) {
		String value = value(form, "threshold");
		if (value == null) {
			return null;
		}
		if (NUMBER.matcher(value).matches()) {
			float threshold = Float.parseFloat(value);
			if (Float.isFinite(threshold)) {
				return threshold;
			}
		}
		throw Problems.badRequest("'threshold' must be a number such as 0.5, not %s.".formatted(Problems.quote(value)));
	}

	private static @Nullable String value(MultipartHttpServletRequest form, String name) {
		List<String> values = values(form, name);
		if (values.size() > 1) {
			throw Problems.badRequest("'" + name + "' must be given only once.");
		}
		return values.isEmpty() ? null : values.get(0).strip();
	}

	private static List<String> values(MultipartHttpServletRequest form, String name) {
		String[] values = form.getParameterValues(name);
		return (values != null) ? Arrays.stream(values).filter(StringUtils::hasText).toList() : List.of();
	}

}
