package io.github.zsic.spring.boot.ai;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ImageFetcher;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;

/**
 * Embeds documents of Spring AI: texts with the text tower, pictures with the image
 * tower.
 */
final class DocumentEmbedder {

	private final ZeroShotClassifier classifier;

	private final @Nullable ImageFetcher fetcher;

	DocumentEmbedder(ZeroShotClassifier classifier, @Nullable ImageFetcher fetcher) {
		this.classifier = classifier;
		this.fetcher = fetcher;
	}

	ZeroShotClassifier classifier() {
		return this.classifier;
	}

	/**
	 * Embeds documents.
	 * @param documents the documents, each a text or a picture
	 * @param text what of a document that is a text is embedded
	 * @return one vector for each, in their order
	 */
	List<float[]> embed(List<Document> documents, Function<Document, String> text) {
		List<String> texts = new ArrayList<>();
		List<ImageInput> pictures = new ArrayList<>();
		for (Document document : documents) {
			Media media = document.getMedia();
			if (media != null) {
				pictures.add(picture(document, media));
			}
			else {
				texts.add(text.apply(document));
			}
		}
		float[][] vectors = new float[documents.size()][];
		List<float[]> ofTexts = texts.isEmpty() ? List.of() : this.classifier.embedTexts(texts);
		List<float[]> ofPictures = pictures.isEmpty() ? List.of() : this.classifier.embedImages(pictures);
		int nextText = 0;
		int nextPicture = 0;
		for (int i = 0; i < vectors.length; i++) {
			boolean picture = documents.get(i).getMedia() != null;
			vectors[i] = picture ? ofPictures.get(nextPicture++) : ofTexts.get(nextText++);
			requireOneVector(vectors[i]);
		}
		return Arrays.asList(vectors);
	}

	private void requireOneVector(float[] vector) {
		if (vector.length != this.classifier.model().dimension()) {
			throw new IllegalArgumentException("'" + this.classifier.model().checkpoint()
					+ "' makes several vectors of one picture, which a vector store cannot hold");
		}
	}

	private ImageInput picture(Document document, Media media) {
		String name = Objects.requireNonNullElse(media.getName(), document.getId());
		if (!media.getMimeType().getType().equals("image")) {
			throw new IllegalArgumentException("Document '" + document.getId() + "' has media of the type '"
					+ media.getMimeType() + "'; only pictures and texts can be embedded");
		}
		Object data = media.getData();
		if (data instanceof byte[] bytes) {
			return ImageInput.of(name, bytes);
		}
		if (data instanceof String url && this.fetcher != null && ImageFetcher.isUrl(url)) {
			return ImageInput.of(name, this.fetcher.fetch(url));
		}
		throw new IllegalArgumentException("The picture of document '" + document.getId()
				+ "' is a URL; pass its bytes, or allow URLs with 'zsic.image.allow-urls'");
	}

}
