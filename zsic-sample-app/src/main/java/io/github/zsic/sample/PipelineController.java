package io.github.zsic.sample;

import java.util.List;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Speaks what the {@code InferenceClient} of {@code huggingface_hub} sends for
 * {@code zero_shot_image_classification}.
 */
@RestController
class PipelineController {

	private static final String IGNORED_HEADER = "X-Ignored-Members";

	private final ZeroShotClassifier classifier;

	private final RequestChecks checks;

	private final JsonBody body;

	private final RequestWatch watch;

	private final @Nullable ImageFetcher fetcher;

	PipelineController(ZeroShotClassifier classifier, RequestChecks checks, JsonBody body, RequestWatch watch,
			ObjectProvider<ImageFetcher> fetcher) {
		this.classifier = classifier;
		this.checks = checks;
		this.body = body;
		this.watch = watch;
		this.fetcher = fetcher.getIfAvailable();
	}

	@PostMapping(path = "/api/zero-shot-image-classification", consumes = MediaType.APPLICATION_JSON_VALUE,
			produces = MediaType.APPLICATION_JSON_VALUE)
	List<Prediction> classify(HttpServletRequest request, HttpServletResponse response) throws Exception {
		PipelineRequest body = PipelineRequest.of(this.body.read(request));
		if (!body.ignored().isEmpty()) {
			response.setHeader(IGNORED_HEADER, Problems.ascii(String.join(", ", body.ignored())));
		}
		this.checks.labels(body.labels());
		ClassificationRequest.Builder classification = ClassificationRequest.builder().labels(body.labels());
		String template = body.template();
		if (template != null) {
			this.checks.templates(List.of(template));
			classification.templates(template);
		}
		return this.watch.call(request, () -> {
			byte[] image = body.picture().load("inputs", this.fetcher, request);
			return this.classifier.classify(classification.image(ImageInput.of("inputs", image)).build())
				.get(0)
				.predictions();
		});
	}

}
