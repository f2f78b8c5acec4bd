package io.github.zsic.langchain4j;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.Base64;
import java.util.List;

import javax.imageio.ImageIO;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelRequestContext;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingInputType;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import io.github.zsic.ImageInput;
import io.github.zsic.ZeroShotClassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.within;

class ZsicEmbeddingModelTests {

	private static final byte[] PICTURE = picture();

	private static final String BASE64 = Base64.getEncoder().encodeToString(PICTURE);

	private static ZeroShotClassifier classifier;

	private static EmbeddingModel model;

	@BeforeAll
	static void load() {
		classifier = ZeroShotClassifier.builder().checkpoint("classpath:zsic/emoji-clip").device("cpu").build();
		model = ZsicEmbeddingModel.builder().classifier(classifier).build();
	}

	@AfterAll
	static void close() {
		classifier.close();
	}

	@Test
	void textsAreThoseOfTheClassifierToTheBit() {
		assertThat(model.embed("a photo of an owl").content().vector())
			.isEqualTo(classifier.embedText("a photo of an owl"));
		List<String> texts = List.of("owl", "a red fox");
		var response = model.embedAll(texts.stream().map(TextSegment::from).toList());
		assertThat(response.content()).extracting(Embedding::vector)
			.containsExactlyElementsOf(classifier.embedTexts(texts));
		assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(classifier.countTokens(texts));
		assertThat(model.dimension()).isEqualTo(classifier.model().dimension());
		assertThat(model.modelName()).isEqualTo("classpath:zsic/emoji-clip");
	}

	@Test
	void textsAndPicturesKeepTheirOrder() {
		EmbeddingResponse response = model.embed(EmbeddingRequest.builder()
			.inputs(EmbeddingInput.from("owl"), EmbeddingInput.from(ImageContent.from(BASE64, "image/png")),
					EmbeddingInput.from(TextContent.from("fox")),
					EmbeddingInput.from(ImageContent.from(URI.create("data:image/png;base64," + BASE64))))
			.inputType(EmbeddingInputType.QUERY)
			.build());
		float[] picture = classifier.embedImage(ImageInput.of("picture", PICTURE));
		assertThat(response.embeddings()).extracting(Embedding::vector)
			.containsExactly(classifier.embedText("owl"), picture, classifier.embedText("fox"), picture);
		double length = 0;
		for (float number : picture) {
			length += number * number;
		}
		assertThat(length).isCloseTo(1, within(1e-5));
	}

	@Test
	void picturesByUrlAreRefusedUnlessSomebodyFetchesThem() {
		URI url = URI.create("https://example.org/owl.png");
		EmbeddingRequest request = EmbeddingRequest.builder().input(ImageContent.from(url)).build();
		assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> model.embed(request))
			.withMessageContaining("'imageLoader'");
		EmbeddingModel fetching = ZsicEmbeddingModel.builder().classifier(classifier).imageLoader((wanted) -> {
			assertThat(wanted).isEqualTo(url);
			return PICTURE;
		}).build();
		assertThat(fetching.embed(request).embeddings().get(0).vector())
			.isEqualTo(classifier.embedImage(ImageInput.of("picture", PICTURE)));
	}

	@Test
	void whatCannotBeEmbeddedIsNamed() {
		EmbeddingInput both = EmbeddingInput.from(TextContent.from("owl"), ImageContent.from(BASE64, "image/png"));
		assertThatExceptionOfType(UnsupportedFeatureException.class)
			.isThrownBy(() -> model.embed(EmbeddingRequest.builder().input(both).build()))
			.withMessageContaining("2 contents");
		assertThatExceptionOfType(UnsupportedFeatureException.class).isThrownBy(
				() -> model.embed(EmbeddingRequest.builder().input(AudioContent.from("AAAA", "audio/wav")).build()));
		assertThatExceptionOfType(UnsupportedFeatureException.class)
			.isThrownBy(() -> model.embed(EmbeddingRequest.builder().input("owl").dimensions(7).build()))
			.withMessageContaining("128 dimensions");
		assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> model.embed("owl ".repeat(500)))
			.withMessageContaining("tokens");
		assertThatExceptionOfType(InvalidRequestException.class)
			.isThrownBy(
					() -> model.embed(EmbeddingRequest.builder().input(ImageContent.from("AAAA", "image/png")).build()))
			.withMessageContaining("input 0");
	}

	@Test
	void listenersAreTold() {
		int[] requests = { 0 };
		EmbeddingModelListener listener = new EmbeddingModelListener() {

			@Override
			public void onRequest(EmbeddingModelRequestContext context) {
				requests[0]++;
			}

		};
		ZsicEmbeddingModel.builder()
			.classifier(classifier)
			.listeners(List.of(listener))
			.build()
			.embed(EmbeddingRequest.builder().input("owl").build());
		assertThat(requests[0]).isEqualTo(1);
	}

	private static byte[] picture() {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try {
			ImageIO.write(new BufferedImage(40, 30, BufferedImage.TYPE_INT_RGB), "png", bytes);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		return bytes.toByteArray();
	}

}
