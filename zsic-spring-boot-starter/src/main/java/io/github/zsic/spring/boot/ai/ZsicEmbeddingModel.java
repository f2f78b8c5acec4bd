package io.github.zsic.spring.boot.ai;

import java.util.ArrayList;
import java.util.List;

import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import io.micrometer.observation.ObservationRegistry;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.observation.DefaultEmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationContext;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationConvention;
import org.springframework.ai.embedding.observation.EmbeddingModelObservationDocumentation;

/**
 * The towers of a zero-shot classifier as an embedding model of Spring AI, for texts and
 * for documents with pictures.
 * <p>
 * Vectors have unit length. Those of texts and pictures are in one space, so a vector
 * store that is asked with a text finds pictures. Texts are used as they are, without a
 * template; one that is longer than the model reads is refused, unless the classifier
 * truncates. Thread-safe; does not own the classifier.
 */
public class ZsicEmbeddingModel implements EmbeddingModel {

	private static final EmbeddingModelObservationConvention CONVENTION = new DefaultEmbeddingModelObservationConvention();

	private static final String PROVIDER = "zsic";

	private final DocumentEmbedder embedder;

	private final ObservationRegistry observations;

	private final @Nullable EmbeddingModelObservationConvention convention;

	/**
	 * Creates a model.
	 * @param classifier has the towers
	 * @param fetcher fetches pictures whose document has only their URL, {@code null} to
	 * refuse those
	 * @param observations where calls are observed
	 * @param convention names observations, {@code null} for Spring AI's own names
	 */
	public ZsicEmbeddingModel(ZeroShotClassifier classifier, @Nullable ImageFetcher fetcher,
			ObservationRegistry observations, @Nullable EmbeddingModelObservationConvention convention) {
		this.embedder = new DocumentEmbedder(classifier, fetcher);
		this.observations = observations;
		this.convention = convention;
	}

	/**
	 * Embeds texts.
	 * @param request the texts; of its options, {@code dimensions} must be what the model
	 * makes, and {@code model} is not looked at
	 * @return one embedding for each text, with the number of their tokens
	 * @throws IllegalArgumentException if other dimensions are asked for
	 * @throws io.github.zsic.ZsicException if a text cannot be embedded, or there is no
	 * model
	 */
	@Override
	public EmbeddingResponse call(EmbeddingRequest request) {
		ModelInfo model = this.embedder.classifier().model();
		requireDimensions(request.getOptions(), model);
		EmbeddingOptions options = EmbeddingOptions.builder()
			.model(model.checkpoint())
			.dimensions(model.dimension())
			.build();
		EmbeddingModelObservationContext context = EmbeddingModelObservationContext.builder()
			.embeddingRequest(new EmbeddingRequest(request.getInstructions(), options))
			.provider(PROVIDER)
			.build();
		return EmbeddingModelObservationDocumentation.EMBEDDING_MODEL_OPERATION
			.observation(this.convention, CONVENTION, () -> context, this.observations)
			.observe(() -> {
				EmbeddingResponse response = embed(request.getInstructions(), model);
				context.setResponse(response);
				return response;
			});
	}

	private EmbeddingResponse embed(List<String> texts, ModelInfo model) {
		List<float[]> vectors = this.embedder.classifier().embedTexts(texts);
		int tokens = this.embedder.classifier().countTokens(texts);
		return response(vectors, model, tokens);
	}

	static EmbeddingResponse response(List<float[]> vectors, ModelInfo model, int tokens) {
		List<Embedding> embeddings = new ArrayList<>(vectors.size());
		for (float[] vector : vectors) {
			embeddings.add(new Embedding(vector, embeddings.size()));
		}
		return new EmbeddingResponse(embeddings,
				new EmbeddingResponseMetadata(model.checkpoint(), new DefaultUsage(tokens, 0, tokens)));
	}

	static void requireDimensions(@Nullable EmbeddingOptions options, ModelInfo model) {
		Integer dimensions = (options != null) ? options.getDimensions() : null;
		if (dimensions != null && dimensions != model.dimension()) {
			throw new IllegalArgumentException("Embeddings of '" + model.checkpoint() + "' have " + model.dimension()
					+ " dimensions; it cannot make them with " + dimensions);
		}
	}

	/**
	 * Embeds a document: its picture if it has one, and otherwise its text.
	 */
	@Override
	public float[] embed(Document document) {
		return this.embedder.embed(List.of(document), this::getEmbeddingContent).get(0);
	}

	/**
	 * Embeds documents: the picture of those that have one, the text of the others. This
	 * is what vector stores call. The batching strategy is not asked, because the model
	 * makes its own batches.
	 */
	@Override
	public List<float[]> embed(List<Document> documents, @Nullable EmbeddingOptions options,
			BatchingStrategy batchingStrategy) {
		requireDimensions(options, this.embedder.classifier().model());
		return this.embedder.embed(documents, this::getEmbeddingContent);
	}

	@Override
	public int dimensions() {
		return this.embedder.classifier().model().dimension();
	}

}
