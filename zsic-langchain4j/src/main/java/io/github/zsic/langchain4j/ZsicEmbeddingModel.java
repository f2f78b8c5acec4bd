package io.github.zsic.langchain4j;

import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingParameter;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.request.EmbeddingRequestParameters;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import org.jspecify.annotations.Nullable;

import io.github.zsic.ImageInput;
import io.github.zsic.InvalidImageException;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ModelInfo;
import io.github.zsic.ZeroShotClassifier;

/**
 * The towers of a zero-shot classifier as an embedding model of LangChain4j, for texts
 * and pictures, without a server.
 *
 * <pre>{@code
 * EmbeddingModel model = ZsicEmbeddingModel.builder().classifier(classifier).build();
 * model.embed("a photo of an owl");
 * model.embed(EmbeddingRequest.builder().input(ImageContent.from(base64, "image/jpeg")).build());
 * }</pre>
 *
 * Vectors have unit length. Those of texts and pictures are in one space, so an embedding
 * store that is asked with a text finds pictures. Each input is a text or a picture; both
 * in one input are refused. Texts are used as they are, without a template; one that is
 * longer than the model reads is refused, unless the classifier truncates. Whether a text
 * is a query or a document makes no difference. Thread-safe; does not own the classifier.
 */
public final class ZsicEmbeddingModel implements EmbeddingModel {

	private final ZeroShotClassifier classifier;

	private final @Nullable Function<URI, byte[]> imageLoader;

	private final List<EmbeddingModelListener> listeners;

	private ZsicEmbeddingModel(Builder builder) {
		this.classifier = Objects.requireNonNull(builder.classifier, "'classifier' must be set");
		this.imageLoader = builder.imageLoader;
		this.listeners = builder.listeners;
	}

	/**
	 * Starts a model.
	 * @return a builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	@Override
	public EmbeddingResponse doEmbed(EmbeddingRequest request) {
		ModelInfo model = this.classifier.model();
		Integer dimensions = request.dimensions();
		if (dimensions != null && dimensions != model.dimension()) {
			throw new UnsupportedFeatureException("Embeddings of '" + model.checkpoint() + "' have " + model.dimension()
					+ " dimensions; it cannot make them with " + dimensions);
		}
		List<String> texts = new ArrayList<>();
		List<ImageInput> pictures = new ArrayList<>();
		List<Boolean> isPicture = new ArrayList<>();
		for (EmbeddingInput input : request.inputs()) {
			Content content = onlyContent(input);
			if (content instanceof ImageContent image) {
				pictures.add(picture(image.image(), isPicture.size()));
			}
			else {
				texts.add(((TextContent) content).text());
			}
			isPicture.add(content instanceof ImageContent);
		}
		try {
			return embed(model, texts, pictures, isPicture);
		}
		catch (InvalidLabelException | InvalidImageException ex) {
			throw new InvalidRequestException(ex.getMessage(), ex);
		}
	}

	private EmbeddingResponse embed(ModelInfo model, List<String> texts, List<ImageInput> pictures,
			List<Boolean> isPicture) {
		List<float[]> ofTexts = texts.isEmpty() ? List.of() : this.classifier.embedTexts(texts);
		List<float[]> ofPictures = pictures.isEmpty() ? List.of() : this.classifier.embedImages(pictures);
		List<Embedding> embeddings = new ArrayList<>(isPicture.size());
		int nextText = 0;
		int nextPicture = 0;
		for (boolean picture : isPicture) {
			float[] vector = picture ? ofPictures.get(nextPicture++) : ofTexts.get(nextText++);
			if (vector.length != model.dimension()) {
				throw new UnsupportedFeatureException(
						"'" + model.checkpoint() + "' makes several vectors of one picture, which an embedding is not");
			}
			embeddings.add(Embedding.from(vector));
		}
		int tokens = texts.isEmpty() ? 0 : this.classifier.countTokens(texts);
		return EmbeddingResponse.builder()
			.embeddings(embeddings)
			.modelName(model.checkpoint())
			.tokenUsage(new TokenUsage(tokens))
			.build();
	}

	private static Content onlyContent(EmbeddingInput input) {
		if (input.contents().size() != 1) {
			throw new UnsupportedFeatureException("An input has " + input.contents().size()
					+ " contents. The model makes one embedding of a text, or of a picture; pass each as an input of its own");
		}
		Content content = input.contents().get(0);
		if (!(content instanceof ImageContent || content instanceof TextContent)) {
			throw new UnsupportedFeatureException(
					"An input is of the type " + content.type() + "; the model embeds texts and pictures");
		}
		return content;
	}

	private ImageInput picture(Image image, int index) {
		String name = "input " + index;
		String base64 = image.base64Data();
		URI url = image.url();
		if (base64 == null && url != null && "data".equalsIgnoreCase(url.getScheme())) {
			String text = url.getSchemeSpecificPart();
			int comma = text.indexOf(',');
			base64 = text.substring(0, Math.max(comma, 0)).endsWith(";base64") ? text.substring(comma + 1) : null;
		}
		if (base64 != null) {
			try {
				return ImageInput.of(name, Base64.getMimeDecoder().decode(base64));
			}
			catch (IllegalArgumentException ex) {
				throw new InvalidRequestException("The picture of " + name + " is not in base64", ex);
			}
		}
		if (url != null && this.imageLoader != null) {
			return ImageInput.of(name, this.imageLoader.apply(url));
		}
		throw new InvalidRequestException("The picture of " + name
				+ " is a URL. Pass it in base64, or give the model an 'imageLoader' that fetches pictures");
	}

	@Override
	public Set<ContentType> supportedContentTypes() {
		return Set.of(ContentType.TEXT, ContentType.IMAGE);
	}

	@Override
	public Set<EmbeddingParameter<?>> supportedParameters() {
		return Set.of(EmbeddingRequestParameters.DIMENSIONS, EmbeddingRequestParameters.INPUT_TYPE);
	}

	@Override
	public List<EmbeddingModelListener> listeners() {
		return this.listeners;
	}

	@Override
	public int dimension() {
		return this.classifier.model().dimension();
	}

	@Override
	public String modelName() {
		return this.classifier.model().checkpoint();
	}

	/**
	 * Builds a model. Not thread-safe.
	 */
	public static final class Builder {

		private @Nullable ZeroShotClassifier classifier;

		private @Nullable Function<URI, byte[]> imageLoader;

		private List<EmbeddingModelListener> listeners = List.of();

		private Builder() {
		}

		/**
		 * Sets the classifier, which must be closed by whoever made it, after this model
		 * is used for the last time.
		 * @param classifier has the towers
		 * @return this builder
		 */
		public Builder classifier(ZeroShotClassifier classifier) {
			this.classifier = classifier;
			return this;
		}

		/**
		 * Sets what fetches pictures of which there is only a URL. By default they are
		 * refused: whoever chooses the URL would have this program send requests.
		 * @param imageLoader returns the encoded picture
		 * @return this builder
		 */
		public Builder imageLoader(Function<URI, byte[]> imageLoader) {
			this.imageLoader = imageLoader;
			return this;
		}

		/**
		 * Sets who is told of each request.
		 * @param listeners the listeners
		 * @return this builder
		 */
		public Builder listeners(List<EmbeddingModelListener> listeners) {
			this.listeners = List.copyOf(listeners);
			return this;
		}

		/**
		 * Builds the model.
		 * @return the model
		 */
		public ZsicEmbeddingModel build() {
			return new ZsicEmbeddingModel(this);
		}

	}

}
