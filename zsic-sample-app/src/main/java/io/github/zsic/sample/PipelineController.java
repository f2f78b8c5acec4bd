package io.github.zsic.sample;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;

import io.github.zsic.ClassificationRequest;
import io.github.zsic.ImageInput;
import io.github.zsic.Prediction;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Speaks what the {@code InferenceClient} of {@code huggingface_hub} sends for
 * {@code zero_shot_image_classification}.
 */
@RestController
class PipelineController {

	/**
	 * Room in a body for all that is not the picture.
	 */
	private static final long REST_OF_BODY = 8 * 1024 * 1024;

	/**
	 * Room for all that are not labels.
	 */
	private static final long REST_OF_TOKENS = 1000;

	private static final int MAXIMUM_DEPTH = 64;

	private final ZeroShotClassifier classifier;

	private final RequestChecks checks;

	private final long maximumLength;

	private final JsonMapper jsonMapper;

	private final RequestWatch watch;

	private final @Nullable ImageFetcher fetcher;

	PipelineController(ZeroShotClassifier classifier, RequestChecks checks, ZsicProperties properties,
			SampleProperties limits, RequestWatch watch, ObjectProvider<ImageFetcher> fetcher) {
		this.classifier = classifier;
		this.checks = checks;
		this.watch = watch;
		this.maximumLength = properties.getImage().getMaximumBytes().toBytes() / 3 * 4 + REST_OF_BODY;
		// One string holds the whole picture, so the length of strings is limited by that
		// of the body. Millions of tiny things take many times the memory of their text.
		StreamReadConstraints constraints = StreamReadConstraints.builder()
			.maxStringLength((int) Math.min(this.maximumLength, Integer.MAX_VALUE))
			.maxTokenCount(2L * limits.maximumLabels() + REST_OF_TOKENS)
			.maxNestingDepth(MAXIMUM_DEPTH)
			.build();
		this.jsonMapper = JsonMapper.builder(JsonFactory.builder().streamReadConstraints(constraints).build())
			.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
			.build();
		this.fetcher = fetcher.getIfAvailable();
	}

	@PostMapping(path = "/api/zero-shot-image-classification", consumes = MediaType.APPLICATION_JSON_VALUE,
			produces = MediaType.APPLICATION_JSON_VALUE)
	List<Prediction> classify(HttpServletRequest request) throws Exception {
		if (request.getContentLengthLong() > this.maximumLength) {
			throw tooLarge();
		}
		PipelineRequest body = PipelineRequest.of(read(request.getInputStream()));
		this.checks.labels(body.labels());
		ClassificationRequest.Builder classification = ClassificationRequest.builder().labels(body.labels());
		String template = body.template();
		if (template != null) {
			this.checks.templates(List.of(template));
			classification.templates(template);
		}
		return this.watch.call(request, () -> {
			byte[] image = image(body, request);
			return this.classifier.classify(classification.image(ImageInput.of("inputs", image)).build())
				.get(0)
				.predictions();
		});
	}

	private byte[] image(PipelineRequest body, HttpServletRequest request) throws IOException {
		String url = body.url();
		if (url == null) {
			return body.image();
		}
		if (this.fetcher == null) {
			throw Problems.badRequest("'inputs' is a URL; send the picture itself, in base64.");
		}
		byte[] image = this.fetcher.fetch(url);
		UploadBudget.of(request).add(image.length);
		return image;
	}

	private JsonNode read(InputStream body) throws IOException {
		try {
			// By itself the parser takes more for UTF-8 than there is.
			return this.jsonMapper.readTree(new InputStreamReader(new LimitedInputStream(body, this.maximumLength),
					StandardCharsets.UTF_8.newDecoder()));
		}
		catch (JacksonIOException ex) {
			if (ex.getCause() instanceof BodyTooLargeException) {
				throw tooLarge();
			}
			UploadBudget.RefusedException refused = UploadBudget.RefusedException.in(ex);
			if (refused != null) {
				throw refused;
			}
			throw Problems.badRequest((ex.getCause() instanceof CharacterCodingException)
					? "The body is not valid UTF-8, which JSON must be." : "The body ended before it was complete.");
		}
		catch (StreamConstraintsException ex) {
			throw Problems
				.badRequest("The body cannot be read: it is nested too deeply, has too many members or items, "
						+ "or one of its names or numbers is too long.");
		}
		catch (JacksonException ex) {
			TokenStreamLocation location = ex.getLocation();
			throw Problems.badRequest("The body is not valid JSON" + ((location != null)
					? " (line %d, column %d).".formatted(location.getLineNr(), location.getColumnNr()) : "."));
		}
	}

	private ResponseStatusException tooLarge() {
		return new ResponseStatusException(HttpStatus.CONTENT_TOO_LARGE,
				"The body is too large: at most %d bytes are allowed.".formatted(this.maximumLength));
	}

	/**
	 * Fails when more than a number of bytes is read, which a chunked body does not
	 * announce.
	 */
	private static class LimitedInputStream extends FilterInputStream {

		private long left;

		LimitedInputStream(InputStream in, long limit) {
			super(in);
			this.left = limit;
		}

		@Override
		public int read() throws IOException {
			int value = super.read();
			count((value >= 0) ? 1 : 0);
			return value;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			int count = super.read(bytes, offset, length);
			count(count);
			return count;
		}

		private void count(int count) throws IOException {
			this.left -= Math.max(count, 0);
			if (this.left < 0) {
				throw new BodyTooLargeException();
			}
		}

	}

	/**
	 * The body is longer than allowed.
	 */
	private static class BodyTooLargeException extends IOException {

	}

}
