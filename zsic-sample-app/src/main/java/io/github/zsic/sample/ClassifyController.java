package io.github.zsic.sample;

import java.util.ArrayList;
import java.util.List;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.util.MimeTypeUtils;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.multipart.MultipartHttpServletRequest;
import org.springframework.web.util.WebUtils;

/**
 * Classifies the pictures of a form: all at once, or line by line.
 */
@RestController
class ClassifyController {

	private final ZeroShotClassifier classifier;

	private final RequestChecks checks;

	private final SampleProperties properties;

	private final ClassifyStream stream;

	private final RequestWatch watch;

	private final @Nullable ImageFetcher fetcher;

	ClassifyController(ZeroShotClassifier classifier, RequestChecks checks, SampleProperties properties,
			ClassifyStream stream, RequestWatch watch, ObjectProvider<ImageFetcher> fetcher) {
		this.classifier = classifier;
		this.checks = checks;
		this.properties = properties;
		this.stream = stream;
		this.watch = watch;
		this.fetcher = fetcher.getIfAvailable();
	}

	@PostMapping(path = "/api/classify", consumes = MediaType.MULTIPART_FORM_DATA_VALUE,
			produces = { MediaType.APPLICATION_JSON_VALUE, MediaType.APPLICATION_NDJSON_VALUE })
	@Nullable ClassifyResponse classify(HttpServletRequest request,
			@RequestHeader(name = HttpHeaders.ACCEPT, required = false) @Nullable String accept,
			HttpServletResponse response) throws Exception {
		MultipartHttpServletRequest form = form(request);
		if (prefersLines(accept)) {
			ClassifyForm pictures = new ClassifyForm(form, this.checks, this.properties.maximumStreamedImages(),
					this.fetcher);
			this.watch.stream(request, response, () -> this.stream.answer(pictures, response));
			return null;
		}
		ClassifyForm pictures = new ClassifyForm(form, this.checks, this.properties.maximumImages(), this.fetcher);
		return this.watch.call(request, () -> {
			ClassificationRequest.Builder classification = ClassificationRequest.builder()
				.images(pictures.fetch(UploadBudget.of(form)));
			pictures.ask(classification);
			return ClassifyResponse.of(this.classifier, classification.build());
		});
	}

	/** Where reading the body fails, Spring may go on without the form. */
	private static MultipartHttpServletRequest form(HttpServletRequest request) {
		MultipartHttpServletRequest form = WebUtils.getNativeRequest(request, MultipartHttpServletRequest.class);
		if (form == null) {
			throw new MultipartException("There is no form",
					(Throwable) request.getAttribute(RequestDispatcher.ERROR_EXCEPTION));
		}
		return form;
	}

	/** Only who says so wants lines; whoever takes anything gets JSON. */
	private static boolean prefersLines(@Nullable String accept) {
		List<MediaType> types = new ArrayList<>(MediaType.parseMediaTypes(accept));
		MimeTypeUtils.sortBySpecificity(types);
		return types.stream()
			.filter((type) -> type.includes(MediaType.APPLICATION_JSON) || type.includes(MediaType.APPLICATION_NDJSON))
			.findFirst()
			.map((type) -> !type.includes(MediaType.APPLICATION_JSON))
			.orElse(false);
	}

}
