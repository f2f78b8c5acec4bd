package io.github.zsic.sample;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.zsic.ImageInput;
import io.github.zsic.SwappableClassifier;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ClassifierDetails;
import io.github.zsic.spring.boot.ImageFetcher;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Embeds texts and pictures as clients of OpenAI's API ask for it. Both are in one space:
 * the inner product of two embeddings is their cosine.
 */
@RestController
class EmbeddingsController {

	private final ZeroShotClassifier classifier;

	private final RequestChecks checks;

	private final SampleProperties properties;

	private final JsonBody body;

	private final RequestWatch watch;

	private final @Nullable ImageFetcher fetcher;

	EmbeddingsController(ZeroShotClassifier classifier, RequestChecks checks, SampleProperties properties,
			JsonBody body, RequestWatch watch, ObjectProvider<ImageFetcher> fetcher) {
		this.classifier = classifier;
		this.checks = checks;
		this.properties = properties;
		this.body = body;
		this.watch = watch;
		this.fetcher = fetcher.getIfAvailable();
	}

	@PostMapping(path = "/v1/embeddings", consumes = MediaType.APPLICATION_JSON_VALUE,
			produces = MediaType.APPLICATION_JSON_VALUE)
	Embeddings embed(HttpServletRequest request) throws Exception {
		EmbeddingsRequest body = EmbeddingsRequest.of(this.body.read(request));
		this.checks.inputs(body.texts());
		this.checks.images(body.pictures().size(), this.properties.maximumImages());
		return this.watch.call(request, () -> {
			List<ImageInput> images = new ArrayList<>();
			for (int i = 0; i < body.pictures().size(); i++) {
				String name = "picture " + (i + 1);
				images.add(ImageInput.of(name, body.pictures().get(i).load(name, this.fetcher, request)));
			}
			// On one model from beginning to end, which the answer names.
			return (this.classifier instanceof SwappableClassifier swappable)
					? swappable.call((model) -> embed(model, body, images)) : embed(this.classifier, body, images);
		});
	}

	private static Embeddings embed(ZeroShotClassifier model, EmbeddingsRequest body, List<ImageInput> images) {
		String name = ClassifierDetails.checkpoint(model.model().checkpoint());
		int dimension = model.model().dimension();
		if (body.dimensions() != null && body.dimensions() != dimension) {
			throw Problems.badRequest("'dimensions' is %d, but embeddings of '%s' have %d.".formatted(body.dimensions(),
					name, dimension));
		}
		List<float[]> vectors = images.isEmpty() ? model.embedTexts(body.texts()) : model.embedImages(images);
		List<Embedding> data = new ArrayList<>(vectors.size());
		for (float[] vector : vectors) {
			if (vector.length != dimension) {
				throw new ResponseStatusException(HttpStatus.UNPROCESSABLE_CONTENT,
						"'%s' makes several vectors of one picture, which an embedding is not.".formatted(name));
			}
			data.add(new Embedding("embedding", data.size(), body.base64() ? base64(vector) : vector));
		}
		int tokens = model.countTokens(body.texts());
		return new Embeddings("list", data, name, new Usage(tokens, tokens));
	}

	/** As numpy writes it on nearly all machines. */
	private static String base64(float[] vector) {
		ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
		bytes.asFloatBuffer().put(vector);
		return Base64.getEncoder().encodeToString(bytes.array());
	}

	/**
	 * The answer.
	 *
	 * @param object always {@code list}
	 * @param data one embedding for each text or picture, in their order
	 * @param model the checkpoint that made them
	 * @param usage how much there was to read
	 */
	record Embeddings(String object, List<Embedding> data, String model, Usage usage) {

	}

	/**
	 * One embedding.
	 *
	 * @param object always {@code embedding}
	 * @param index its place in the list
	 * @param embedding its numbers, as a list or, in little-endian float32, in base64
	 */
	record Embedding(String object, int index, Object embedding) {

	}

	/**
	 * How much there was to read.
	 *
	 * @param promptTokens the tokens of all texts; pictures have none
	 * @param totalTokens the same, as nothing is generated
	 */
	record Usage(@JsonProperty("prompt_tokens") int promptTokens, @JsonProperty("total_tokens") int totalTokens) {

	}

}
