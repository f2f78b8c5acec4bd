package io.github.zsic.spring.boot.ai;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.util.MimeType;
import org.springframework.util.MimeTypeUtils;

/**
 * The towers of a zero-shot classifier as Spring AI's embedding model for documents, each
 * a text or a picture. Vectors are those of {@link ZsicEmbeddingModel}. Thread-safe; does
 * not own the classifier.
 */
public class ZsicDocumentEmbeddingModel implements DocumentEmbeddingModel {

	private final DocumentEmbedder embedder;

	/**
	 * Creates a model.
	 * @param classifier has the towers
	 * @param fetcher fetches pictures whose document has only their URL, {@code null} to
	 * refuse those
	 */
	public ZsicDocumentEmbeddingModel(ZeroShotClassifier classifier, @Nullable ImageFetcher fetcher) {
		this.embedder = new DocumentEmbedder(classifier, fetcher);
	}

	/**
	 * Embeds documents.
	 * @param request the documents, each with a text or a picture
	 * @return one embedding for each, whose metadata tell which document it is of
	 * @throws IllegalArgumentException if a document has media of another kind, or other
	 * dimensions are asked for than the model makes
	 * @throws io.github.zsic.ZsicException if a document cannot be embedded, or there is
	 * no model
	 */
	@Override
	public EmbeddingResponse call(DocumentEmbeddingRequest request) {
		ModelInfo model = this.embedder.classifier().model();
		ZsicEmbeddingModel.requireDimensions(request.getOptions(), model);
		List<Document> documents = request.getInstructions();
		List<float[]> vectors = this.embedder.embed(documents, ZsicDocumentEmbeddingModel::text);
		List<Embedding> embeddings = new ArrayList<>(documents.size());
		List<String> texts = new ArrayList<>();
		for (Document document : documents) {
			int index = embeddings.size();
			embeddings.add(new Embedding(vectors.get(index), index, metadata(document)));
			if (document.isText()) {
				texts.add(text(document));
			}
		}
		int tokens = texts.isEmpty() ? 0 : this.embedder.classifier().countTokens(texts);
		return new EmbeddingResponse(embeddings,
				new EmbeddingResponseMetadata(model.checkpoint(), new DefaultUsage(tokens, 0, tokens)));
	}

	private static String text(Document document) {
		return Objects.requireNonNull(document.getText());
	}

	private static EmbeddingResultMetadata metadata(Document document) {
		Media media = document.getMedia();
		MimeType type = (media != null) ? media.getMimeType() : MimeTypeUtils.TEXT_PLAIN;
		return new EmbeddingResultMetadata(document.getId(), (media != null) ? ModalityType.IMAGE : ModalityType.TEXT,
				type, (media != null) ? media.getData() : text(document));
	}

	@Override
	public int dimensions() {
		return this.embedder.classifier().model().dimension();
	}

}
