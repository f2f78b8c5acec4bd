package io.github.zsic.sample;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

import io.github.zsic.spring.boot.autoconfigure.ZsicProperties;
import jakarta.servlet.http.HttpServletRequest;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.JacksonIOException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Reads the JSON bodies of requests, within the limits that all of them have.
 */
@Component
class JsonBody {

	/**
	 * Room in a body for all that is not the picture.
	 */
	private static final long REST_OF_BODY = 8 * 1024 * 1024;

	/**
	 * Room for all that are not labels.
	 */
	private static final long REST_OF_TOKENS = 1000;

	private static final int MAXIMUM_DEPTH = 64;

	private final long maximumLength;

	private final JsonMapper jsonMapper;

	JsonBody(ZsicProperties properties, SampleProperties limits) {
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
	}

	/**
	 * Reads the body of a request.
	 * @param request the request
	 * @return the body
	 * @throws ResponseStatusException if it is no JSON, or too large
	 * @throws IOException if the client does not send it
	 */
	JsonNode read(HttpServletRequest request) throws IOException {
		if (request.getContentLengthLong() > this.maximumLength) {
			throw tooLarge();
		}
		return read(request.getInputStream());
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
			boolean twice = String.valueOf(ex.getOriginalMessage()).startsWith("Duplicate");
			throw Problems
				.badRequest((twice ? "The body has a member twice" : "The body is not valid JSON") + ((location != null)
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
