package io.github.zsic.spring.boot.autoconfigure.ai;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import javax.imageio.ImageIO;

import io.github.zsic.ImageInput;
import io.github.zsic.InvalidLabelException;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.spring.boot.ai.ZsicDocumentEmbeddingModel;
import io.github.zsic.spring.boot.ai.ZsicEmbeddingModel;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.ai.embedding.TokenCountBatchingStrategy;
import org.springframework.util.MimeTypeUtils;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ZsicSpringAiAutoConfiguration}.
 */
class ZsicSpringAiAutoConfigurationTests {

	private static final byte[] RED = picture(Color.RED);

	private static final byte[] GREEN = picture(Color.GREEN);

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicSpringAiAutoConfiguration.class))
		.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu");

	@Test
	void textsAreThoseOfTheClassifierToTheBit() {
		this.contextRunner.run((context) -> {
			EmbeddingModel model = context.getBean(EmbeddingModel.class);
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			assertThat(model.embed("a photo of an owl")).isEqualTo(classifier.embedText("a photo of an owl"));
			List<String> texts = List.of("owl", "a red fox", "owl");
			EmbeddingResponse response = model.embedForResponse(texts);
			assertThat(response.getResults()).extracting((result) -> result.getIndex()).containsExactly(0, 1, 2);
			List<float[]> expected = classifier.embedTexts(texts);
			for (int i = 0; i < texts.size(); i++) {
				assertThat(response.getResults().get(i).getOutput()).isEqualTo(expected.get(i));
			}
			assertThat(model.dimensions()).isEqualTo(classifier.model().dimension());
			assertThat(response.getMetadata().getModel()).isEqualTo("classpath:zsic/emoji-clip");
			assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(classifier.countTokens(texts))
				.isGreaterThan(texts.size() * 2);
		});
	}

	@Test
	void documentsHaveTextOrPicture() {
		this.contextRunner.run((context) -> {
			ZeroShotClassifier classifier = context.getBean(ZeroShotClassifier.class);
			List<Document> documents = documents();
			List<float[]> expected = List.of(classifier.embedText("a red disc"),
					classifier.embedImage(ImageInput.of("red", RED)), classifier.embedText("a green disc"),
					classifier.embedImage(ImageInput.of("green", GREEN)));
			DocumentEmbeddingModel model = context.getBean(DocumentEmbeddingModel.class);
			EmbeddingResponse response = model.call(new DocumentEmbeddingRequest(documents));
			for (int i = 0; i < 4; i++) {
				assertThat(response.getResults().get(i).getOutput()).isEqualTo(expected.get(i));
				assertThat(response.getResults().get(i).getMetadata().getDocumentId())
					.isEqualTo(documents.get(i).getId());
				assertThat(response.getResults().get(i).getMetadata().getModalityType())
					.isEqualTo((i % 2 == 0) ? ModalityType.TEXT : ModalityType.IMAGE);
			}
			assertThat(response.getMetadata().getUsage().getPromptTokens())
				.isEqualTo(classifier.countTokens(List.of("a red disc", "a green disc")));
			// As vector stores embed.
			List<float[]> ofStore = context.getBean(EmbeddingModel.class)
				.embed(documents, null, new TokenCountBatchingStrategy());
			for (int i = 0; i < 4; i++) {
				assertThat(ofStore.get(i)).isEqualTo(expected.get(i));
			}
			assertThat(context.getBean(EmbeddingModel.class).embed(documents.get(1))).isEqualTo(expected.get(1));
		});
	}

	@Test
	void whatCannotBeEmbeddedIsNamed() {
		this.contextRunner.run((context) -> {
			EmbeddingModel model = context.getBean(EmbeddingModel.class);
			assertThatIllegalArgumentException()
				.isThrownBy(() -> model
					.call(new EmbeddingRequest(List.of("owl"), EmbeddingOptions.builder().dimensions(7).build())))
				.withMessageContaining("128 dimensions")
				.withMessageContaining("with 7");
			assertThatExceptionOfType(InvalidLabelException.class).isThrownBy(() -> model.embed(" "));
			Document sound = Document.builder()
				.id("song")
				.media(new Media(MimeTypeUtils.parseMimeType("audio/mpeg"), URI.create("file:song.mp3")))
				.build();
			assertThatIllegalArgumentException().isThrownBy(() -> model.embed(sound))
				.withMessageContaining("'song'")
				.withMessageContaining("audio/mpeg");
			Document url = Document.builder()
				.id("far")
				.media(new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://example.org/a.png")))
				.build();
			assertThatIllegalArgumentException().isThrownBy(() -> model.embed(url))
				.withMessageContaining("zsic.image.allow-urls");
		});
	}

	@Test
	void callsAreObserved() {
		List<Observation.Context> observed = new ArrayList<>();
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new ObservationHandler<>() {

			@Override
			public void onStop(Observation.Context context) {
				observed.add(context);
			}

			@Override
			public boolean supportsContext(Observation.Context context) {
				return true;
			}

		});
		this.contextRunner.withBean(ObservationRegistry.class, () -> registry).run((context) -> {
			context.getBean(EmbeddingModel.class).embed("owl");
			Observation.Context last = observed.get(observed.size() - 1);
			assertThat(last.getName()).isEqualTo("gen_ai.client.operation");
			assertThat(last.getLowCardinalityKeyValue("gen_ai.system").getValue()).isEqualTo("zsic");
			assertThat(last.getLowCardinalityKeyValue("gen_ai.request.model").getValue())
				.isEqualTo("classpath:zsic/emoji-clip");
		});
	}

	@Test
	void backsOffForOtherModels() {
		EmbeddingModel other = mock(EmbeddingModel.class);
		DocumentEmbeddingModel otherOfDocuments = mock(DocumentEmbeddingModel.class);
		this.contextRunner.withBean(EmbeddingModel.class, () -> other)
			.withBean(DocumentEmbeddingModel.class, () -> otherOfDocuments)
			.run((context) -> {
				assertThat(context.getBean(EmbeddingModel.class)).isSameAs(other);
				assertThat(context.getBean(DocumentEmbeddingModel.class)).isSameAs(otherOfDocuments);
			});
		this.contextRunner
			.withPropertyValues("spring.ai.model.embedding=openai", "spring.ai.model.embedding.multimodal=none")
			.run((context) -> assertThat(context).doesNotHaveBean(ZsicEmbeddingModel.class)
				.doesNotHaveBean(ZsicDocumentEmbeddingModel.class));
		this.contextRunner.withPropertyValues("spring.ai.model.embedding=zsic")
			.run((context) -> assertThat(context).hasSingleBean(ZsicEmbeddingModel.class));
		this.contextRunner.withPropertyValues("zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EmbeddingModel.class));
		this.contextRunner.withClassLoader(new FilteredClassLoader("org.springframework.ai"))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	private static List<Document> documents() {
		return List.of(new Document("1", "a red disc", Map.of()), document("2", RED),
				new Document("3", "a green disc", Map.of()), document("4", GREEN));
	}

	private static Document document(String id, byte[] picture) {
		return Document.builder()
			.id(id)
			.media(Media.builder().mimeType(MimeTypeUtils.IMAGE_PNG).data(picture).build())
			.build();
	}

	private static byte[] picture(Color color) {
		BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
		Graphics2D graphics = image.createGraphics();
		graphics.setColor(color);
		graphics.fillOval(8, 8, 48, 48);
		graphics.dispose();
		ByteArrayOutputStream bytes = new ByteArrayOutputStream();
		try {
			ImageIO.write(image, "png", bytes);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		return bytes.toByteArray();
	}

}
