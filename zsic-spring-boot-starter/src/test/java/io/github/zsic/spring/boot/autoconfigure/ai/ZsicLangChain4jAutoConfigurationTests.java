package io.github.zsic.spring.boot.autoconfigure.ai;

import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.listener.EmbeddingModelResponseContext;
import io.github.zsic.ZeroShotClassifier;
import io.github.zsic.langchain4j.ZsicEmbeddingModel;
import io.github.zsic.spring.boot.autoconfigure.ZsicAutoConfiguration;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link ZsicLangChain4jAutoConfiguration}.
 */
class ZsicLangChain4jAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(ZsicAutoConfiguration.class, ZsicLangChain4jAutoConfiguration.class))
		.withPropertyValues("zsic.checkpoint=classpath:zsic/emoji-clip", "zsic.device=cpu");

	@Test
	void modelIsThatOfTheClassifier() {
		Listener listener = new Listener();
		this.contextRunner.withBean(EmbeddingModelListener.class, () -> listener).run((context) -> {
			EmbeddingModel model = context.getBean(EmbeddingModel.class);
			assertThat(model.embed("owl").content().vector())
				.isEqualTo(context.getBean(ZeroShotClassifier.class).embedText("owl"));
			assertThat(listener.responses).isEqualTo(1);
		});
	}

	@Test
	void backsOff() {
		EmbeddingModel other = mock(EmbeddingModel.class);
		this.contextRunner.withBean(EmbeddingModel.class, () -> other)
			.run((context) -> assertThat(context.getBean(EmbeddingModel.class)).isSameAs(other));
		this.contextRunner.withPropertyValues("zsic.enabled=false")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EmbeddingModel.class));
		this.contextRunner.withClassLoader(new FilteredClassLoader(ZsicEmbeddingModel.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(EmbeddingModel.class));
	}

	static class Listener implements EmbeddingModelListener {

		private int responses;

		@Override
		public void onResponse(EmbeddingModelResponseContext context) {
			this.responses++;
		}

	}

}
